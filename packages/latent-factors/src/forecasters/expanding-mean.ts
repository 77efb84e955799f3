import { parseConfig } from '@ml4t/core';
import type * as z from 'zod';
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
 * `lambda_{t,k} = (1 / n) sum_{s realised by t} f_{s,k}`, standard error `sd / sqrt(n)` (from n = 2), which takes the factor
 * returns as serially uncorrelated.
 *
 * A return dated s is realised by t when at least `realisationLag` dates lie after s, up to and including t.
 */
export class ExpandingMeanFactorForecaster extends PremiumForecaster<ForecasterConfig> {
  readonly forecasterType = 'expanding-mean';

  constructor(config: z.input<typeof forecasterConfigSchema> = {}) {
    super(parseConfig(forecasterConfigSchema, config, 'ExpandingMeanFactorForecaster'));
  }

  protected estimator(): PremiumEstimator {
    return new RunningMean();
  }
}

/** Welford's running mean and sum of squared deviations. */
class RunningMean implements PremiumEstimator {
  #count = 0;
  #mean = 0;
  #squares = 0;

  observe(value: number): void {
    const deviation = value - this.#mean;
    this.#mean += deviation / ++this.#count;
    this.#squares += deviation * (value - this.#mean);
  }

  forecast(): Premium {
    const n = this.#count;
    return {
      premium: n > 0 ? this.#mean : Number.NaN,
      standardError: n > 1 ? Math.sqrt(this.#squares / (n - 1) / n) : Number.NaN,
    };
  }
}
