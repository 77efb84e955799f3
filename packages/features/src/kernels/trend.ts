import type { AssetLayout } from '../layout.ts';
import type { WindowBounds } from '../window-bounds.ts';
import type { Scratch } from '../scratch.ts';
import { inverses } from './moments.ts';
import type { MovingMoments } from './moving-moments.ts';

/**
 * Sums of products of differences of values and of row numbers from their means, in every window, joined from parts; row
 * numbers count from each part's own start, so that nothing depends on how long the history is:
 *
 * C = C_a + C_b + (mean_b - mean_a) n_a n_b / 2, since the mean row numbers of neighbouring parts lie n / 2 apart.
 */
export function movingTrend(
  { nRows }: AssetLayout,
  { first, blockFirst, blockLast, longest }: WindowBounds,
  x: Float64Array,
  scratch: Scratch,
): Float64Array {
  const inverse = inverses(longest);
  // Mean (as a difference from the edge of the block) and C of each place side by side.
  const [prefix, suffix] = [scratch.take(2 * nRows), scratch.take(2 * nRows)];
  let [mean, c] = [0, 0];
  for (let p = 0; p < nRows; p++) {
    const n = p - blockFirst[p];
    const value = x[p] - x[blockFirst[p]];
    if (n === 0) mean = c = value;
    else {
      const d = value - mean;
      c += (d * n) / 2;
      mean += d * inverse[n + 1];
    }
    prefix[2 * p] = mean;
    prefix[2 * p + 1] = c;
  }
  for (let p = nRows - 1; p >= 0; p--) {
    const n = blockLast[p] - p;
    const value = x[p] - x[blockLast[p]];
    if (n === 0) mean = c = value;
    else {
      const d = value - mean;
      c -= (d * n) / 2;
      mean += d * inverse[n + 1];
    }
    suffix[2 * p] = mean;
    suffix[2 * p + 1] = c;
  }
  const out = scratch.take(nRows);
  for (let p = 0; p < nRows; p++) {
    const from = first[p];
    if (from < 0) {
      out[p] = Number.NaN;
      continue;
    }
    let last = blockLast[from];
    const origin = last >= p ? x[from] : x[last];
    if (last >= p) {
      mean = c = origin - origin;
      for (let q = from + 1; q <= p; q++) {
        const d = x[q] - origin - mean;
        c += (d * (q - from)) / 2;
        mean += d * inverse[q - from + 1];
      }
    } else {
      mean = suffix[2 * from];
      c = suffix[2 * from + 1];
      let n = last - from + 1;
      while (last < p) {
        const begin = last + 1;
        last = Math.min(blockLast[begin], p);
        const nb = last - begin + 1;
        const d = x[begin] - origin + (prefix[2 * last] - mean);
        c += prefix[2 * last + 1] + (d * n * nb) / 2;
        mean += d * nb * inverse[n + nb];
        n += nb;
      }
    }
    out[p] = c;
  }
  scratch.give(prefix, suffix);
  return out;
}

/** Moments of windows with their co-moments with time. */
export interface MovingTrend extends MovingMoments {
  readonly xt: Float64Array;
}
