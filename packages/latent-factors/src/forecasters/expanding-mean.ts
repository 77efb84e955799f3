import { parseConfig } from '@ml4t/core/authoring';
import type * as z from 'zod';
import { GrowingVariance, type ErrorOptions } from './factor-errors.ts';
import {
  PremiumForecaster,
  forecasterConfigSchema,
  type ForecasterConfig,
  type Premium,
  type PremiumEstimator,
} from './premium-forecaster.ts';

/**
 * The premium is the mean of the factor returns realised so far:
 *
 * `lambda_{t,k} = (1 / n) sum_{s realised by t} f_{s,k}`, standard error `sqrt(Omega / n)`, Omega the long-run variance by equal-weighted
 * cosines, which allows for the overlap of returns over several dates and for persistence; t with `degreesOfFreedom`. With
 * `covType: 'nonrobust'` `sd / sqrt(n)`, which takes the factor returns as serially uncorrelated.
 *
 * A return dated s is realised by t when at least `realisationLag` dates lie after s, up to and including t.
 *
 * Source of the errors: Lazarus, Lewis, Stock and Watson (2018); see `meanInference` of core.
 */
export class ExpandingMeanFactorForecaster extends PremiumForecaster<ForecasterConfig> {
  readonly forecasterType = 'expanding-mean';

  constructor(config: z.input<typeof forecasterConfigSchema> = {}) {
    super(parseConfig(forecasterConfigSchema, config, 'ExpandingMeanFactorForecaster'));
  }

  protected estimator(errors: ErrorOptions): PremiumEstimator {
    return new RunningMean(errors);
  }
}

class RunningMean implements PremiumEstimator {
  readonly #variance: GrowingVariance;
  #count = 0;
  #mean = 0;

  constructor(errors: ErrorOptions) {
    this.#variance = new GrowingVariance(errors);
  }

  observe(value: number): void {
    this.#mean += (value - this.#mean) / ++this.#count;
    this.#variance.observe(value);
  }

  forecast(): Premium {
    const { variance, degreesOfFreedom } = this.#variance.estimate();
    return {
      premium: this.#count > 0 ? this.#mean : Number.NaN,
      standardError: Math.sqrt(variance / this.#count),
      degreesOfFreedom,
    };
  }
}
