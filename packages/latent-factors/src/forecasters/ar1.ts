import { parseConfig } from '@ml4t/core';
import * as z from 'zod';
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
 * delta method from the covariance of the least-squares coefficients; it does not count the shrinkage as knowledge.
 *
 * Source: Hamilton (1994), "Time Series Analysis", section 8.2.
 */
export class AR1FactorForecaster extends PremiumForecaster<AR1Config> {
  readonly forecasterType = 'ar1';

  constructor(config: z.input<typeof ar1ConfigSchema> = {}) {
    super(parseConfig(ar1ConfigSchema, config, 'AR1FactorForecaster'));
  }

  protected estimator(): PremiumEstimator {
    return new Autoregression(this.config);
  }
}

class Autoregression implements PremiumEstimator {
  readonly #config: AR1Config;
  /** Of the pairs (f_s, f_{s+1}): their number, means, and sums of squared and crossed deviations. */
  #pairs = 0;
  #meanLagged = 0;
  #meanValue = 0;
  #sxx = 0;
  #sxy = 0;
  #syy = 0;
  #count = 0;
  #sum = 0;
  #last = Number.NaN;
  #lastPeriod = Number.NaN;

  constructor(config: AR1Config) {
    this.#config = config;
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
    if (n < 2) return { premium: this.#sum / this.#count, standardError: Number.NaN };
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
    const variance = n > 2 ? Math.max(0, syy - ols * sxy) / (n - 2) : Number.NaN;
    const slopeVariance = sxx > 0 ? variance / sxx : 0;
    return { premium, standardError: Math.sqrt((byLevel ** 2 * variance) / n + bySlope ** 2 * slopeVariance) };
  }
}
