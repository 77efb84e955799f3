import type { AssetLayout } from '../layout.ts';
import type { WindowBounds } from '../window-bounds.ts';

/**
 * Greatest (sign 1) or least (-1) value of each window, or with `asPlace` the rows from the window's start to the first of them.
 * A queue of candidates, each better than those after it: every value enters and leaves it once.
 */
export function movingExtreme(
  { firstOf }: AssetLayout,
  { first }: WindowBounds,
  x: Float64Array,
  sign: 1 | -1,
  asPlace: boolean,
  out: Float64Array,
): Float64Array {
  const n = x.length;
  const queue = new Int32Array(n);
  let [head, tail, lastMissing] = [0, 0, -1];
  for (let p = 0; p < n; p++) {
    if (firstOf[p] === p) head = tail = 0;
    if (Number.isNaN(x[p])) lastMissing = p;
    else {
      while (tail > head && sign * x[queue[tail - 1]] < sign * x[p]) tail--;
      queue[tail++] = p;
    }
    const from = first[p];
    if (from < 0 || lastMissing >= from) {
      out[p] = Number.NaN;
      continue;
    }
    while (queue[head] < from) head++;
    out[p] = asPlace ? queue[head] - from : x[queue[head]];
  }
  return out;
}
