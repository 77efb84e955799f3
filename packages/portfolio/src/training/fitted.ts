import {
  requireSameColumns,
  type ExtractOptions,
  type FitOptions,
  type FitSummary,
  type PortfolioSequenceBatch,
} from '@ml4t/core';
import { requireCheckpoint } from '@ml4t/core/ensemble';
import type { PortfolioConfig } from '../config.ts';
import { requireSameScaling, requireUsable } from './requirements.ts';

export interface PortfolioPredictOptions extends ExtractOptions {
  readonly signal?: AbortSignal | undefined;
}

export interface PortfolioFitSummary extends FitSummary {
  /** Checkpoints that `predict` can be asked for: 'best', 'last', 'step-n'. */
  readonly checkpoints: readonly string[];
}

/** What of a fit decides which batches it can be applied to, and at which checkpoints. */
export interface Fitted {
  readonly featureNames: readonly string[];
  /** Whether the batch had volatility scales. */
  readonly volatilityScaled: boolean;
  readonly summary: FitSummary & { readonly checkpoints: readonly string[] };
}

type TrainingConfig = Pick<PortfolioConfig, 'burnIn' | 'softminLambda' | 'volatilityScaling'>;

/** Throws DataError when a batch, or the validation batch of a fit on it, has not what training and judging need. */
export function requireTrainable(
  batch: PortfolioSequenceBatch,
  { validation }: Pick<FitOptions<PortfolioSequenceBatch>, 'validation'>,
  config: TrainingConfig,
): void {
  requireUsable(batch, config, 'batch');
  if (!validation) return;
  requireUsable(validation, config, 'validation');
  requireSameColumns('validation.featureNames', validation.featureNames, batch.featureNames, 'features');
  requireSameScaling(validation, batch.volScale !== undefined, config);
}

/**
 * The checkpoint to predict a batch with: the one asked for, else the fit's default.
 * Throws DataError when the features or scales are not those of the fit, ConfigError for an unknown checkpoint.
 */
export function checkpointFor(
  batch: PortfolioSequenceBatch,
  fit: Fitted,
  { checkpoint }: PortfolioPredictOptions,
  config: TrainingConfig,
): string {
  requireSameColumns('featureNames', batch.featureNames, fit.featureNames, 'features');
  requireSameScaling(batch, fit.volatilityScaled, config);
  return requestedCheckpoint(fit, checkpoint);
}

/** Throws ConfigError when the checkpoint was not kept. */
export function requestedCheckpoint({ summary }: Pick<Fitted, 'summary'>, asked: string | undefined): string {
  const { checkpoints, defaultCheckpoint = 'last' } = summary;
  const checkpoint = asked ?? defaultCheckpoint;
  requireCheckpoint(checkpoint, checkpoints, 'a checkpointInterval or checkpointAt');
  return checkpoint;
}

/** The sizes in a fit's record: `batch` is what `fit` was given, of which some windows may be held out. */
export function fitDimensions(
  batch: PortfolioSequenceBatch,
  train: PortfolioSequenceBatch,
  validation: PortfolioSequenceBatch | undefined,
): Record<'windows' | 'validationWindows' | 'steps' | 'assets' | 'features', number> {
  return {
    windows: train.nWindows,
    validationWindows: validation?.nWindows ?? 0,
    steps: batch.nSteps,
    assets: batch.nAssets,
    features: batch.nFeatures,
  };
}
