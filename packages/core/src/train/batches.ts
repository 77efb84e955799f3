import { ConfigError } from '../errors.ts';
import type { CounterRandom } from '../nn/index.ts';
import type { FloatArray } from '../validation.ts';

/**
 * Row numbers of one epoch in random order, in batches of at most `size` whose lengths differ by one at most: so there is no
 * last batch of a single row, which batch statistics could not use.
 *
 * @param order (rows) array for the order, of which batches are parts, so that no epoch takes another; a new one where left out
 */
export function* miniBatches(
  rows: number,
  size: number,
  generator: CounterRandom,
  order?: Int32Array,
): Batches<Int32Array> {
  order = generator.permutation(rows, order);
  for (const [from, to] of evenly(rows, size)) yield order.subarray(from, to);
}

/** Whole dates in random order, in batches of about `size` rows and at least one date: their numbers. */
export function* dateBatches(offsets: Int32Array, size: number, generator: CounterRandom): Batches<Int32Array> {
  requireSize(size);
  const order = generator.permutation(offsets.length - 1);
  let from = 0;
  let rows = 0;
  for (let t = 0; t < order.length; t++) {
    const more = offsets[order[t] + 1] - offsets[order[t]];
    if (rows > 0 && rows + more > size) {
      yield order.slice(from, t).sort();
      from = t;
      rows = 0;
    }
    rows += more;
  }
  if (from < order.length) yield order.slice(from).sort();
}

/** The rows of some dates, and the offsets of those dates among them: what `segmentSum` and the others want. */
export function rowsOfDates(offsets: Int32Array, dates: Int32Array): { rows: Int32Array; offsets: Int32Array } {
  const starts = new Int32Array(dates.length + 1);
  dates.forEach((t, i) => (starts[i + 1] = starts[i] + offsets[t + 1] - offsets[t]));
  const rows = new Int32Array(starts[dates.length]);
  dates.forEach((t, i) => {
    for (let r = offsets[t], at = starts[i]; r < offsets[t + 1]; r++, at++) rows[at] = r;
  });
  return { rows, offsets: starts };
}

/**
 * The given rows of a row-major array, one after another. A panel stays where it is, in the precision it has: what an engine holds
 * of it is the mini-batch, `ops.constant((into) => gatherRows(panel, width, rows, into), [rows.length, width])`.
 */
export function gatherRows(source: FloatArray, width: number, rows: Int32Array, into: FloatArray): void {
  const inPairs = width % 2 === 0 && source.byteOffset % 8 === 0 && into.byteOffset % 8 === 0;
  if (inPairs && source instanceof Float32Array && into instanceof Float32Array)
    gatherPairs(pairs(source), width / 2, rows, pairs(into));
  else
    for (let i = 0, at = 0; i < rows.length; i++)
      for (let from = rows[i] * width, end = from + width; from < end; from++) into[at++] = source[from];
}

/** Two float32 numbers as one float64, which halves the moves. Nobody computes with them: a move keeps the bits, those of a NaN too. */
function pairs(values: Float32Array): Float64Array {
  return new Float64Array(values.buffer, values.byteOffset, values.length >> 1);
}

/** Rows that are brought into the cache before they are copied. */
const ahead = 16;
/** Pairs of a cache line. */
const line = 8;

/**
 * First a pair of every cache line of some rows, then the rows. Rows at random are nowhere near the cache, and reads that wait for
 * nothing but memory wait together; between the copies they would wait one after another, for most of the time of a gather.
 */
function gatherPairs(source: Float64Array, width: number, rows: Int32Array, into: Float64Array): void {
  for (let first = 0, at = 0; first < rows.length; first += ahead) {
    const last = Math.min(rows.length, first + ahead);
    let seen = 0;
    for (let i = first; i < last; i++)
      for (let from = rows[i] * width, end = from + width; from < end; from += line) seen += source[from];
    // Kept nowhere, they need not be read: the copy writes over it.
    into[at] = seen;
    for (let i = first; i < last; i++) {
      let from = rows[i] * width;
      const end = from + width;
      for (; from + 4 <= end; from += 4, at += 4) {
        into[at] = source[from];
        into[at + 1] = source[from + 1];
        into[at + 2] = source[from + 2];
        into[at + 3] = source[from + 3];
      }
      for (; from < end; from++, at++) into[at] = source[from];
    }
  }
}

type Batches<T> = IterableIterator<T>;

function* evenly(rows: number, size: number): Batches<[number, number]> {
  requireSize(size);
  const count = Math.ceil(rows / size);
  for (let b = 0; b < count; b++) yield [Math.floor((b * rows) / count), Math.floor(((b + 1) * rows) / count)];
}

function requireSize(size: number): void {
  if (!(Number.isInteger(size) && size >= 1))
    throw new ConfigError({
      field: 'batchSize',
      expected: 'a whole number of rows, at least 1',
      found: String(size),
      remedy: 'Ten thousand rows suit small networks.',
    });
}
