import {
  ConfigError,
  DataError,
  NotIdentifiedError,
  formatTimestamp,
  outOfSampleTangencySharpe,
  tangencySharpe,
  type PersistentPanelBatch,
  type RunOptions,
} from '@ml4t/core';
import { onlyFinite, throwIfAborted } from '@ml4t/core/authoring';
import { setImmediate } from 'node:timers/promises';
import type { RPPCAConfigInput } from './config.ts';
import { RPPCAModel } from './model.ts';

export interface RPPCASelectionOptions extends RunOptions<'selection'> {
  /** The dates that every candidate is fitted on. */
  readonly batch: PersistentPanelBatch;
  /** Later dates, on which candidates are compared. */
  readonly validation: PersistentPanelBatch;
  /** Values of gamma to try. */
  readonly gammas: readonly number[];
  /** Numbers of factors to try. */
  readonly factors: readonly number[];
  /** Everything else of the configuration, the same for all candidates. */
  readonly config?: Omit<RPPCAConfigInput, 'gamma' | 'nFactors'>;
}

/** One candidate. Sharpe ratios are per period. */
export interface RPPCACandidate {
  readonly gamma: number;
  readonly nFactors: number;
  /** Maximal Sharpe ratio of the factors on the training dates. It rises with every factor added. */
  readonly trainSharpe: number;
  /** Sharpe ratio on the validation dates of the training dates' tangency portfolio. */
  readonly validationSharpe: number;
  /** Root mean square of the training alphas. */
  readonly rootMeanSquareAlpha: number;
}

export interface RPPCASelection {
  /** Every candidate, by number of factors and then gamma, both ascending. */
  readonly table: readonly RPPCACandidate[];
  /** The candidate with the highest validation Sharpe ratio; of equals the one with fewer factors, then smaller gamma. */
  readonly best: RPPCACandidate;
  /** The best candidate as fitted on `batch`. */
  readonly model: RPPCAModel;
}

/**
 * Chooses gamma and the number of factors by out-of-sample maximal Sharpe ratio.
 *
 * For each pair, RP-PCA is fitted on `batch`; the tangency portfolio of its factors, `w = Sigma^-1 mu` with moments of the
 * training dates, is held over the validation dates, and its Sharpe ratio there is the score. Neither loadings nor w see
 * a validation date. The best score overstates what later dates will bring, since it was chosen for being the
 * highest: judge the choice on dates that took no part.
 *
 * Throws DataError unless every validation date lies after the training dates, ConfigError for an empty grid or a candidate
 * that is not allowed, NotIdentifiedError when no candidate has a score, AbortedError.
 *
 * @example
 * const { best, model } = await selectRPPCA({ batch, validation, gammas: [-1, 0, 10, 20], factors: [3, 4, 5] });
 */
export async function selectRPPCA(options: RPPCASelectionOptions): Promise<RPPCASelection> {
  const { batch, validation, signal, onProgress } = options;
  requireLater(batch, validation);
  const factors = grid('factors', options.factors);
  const gammas = grid('gammas', options.gammas);
  // Every configuration is checked before the first fit.
  const models = factors.flatMap((nFactors) =>
    gammas.map((gamma) => new RPPCAModel({ ...options.config, gamma, nFactors })),
  );
  const table: RPPCACandidate[] = [];
  let best: { readonly candidate: RPPCACandidate; readonly model: RPPCAModel } | undefined;
  for (const [step, model] of models.entries()) {
    throwIfAborted(signal, 'selectRPPCA');
    const { nFactors, gamma } = model.config;
    const { trainMetrics } = await model.fit(batch, { signal });
    const train = (await model.extract(batch)).factorReturns;
    const later = (await model.extract(validation)).factorReturns;
    const candidate = {
      gamma,
      nFactors,
      trainSharpe: tangencySharpe(train, nFactors),
      validationSharpe: outOfSampleTangencySharpe(train, later, nFactors),
      rootMeanSquareAlpha: trainMetrics.rootMeanSquareAlpha ?? Number.NaN,
    };
    table.push(candidate);
    const bar = best?.candidate.validationSharpe ?? Number.NEGATIVE_INFINITY;
    if (candidate.validationSharpe > bar) best = { candidate, model };
    onProgress?.({
      phase: 'selection',
      unit: 'candidate',
      step: step + 1,
      total: models.length,
      fraction: (step + 1) / models.length,
      metrics: onlyFinite({ ...candidate }),
    });
    await setImmediate();
  }
  if (!best)
    throw new NotIdentifiedError({
      field: 'validation',
      expected: 'factor returns on at least two validation dates',
      found: 'no candidate with a Sharpe ratio',
      remedy: 'Pass more validation dates, with more observed assets than factors, or fewer factors.',
    });
  return { table, best: best.candidate, model: best.model };
}

/** Ascending, each once. */
function grid(field: string, values: readonly number[]): number[] {
  if (values.length === 0)
    throw new ConfigError({ field, expected: 'at least one value', found: 'none', remedy: 'List what to try.' });
  return [...new Set(values)].sort((a, b) => a - b);
}

function requireLater(batch: PersistentPanelBatch, validation: PersistentPanelBatch): void {
  const [last, first] = [batch.timestamps[batch.nDates - 1], validation.timestamps[0]];
  if (first > last) return;
  throw new DataError({
    field: 'validation.timestamps[0]',
    expected: `a date after ${formatTimestamp(last)}, the last training date`,
    found: first === undefined ? 'no date' : formatTimestamp(first),
    remedy: 'Split the panel by date with `batch.slice`, training first.',
  });
}
