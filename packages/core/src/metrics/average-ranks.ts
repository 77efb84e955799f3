// Bound once: in a sandboxed context, such as a test's, looking a global up costs more than the comparison.
const { isNaN } = Number;

/**
 * Ranks 1 … n of the entries, ties sharing the average of their ranks; NaN stays NaN and is not counted.
 * -0 and 0 are tied. n log n.
 */
export function averageRanks(values: Float64Array): Float64Array {
  const out = new Float64Array(values.length);
  rankInto(out, values, new Float64Array(values.length));
  return out;
}

/**
 * {@link averageRanks} into `out`, with `scratch` of at least the same length; returns n, the number ranked.
 * For loops over many columns: nothing is allocated.
 */
export function rankInto(out: Float64Array, values: Float64Array, scratch: Float64Array): number {
  let n = 0;
  for (let i = 0; i < values.length; i++) if (!isNaN(values[i])) scratch[n++] = values[i];
  // Sorting the numbers natively and searching each one is several times faster than sorting positions by comparison.
  const sorted = scratch.subarray(0, n).sort();
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    if (isNaN(value)) {
      out[i] = Number.NaN;
      continue;
    }
    const first = countBelow(sorted, value, 0, n);
    let last = first + 1;
    // Long runs of ties are crossed by searching, so that constant columns stay n log n.
    if (last < n && sorted[last] === value) last = countUpTo(sorted, value, last, n);
    out[i] = (first + last + 1) / 2;
  }
  return n;
}

function countBelow(sorted: Float64Array, value: number, from: number, to: number): number {
  while (from < to) {
    const middle = (from + to) >>> 1;
    if (sorted[middle] < value) from = middle + 1;
    else to = middle;
  }
  return from;
}

function countUpTo(sorted: Float64Array, value: number, from: number, to: number): number {
  while (from < to) {
    const middle = (from + to) >>> 1;
    if (sorted[middle] <= value) from = middle + 1;
    else to = middle;
  }
  return from;
}
