import type { CrossSectionBatch } from '../batches/cross-section.ts';
import type { PortfolioSequenceBatch } from '../batches/portfolio-sequence.ts';
import type { ArtifactSource } from '../persist/artifact.ts';
import type { AssetSignalResult, StochasticDiscountFactorState } from '../results/asset-level.ts';
import type { FitSummary } from '../results/fit-summary.ts';
import type { AssetForecastResult, FactorForecastResult, LatentFactorState } from '../results/latent-factors.ts';
import type { PortfolioWeightsResult } from '../results/portfolio.ts';
import type { Progress } from './progress.ts';

/** What every long computation accepts. `Phase` names the phases that it reports. */
export interface RunOptions<Phase extends string = string> {
  /** Aborting rejects with AbortedError and leaves an earlier fit untouched. */
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: Progress<Phase>) => void) | undefined;
}

export interface FitOptions<Batch, Phase extends string = string> extends RunOptions<Phase> {
  /** Used to choose a checkpoint and to stop early, never to estimate. */
  readonly validation?: Batch | undefined;
  /** Accept a validation batch that begins before the returns of the training dates are known. */
  readonly allowOverlap?: boolean | undefined;
}

export interface ExtractOptions {
  /** A checkpoint listed by the fit summary; the default checkpoint where absent. */
  readonly checkpoint?: string | undefined;
}

/** The estimator contract: configuration at construction, `fit` before anything else, artifacts on disk. */
export interface Estimator<Batch, Phase extends string = string> {
  /** Stable identifier, for example 'ipca'. */
  readonly modelType: string;
  /** Frozen and JSON-serialisable. */
  readonly config: object;
  readonly isFitted: boolean;
  /** A failed or aborted refit leaves the earlier fit as it was. Inputs are never changed. */
  fit(batch: Batch, options?: FitOptions<Batch, Phase>): Promise<FitSummary>;
  /** Writes one artifact, atomically. */
  save(path: string): Promise<void>;
}

/**
 * A member of an ensemble after its training, as plain data: text, numbers, lists, objects and typed arrays. It can be saved,
 * sent to another machine and combined with the other members there.
 */
export interface TrainedMember {
  /** Of the ensemble. */
  readonly modelType: string;
  readonly packageVersion: string;
  readonly config: object;
  /** Number in the ensemble, from 0; its seed is the configuration's plus this. */
  readonly member: number;
  /** SHA-256 of all that it was trained and validated on, by name: `batch.characteristics`, `validation.returns`, `sampleWeights`. */
  readonly inputs: Readonly<Record<string, string>>;
  /** What computed it, as far as bits depend on it: the engine and its arithmetic or device, 'embedded-portable' for example. */
  readonly arithmetic: string;
  /** Wall-clock seconds of its training. */
  readonly seconds: number;
  /** What the model itself keeps of it. */
  readonly content: unknown;
}

/**
 * An estimator whose fit is an average of members that do not know of each other. `fit` trains them one after another; trained
 * apart, in any order and anywhere, and then combined, they make the same fit, to the bit.
 */
export interface EnsembleEstimator<Batch, Phase extends string = string> extends Estimator<Batch, Phase> {
  /** Number of members. */
  readonly ensembleSize: number;
  /** Trains one member (from 0) alone. Leaves this model as it is. */
  fitMember(batch: Batch, member: number, options?: FitOptions<Batch, Phase>): Promise<TrainedMember>;
  /**
   * The fit of all members, in any order, given the batch and the options that each was trained with.
   * Throws DataError, which names the difference, when a member is missing or belongs to another model, version, configuration
   * (its threads left aside), batch, options or arithmetic.
   */
  combineMembers(
    batch: Batch,
    members: readonly TrainedMember[],
    options?: FitOptions<Batch, Phase>,
  ): Promise<FitSummary>;
}

export interface LatentFactorModel<Batch> extends Estimator<Batch> {
  /** What `extract` accepts as `checkpoint` after a fit; absent in models without checkpoints. */
  readonly checkpoints?: readonly string[];
  /** Exposures for every row and factor returns for every date whose returns are known. */
  extract(batch: Batch, options?: ExtractOptions): Promise<LatentFactorState>;
  /** The factor returns that `extract` gives at each of these checkpoints, for models that have them cheaper without exposures. */
  factorReturnsAt?(batch: Batch, checkpoints: readonly string[]): Promise<readonly Float64Array[]>;
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
  /**
   * Takes the realised history of the training dates: timestamps and factor returns. A pipeline passes those alone, without rows and
   * exposures, so that they are all that it has to keep.
   */
  fit(state: LatentFactorState): void;
  /** Premia for every date of `state`, each from what was realised before that date. */
  predict(state: LatentFactorState): FactorForecastResult;
}

/** Turns exposures and premia into expected returns. */
export interface FactorMapper {
  /** Stable identifier, for example 'beta-lambda'. A pipeline with a mapper that has none cannot be saved. */
  readonly mapperType?: string;
  /** JSON-serialisable; all that an equal mapper can be built from. */
  readonly config?: object;
  predict(state: LatentFactorState, forecast: FactorForecastResult): AssetForecastResult;
}

export interface PortfolioPostprocessor {
  /** Stable identifier, for example 'weight-constraint'. A pipeline with a postprocessor that has none cannot be saved. */
  readonly postprocessorType?: string;
  /** JSON-serialisable; all that an equal postprocessor can be built from. */
  readonly config?: object;
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
  /**
   * Members of an ensemble with this configuration. Where a model has it, `create` gives an {@link EnsembleEstimator}, and each
   * member can be a task of its own. Throws ConfigError when the configuration is wrong.
   */
  ensembleSize?(config: unknown): number;
  /** Whether a refit with this configuration starts from the fit before, so that the folds of a walk-forward are a chain. */
  chainsFolds?(config: unknown): boolean;
  /** Reads what `save` wrote, by path or as a part of another artifact. Throws ArtifactError. */
  load(source: ArtifactSource): Promise<Estimator<never>>;
}
