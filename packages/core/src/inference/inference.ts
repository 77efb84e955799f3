import { ConfigError, describe } from '../errors.ts';
import { sampleMoments } from '../metrics/sample-moments.ts';
import { bartlettLongRunVariance, cosineCount, cosineLongRunVariance } from './long-run-variance.ts';
import { criticalValue, twoSidedPValue } from './student-t.ts';

export interface InferenceOptions {
  /** h: dates that each value spans, `batch.returnHorizon`; values of consecutive dates then share h - 1 of them. 1 where absent. */
  readonly horizon?: number | undefined;
  /**
   * How dependence between dates is allowed for. 'EWC' (the default): equal-weighted cosines, and the t distribution with
   * as many degrees of freedom; tests keep their size with overlapping values. 'HAC': the weights of Newey and West and the normal
   * distribution, as statsmodels' `cov_type='HAC'` has them. 'nonrobust': dates are taken for independent.
   */
  readonly covType?: 'EWC' | 'HAC' | 'nonrobust' | undefined;
  /** With 'HAC': the last lag that counts. */
  readonly maxLags?: number | undefined;
  /** Of the interval: .95 where absent. */
  readonly level?: number | undefined;
}

/** An estimate and how sure it is. NaN where nothing can be said: too few dates for the horizon, or values that do not vary. */
export interface Inference {
  readonly estimate: number;
  readonly standardError: number;
  /** The estimate over its standard error. */
  readonly tStatistic: number;
  /** Of the t distribution that the statistic is compared with; Infinity for the normal. */
  readonly degreesOfFreedom: number;
  /** Two-sided, of the hypothesis that the true value is zero. */
  readonly pValue: number;
  readonly confidenceInterval: readonly [lower: number, upper: number];
  /** Dates that have a value: what the estimate is made of. */
  readonly count: number;
}

/**
 * The mean of a series and its error: {@link Inference} that allows for overlap and for dependence between dates.
 *
 * `mean +- t sqrt(Omega / n)`, Omega the long-run variance. By default from B equal-weighted cosines, t with B degrees of
 * freedom, `B = floor(0.4 min(n^(2/3), n / h))`: 15 for 252 daily values, 4 for 252 returns over 21 days. Its null rejections are in
 * docs/how-sure.md.
 *
 * @param values in the order of time; NaN for a date without one. Dates that have a value are taken as if they followed each
 *   other (Datta and Du 2012, "equal spacing").
 * @throws ConfigError for options out of range
 * Source: Lazarus, Lewis, Stock and Watson (2018), "HAR inference: recommendations for practice".
 */
export function meanInference(values: Float64Array, options: InferenceOptions = {}): Inference {
  const present = values.filter((value) => !Number.isNaN(value));
  const { mean, sd } = sampleMoments(present);
  return inferenceFrom(mean, Number.isNaN(sd) ? undefined : present, mean, options, present.length);
}

/**
 * {@link Inference} of an estimate from its influence values: `estimate - truth = mean of influence + smaller terms`.
 *
 * @param influence (n) in the order of time; undefined where there is no variation to judge by
 * @param centre mean of the influence values
 */
export function inferenceFrom(
  estimate: number,
  influence: Float64Array | undefined,
  centre: number,
  options: InferenceOptions,
  count: number,
): Inference {
  const { level = 0.95 } = options;
  if (!(level > 0 && level < 1)) throw outOfRange('level', 'a number between 0 and 1', level);
  const { variance, degreesOfFreedom } = longRunVariance(influence ?? new Float64Array(0), centre, options);
  const standardError = Math.sqrt(variance / count);
  const tStatistic = estimate / standardError;
  const reach = criticalValue(level, degreesOfFreedom) * standardError;
  return {
    estimate,
    standardError,
    tStatistic,
    degreesOfFreedom,
    pValue: twoSidedPValue(tStatistic, degreesOfFreedom),
    confidenceInterval: [estimate - reach, estimate + reach],
    count,
  };
}

/** A long-run variance and the degrees of freedom of the t distribution that goes with it. */
export interface LongRunVariance {
  readonly variance: number;
  readonly degreesOfFreedom: number;
}

/**
 * The long-run variance, `sum_l cov(x_t, x_{t-l})`, of values with the given mean: that of their mean is this over n. NaN, with no degree of freedom,
 * where it cannot be estimated. What {@link meanInference} uses; for estimates that are means of something else.
 *
 * @param values (n) in the order of time, without NaN
 * @throws ConfigError for options out of range
 */
export function longRunVariance(
  values: Float64Array,
  mean: number,
  { horizon = 1, covType = 'EWC', maxLags }: Omit<InferenceOptions, 'level'> = {},
): LongRunVariance {
  const n = values.length;
  if (!Number.isSafeInteger(horizon) || horizon < 1)
    throw outOfRange('horizon', 'a whole number of dates >= 1', horizon);
  if ((maxLags === undefined) === (covType === 'HAC'))
    throw outOfRange(
      'maxLags',
      covType === 'HAC' ? "a whole number >= 0 with covType 'HAC'" : "covType 'HAC' with it",
      maxLags,
    );
  if (maxLags !== undefined && (!Number.isSafeInteger(maxLags) || maxLags < 0))
    throw outOfRange('maxLags', 'a whole number >= 0', maxLags);
  const nothing = { variance: Number.NaN, degreesOfFreedom: 0 };
  if (n < 2) return nothing;
  if (covType === 'HAC')
    return { variance: bartlettLongRunVariance(values, mean, Number(maxLags)), degreesOfFreedom: Infinity };
  if (covType === 'nonrobust')
    return { variance: (bartlettLongRunVariance(values, mean, 0) * n) / (n - 1), degreesOfFreedom: n - 1 };
  if (covType !== 'EWC') throw outOfRange('covType', "'EWC', 'HAC' or 'nonrobust'", covType);
  const nCosines = cosineCount(n, horizon);
  if (nCosines === 0) return nothing;
  return { variance: cosineLongRunVariance(values, mean, nCosines), degreesOfFreedom: nCosines };
}

function outOfRange(field: string, expected: string, found: unknown): ConfigError {
  return new ConfigError({ field, expected, found: describe(found), remedy: 'Correct the value, or leave it out.' });
}
