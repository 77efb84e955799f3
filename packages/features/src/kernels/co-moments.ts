import type { AssetLayout } from '../layout.ts';
import type { WindowBounds } from '../window-bounds.ts';
import type { Scratch } from '../scratch.ts';
import { inverses } from './moments.ts';

/** Of each window, in the order of the layout; NaN where the window is not full or a value of either series is missing. */
export interface MovingCoMoments {
  readonly count: Int32Array;
  readonly meanX: Float64Array;
  readonly meanY: Float64Array;
  /** Sums of products of differences from the means. */
  readonly xx: Float64Array;
  readonly yy: Float64Array;
  readonly xy: Float64Array;
}

const FIELDS = 5;

/** Means and central sums of products of two series in every window, joined from parts as in `movingMoments`. */
export function movingCoMoments(
  { nRows }: AssetLayout,
  { first, blockFirst, blockLast, count, longest }: WindowBounds,
  x: Float64Array,
  y: Float64Array,
  scratch: Scratch,
): MovingCoMoments {
  const inverse = inverses(longest);
  // Mean of x, mean of y (as differences from the edge of the block), xx, yy, xy side by side: a join reads one line of memory.
  const [prefix, suffix] = [scratch.take(FIELDS * nRows), scratch.take(FIELDS * nRows)];
  partsInto(prefix, 0, nRows, 1, blockFirst, inverse, x, y);
  partsInto(suffix, nRows - 1, -1, -1, blockLast, inverse, x, y);
  const [meanX, meanY, xx, yy, xy] = Array.from({ length: FIELDS }, () => scratch.take(nRows));
  for (let p = 0; p < nRows; p++) {
    const from = first[p];
    if (from < 0) {
      meanX[p] = meanY[p] = xx[p] = yy[p] = xy[p] = Number.NaN;
      continue;
    }
    let last = blockLast[from];
    let [mx, my, sxx, syy, sxy] = [0, 0, 0, 0, 0];
    let [originX, originY] = [x[last], y[last]];
    if (last >= p) {
      originX = x[from];
      originY = y[from];
      mx = my = sxx = syy = sxy = originX - originX + (originY - originY);
      for (let q = from + 1; q <= p; q++) {
        const [valueX, valueY] = [x[q] - originX, y[q] - originY];
        const [dx, dy] = [valueX - mx, valueY - my];
        const share = inverse[q - from + 1];
        mx += dx * share;
        my += dy * share;
        sxx += dx * (valueX - mx);
        syy += dy * (valueY - my);
        sxy += dx * (valueY - my);
      }
    } else {
      const s = FIELDS * from;
      mx = suffix[s];
      my = suffix[s + 1];
      sxx = suffix[s + 2];
      syy = suffix[s + 3];
      sxy = suffix[s + 4];
      let n = last - from + 1;
      while (last < p) {
        const begin = last + 1;
        last = Math.min(blockLast[begin], p);
        const nb = last - begin + 1;
        const b = FIELDS * last;
        const share = nb * inverse[n + nb];
        const dx = x[begin] - originX + (prefix[b] - mx);
        const dy = y[begin] - originY + (prefix[b + 1] - my);
        sxx += prefix[b + 2] + dx * dx * share * n;
        syy += prefix[b + 3] + dy * dy * share * n;
        sxy += prefix[b + 4] + dx * dy * share * n;
        mx += dx * share;
        my += dy * share;
        n += nb;
      }
    }
    meanX[p] = originX + mx;
    meanY[p] = originY + my;
    xx[p] = sxx;
    yy[p] = syy;
    xy[p] = sxy;
  }
  scratch.give(prefix, suffix);
  return { count, meanX, meanY, xx, yy, xy };
}

/** Co-moments of block beginnings (step 1, `edge` the first places of blocks) or of block ends (step -1, the last places). */
function partsInto(
  out: Float64Array,
  start: number,
  end: number,
  step: 1 | -1,
  edge: Int32Array,
  inverse: Float64Array,
  x: Float64Array,
  y: Float64Array,
): void {
  let [mx, my, sxx, syy, sxy] = [0, 0, 0, 0, 0];
  for (let p = start; p !== end; p += step) {
    const n = step * (p - edge[p]);
    const [valueX, valueY] = [x[p] - x[edge[p]], y[p] - y[edge[p]]];
    if (n === 0) {
      // 0, or NaN where either is missing.
      mx = my = sxx = syy = sxy = valueX + valueY;
    } else {
      const [dx, dy] = [valueX - mx, valueY - my];
      const share = inverse[n + 1];
      mx += dx * share;
      my += dy * share;
      sxx += dx * (valueX - mx);
      syy += dy * (valueY - my);
      sxy += dx * (valueY - my);
    }
    const at = FIELDS * p;
    out[at] = mx;
    out[at + 1] = my;
    out[at + 2] = sxx;
    out[at + 3] = syy;
    out[at + 4] = sxy;
  }
}
