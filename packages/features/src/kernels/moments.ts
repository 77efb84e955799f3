import type { AssetLayout } from '../layout.ts';
import type { WindowBounds } from '../window-bounds.ts';
import type { Scratch } from '../scratch.ts';
import { higherMoments } from './higher-moments.ts';
import type { MovingMoments } from './moving-moments.ts';

/** How far up the moments are needed: the mean, squares, or cubes and fourth powers of differences from it. */
export type MomentOrder = 1 | 2 | 4;

/**
 * Means and central sums of every window, by joining those of its parts (see {@link WindowBounds}):
 *
 * mean = mean_a + d n_b / n, M2 = M2_a + M2_b + d^2 n_a n_b / n, d = mean_b - mean_a, and so on for cubes and fourth powers.
 *
 * Values are taken as differences from one in their own part (the first of a beginning, the last of an end: any window that reaches
 * the part holds it), so that a price of a million with moves of a ten-thousandth keeps its digits, and a spike costs them
 * only in windows that hold it.
 *
 * Source: Chan, Golub and LeVeque (1979), "Updating formulae and a pairwise algorithm for computing sample variances"; Pébay (2008)
 * for higher moments.
 */
export function movingMoments(
  layout: AssetLayout,
  bounds: WindowBounds,
  x: Float64Array,
  order: MomentOrder,
  scratch: Scratch,
): MovingMoments {
  if (order === 4) return higherMoments(layout, bounds, x);
  const { nRows } = layout;
  const { first, blockFirst, blockLast, count } = bounds;
  const mean = scratch.take(nRows);
  if (order === 1) {
    movingMeans(bounds, x, mean, scratch);
    return { count, mean, m2: none, m3: none, m4: none };
  }
  const inverse = inverses(bounds.longest);
  const [prefixMean, prefix, suffixMean, suffix, m2] = Array.from({ length: 5 }, () => scratch.take(nRows));
  let [average, squares] = [0, 0];
  for (let p = 0; p < nRows; p++) {
    const n = p - blockFirst[p];
    const value = x[p] - x[blockFirst[p]];
    if (n === 0) {
      average = value;
      // 0, or NaN: of a missing value nothing is known, not even that one value does not vary.
      squares = value;
    } else {
      const d = value - average;
      average += d * inverse[n + 1];
      squares += d * (value - average);
    }
    prefixMean[p] = average;
    prefix[p] = squares;
  }
  for (let p = nRows - 1; p >= 0; p--) {
    const n = blockLast[p] - p;
    const value = x[p] - x[blockLast[p]];
    if (n === 0) {
      average = value;
      squares = value;
    } else {
      const d = value - average;
      average += d * inverse[n + 1];
      squares += d * (value - average);
    }
    suffixMean[p] = average;
    suffix[p] = squares;
  }
  for (let p = 0; p < nRows; p++) {
    const from = first[p];
    if (from < 0) {
      mean[p] = m2[p] = Number.NaN;
      continue;
    }
    let last = blockLast[from];
    let origin = x[last];
    if (last >= p) {
      // Within one block there is no end of another to start from.
      origin = x[from];
      average = squares = origin - origin;
      for (let q = from + 1; q <= p; q++) {
        const value = x[q] - origin;
        const d = value - average;
        average += d * inverse[q - from + 1];
        squares += d * (value - average);
      }
    } else {
      average = suffixMean[from];
      squares = suffix[from];
      let n = last - from + 1;
      while (last < p) {
        const begin = last + 1;
        last = Math.min(blockLast[begin], p);
        const nb = last - begin + 1;
        const d = x[begin] - origin + (prefixMean[last] - average);
        const share = d * nb * inverse[n + nb];
        squares += prefix[last] + d * share * n;
        average += share;
        n += nb;
      }
    }
    mean[p] = origin + average;
    m2[p] = squares;
  }
  scratch.give(prefixMean, prefix, suffixMean, suffix);
  return { count, mean, m2, m3: none, m4: none };
}

const none = new Float64Array(0);

/** Sums need no differences: nothing is ever taken away from them. */
function movingMeans(
  { first, blockFirst, blockLast, count }: WindowBounds,
  x: Float64Array,
  mean: Float64Array,
  scratch: Scratch,
): void {
  const n = x.length;
  const [prefix, suffix] = [scratch.take(n), scratch.take(n)];
  let sum = 0;
  for (let p = 0; p < n; p++) {
    sum = blockFirst[p] === p ? x[p] : sum + x[p];
    prefix[p] = sum;
  }
  for (let p = n - 1; p >= 0; p--) {
    sum = blockLast[p] === p ? x[p] : sum + x[p];
    suffix[p] = sum;
  }
  for (let p = 0; p < n; p++) {
    const from = first[p];
    if (from < 0) {
      mean[p] = Number.NaN;
      continue;
    }
    let last = blockLast[from];
    if (last >= p) {
      sum = x[from];
      for (let q = from + 1; q <= p; q++) sum += x[q];
    } else {
      sum = suffix[from];
      while (last < p) {
        last = Math.min(blockLast[last + 1], p);
        sum += prefix[last];
      }
    }
    mean[p] = sum / count[p];
  }
  scratch.give(prefix, suffix);
}

let table = new Float64Array(0);

/** 1 / n for n up to `longest`: a product costs a fifth of a quotient. */
export function inverses(longest: number): Float64Array {
  if (table.length <= longest) table = Float64Array.from({ length: longest + 2 }, (_, n) => 1 / n);
  return table;
}
