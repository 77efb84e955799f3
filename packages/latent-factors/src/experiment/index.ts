import {
  ConfigError,
  type ExtractOptions,
  type FactorForecaster,
  type LatentFactorModel,
  type LatentFactorPrediction,
  type PersistentPanelBatch,
} from '@ml4t/core';
import { alignRows, latentFactorColumns, type RowColumns } from '@ml4t/core/authoring';
import {
  ModelEstimator,
  assetLoadings,
  exposureCorrelations,
  refuseFactors,
  registrationOf,
  type ExperimentBatch,
  type ExperimentPrediction,
  type ExposureTable,
  type Family,
  type ModelData,
  type ParsedConfigs,
  type PartSpecification,
  type PreSpecifiedSeries,
} from '@ml4t/core/experiment';
import { LatentFactorForecastPipeline } from '../pipeline.ts';
import { forecasterRegistry, modelRegistry } from '../registry.ts';

/** The models and forecasters of this package in experiments. */
export const family: Family = {
  models: modelRegistry,
  forecasterTypes: forecasterRegistry.map(({ forecasterType }) => forecasterType),
  forecasterJsonSchema: (type) =>
    forecasterRegistry.find(({ forecasterType }) => forecasterType === type)?.configJsonSchema(),
  createEstimator(specification, forecaster, factors) {
    if (specification.type !== 'ipca') refuseFactors(specification);
    // The registry is typed for any batch; the registration's batchKind says which one the caller has to pass.
    const model = registrationOf(family, specification.type).create(
      specification.config,
    ) as unknown as LatentFactorModel<ExperimentBatch>;
    const pipeline = new LatentFactorForecastPipeline<ExperimentBatch>({
      model,
      ...(forecaster ? { forecaster: createForecaster(forecaster) } : {}),
    });
    return new FactorModelEstimator(pipeline, model, factors);
  },
};

function createForecaster({ type, config }: PartSpecification): FactorForecaster {
  const found = forecasterRegistry.find(({ forecasterType }) => forecasterType === type);
  if (found) return found.create(config);
  throw new ConfigError({
    field: 'forecaster.type',
    expected: `one of ${forecasterRegistry.map(({ forecasterType }) => forecasterType).join(', ')}`,
    found: JSON.stringify(type),
    remedy: 'Correct the forecaster type.',
  });
}

interface FactorPipeline {
  readonly forecaster: FactorForecaster;
  fitForecaster(
    batch: ExperimentBatch,
    validation?: ExperimentBatch,
    options?: { readonly preSpecifiedFactors?: PreSpecifiedSeries | undefined },
  ): Promise<void>;
  predict(batch: ExperimentBatch, options?: ExtractOptions): Promise<LatentFactorPrediction>;
}

/**
 * A factor pipeline as an experiment sees it: a model of a persistent
 * panel sees only the assets whose loadings the training dates can determine. The others, not listed yet for example,
 * have no forecast.
 */
class FactorModelEstimator extends ModelEstimator<ExperimentBatch, LatentFactorModel<ExperimentBatch>> {
  private readonly pipeline: FactorPipeline;
  private readonly factors: PreSpecifiedSeries | undefined;
  private assets: readonly string[] = [];

  constructor(
    pipeline: FactorPipeline,
    model: LatentFactorModel<ExperimentBatch>,
    factors: PreSpecifiedSeries | undefined,
  ) {
    super(model);
    this.pipeline = pipeline;
    this.factors = factors;
  }

  protected override ownOptions(): object {
    return this.factors ? { preSpecifiedFactors: this.factors } : {};
  }

  override get configs(): ParsedConfigs {
    return { model: this.model.config, forecaster: this.pipeline.forecaster.config };
  }

  protected override dataOf(
    batch: ExperimentBatch,
    validation: ExperimentBatch | undefined,
  ): ModelData<ExperimentBatch> {
    if (batch.kind === 'persistent-panel') this.assets = assetsWithReturns(batch, nFactorsOf(this.model) + 1);
    return { batch: this.select(batch), validation: validation && this.select(validation) };
  }

  protected override async fitted(batch: ExperimentBatch, validation?: ExperimentBatch): Promise<void> {
    await this.pipeline.fitForecaster(this.select(batch), validation && this.select(validation), this.ownOptions());
  }

  override async predict(batch: ExperimentBatch, options?: ExtractOptions): Promise<ExperimentPrediction> {
    const prediction = await this.pipeline.predict(this.select(batch), options);
    const { index } = prediction.state;
    const columns = Object.entries(latentFactorColumns(prediction)).map(([name, values]) => [
      name,
      index.nRows === batch.index.nRows ? values : alignRows(index, values, batch.index),
    ]);
    // Exposures are left behind: they are by far the largest part, and no output needs them.
    return {
      columns: Object.fromEntries(columns) as RowColumns,
      factors: {
        realised: prediction.state.factorReturns,
        forecast: prediction.factorForecast,
        nMembers: prediction.state.nMembers,
      },
      trainingFactors: prediction.trainingFactorReturns,
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
