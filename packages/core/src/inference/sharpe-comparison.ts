import { Random } from '../random/random.ts';
import { exceedsRounding } from '../variation.ts';
import { dateBootstrap, requireSameLength, type DateBootstrapOptions } from './comparison-input.ts';
import { bartlettLongRunVariance } from './long-run-variance.ts';
import { twoSidedPValue } from './student-t.ts';

/** A comparison of two Sharpe ratios, per period of the returns. */
export interface SharpeComparison {
  /** Sharpe ratio of the first less that of the second. */
  readonly difference: number;
  readonly standardError: number;
  readonly statistic: number;
  /** Two-sided, of equal Sharpe ratios: of the normal distribution, or of the bootstrap where one was asked for. */
  readonly pValue: number;
  /** Dates on which both have a return. */
  readonly count: number;
}

export interface SharpeComparisonOptions {
  /** Lags of Bartlett weights in the standard error: floor(4 (n / 100)^(2/9)) where absent. */
  readonly maxLags?: number | undefined;
  /** Gives the p-value by the studentised block bootstrap, which keeps its size in small samples and heavy tails. */
  readonly bootstrap?: DateBootstrapOptions | undefined;
}

/**
 * Difference of two Sharpe ratios that may be correlated. With means m, second moments s = E r^2 and influence values
 * y_t = (r1 - m1, r2 - m2, r1^2 - s1, r2^2 - s2), the gradient g of m1 / sd1 - m2 / sd2, sd^2 = s - m^2:
 *
 * se = sqrt(g' Psi g / n), Psi the long-run covariance of y (Bartlett weights, divisor n).
 *
 * The bootstrap draws whole blocks of dates (circular), and compares |difference* - difference| / se* with |difference| / se, se* from
 * blocks: p = (1 + larger) / (1 + draws).
 *
 * @param a returns of the first (n), NaN for none; @param b of the second, on the same dates
 * @returns NaN where a series does not vary
 * @throws ShapeError for series of two lengths
 * Source: Ledoit and Wolf (2008), "Robust performance hypothesis testing with the Sharpe ratio", Journal of Empirical Finance 15,
 * sections 3.1 and 3.2.
 */
export function compareSharpeRatios(
  a: Float64Array,
  b: Float64Array,
  { maxLags, bootstrap }: SharpeComparisonOptions = {},
): SharpeComparison {
  requireSameLength('b', a, b);
  const both = Array.from(a.keys()).filter((t) => !Number.isNaN(a[t]) && !Number.isNaN(b[t]));
  const [x, y] = [Float64Array.from(both, (t) => a[t]), Float64Array.from(both, (t) => b[t])];
  const n = both.length;
  const found = influenceOf(x, y);
  if (!found) return { difference: NaN, standardError: NaN, statistic: NaN, pValue: NaN, count: n };
  const lags = maxLags ?? Math.floor(4 * Math.exp((2 / 9) * Math.log(n / 100)));
  const standardError = Math.sqrt(bartlettLongRunVariance(found.influence, 0, lags) / n);
  const statistic = found.difference / standardError;
  const pValue = bootstrap
    ? studentisedPValue(x, y, found.difference, statistic, bootstrap)
    : twoSidedPValue(statistic, Infinity);
  return { difference: found.difference, standardError, statistic, pValue, count: n };
}

/** The difference, and what each date adds to it: g' y_t. Undefined where a series does not vary. */
function influenceOf(
  x: Float64Array,
  y: Float64Array,
  at?: Int32Array,
): { readonly difference: number; readonly influence: Float64Array } | undefined {
  const n = at?.length ?? x.length;
  const influence = new Float64Array(n);
  let difference = 0;
  for (const [series, sign] of [
    [x, 1],
    [y, -1],
  ] as const) {
    let [mean, square, size] = [0, 0, 0];
    for (let t = 0; t < n; t++) {
      const value = series[at ? at[t] : t];
      mean += value / n;
      square += (value * value) / n;
      size = Math.max(size, Math.abs(value));
    }
    const variance = square - mean * mean;
    const sd = Math.sqrt(Math.max(variance, 0));
    if (!exceedsRounding(sd, size) || !exceedsRounding(variance, square)) return undefined;
    difference += (sign * mean) / sd;
    // d (m / sd) / d m = s / sd^3, d (m / sd) / d s = -m / (2 sd^3).
    const cubed = variance * sd;
    for (let t = 0; t < n; t++) {
      const value = series[at ? at[t] : t];
      influence[t] += (sign * (square * (value - mean) - (mean * (value * value - square)) / 2)) / cubed;
    }
  }
  return { difference, influence };
}

function studentisedPValue(
  x: Float64Array,
  y: Float64Array,
  difference: number,
  statistic: number,
  options: DateBootstrapOptions,
): number {
  const n = x.length;
  const { draws, blockLength, seed } = dateBootstrap(n, options);
  const length = Math.max(1, Math.min(n, Math.round(blockLength)));
  const blocks = Math.floor(n / length);
  const random = new Random(seed);
  const at = new Int32Array(blocks * length);
  let larger = 0;
  for (let draw = 0; draw < draws; draw++) {
    for (let block = 0; block < blocks; block++) {
      const start = random.integer(n);
      for (let i = 0; i < length; i++) at[block * length + i] = (start + i) % n;
    }
    const resampled = influenceOf(x, y, at);
    // A resample without variation says nothing against equality.
    if (!resampled) {
      larger++;
      continue;
    }
    // Psi* = mean over blocks of squares of sums of influence over sqrt(length).
    let psi = 0;
    for (let block = 0; block < blocks; block++) {
      let sum = 0;
      for (let i = 0; i < length; i++) sum += resampled.influence[block * length + i];
      psi += (sum * sum) / length / blocks;
    }
    const se = Math.sqrt(psi / at.length);
    if (Math.abs(resampled.difference - difference) / se >= Math.abs(statistic)) larger++;
  }
  return (1 + larger) / (1 + draws);
}
