import { ConfigError } from '../errors.ts';
import type { Generator } from '../nn/index.ts';
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
  generator: Generator,
  order?: Int32Array,
): Batches<Int32Array> {
  order = generator.permutation(rows, order);
  for (const [from, to] of evenly(rows, size)) yield order.subarray(from, to);
}

/** Whole dates in random order, in batches of about `size` rows and at least one date: their numbers. */
export function* dateBatches(offsets: Int32Array, size: number, generator: Generator): Batches<Int32Array> {
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
  const words = new Int32Array(source.buffer, source.byteOffset, source.byteLength / 4);
  const step = (width * source.BYTES_PER_ELEMENT) / 4;
  const count = rows.length;
  let at = 0;
  for (let first = 0; first < count; first += ahead) {
    const last = Math.min(count, first + ahead);
    // Kept nowhere, the words need not be read: the copy writes over them.
    into[at] = fetch(words, step, rows, first, last);
    for (let i = first; i < last; i++) {
      let from = rows[i] * width;
      const end = from + width;
      for (; from + 8 <= end; from += 8, at += 8) {
        into[at] = source[from];
        into[at + 1] = source[from + 1];
        into[at + 2] = source[from + 2];
        into[at + 3] = source[from + 3];
        into[at + 4] = source[from + 4];
        into[at + 5] = source[from + 5];
        into[at + 6] = source[from + 6];
        into[at + 7] = source[from + 7];
      }
      for (; from < end; from++, at++) into[at] = source[from];
    }
  }
}

/** Rows that are brought into the cache before they are copied. */
const ahead = 16;
/** Words of a cache line. */
const line = 16;

/**
 * Reads a word of every cache line of some rows. Rows at random are nowhere near the cache, and reads that wait for nothing but
 * memory wait together; between the copies they would wait one after another, for most of the time of a gather.
 */
function fetch(words: Int32Array, step: number, rows: Int32Array, first: number, last: number): number {
  let seen = 0;
  for (let i = first; i < last; i++) {
    const end = (rows[i] + 1) * step;
    for (let at = end - step; at < end; at += line) seen |= words[at];
    seen |= words[end - 1];
  }
  return seen;
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
