import { exceedsRounding } from '../variation.ts';
import { requireSameLength } from './comparison-input.ts';
import { twoSidedPValue } from './student-t.ts';

/** A comparison of two forecasts by their losses. */
export interface DieboldMariano {
  /** Mean of `a - b`: negative where the first forecast is better. */
  readonly meanDifference: number;
  /** Diebold and Mariano's statistic. */
  readonly statistic: number;
  /** The same with the correction of Harvey, Leybourne and Newbold, to be held against t with n - 1 degrees of freedom. */
  readonly correctedStatistic: number;
  readonly degreesOfFreedom: number;
  /** Two-sided, of equal accuracy. */
  readonly pValue: number;
  /** Dates on which both have a loss. */
  readonly count: number;
}

/**
 * Whether two forecasts differ in accuracy: with d_t = a_t - b_t and autocovariances g_k of d (divisor n),
 *
 * DM = mean(d) / sqrt((g_0 + 2 sum_{k=1}^{h-1} g_k) / n),
 * HLN = DM sqrt((n + 1 - 2 h + h (h - 1) / n) / n) ~ t(n - 1).
 *
 * Where the sum of autocovariances is not positive, as in short samples with h > 1, Bartlett weights take the place of ones.
 *
 * @param a losses of the first forecast by date (n), for example mean squared errors over assets; NaN for none
 * @param b losses of the second
 * @param horizon h, dates that a forecast spans
 * @returns NaN statistics where the losses do not differ, or for fewer than two dates beyond the horizon
 * @throws ShapeError for series of two lengths
 * Source: Diebold and Mariano (1995), "Comparing predictive accuracy", Journal of Business & Economic Statistics 13; Harvey, Leybourne
 * and Newbold (1997), "Testing the equality of prediction mean squared errors", International Journal of Forecasting 13, equation 9.
 */
export function dieboldMariano(a: Float64Array, b: Float64Array, horizon = 1): DieboldMariano {
  requireSameLength('b', a, b);
  const differences = a.map((value, t) => value - b[t]).filter((value) => !Number.isNaN(value));
  const n = differences.length;
  const h = Math.min(horizon, n);
  const mean = differences.reduce((sum, value) => sum + value, 0) / n;
  const covariance = (lag: number): number => {
    let sum = 0;
    for (let t = lag; t < n; t++) sum += (differences[t] - mean) * (differences[t - lag] - mean);
    return sum / n;
  };
  const lags = Array.from({ length: h }, (_, lag) => covariance(lag));
  const weighted = (weight: (lag: number) => number): number =>
    lags.reduce((sum, value, lag) => sum + (lag === 0 ? 1 : 2 * weight(lag)) * value, 0);
  const truncated = weighted(() => 1);
  const longRun = truncated > 0 ? truncated : weighted((lag) => 1 - lag / h);
  const size = a.reduce((most, value, t) => Math.max(most, Math.abs(value) || 0, Math.abs(b[t]) || 0), 0);
  const isKnown = n > h && n > 1 && exceedsRounding(Math.sqrt(Math.max(lags[0], 0)), size);
  const statistic = isKnown ? mean / Math.sqrt(longRun / n) : Number.NaN;
  const correctedStatistic = statistic * Math.sqrt((n + 1 - 2 * h + (h * (h - 1)) / n) / n);
  return {
    meanDifference: n === 0 ? Number.NaN : mean,
    statistic,
    correctedStatistic,
    degreesOfFreedom: n - 1,
    pValue: twoSidedPValue(correctedStatistic, n - 1),
    count: n,
  };
}
