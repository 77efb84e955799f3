import { signalColumns, type AssetPredictionModel, type CrossSectionBatch, type ExtractOptions } from '@ml4t/core';
import {
  ModelEstimator,
  crossSection,
  familyOfModels,
  type ExperimentBatch,
  type ExperimentPrediction,
  type Family,
  type ModelData,
} from '@ml4t/core/experiment';
import { modelRegistry } from '../registry.ts';

/** The models of this package in experiments. */
export const family: Family = familyOfModels(
  modelRegistry,
  (model) => new SignalEstimator(model as unknown as AssetPredictionModel),
);

/** A model that predicts assets directly: its first signal is the forecast. */
class SignalEstimator extends ModelEstimator<CrossSectionBatch, AssetPredictionModel> {
  protected override dataOf(batch: ExperimentBatch, validation?: ExperimentBatch): ModelData<CrossSectionBatch> {
    return { batch: crossSection(batch), validation: validation && crossSection(validation) };
  }

  override async predict(batch: ExperimentBatch, options?: ExtractOptions): Promise<ExperimentPrediction> {
    return { columns: signalColumns(await this.model.predict(crossSection(batch), options)) };
  }
}
