import { parseConfig } from '@ml4t/core/authoring';
import * as z from 'zod';
import { GrowingVariance, type ErrorOptions } from './factor-errors.ts';
import {
  PremiumForecaster,
  forecasterConfigSchema,
  type Premium,
  type PremiumEstimator,
} from './premium-forecaster.ts';

/** Configuration of {@link EWMAFactorForecaster}. */
export const ewmaConfigSchema = forecasterConfigSchema.extend({
  /** Periods after which a weight has halved. */
  halfLife: z.number().positive().default(12).describe('Periods after which a weight has halved'),
  /** Whether weights are scaled to sum to one; otherwise the first observation keeps the whole remaining weight. */
  adjust: z.boolean().default(true).describe('Scale the weights to sum to one'),
  /**
   * Whether weights decay by observation instead of by period, so that missing returns and dates count for nothing
   * (`ignore_na` in pandas). Where absent: with `update: 'frozen'`, as the Python reference does.
   */
  ignoreMissing: z.boolean().optional().describe('Decay by observation instead of by period; with frozen where absent'),
});

export type EWMAConfig = Readonly<z.output<typeof ewmaConfigSchema>>;

/**
 * The premium is an exponentially weighted mean of the factor returns realised so far, with decay
 * `d = 0.5^(1 / halfLife)`:
 *
 * `lambda_t = sum_s d^(n-s) f_s / sum_s d^(n-s)` over the periods s with a return, n the last of them (`adjust`, as pandas calls
 * it), or the recursion `m <- d m + (1 - d) f` started at the first return (`adjust: false`, as the Python reference does,
 * which leaves that return the weight d^(n-1)). Weights decay over periods without a return and over the dates that a history
 * lacks too, unless `ignoreMissing`.
 *
 * Standard error: `sqrt(sum w^2) sd sqrt(Omega / gamma)`, sd from the weighted variance `sum w (f - m)^2 / (1 - sum w^2)`, and Omega / gamma
 * the long-run over the plain variance of all returns so far (1 with `covType: 'nonrobust'`): how much more a mean varies than
 * that of independent returns. Too large where the half-life is not long against the dates that a return spans. Degrees of freedom are those
 * of Omega, `1 / sum w^2 - 1` at most.
 *
 * Source of Omega: Lazarus, Lewis, Stock and Watson (2018); see `meanInference` of core.
 */
export class EWMAFactorForecaster extends PremiumForecaster<EWMAConfig> {
  readonly forecasterType = 'ewma';

  constructor(config: z.input<typeof ewmaConfigSchema> = {}) {
    super(parseConfig(ewmaConfigSchema, config, 'EWMAFactorForecaster'));
  }

  protected estimator(errors: ErrorOptions): PremiumEstimator {
    return new WeightedMean(this.config, errors);
  }
}

class WeightedMean implements PremiumEstimator {
  readonly #halfLife: number;
  readonly #adjust: boolean;
  readonly #ignoreMissing: boolean;
  readonly #variance: GrowingVariance;
  #count = 0;
  #lastPeriod = Number.NaN;
  /** Sums of weights, squared weights and weighted squared deviations, all decayed at every observation. */
  #weight = 0;
  #weightSquares = 0;
  #mean = 0;
  #deviations = 0;

  constructor({ halfLife, adjust, update, ignoreMissing }: EWMAConfig, errors: ErrorOptions) {
    this.#variance = new GrowingVariance(errors);
    this.#halfLife = halfLife;
    this.#adjust = adjust;
    this.#ignoreMissing = ignoreMissing ?? update === 'frozen';
  }

  observe(value: number, period: number): void {
    const d = this.#count === 0 ? 1 : this.#decayOver(this.#ignoreMissing ? 1 : period - this.#lastPeriod);
    const weight = this.#adjust || this.#count === 0 ? 1 : 1 - this.#decayOver(1);
    this.#variance.observe(value);
    this.#lastPeriod = period;
    this.#count++;
    this.#weight = d * this.#weight + weight;
    this.#weightSquares = d * d * this.#weightSquares + weight * weight;
    const deviation = value - this.#mean;
    this.#mean += (weight / this.#weight) * deviation;
    this.#deviations = d * this.#deviations + weight * deviation * (value - this.#mean);
  }

  /** 0.5^(periods / halfLife), but not as a power: that differs in its last bit between versions of Node. */
  #decayOver(periods: number): number {
    return Math.exp((-Math.LN2 * periods) / this.#halfLife);
  }

  forecast(): Premium {
    if (this.#count === 0) return { premium: Number.NaN, standardError: Number.NaN, degreesOfFreedom: 0 };
    const squares = this.#weightSquares / this.#weight ** 2;
    const variance = this.#count > 1 ? this.#deviations / this.#weight / (1 - squares) : Number.NaN;
    const { variance: longRun, sampleVariance, degreesOfFreedom } = this.#variance.estimate();
    return {
      premium: this.#mean,
      standardError: Math.sqrt(squares * variance * (longRun / sampleVariance)),
      degreesOfFreedom: Math.min(degreesOfFreedom, Math.max(1, Math.floor(1 / squares - 1))),
    };
  }
}
