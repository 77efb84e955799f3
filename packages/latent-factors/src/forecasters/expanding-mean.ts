import {
  FactorForecastResult,
  NotFittedError,
  NotIdentifiedError,
  parseConfig,
  type FactorForecaster,
  type LatentFactorState,
} from '@ml4t/core';
import * as z from 'zod';
import { historyOf, joinHistories, knownEntries, type RealisedHistory } from './factor-history.ts';

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

/**
 * The premium is the mean of the factor returns realised so far:
 *
 * `lambda_{t,k} = (1 / n) sum_{s realised before t} f_{s,k}`, standard error `sd / sqrt(n)` (n >= 2).
 *
 * A factor return dated s is earned after s. The premium of date t uses returns dated s only when they were realised
 * by t; never t itself or later, on training dates too. NaN where nothing was realised yet.
 */
export class ExpandingMeanFactorForecaster implements FactorForecaster {
  readonly forecasterType = 'expanding-mean';
  readonly config: ForecasterConfig;
  #history: RealisedHistory | undefined;

  constructor(config: z.input<typeof forecasterConfigSchema> = {}) {
    this.config = parseConfig(forecasterConfigSchema, config, 'ExpandingMeanFactorForecaster');
  }

  get isFitted(): boolean {
    return this.#history !== undefined;
  }

  /** Takes the factor history of the training dates. Throws NotIdentifiedError when a factor has no finite return. */
  fit(state: LatentFactorState): void {
    requireEveryFactor(state);
    this.#history = historyOf(state);
  }

  /** Premia and their standard errors for every date of `state` (T x K). */
  predict(state: LatentFactorState): FactorForecastResult {
    if (!this.#history) throw new NotFittedError('ExpandingMeanFactorForecaster', 'predict');
    const joint = joinHistories(this.#history, historyOf(state));
    const history = this.config.update === 'expanding' ? joint : this.#history;
    const targets = state.index.timestamps;
    const known = knownEntries(history, targets, joint.timestamps, this.config.realisationLag);
    const k = state.nFactors;
    const premia = new Float64Array(targets.length * k).fill(Number.NaN);
    const standardErrors = new Float64Array(targets.length * k).fill(Number.NaN);
    for (let j = 0; j < k; j++) {
      // Welford's running mean and sum of squared deviations.
      let count = 0;
      let mean = 0;
      let squares = 0;
      let read = 0;
      for (let t = 0; t < targets.length; t++) {
        for (; read < known[t]; read++) {
          const value = history.factorReturns[read * k + j];
          if (!Number.isFinite(value)) continue;
          const deviation = value - mean;
          mean += deviation / ++count;
          squares += deviation * (value - mean);
        }
        if (count > 0) premia[t * k + j] = mean;
        if (count > 1) standardErrors[t * k + j] = Math.sqrt(squares / (count - 1) / count);
      }
    }
    return new FactorForecastResult({
      timestamps: targets,
      factorNames: state.factorNames,
      premia,
      standardErrors,
      checkpoint: state.checkpoint,
    });
  }
}

/** Throws NotIdentifiedError when a factor has no finite return at all: its premium could never be estimated. */
export function requireEveryFactor(state: LatentFactorState): void {
  for (let j = 0; j < state.nFactors; j++) {
    let seen = false;
    for (let t = 0; t < state.index.nDates && !seen; t++)
      seen = Number.isFinite(state.factorReturns[t * state.nFactors + j]);
    if (!seen)
      throw new NotIdentifiedError({
        field: `factorReturns of ${state.factorNames[j]}`,
        expected: 'at least one finite return',
        found: 'none',
        remedy: 'Fit on a batch that carries returns, with more complete rows per date than factors.',
      });
  }
}
