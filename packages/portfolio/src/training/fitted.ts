import type { ExtractOptions, FitOptions, PortfolioSequenceBatch } from '@ml4t/core';
import { requireSameColumns } from '@ml4t/core/authoring';
import type { NetworkFitSummary } from '@ml4t/core/ensemble';
import type { PortfolioConfig } from '../config.ts';
import { requireSameScaling, requireUsable } from './requirements.ts';

export interface PortfolioPredictOptions extends ExtractOptions {
  readonly signal?: AbortSignal | undefined;
}

/** `checkpoints` are 'step-n', 'best' and 'last'. */
export type PortfolioFitSummary = NetworkFitSummary;

/** What of a fit decides which batches it can be applied to, and at which checkpoints. */
export interface Fitted {
  readonly featureNames: readonly string[];
  /** Whether the batch had volatility scales. */
  readonly volatilityScaled: boolean;
  readonly summary: NetworkFitSummary;
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

/** Throws DataError when the features or scales of a batch are not those of the fit. */
export function requireApplicable(
  batch: PortfolioSequenceBatch,
  fit: Pick<Fitted, 'featureNames' | 'volatilityScaled'>,
  config: TrainingConfig,
): void {
  requireSameColumns('featureNames', batch.featureNames, fit.featureNames, 'features');
  requireSameScaling(batch, fit.volatilityScaled, config);
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
