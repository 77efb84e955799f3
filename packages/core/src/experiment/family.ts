import type { CrossSectionBatch } from '../batches/cross-section.ts';
import type { PersistentPanelBatch } from '../batches/persistent-panel.ts';
import { ConfigError } from '../errors.ts';
import type { RowColumns, WalkForwardEstimator } from '../evaluation/walk-forward.ts';
import type { Estimator, FitOptions, ModelRegistration, TrainedMember } from '../models/interfaces.ts';
import type { FitSummary } from '../results/fit-summary.ts';
import type { FactorForecastResult } from '../results/latent-factors.ts';
import type { ExposureTable } from './exposures.ts';

export type ExperimentBatch = CrossSectionBatch | PersistentPanelBatch;

/** Factor returns (T x K) realised after consecutive dates, and the premia that were expected on them. */
export interface FactorSeries {
  readonly realised: Float64Array;
  readonly forecast: FactorForecastResult;
  /** Members of an ensemble whose factors stand side by side; 1 where absent. */
  readonly nMembers?: number | undefined;
}

/** What an experiment keeps of any family's prediction. Typed arrays in it are Float64Arrays, so that it can be stored. */
export interface ExperimentPrediction {
  /**
   * Per row of the batch: `forecast` of the return (any unit that ranks), `fitted` at realised factors in factor models, or
   * `weight` of models that trade: held from the row's date to the next.
   */
  readonly columns: RowColumns;
  readonly factors?: FactorSeries | undefined;
  /** Factor returns of the training dates (T x K), in the coordinates of `factors`. */
  readonly trainingFactors?: Float64Array | undefined;
  /** Anything a careful user should know of these dates, in plain sentences. */
  readonly notes?: readonly string[] | undefined;
}

/**
 * A model of any family as an experiment fits and asks it. `predict` sees the test dates alone: what a model needs of earlier
 * dates it keeps from `fit`.
 */
export interface ExperimentEstimator extends WalkForwardEstimator<ExperimentBatch, ExperimentPrediction> {
  /** The configurations that it was made of with all defaults spelled out; those of the experiment count where it has none. */
  readonly configs?: ParsedConfigs;
  /** One member of an ensemble alone: of models whose registration has `ensembleSize`. */
  fitMember?(batch: ExperimentBatch, member: number, options?: FitOptions<ExperimentBatch>): Promise<TrainedMember>;
  /** The fit of members that were trained alone, on the same batch. */
  combineMembers?(
    batch: ExperimentBatch,
    members: readonly TrainedMember[],
    options?: FitOptions<ExperimentBatch>,
  ): Promise<FitSummary>;
  /** Exposures of the fitted model for the report; its forecast or weights are shown where it has none. */
  exposures?(batch: ExperimentBatch): Promise<ExposureTable>;
}

/** Configurations as their schemas give them back: two that mean the same are the same. */
export interface ParsedConfigs {
  readonly model: object;
  readonly forecaster?: object;
}

/** Returns of observable factors (T x M), earned after each date; NaN where they are not known. */
export interface PreSpecifiedSeries {
  readonly names: readonly string[];
  readonly timestamps: Float64Array;
  readonly values: Float64Array;
}

/** How a part of an experiment names what to build. */
export interface PartSpecification {
  readonly type: string;
  readonly config: Readonly<Record<string, unknown>>;
  /** Of a model: observable factors that it takes. */
  readonly preSpecifiedFactors?: readonly string[] | undefined;
}

/** A family of models as experiments see it: what a package exports as `family` where its `ml4t` field says. */
export interface Family {
  readonly models: readonly ModelRegistration[];
  readonly forecasterTypes: readonly string[];
  /** JSON Schema of a forecaster's configuration, for families that have some. */
  forecasterJsonSchema?(type: string): Record<string, unknown> | undefined;
  /** Throws ConfigError when a configuration is wrong. */
  createEstimator(
    model: PartSpecification,
    forecaster: PartSpecification | undefined,
    factors?: PreSpecifiedSeries,
  ): ExperimentEstimator;
}

/** Throws ConfigError when an experiment gives a forecaster to a model without factors. */
function refuseForecaster(model: PartSpecification, forecaster: PartSpecification | undefined): void {
  if (forecaster)
    throw new ConfigError({
      field: 'forecaster',
      expected: `none: ${model.type} has no latent factors`,
      found: forecaster.type,
      remedy: 'Leave the forecaster out for this model.',
    });
}

/** Throws ConfigError when an experiment gives observable factors to a model that takes none. */
export function refuseFactors({ type, preSpecifiedFactors }: PartSpecification): void {
  if (preSpecifiedFactors)
    throw new ConfigError({
      field: 'preSpecifiedFactors',
      expected: `none: ${type} takes no observable factors`,
      found: preSpecifiedFactors.join(', '),
      remedy: 'Leave them out for this model; ipca takes them.',
    });
}

/** The registration says that these models take cross-sections, so the experiment passes one. */
export function crossSection(batch: ExperimentBatch): CrossSectionBatch {
  if (batch.kind === 'cross-section') return batch;
  throw new ConfigError({
    field: 'model',
    expected: 'a cross-section batch',
    found: batch.kind,
    remedy: 'Register the model with batchKind cross-section.',
  });
}

/** A family without forecasters, of whose models one function makes estimators. */
export function familyOfModels(
  models: readonly ModelRegistration[],
  estimatorOf: (model: Estimator<never>, specification: PartSpecification) => ExperimentEstimator,
  ownConfig: (config: PartSpecification['config']) => unknown = (config) => config,
): Family {
  const family: Family = {
    models,
    forecasterTypes: [],
    createEstimator(specification, forecaster) {
      refuseForecaster(specification, forecaster);
      refuseFactors(specification);
      const { create } = registrationOf(family, specification.type);
      return estimatorOf(create(ownConfig(specification.config)), specification);
    },
  };
  return family;
}

export function registrationOf(family: Family, type: string): ModelRegistration {
  const registration = family.models.find(({ modelType }) => modelType === type);
  if (registration) return registration;
  throw new ConfigError({
    field: 'type',
    expected: `one of ${family.models.map(({ modelType }) => modelType).join(', ')}`,
    found: JSON.stringify(type),
    remedy: 'Install the version of the family package that matches this ml4t.',
  });
}
