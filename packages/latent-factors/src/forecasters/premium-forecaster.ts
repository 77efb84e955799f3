import {
  FactorForecastResult,
  NotFittedError,
  NotIdentifiedError,
  type FactorForecaster,
  type LatentFactorState,
} from '@ml4t/core';
import * as z from 'zod';
import { historyOf, joinHistories, lastRealised, type FactorHistory } from './factor-history.ts';

/** Fields that every forecaster has. */
export const forecasterConfigSchema = z.strictObject({
  /**
   * 'expanding': the premium for date t uses every factor return realised before t, those of earlier dates of the batch
   * at hand included. 'frozen': the training history only, as the Python reference does.
   */
  update: z.enum(['expanding', 'frozen']).default('expanding').describe('Which realised factor returns may be used'),
  /** Dates until a factor return is realised: 1 for one-period returns, h for returns over h dates. */
  realisationLag: z.int().min(1).default(1).describe('Dates until a factor return is realised'),
});

export type ForecasterConfig = Readonly<z.output<typeof forecasterConfigSchema>>;

/** A premium and the standard error of its estimate; NaN where they cannot be said. */
export interface Premium {
  readonly premium: number;
  readonly standardError: number;
}

/** Estimates one factor's premium from its returns, fed in date order. Positions count dates of the calendar. */
export interface PremiumEstimator {
  /** A finite factor return. */
  observe(value: number, position: number): void;
  /** The premium at a later position, from what was observed. */
  forecast(position: number): Premium;
}

/**
 * What all forecasters share: which factor returns each date may use.
 *
 * A factor return dated s is earned after s. The premium of date t uses it only when it was realised by t, that is
 * when at least `realisationLag` dates lie after s, up to and including t; never t itself or later, on training dates
 * too. On dates that training and batch share, the training values count.
 */
export abstract class PremiumForecaster<Config extends ForecasterConfig> implements FactorForecaster {
  abstract readonly forecasterType: string;
  readonly config: Config;
  #history: FactorHistory | undefined;

  constructor(config: Config) {
    this.config = config;
  }

  /** A fresh estimator for one factor. */
  protected abstract estimator(): PremiumEstimator;

  get isFitted(): boolean {
    return this.#history !== undefined;
  }

  /** Takes the factor history of the training dates. Throws NotIdentifiedError when a factor has no finite return. */
  fit(state: LatentFactorState): void {
    requireEveryFactor(state);
    this.#history = historyOf(state);
  }

  /** Premia and their standard errors for every date of `state` (T x K); NaN where nothing was realised yet. */
  predict(state: LatentFactorState): FactorForecastResult {
    if (!this.#history) throw new NotFittedError(this.constructor.name, 'predict');
    const joint = joinHistories(this.#history, historyOf(state));
    const calendar = joint.timestamps;
    const targets = state.index.timestamps;
    const last = lastRealised(calendar, targets, this.config.realisationLag);
    const isTraining = new Set(this.#history.timestamps);
    const k = state.nFactors;
    const premia = new Float64Array(targets.length * k).fill(Number.NaN);
    const standardErrors = new Float64Array(targets.length * k).fill(Number.NaN);
    for (let j = 0; j < k; j++) {
      const estimator = this.estimator();
      let read = 0;
      for (let t = 0; t < targets.length; t++) {
        for (; read <= last[t]; read++) {
          const value = joint.factorReturns[read * k + j];
          const usable = this.config.update === 'expanding' || isTraining.has(calendar[read]);
          if (usable && Number.isFinite(value)) estimator.observe(value, read);
        }
        const { premium, standardError } = estimator.forecast(last[t] + this.config.realisationLag);
        premia[t * k + j] = premium;
        standardErrors[t * k + j] = standardError;
      }
    }
    const { factorNames, checkpoint } = state;
    return new FactorForecastResult({ timestamps: targets, factorNames, premia, standardErrors, checkpoint });
  }
}

/** Throws NotIdentifiedError when a factor has no finite return at all: its premium could never be estimated. */
function requireEveryFactor({ factorReturns, factorNames, nFactors, index }: LatentFactorState): void {
  factorNames.forEach((name, j) => {
    for (let t = 0; t < index.nDates; t++) if (Number.isFinite(factorReturns[t * nFactors + j])) return;
    throw new NotIdentifiedError({
      field: `factorReturns of ${name}`,
      expected: 'at least one finite return',
      found: 'none',
      remedy: 'Fit on a batch that carries returns, with more complete rows per date than factors.',
    });
  });
}
