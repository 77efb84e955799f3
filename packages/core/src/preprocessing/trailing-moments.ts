import { exceedsRounding } from '../variation.ts';

/** Mean and deviation (divisor n - 1) of the known values among the last `window` entries. */
export interface TrailingMoments {
  /** NaN where fewer than half of the window is known, or the window is not full yet. */
  readonly mean: Float64Array;
  /** NaN there too, and where the values of the window differ by no more than rounding. */
  readonly deviation: Float64Array;
}

/**
 * {@link TrailingMoments} of every entry, from itself and those before it. Two passes over each window: nothing drifts.
 *
 * @param madeFrom size of the numbers that an entry was computed from, where it is larger than the entry
 */
export function trailingMoments(
  values: Float64Array,
  window: number,
  madeFrom: (entry: number) => number = () => 0,
): TrailingMoments {
  const mean = new Float64Array(values.length).fill(Number.NaN);
  const deviation = new Float64Array(values.length).fill(Number.NaN);
  for (let t = window - 1; t < values.length; t++) {
    let [count, sum, origin, size] = [0, 0, Number.NaN, 0];
    for (let s = t - window + 1; s <= t; s++)
      if (values[s] - values[s] === 0) {
        // About the first known value: equal values then have no spread from the rounding of their mean.
        if (count++ === 0) origin = values[s];
        sum += values[s] - origin;
        size = Math.max(size, Math.abs(values[s]), madeFrom(s));
      }
    if (count < Math.max(2, window / 2)) continue;
    const shift = sum / count;
    let squares = 0;
    for (let s = t - window + 1; s <= t; s++)
      if (values[s] - values[s] === 0) {
        const distance = values[s] - origin - shift;
        squares += distance * distance;
      }
    mean[t] = origin + shift;
    const spread = Math.sqrt(squares / (count - 1));
    if (exceedsRounding(spread, size)) deviation[t] = spread;
  }
  return { mean, deviation };
}

/**
 * Exponential average with weight 1 / scale on the newest value, weights summing to one from the first value on:
 * `m_t = sum_s lambda^(t-s) x_s / sum_s lambda^(t-s)`, lambda = 1 - 1 / scale. An unknown value is left out and its time passes.
 */
export function trailingAverage(values: Float64Array, scale: number): Float64Array {
  const lambda = 1 - 1 / scale;
  let [sum, weight] = [0, 0];
  return values.map((value) => {
    sum *= lambda;
    weight *= lambda;
    if (value - value === 0) {
      sum += value;
      weight += 1;
    }
    return sum / weight;
  });
}
