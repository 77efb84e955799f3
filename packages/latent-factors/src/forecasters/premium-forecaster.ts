import {
  ConfigError,
  DataError,
  FactorForecastResult,
  NotFittedError,
  NotIdentifiedError,
  type FactorForecaster,
  type LatentFactorState,
} from '@ml4t/core';
import * as z from 'zod';
import { covTypeSchema, type ErrorOptions } from './factor-errors.ts';
import { historyOf, joinHistories, positionsIn, type FactorHistory } from './factor-history.ts';

/** Fields that every forecaster has. */
export const forecasterConfigSchema = z.strictObject({
  /**
   * 'expanding': the premium for date t uses every factor return realised before t, those of earlier dates of the batch
   * at hand included. 'frozen': the training history only, as the Python reference does.
   */
  update: z.enum(['expanding', 'frozen']).default('expanding').describe('Which realised factor returns may be used'),
  /** Dates until a factor return is realised: as the data say (`realisationLag` of the batch) where absent, or more. */
  realisationLag: z
    .int()
    .min(1)
    .optional()
    .describe('Dates until a factor return is realised; as the data say where absent'),
  /** How standard errors allow for dependence between dates: overlap of returns over several dates, and persistence. */
  covType: covTypeSchema,
});

export type ForecasterConfig = Readonly<z.output<typeof forecasterConfigSchema>>;

/** A premium and the standard error of its estimate; NaN where they cannot be said. */
export interface Premium {
  readonly premium: number;
  readonly standardError: number;
  /** Of the t distribution that goes with the standard error; 0 where that is not known. */
  readonly degreesOfFreedom: number;
}

/** Estimates one factor's premium from its returns, fed in date order. Periods count time, dates that are missing included. */
export interface PremiumEstimator {
  /** A finite factor return. */
  observe(value: number, period: number): void;
  /** The premium at a later period, from what was observed. */
  forecast(period: number): Premium;
}

/**
 * What all forecasters share: which factor returns each date may use.
 *
 * A factor return dated s is earned after s. The premium of date t uses it only when it was realised by t, that is
 * when at least `realisationLag` dates lie after s, up to and including t; never t itself or later, on training dates
 * too. The lag is that of the returns that the factors are made of, longer where the configuration says so. On dates that training
 * and batch share, the training values count.
 */
export abstract class PremiumForecaster<Config extends ForecasterConfig> implements FactorForecaster {
  abstract readonly forecasterType: string;
  readonly config: Config;
  #history: FactorHistory | undefined;

  constructor(config: Config) {
    this.config = config;
  }

  /** A fresh estimator for one factor, and how its errors are made. */
  protected abstract estimator(errors: ErrorOptions): PremiumEstimator;

  get isFitted(): boolean {
    return this.#history !== undefined;
  }

  /**
   * Takes the factor history of the training dates. Throws NotIdentifiedError when a factor has no finite return, ConfigError when the
   * configured lag is shorter than that of the returns.
   */
  fit(state: LatentFactorState): void {
    requireEveryFactor(state);
    this.#lagFor(state.timing?.realisationLag ?? 1);
    this.#history = historyOf(state);
  }

  /**
   * Premia, their standard errors and degrees of freedom for every date of `state` (T x K); NaN where nothing was realised yet, and for
   * errors also where the history is too short for the horizon of its returns.
   * Throws NotFittedError; DataError for other factors, or returns over another number of dates, than those of the fit.
   */
  predict(state: LatentFactorState): FactorForecastResult {
    if (!this.#history) throw new NotFittedError(this.constructor.name, 'predict');
    requireSameHorizon(this.#history, state);
    const joint = joinHistories(this.#history, historyOf(state));
    const lag = this.#lagFor(joint.timing?.realisationLag ?? 1);
    const targets = state.index.timestamps;
    const history = positionsIn(joint.calendar, joint.timestamps);
    const target = positionsIn(joint.calendar, targets);
    const isTraining = new Set(this.#history.timestamps);
    const errors = { covType: this.config.covType, horizon: joint.timing?.returnHorizon ?? 1 };
    const k = state.nFactors;
    const premia = new Float64Array(targets.length * k).fill(Number.NaN);
    const standardErrors = premia.slice();
    const degreesOfFreedom = premia.slice();
    for (let j = 0; j < k; j++) {
      const estimator = this.estimator(errors);
      let read = 0;
      for (let t = 0; t < targets.length; t++) {
        for (; history.position[read] + lag <= target.position[t]; read++) {
          const value = joint.factorReturns[read * k + j];
          const usable = this.config.update === 'expanding' || isTraining.has(joint.timestamps[read]);
          if (usable && Number.isFinite(value)) estimator.observe(value, history.period[read]);
        }
        const forecast = estimator.forecast(target.period[t]);
        premia[t * k + j] = forecast.premium;
        standardErrors[t * k + j] = forecast.standardError;
        degreesOfFreedom[t * k + j] = forecast.degreesOfFreedom;
      }
    }
    const { factorNames, checkpoint } = state;
    return new FactorForecastResult({
      timestamps: targets,
      factorNames,
      premia,
      standardErrors,
      degreesOfFreedom,
      checkpoint,
    });
  }

  /** The configured lag, which may not be shorter than that of the returns. */
  #lagFor(ofReturns: number): number {
    const { realisationLag = ofReturns } = this.config;
    if (realisationLag >= ofReturns) return realisationLag;
    throw new ConfigError({
      field: 'forecaster.realisationLag',
      expected: `at least ${ofReturns}, the realisationLag of the returns: nothing that is not known yet`,
      found: String(realisationLag),
      remedy: 'Leave it out, or correct the horizon of the returns where the batch is built.',
    });
  }
}

/** Throws DataError when factors of returns over another number of dates would be taken for those of the fit. */
function requireSameHorizon({ timing }: FactorHistory, state: LatentFactorState): void {
  const [fitted, found] = [timing?.returnHorizon, state.timing?.returnHorizon];
  if (fitted === undefined || found === undefined || fitted === found) return;
  // A batch without returns says nothing of them.
  if (!state.factorReturns.some(Number.isFinite)) return;
  throw new DataError({
    field: 'returnHorizon',
    expected: `returns over ${fitted} ${fitted === 1 ? 'date' : 'dates'}, as in the fit`,
    found: String(found),
    remedy:
      'State the horizon alike wherever batches of these returns are built: returnHorizon, or horizon beside the column.',
  });
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
