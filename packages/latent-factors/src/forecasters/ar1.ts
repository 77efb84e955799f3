import { parseConfig } from '@ml4t/core/authoring';
import * as z from 'zod';
import { estimationSize, longRunCovariance, type ErrorOptions, type LongRunCovariance } from './factor-errors.ts';
import {
  PremiumForecaster,
  forecasterConfigSchema,
  type Premium,
  type PremiumEstimator,
} from './premium-forecaster.ts';

/** Configuration of {@link AR1FactorForecaster}. */
export const ar1ConfigSchema = forecasterConfigSchema.extend({
  /** Share by which the least-squares slope is drawn towards zero, and the forecast with it towards the mean. */
  shrinkage: z.number().min(0).max(1).default(0.5).describe('Share by which the slope is drawn towards zero'),
  /** Largest slope in absolute value: below one, so that forecasts return to the mean. */
  stationarityBound: z.number().positive().lt(1).default(0.99).describe('Largest absolute slope'),
});

export type AR1Config = Readonly<z.output<typeof ar1ConfigSchema>>;

/**
 * The premium is the forecast of a first-order autoregression of each factor, drawn towards the mean:
 *
 * `f_{s+1} = a + b f_s + e`, least squares over consecutive periods on which both are known, never across a gap;
 * `b' = clip((1 - shrinkage) b, +-stationarityBound)`, `a' = mean(f_{s+1}) - b' mean(f_s)`;
 * the recursion is iterated from the last realised return to the date of the forecast, one step a period.
 *
 * With fewer than two pairs the premium is the mean. The standard error is that of the conditional mean by the
 * delta method from the covariance of the least-squares coefficients; it does not count the shrinkage as knowledge. Their
 * covariance is the long-run one of their influence values, `e` and `(f_s - mean) e / var(f)`, which allows for residuals that overlap
 * (`covType: 'EWC'`), or that of independent residuals (`'nonrobust'`).
 *
 * Source: Hamilton (1994), "Time Series Analysis", section 8.2; Lazarus, Lewis, Stock and Watson (2018) for the errors.
 */
export class AR1FactorForecaster extends PremiumForecaster<AR1Config> {
  readonly forecasterType = 'ar1';

  constructor(config: z.input<typeof ar1ConfigSchema> = {}) {
    super(parseConfig(ar1ConfigSchema, config, 'AR1FactorForecaster'));
  }

  protected estimator(errors: ErrorOptions): PremiumEstimator {
    return new Autoregression(this.config, errors);
  }
}

class Autoregression implements PremiumEstimator {
  readonly #config: AR1Config;
  readonly #errors: ErrorOptions;
  /** Of the pairs (f_s, f_{s+1}): their number, means, and sums of squared and crossed deviations. */
  #pairs = 0;
  #meanLagged = 0;
  #meanValue = 0;
  #sxx = 0;
  #sxy = 0;
  #syy = 0;
  readonly #lagged: number[] = [];
  readonly #values: number[] = [];
  /** Of level and slope, times the number of pairs, from the first `size` pairs. */
  #covariance: (LongRunCovariance & { readonly size: number }) | undefined;
  #count = 0;
  #sum = 0;
  #last = Number.NaN;
  #lastPeriod = Number.NaN;

  constructor(config: AR1Config, errors: ErrorOptions) {
    this.#config = config;
    this.#errors = errors;
  }

  observe(value: number, period: number): void {
    if (period === this.#lastPeriod + 1) this.#observePair(this.#last, value);
    this.#count++;
    this.#sum += value;
    this.#last = value;
    this.#lastPeriod = period;
  }

  /** Moments about the means, updated pair by pair (Welford), so that a long history costs no more than a short one. */
  #observePair(lagged: number, value: number): void {
    this.#pairs++;
    this.#lagged.push(lagged);
    this.#values.push(value);
    const [x, y] = [lagged - this.#meanLagged, value - this.#meanValue];
    this.#meanLagged += x / this.#pairs;
    this.#meanValue += y / this.#pairs;
    const left = lagged - this.#meanLagged;
    this.#sxx += x * left;
    this.#sxy += y * left;
    this.#syy += y * (value - this.#meanValue);
  }

  forecast(period: number): Premium {
    const n = this.#pairs;
    if (n < 2) return { premium: this.#sum / this.#count, standardError: Number.NaN, degreesOfFreedom: 0 };
    const [meanLagged, meanValue] = [this.#meanLagged, this.#meanValue];
    const [sxx, sxy, syy] = [this.#sxx, this.#sxy, this.#syy];
    const ols = sxx > 0 ? sxy / sxx : 0;
    const { shrinkage, stationarityBound } = this.#config;
    const slope = Math.max(-stationarityBound, Math.min(stationarityBound, (1 - shrinkage) * ols));
    const intercept = meanValue - slope * meanLagged;
    // Iterate the recursion with its derivatives in the intercept (at the mean of the regressor) and in the slope.
    let premium = this.#last;
    let byLevel = 0;
    let bySlope = 0;
    for (let step = this.#lastPeriod; step < period; step++) {
      bySlope = premium - meanLagged + slope * bySlope;
      byLevel = 1 + slope * byLevel;
      premium = intercept + slope * premium;
    }
    const { covType } = this.#errors;
    if (covType === 'nonrobust') {
      const variance = n > 2 ? Math.max(0, syy - ols * sxy) / (n - 2) : Number.NaN;
      const slopeVariance = sxx > 0 ? variance / sxx : 0;
      const standardError = Math.sqrt((byLevel ** 2 * variance) / n + bySlope ** 2 * slopeVariance);
      return { premium, standardError, degreesOfFreedom: Math.max(0, n - 2) };
    }
    const { xx, xy, yy, degreesOfFreedom } = this.#longRunCovariance();
    const variance = (byLevel ** 2 * xx + 2 * byLevel * bySlope * xy + bySlope ** 2 * yy) / n;
    return { premium, standardError: Math.sqrt(Math.max(0, variance)), degreesOfFreedom };
  }

  /** Of the coefficients of the first {@link estimationSize} pairs: the level at the mean of the regressor, and the slope. */
  #longRunCovariance(): LongRunCovariance {
    const size = estimationSize(this.#pairs);
    if (this.#covariance?.size === size) return this.#covariance;
    const meanOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / size;
    const [lagged, values] = [this.#lagged.slice(0, size), this.#values.slice(0, size)];
    const [meanLagged, meanValue] = [meanOf(lagged), meanOf(values)];
    const distance = Float64Array.from(lagged, (value) => value - meanLagged);
    const spread = distance.reduce((sum, value) => sum + value * value, 0) / size;
    const covariance = distance.reduce((sum, value, s) => sum + value * (values[s] - meanValue), 0) / size;
    const slope = spread > 0 ? covariance / spread : 0;
    // Residuals of two coefficients are smaller than the errors by this much.
    const inflation = Math.sqrt(size / (size - 2));
    const residual = distance.map((value, s) => inflation * (values[s] - meanValue - slope * value));
    const bySlope = residual.map((value, s) => (spread > 0 ? (value * distance[s]) / spread : 0));
    this.#covariance = { ...longRunCovariance(residual, bySlope, this.#errors), size };
    return this.#covariance;
  }
}
