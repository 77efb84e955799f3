import {
  ConfigError,
  MissingPackageError,
  alignRows,
  latentFactorColumns,
  type CrossSectionBatch,
  type ExtractOptions,
  type FactorForecastResult,
  type FactorForecaster,
  type FitOptions,
  type FitSummary,
  type LatentFactorModel,
  type LatentFactorPrediction,
  type ModelRegistration,
  type PersistentPanelBatch,
  type RowColumns,
  type WalkForwardEstimator,
  type AssetPredictionModel,
  type StochasticDiscountFactorEstimator,
} from '@ml4t/core';
import { DiscountFactorEstimator, SignalEstimator, refuseForecaster } from './direct-estimators.ts';

export type ExperimentBatch = CrossSectionBatch | PersistentPanelBatch;

/** Factor returns (T x K) realised after consecutive dates, and the premia that were expected on them. */
export interface FactorSeries {
  readonly realised: Float64Array;
  readonly forecast: FactorForecastResult;
}

/** What an experiment keeps of any family's prediction: columns `forecast` and, in factor models, `fitted`. */
export interface ExperimentPrediction {
  readonly columns: RowColumns;
  readonly factors?: FactorSeries | undefined;
  /** Factor returns of the training dates (T x K), in the coordinates of `factors`. */
  readonly trainingFactors?: Float64Array | undefined;
}

export type ExperimentEstimator = WalkForwardEstimator<ExperimentBatch, ExperimentPrediction>;

/** How a part of an experiment names what to build. */
export interface PartSpecification {
  readonly type: string;
  readonly config: Readonly<Record<string, unknown>>;
}

/** A family package as the command sees it. */
export interface Family {
  readonly models: readonly ModelRegistration[];
  readonly forecasterTypes: readonly string[];
  /** Throws ConfigError when a configuration is wrong. */
  createEstimator(model: PartSpecification, forecaster: PartSpecification | undefined): ExperimentEstimator;
}

/** A family package that may be installed or not. */
export interface FamilyPackage {
  readonly packageName: string;
  /** Known without importing the package, so that the error can name what to install. */
  readonly modelTypes: readonly string[];
  load(): Promise<Family>;
}

/** The packages that `ml4t` knows. Each is an optional peer dependency. */
export const familyPackages: readonly FamilyPackage[] = Object.freeze([
  { packageName: '@ml4t/latent-factors', modelTypes: ['pca', 'rp-pca', 'ipca', 'cae'], load: loadLatentFactors },
  { packageName: '@ml4t/sdf', modelTypes: ['stochastic-discount-factor'], load: loadDiscountFactors },
  { packageName: '@ml4t/sae', modelTypes: ['sae'], load: loadSupervisedAutoencoder },
]);

/** The family that has the model type. Throws ConfigError for an unknown type, MissingPackageError when not installed. */
export async function familyOf(
  type: string,
  field: string,
  packages: readonly FamilyPackage[] = familyPackages,
): Promise<Family> {
  const home = packages.find(({ modelTypes }) => modelTypes.includes(type));
  if (!home)
    throw new ConfigError({
      field,
      expected: `one of ${packages.flatMap(({ modelTypes }) => modelTypes).join(', ')}`,
      found: JSON.stringify(type),
      remedy: 'Correct the model type.',
    });
  try {
    return await home.load();
  } catch (cause) {
    if (!isNotInstalled(cause)) throw cause;
    throw new MissingPackageError(home.packageName, `the model ${type} is part of it`, cause);
  }
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

function isNotInstalled(cause: unknown): boolean {
  const code = (cause as NodeJS.ErrnoException | undefined)?.code;
  return code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND';
}

async function loadLatentFactors(): Promise<Family> {
  const { LatentFactorForecastPipeline, forecasterRegistry, modelRegistry } = await import('@ml4t/latent-factors');
  const createForecaster = ({ type, config }: PartSpecification): FactorForecaster => {
    const found = forecasterRegistry.find(({ forecasterType }) => forecasterType === type);
    if (found) return found.create(config);
    throw new ConfigError({
      field: 'forecaster.type',
      expected: `one of ${forecasterRegistry.map(({ forecasterType }) => forecasterType).join(', ')}`,
      found: JSON.stringify(type),
      remedy: 'Correct the forecaster type.',
    });
  };
  const family: Family = {
    models: modelRegistry,
    forecasterTypes: forecasterRegistry.map(({ forecasterType }) => forecasterType),
    createEstimator(specification, forecaster) {
      // The registry is typed for any batch; the registration's batchKind says which one the caller has to pass.
      const model = registrationOf(family, specification.type).create(
        specification.config,
      ) as unknown as LatentFactorModel<ExperimentBatch>;
      const pipeline = new LatentFactorForecastPipeline<ExperimentBatch>({
        model,
        ...(forecaster ? { forecaster: createForecaster(forecaster) } : {}),
      });
      return new FactorModelEstimator(pipeline, model);
    },
  };
  return family;
}

async function loadDiscountFactors(): Promise<Family> {
  const { LinearStochasticDiscountFactorReturnMapper, modelRegistry } = await import('@ml4t/sdf');
  const family: Family = {
    models: modelRegistry,
    forecasterTypes: [],
    createEstimator(specification, forecaster) {
      refuseForecaster(specification, forecaster);
      const model = registrationOf(family, specification.type).create(specification.config);
      return new DiscountFactorEstimator(
        model as unknown as StochasticDiscountFactorEstimator,
        new LinearStochasticDiscountFactorReturnMapper(),
      );
    },
  };
  return family;
}

async function loadSupervisedAutoencoder(): Promise<Family> {
  const { modelRegistry } = await import('@ml4t/sae');
  const family: Family = {
    models: modelRegistry,
    forecasterTypes: [],
    createEstimator(specification, forecaster) {
      refuseForecaster(specification, forecaster);
      const model = registrationOf(family, specification.type).create(specification.config);
      return new SignalEstimator(model as unknown as AssetPredictionModel);
    },
  };
  return family;
}

interface FactorPipeline {
  fit(batch: ExperimentBatch, options?: FitOptions<ExperimentBatch>): Promise<FitSummary>;
  predict(batch: ExperimentBatch, options?: ExtractOptions): Promise<LatentFactorPrediction>;
}

/**
 * A factor pipeline as an experiment sees it: it remembers the factors of the training dates, and a model of a persistent
 * panel sees only the assets whose loadings the training dates can determine. The others, not listed yet for example,
 * have no forecast.
 */
class FactorModelEstimator implements ExperimentEstimator {
  private readonly pipeline: FactorPipeline;
  private readonly model: LatentFactorModel<ExperimentBatch>;
  private trainingFactors: Float64Array | undefined;
  private assets: readonly string[] = [];

  constructor(pipeline: FactorPipeline, model: LatentFactorModel<ExperimentBatch>) {
    this.pipeline = pipeline;
    this.model = model;
  }

  async fit(batch: ExperimentBatch, options?: FitOptions<ExperimentBatch>): Promise<FitSummary> {
    if (batch.kind === 'persistent-panel') this.assets = assetsWithReturns(batch, nFactorsOf(this.model) + 1);
    const train = this.select(batch);
    const validation = options?.validation && this.select(options.validation);
    const summary = await this.pipeline.fit(train, { ...options, validation });
    this.trainingFactors = (await this.model.extract(train)).factorReturns;
    return summary;
  }

  async predict(batch: ExperimentBatch, options?: ExtractOptions): Promise<ExperimentPrediction> {
    const prediction = await this.pipeline.predict(this.select(batch), options);
    const { index } = prediction.state;
    const columns = Object.entries(latentFactorColumns(prediction)).map(([name, values]) => [
      name,
      index.nRows === batch.index.nRows ? values : alignRows(index, values, batch.index),
    ]);
    // Exposures are left behind: they are by far the largest part, and no output needs them.
    return {
      columns: Object.fromEntries(columns) as RowColumns,
      factors: { realised: prediction.state.factorReturns, forecast: prediction.factorForecast },
      trainingFactors: this.trainingFactors,
    };
  }

  private select(batch: ExperimentBatch): ExperimentBatch {
    if (batch.kind === 'cross-section' || this.assets.length === batch.nAssets) return batch;
    return batch.selectAssets(this.assets);
  }
}

function nFactorsOf({ config }: LatentFactorModel<ExperimentBatch>): number {
  return 'nFactors' in config && typeof config.nFactors === 'number' ? config.nFactors : 0;
}

/** Assets with at least `least` returns; all of them when none has, so that the model can say what is wrong. */
function assetsWithReturns(batch: PersistentPanelBatch, least: number): readonly string[] {
  const { returns, assetIds, nAssets } = batch;
  const counts = new Int32Array(nAssets);
  for (let cell = 0; cell < returns.length; cell++) if (!Number.isNaN(returns[cell])) counts[cell % nAssets]++;
  const enough = assetIds.filter((_, asset) => counts[asset] >= least);
  return enough.length > 0 ? enough : assetIds;
}
