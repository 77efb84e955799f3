import type { AssetPredictionModel, CrossSectionBatch, ExtractOptions } from '@ml4t/core';
import { signalColumns } from '@ml4t/core/authoring';
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
import { scoreLine, type ScoreLine } from './score-line.ts';

/** The models of this package in experiments. */
export const family: Family = familyOfModels(
  modelRegistry,
  (model) => new SignalEstimator(model as unknown as AssetPredictionModel),
);

/** Share of the training dates, the last ones, that scores are held against returns on where there is no validation. */
const HELD_OUT = 0.2;

/**
 * A model that predicts assets directly: its first signal is the forecast. Scores become returns by a line, so that R2 means
 * something; the order of assets stays.
 */
class SignalEstimator extends ModelEstimator<CrossSectionBatch, AssetPredictionModel> {
  private line: ScoreLine | undefined;

  protected override dataOf(batch: ExperimentBatch, validation?: ExperimentBatch): ModelData<CrossSectionBatch> {
    return { batch: crossSection(batch), validation: validation && crossSection(validation) };
  }

  protected override async fitted(batch: ExperimentBatch, validation: ExperimentBatch | undefined): Promise<void> {
    const train = crossSection(batch);
    const held = validation ? crossSection(validation) : train.slice(Math.floor(train.nDates * (1 - HELD_OUT)));
    const found = await this.model.predict(held);
    const { forecast } = signalColumns(found);
    this.line = found.unit === 'score' ? scoreLine(forecast, held.requireReturns('the forecasts')) : undefined;
  }

  override async predict(batch: ExperimentBatch, options?: ExtractOptions): Promise<ExperimentPrediction> {
    const columns = signalColumns(await this.model.predict(crossSection(batch), options));
    const { line } = this;
    if (!line) return { columns };
    return { columns: { ...columns, forecast: columns.forecast.map((x) => line.intercept + line.slope * x) } };
  }
}
