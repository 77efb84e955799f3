import { signalColumns, type AssetPredictionModel, type CrossSectionBatch, type ExtractOptions } from '@ml4t/core';
import {
  crossSection,
  familyOfModels,
  type ExperimentBatch,
  type ExperimentPrediction,
  type FamilyPackage,
} from './family.ts';
import { ModelEstimator, type ModelData } from './model-estimator.ts';

export const supervisedAutoencoders: FamilyPackage = {
  packageName: '@ml4t/sae',
  modelTypes: ['sae'],
  async load() {
    const { modelRegistry } = await import('@ml4t/sae');
    return familyOfModels(modelRegistry, (model) => new SignalEstimator(model as unknown as AssetPredictionModel));
  },
};

/** A model that predicts assets directly: its first signal is the forecast. */
class SignalEstimator extends ModelEstimator<CrossSectionBatch, AssetPredictionModel> {
  protected override dataOf(batch: ExperimentBatch, validation?: ExperimentBatch): ModelData<CrossSectionBatch> {
    return { batch: crossSection(batch), validation: validation && crossSection(validation) };
  }

  override async predict(batch: ExperimentBatch, options?: ExtractOptions): Promise<ExperimentPrediction> {
    return { columns: signalColumns(await this.model.predict(crossSection(batch), options)) };
  }
}
