// All that the command needs to run a model of one's own: package.json names this module and the model types in its `ml4t` field.
import type { CrossSectionBatch } from '@ml4t/core';
import { configJsonSchema, signalColumns, type ModelRegistration } from '@ml4t/core/authoring';
import {
  ModelEstimator,
  crossSection,
  familyOfModels,
  type ExperimentBatch,
  type ExperimentPrediction,
  type Family,
  type ModelData,
  type ParsedConfigs,
} from '@ml4t/core/experiment';
import { NearestNeighboursModel, nearestNeighboursConfigSchema, parseNearestNeighboursConfig } from './model.ts';

const registration: ModelRegistration = {
  modelType: 'nearest-neighbours',
  title: 'Nearest neighbours',
  batchKind: 'cross-section',
  task: 'asset-prediction',
  configJsonSchema: () => configJsonSchema(nearestNeighboursConfigSchema),
  create: (config) => new NearestNeighboursModel(parseNearestNeighboursConfig(config)),
  load: (source) => NearestNeighboursModel.load(source),
};

/** What `ml4t` looks for. */
export const family: Family = familyOfModels(
  [registration],
  (_model, { config }) =>
    new NearestNeighboursEstimator(new NearestNeighboursModel(parseNearestNeighboursConfig(config))),
);

class NearestNeighboursEstimator extends ModelEstimator<CrossSectionBatch, NearestNeighboursModel> {
  override get configs(): ParsedConfigs {
    return { model: this.model.config };
  }

  protected override dataOf(batch: ExperimentBatch): ModelData<CrossSectionBatch> {
    return { batch: crossSection(batch), validation: undefined };
  }

  override async predict(batch: ExperimentBatch): Promise<ExperimentPrediction> {
    return { columns: signalColumns(await this.model.predict(crossSection(batch))) };
  }
}
