import type { CrossSectionBatch } from '../batches/cross-section.ts';
import type { PortfolioSequenceBatch } from '../batches/portfolio-sequence.ts';
import type { AssetSignalResult, StochasticDiscountFactorState } from '../results/asset-level.ts';
import type { FitSummary } from '../results/fit-summary.ts';
import type { AssetForecastResult, FactorForecastResult, LatentFactorState } from '../results/latent-factors.ts';
import type { PortfolioWeightsResult } from '../results/portfolio.ts';

/** Where a long computation stands. */
export interface Progress {
  /** What is being done, for a person: 'sufficient statistics', 'alternating least squares', … */
  readonly phase: string;
  readonly step: number;
  /** Undefined when it cannot be known beforehand. */
  readonly total?: number | undefined;
  readonly metrics?: Readonly<Record<string, number>> | undefined;
}

/** What every long computation accepts. */
export interface RunOptions {
  /** Aborting rejects with AbortedError and leaves an earlier fit untouched. */
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: Progress) => void) | undefined;
}

export interface FitOptions<Batch> extends RunOptions {
  /** Used to choose a checkpoint and to stop early, never to estimate. */
  readonly validation?: Batch | undefined;
}

export interface ExtractOptions {
  /** A checkpoint listed by the fit summary; the default checkpoint where absent. */
  readonly checkpoint?: string | undefined;
}

/** The estimator contract: configuration at construction, `fit` before anything else, artifacts on disk. */
export interface Estimator<Batch> {
  /** Stable identifier, for example 'ipca'. */
  readonly modelType: string;
  /** Frozen and JSON-serialisable. */
  readonly config: object;
  readonly isFitted: boolean;
  /** A failed or aborted refit leaves the earlier fit as it was. Inputs are never changed. */
  fit(batch: Batch, options?: FitOptions<Batch>): Promise<FitSummary>;
  /** Writes one artifact, atomically. */
  save(path: string): Promise<void>;
}

export interface LatentFactorModel<Batch> extends Estimator<Batch> {
  /** Exposures for every row and factor returns for every date whose returns are known. */
  extract(batch: Batch, options?: ExtractOptions): Promise<LatentFactorState>;
}

export interface StochasticDiscountFactorEstimator extends Estimator<CrossSectionBatch> {
  extract(batch: CrossSectionBatch, options?: ExtractOptions): Promise<StochasticDiscountFactorState>;
}

export interface AssetPredictionModel extends Estimator<CrossSectionBatch> {
  predict(batch: CrossSectionBatch, options?: ExtractOptions): Promise<AssetSignalResult>;
}

export interface PortfolioModel extends Estimator<PortfolioSequenceBatch> {
  predict(batch: PortfolioSequenceBatch, options?: ExtractOptions): Promise<PortfolioWeightsResult>;
}

/** Turns a history of factor returns into premia. */
export interface FactorForecaster {
  readonly forecasterType: string;
  readonly config: object;
  readonly isFitted: boolean;
  /** Takes the realised history of the training dates. */
  fit(state: LatentFactorState): void;
  /** Premia for every date of `state`, each from what was realised before that date. */
  predict(state: LatentFactorState): FactorForecastResult;
}

/** Turns exposures and premia into expected returns. */
export interface FactorMapper {
  predict(state: LatentFactorState, forecast: FactorForecastResult): AssetForecastResult;
}

export interface PortfolioPostprocessor {
  transform(batch: PortfolioSequenceBatch, weights: PortfolioWeightsResult): PortfolioWeightsResult;
}

/** What a family package registers for each of its models, so that tools can find and build it by name. */
export interface ModelRegistration {
  readonly modelType: string;
  readonly title: string;
  readonly batchKind: 'cross-section' | 'persistent-panel' | 'portfolio-sequence';
  readonly task: 'latent-factors' | 'stochastic-discount-factor' | 'asset-prediction' | 'portfolio';
  /** JSON Schema of the configuration. */
  configJsonSchema(): Record<string, unknown>;
  /** Throws ConfigError when the configuration is wrong. */
  create(config: unknown): Estimator<never>;
  load(path: string): Promise<Estimator<never>>;
}
