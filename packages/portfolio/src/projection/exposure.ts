import { assetsNeeded, effectiveCap, type ExposureConstraints } from './constraints.ts';
import { clippedSumThreshold } from './threshold.ts';

/**
 * Overwrites the first `n` values with the closest weights (Euclidean) that satisfy the constraints, which must be feasible.
 * O(n log n): one sort, then walks along it.
 *
 * **At most** G. With multipliers nu of the net and theta >= 0 of the gross exposure the optimum is
 * `w_i = clip(soft(v_i - nu, theta), -c, c)`. Where `theta = 0` meets the gross bound it is optimal. Otherwise both bounds bind, hence
 * the long sum is (G + n) / 2 and the short sum (G - n) / 2, and `nu + theta`, `nu - theta` are found from one of them each.
 *
 * **Exactly** G. A long weight on a lower score than a short weight's could be swapped with it to come closer, so the long side
 * is a prefix of the scores in descending order. Given its length both sides are projections on a capped simplex; the
 * distances for all lengths come from one walk in each direction.
 */
export function projectExposure(values: Float64Array, n: number, constraints: ExposureConstraints): void {
  if (n === 0) return;
  const sorted = values.slice(0, n).sort().reverse();
  if (constraints.gross === 'exact') projectExactGross(values, n, sorted, constraints);
  else projectGrossBound(values, n, sorted, constraints);
}

function projectGrossBound(
  values: Float64Array,
  n: number,
  sorted: Float64Array,
  constraints: ExposureConstraints,
): void {
  const { grossExposure, netExposure } = constraints;
  const cap = effectiveCap(constraints);
  const nu = clippedSumThreshold(sorted, 0, n, -cap, cap, netExposure);
  let gross = 0;
  for (let i = 0; i < n; i++) gross += Math.min(Math.abs(values[i] - nu), cap);
  if (gross <= grossExposure) {
    for (let i = 0; i < n; i++) values[i] = clip(values[i] - nu, -cap, cap);
    return;
  }
  const long = clippedSumThreshold(sorted, 0, n, 0, cap, (grossExposure + netExposure) / 2);
  const short = clippedSumThreshold(sorted, 0, n, -cap, 0, (netExposure - grossExposure) / 2);
  for (let i = 0; i < n; i++) values[i] = clip(values[i] - long, 0, cap) + clip(values[i] - short, -cap, 0);
}

function projectExactGross(
  values: Float64Array,
  n: number,
  sorted: Float64Array,
  constraints: ExposureConstraints,
): void {
  const { grossExposure, netExposure } = constraints;
  const cap = effectiveCap(constraints);
  const [longSum, shortSum] = [(grossExposure + netExposure) / 2, (grossExposure - netExposure) / 2];
  const longCost = prefixDistances(sorted, longSum, cap);
  const shortCost = prefixDistances(sorted.map((value) => -value).reverse(), shortSum, cap);
  let split = -1;
  let best = Infinity;
  for (let k = assetsNeeded(longSum, cap); k <= n - assetsNeeded(shortSum, cap); k++) {
    const distance = longCost[k] + shortCost[n - k];
    if (distance < best) [best, split] = [distance, k];
  }
  const long = split > 0 ? clippedSumThreshold(sorted, 0, split, 0, cap, longSum) : 0;
  const short = split < n ? clippedSumThreshold(sorted, split, n, -cap, 0, -shortSum) : 0;
  // Equal scores on both sides of the split: the later assets are long, as in a stable ascending order.
  const boundary = split > 0 ? sorted[split - 1] : Infinity;
  let equalLong = 0;
  for (let k = split - 1; k >= 0 && sorted[k] === boundary; k--) equalLong++;
  for (let i = n - 1; i >= 0; i--) {
    const isLong = values[i] > boundary || (values[i] === boundary && equalLong-- > 0);
    values[i] = isLong ? clip(values[i] - long, 0, cap) : clip(values[i] - short, -cap, 0);
  }
}

/**
 * For every k the squared distance of the first k values (descending) to `{0 <= w <= cap, sum w = total}`; infinite where k is too few.
 * As k grows lambda never falls, so elements only ever leave the cap, and once an element lies below lambda so do all later ones.
 */
function prefixDistances(u: Float64Array, total: number, cap: number): Float64Array {
  const n = u.length;
  const distances = new Float64Array(n + 1).fill(Infinity);
  const needed = assetsNeeded(total, cap);
  let [full, inside, squares, overCap] = [needed, 0, 0, 0];
  for (let i = 0; i < Math.min(needed, n); i++) {
    squares += u[i] * u[i];
    overCap += (u[i] - cap) * (u[i] - cap);
  }
  if (total <= 0) {
    distances[0] = 0;
    for (let k = 1; k <= n; k++) distances[k] = squares += u[k - 1] * u[k - 1];
    return distances;
  }
  let settled = Number.NaN;
  for (let k = needed; k <= n; k++) {
    if (k > needed) {
      const added = u[k - 1];
      if (!Number.isNaN(settled)) {
        distances[k] = settled += added * added;
        continue;
      }
      inside += added;
    }
    // The least element at the cap leaves it when lambda comes within the cap of it.
    for (;;) {
      const lambda = (inside + full * cap - total) / (k - full);
      if (full === 0 || (k > full && u[full - 1] - lambda > cap)) break;
      if (k === full && full * cap <= total) break;
      full--;
      inside += u[full];
      overCap -= (u[full] - cap) * (u[full] - cap);
    }
    const lambda = k > full ? (inside + full * cap - total) / (k - full) : 0;
    distances[k] = overCap + (k - full) * lambda * lambda;
    if (k < n && k > full && u[k] <= lambda) settled = distances[k];
  }
  return distances;
}

function clip(value: number, low: number, high: number): number {
  return value < low ? low : value > high ? high : value;
}
