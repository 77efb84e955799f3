import type { CrossSectionBatch, ExtractOptions, FitOptions } from '@ml4t/core';
import type { SAETargets } from './targets.ts';

export interface SAEFitOptions extends FitOptions<CrossSectionBatch, 'training'> {
  /** What to predict instead of the batch's returns; required for multi-label. */
  readonly targets?: SAETargets | undefined;
  /** The same for the validation batch; required with it when `targets` are given. */
  readonly validationTargets?: SAETargets | undefined;
  /** Weight of each row in the losses of both heads (R), >= 0: the mean absolute response in the original. */
  readonly sampleWeights?: Float64Array | undefined;
}

export interface SAEPredictOptions extends ExtractOptions {
  readonly signal?: AbortSignal | undefined;
}
