import { ConfigError, describe } from '../errors.ts';
import { inferenceFrom, type Inference, type InferenceOptions } from '../inference/inference.ts';
import { bartlettLongRunVariance } from '../inference/long-run-variance.ts';
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
 * Standard error of {@link sharpeRatio}, per period. Where returns overlap, or a test is to keep its size, {@link sharpeRatioInference}.
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
  const influence = influenceOf(present, mean, sd);
  return Math.sqrt(bartlettLongRunVariance(influence, 0, lags) / n);
}

/**
 * {@link sharpeRatio} per period and its error, which allows for overlap and for dependence between dates: the delta method on mean
 * and variance, `SR + mean of z_t - SR (z_t^2 - 1) / 2`, z the standardised returns, with the long-run variance that
 * `options` say (see {@link meanInference}). NaN entries are left out.
 *
 * With `horizon` h the ratio is that of returns over h dates.
 * @throws ConfigError for options out of range
 * Source: Lo (2002), GMM case, for the influence values.
 */
export function sharpeRatioInference(returns: Float64Array, options: InferenceOptions = {}): Inference {
  const present = returns.filter((r) => !Number.isNaN(r));
  const { mean, sd } = sampleMoments(present);
  const influence = Number.isNaN(sd) ? undefined : influenceOf(present, mean, sd);
  return inferenceFrom(mean / sd, influence, 0, options, present.length);
}

/** `z_t - SR (z_t^2 - 1) / 2`. Standardised with divisor n, as in the method of moments: their mean is then zero exactly. */
function influenceOf(returns: Float64Array, mean: number, sd: number): Float64Array {
  const n = returns.length;
  const deviation = sd * Math.sqrt((n - 1) / n);
  const sharpe = mean / sd;
  return returns.map((r) => {
    const z = (r - mean) / deviation;
    return z - (sharpe * (z * z - 1)) / 2;
  });
}
