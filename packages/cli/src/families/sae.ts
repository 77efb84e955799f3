import {
  signalColumns,
  type AssetPredictionModel,
  type ExtractOptions,
  type FitOptions,
  type FitSummary,
} from '@ml4t/core';
import {
  crossSection,
  refuseForecaster,
  registrationOf,
  type ExperimentBatch,
  type ExperimentEstimator,
  type ExperimentPrediction,
  type Family,
  type FamilyPackage,
} from './family.ts';

export const supervisedAutoencoders: FamilyPackage = {
  packageName: '@ml4t/sae',
  modelTypes: ['sae'],
  async load() {
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
  },
};

/** A model that predicts assets directly: its first signal is the forecast. */
class SignalEstimator implements ExperimentEstimator {
  private readonly model: AssetPredictionModel;

  constructor(model: AssetPredictionModel) {
    this.model = model;
  }

  fit(batch: ExperimentBatch, options: FitOptions<ExperimentBatch> = {}): Promise<FitSummary> {
    const { validation, ...rest } = options;
    return this.model.fit(crossSection(batch), { ...rest, validation: validation && crossSection(validation) });
  }

  async predict(batch: ExperimentBatch, options?: ExtractOptions): Promise<ExperimentPrediction> {
    return { columns: signalColumns(await this.model.predict(crossSection(batch), options)) };
  }
}
