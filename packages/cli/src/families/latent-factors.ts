import {
  ConfigError,
  alignRows,
  latentFactorColumns,
  type ExtractOptions,
  type FactorForecaster,
  type FitOptions,
  type FitSummary,
  type LatentFactorModel,
  type LatentFactorPrediction,
  type PersistentPanelBatch,
  type RowColumns,
} from '@ml4t/core';
import { assetLoadings, exposureCorrelations } from '../experiment/exposures.ts';
import type { ExposureTable } from '../experiment/fold-task.ts';
import {
  registrationOf,
  type ExperimentBatch,
  type ExperimentEstimator,
  type ExperimentPrediction,
  type Family,
  type FamilyPackage,
  type PartSpecification,
} from './family.ts';

export const latentFactors: FamilyPackage = {
  packageName: '@ml4t/latent-factors',
  modelTypes: ['pca', 'rp-pca', 'ipca', 'cae'],
  async load() {
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
      forecasterJsonSchema: (type) =>
        forecasterRegistry.find(({ forecasterType }) => forecasterType === type)?.configJsonSchema(),
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
  },
};

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

  async exposures(batch: ExperimentBatch): Promise<ExposureTable> {
    const state = await this.model.extract(this.select(batch));
    if (batch.kind === 'cross-section' && state.betaLayout === 'row')
      return exposureCorrelations(batch, state.betas, state.factorNames);
    return assetLoadings(state);
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
