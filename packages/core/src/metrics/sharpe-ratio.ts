import { ConfigError, describe } from '../errors.ts';
import { sampleMoments } from './sample-moments.ts';

/**
 * Sharpe ratio per period: mean over sample standard deviation (divisor n - 1) of excess or self-financed returns.
 * NaN entries are left out; NaN with fewer than two returns or none that differs from the others by more than rounding
 * ({@link exceedsRounding}).
 */
export function sharpeRatio(returns: Float64Array): number {
  const { mean, sd } = sampleMoments(returns.filter((r) => !Number.isNaN(r)));
  return mean / sd;
}

/**
 * {@link sharpeRatio} times the square root of `periodsPerYear` (12 for months, 252 for trading days), which is its
 * annual value when returns are not autocorrelated. Throws ConfigError.
 */
export function annualizedSharpeRatio(returns: Float64Array, periodsPerYear: number): number {
  if (!(periodsPerYear > 0) || !Number.isFinite(periodsPerYear))
    throw new ConfigError({
      field: 'periodsPerYear',
      expected: 'a number > 0',
      found: describe(periodsPerYear),
      remedy: 'Pass 12 for monthly, 52 for weekly, 252 for daily returns.',
    });
  return sharpeRatio(returns) * Math.sqrt(periodsPerYear);
}

export interface SharpeStandardErrorOptions {
  /**
   * Absent: returns independent and normal. A number L >= 0: robust to other distributions and to autocorrelation up to
   * L periods, with the weights of Newey and West (1987); 0 for independent returns of any distribution.
   */
  readonly lags?: number;
}

/**
 * Standard error of {@link sharpeRatio}, per period.
 *
 * Without `lags` `sqrt((1 + SR^2 / 2) / n)`, Lo (2002) for independent, identically distributed normal returns. With
 * them the delta method on mean and variance: the long-run variance of `z_t - SR (z_t^2 - 1) / 2`, z the standardised
 * returns, over n (Lo 2002, GMM case; its formulas were not compared with the text). Throws ConfigError.
 */
export function sharpeRatioStandardError(returns: Float64Array, options: SharpeStandardErrorOptions = {}): number {
  const present = returns.filter((r) => !Number.isNaN(r));
  const n = present.length;
  const { mean, sd } = sampleMoments(present);
  const sharpe = mean / sd;
  const { lags } = options;
  if (lags === undefined) return Math.sqrt((1 + (sharpe * sharpe) / 2) / n);
  if (!Number.isSafeInteger(lags) || lags < 0)
    throw new ConfigError({
      field: 'lags',
      expected: 'a whole number >= 0',
      found: describe(lags),
      remedy: 'Leave it out for independent normal returns.',
    });
  // Divisor n inside, as in the method of moments; the influence values then have mean zero exactly.
  const variance = (sd * sd * (n - 1)) / n;
  const influence = present.map((r) => {
    const z = (r - mean) / Math.sqrt(variance);
    return z - (sharpe * (z * z - 1)) / 2;
  });
  return Math.sqrt(longRunVariance(influence, lags) / n);
}

/** sum_{|l| <= L} (1 - |l| / (L + 1)) autocovariance_l of values with mean zero. */
function longRunVariance(values: Float64Array, lags: number): number {
  const n = values.length;
  let total = 0;
  for (let lag = 0; lag <= Math.min(lags, n - 1); lag++) {
    let sum = 0;
    for (let t = lag; t < n; t++) sum += values[t] * values[t - lag];
    total += (lag === 0 ? 1 : 2 * (1 - lag / (lags + 1))) * (sum / n);
  }
  return total;
}
