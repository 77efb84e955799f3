import { exceedsRounding } from '../variation.ts';

/**
 * Mean and sample standard deviation (divisor n - 1) of returns, or of other values that are made of numbers of about one. The
 * deviation is NaN when there are fewer than two values, or none differs from the others by more than rounding.
 *
 * @param values without NaN
 * @param madeFrom size of the numbers that the values are differences of: 1 for returns, times the gross exposure of a portfolio
 */
export function sampleMoments(values: ArrayLike<number>, madeFrom = 1): { mean: number; sd: number } {
  const n = values.length;
  if (n < 2) return { mean: n === 1 ? values[0] : Number.NaN, sd: Number.NaN };
  // About the first value: then nothing is rounded where all are equal, however many they are.
  const origin = values[0];
  let shift = 0;
  let size = madeFrom;
  for (let i = 0; i < n; i++) {
    shift += values[i] - origin;
    size = Math.max(size, Math.abs(values[i]));
  }
  shift /= n;
  let squares = 0;
  for (let i = 0; i < n; i++) {
    const deviation = values[i] - origin - shift;
    squares += deviation * deviation;
  }
  const mean = origin + shift;
  const sd = Math.sqrt(squares / (n - 1));
  // Basis points, and logarithms of large prices, are rounded more than returns are: no ratio is a hundred million.
  return { mean, sd: exceedsRounding(sd, Math.max(size, 1e4 * Math.abs(mean))) ? sd : Number.NaN };
}
