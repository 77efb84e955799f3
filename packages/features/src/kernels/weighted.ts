import type { AssetLayout } from '../layout.ts';
import type { WindowBounds } from '../window-bounds.ts';

/**
 * Mean of each window with given weights of the rows back from its end: w_0 of the latest, w_1 of the one before, …
 * One product for each row and weight: windows with weights are short, and the sum is the same wherever the history begins.
 */
export function movingWeightedMean(
  { first }: WindowBounds,
  x: Float64Array,
  weight: (back: number, count: number) => number,
  out: Float64Array,
): Float64Array {
  let [weights, total] = [new Float64Array(0), 0];
  for (let p = 0; p < x.length; p++) {
    const from = first[p];
    if (from < 0) {
      out[p] = Number.NaN;
      continue;
    }
    const count = p - from + 1;
    if (weights.length !== count) {
      weights = Float64Array.from({ length: count }, (_, back) => weight(back, count));
      total = weights.reduce((sum, value) => sum + value, 0);
    }
    let sum = 0;
    for (let back = 0; back < count; back++) sum += weights[back] * x[p - back];
    out[p] = sum / total;
  }
  return out;
}

/**
 * Exponentially weighted mean of an asset's whole history, alpha = 2 / (span + 1):
 * m_t = sum_k (1 - alpha)^k x_{t-k} / sum_k (1 - alpha)^k over the values that are there. A missing value has none, and lets the
 * weights of what came before decay.
 */
export function exponentialMean(
  { firstOf }: AssetLayout,
  x: Float64Array,
  span: number,
  out: Float64Array,
): Float64Array {
  const decay = 1 - 2 / (span + 1);
  let [mean, weight] = [Number.NaN, 0];
  for (let p = 0; p < x.length; p++) {
    if (firstOf[p] === p) [mean, weight] = [Number.NaN, 0];
    weight *= decay;
    const value = x[p];
    if (!Number.isNaN(value)) {
      weight += 1;
      mean = Number.isNaN(mean) ? value : mean + (value - mean) / weight;
    }
    out[p] = Number.isNaN(value) ? Number.NaN : mean;
  }
  return out;
}

/**
 * Exponentially weighted standard deviation with the weights of {@link exponentialMean}, corrected for bias:
 * variance sum w (x - m)^2 / sum w times (sum w)^2 / ((sum w)^2 - sum w^2); NaN until there are two values.
 */
export function exponentialDeviation(
  { firstOf }: AssetLayout,
  x: Float64Array,
  span: number,
  out: Float64Array,
): Float64Array {
  const decay = 1 - 2 / (span + 1);
  let [mean, weight, squared, m2, count] = [0, 0, 0, 0, 0];
  for (let p = 0; p < x.length; p++) {
    if (firstOf[p] === p) [mean, weight, squared, m2, count] = [0, 0, 0, 0, 0];
    weight *= decay;
    squared *= decay * decay;
    m2 *= decay;
    const value = x[p];
    if (!Number.isNaN(value)) {
      const before = weight;
      weight += 1;
      squared += 1;
      const difference = value - mean;
      mean += difference / weight;
      m2 += (difference * difference * before) / weight;
      count++;
    }
    const correction = (weight * weight) / (weight * weight - squared);
    out[p] = count < 2 || Number.isNaN(value) ? Number.NaN : Math.sqrt((m2 / weight) * correction);
  }
  return out;
}

/** Values that are not missing in each window, of which a short history has what it has. */
export function movingCount(
  { firstOf }: AssetLayout,
  { first }: WindowBounds,
  x: Float64Array,
  out: Float64Array,
): Float64Array {
  let [from, known] = [0, 0];
  for (let p = 0; p < x.length; p++) {
    if (firstOf[p] === p) [from, known] = [p, 0];
    if (!Number.isNaN(x[p])) known++;
    for (; from < first[p]; from++) if (!Number.isNaN(x[from])) known--;
    out[p] = known;
  }
  return out;
}
