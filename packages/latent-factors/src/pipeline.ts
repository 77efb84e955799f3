import {
  LatentFactorPrediction,
  NotFittedError,
  type ExtractOptions,
  type FactorForecaster,
  type FactorMapper,
  type FitOptions,
  type FitSummary,
  type LatentFactorModel,
  type LatentFactorState,
} from '@ml4t/core';
import { ExpandingMeanFactorForecaster } from './forecasters/expanding-mean.ts';
import { BetaLambdaMapper } from './mappers/beta-lambda.ts';

/**
 * A structural model, a forecaster of its factors' premia, and a mapper from both to expected returns, as one object.
 *
 * `fit` estimates the model and hands the factor history of the training dates to the forecaster. `predict` extracts
 * exposures, forecasts premia from what was realised before each date, and maps them. Asked for a checkpoint, it
 * estimates the premia on that checkpoint's own factors: coordinates are not comparable between checkpoints.
 *
 * @example
 * const pipeline = new LatentFactorForecastPipeline({ model: new IPCAModel({ nFactors: 3 }) });
 * await pipeline.fit(train);
 * const { assetForecast } = await pipeline.predict(test);
 */
export class LatentFactorForecastPipeline<Batch> {
  readonly model: LatentFactorModel<Batch>;
  readonly forecaster: FactorForecaster;
  readonly mapper: FactorMapper;
  #training: Batch | undefined;
  /** The training factors that the forecaster holds (T x K), and their checkpoint. */
  #trainingFactorReturns: Float64Array | undefined;
  #forecasterCheckpoint: string | undefined;

  constructor(parts: {
    readonly model: LatentFactorModel<Batch>;
    /** An expanding mean where absent. */
    readonly forecaster?: FactorForecaster;
    /** beta x lambda where absent. */
    readonly mapper?: FactorMapper;
  }) {
    this.model = parts.model;
    this.forecaster = parts.forecaster ?? new ExpandingMeanFactorForecaster();
    this.mapper = parts.mapper ?? new BetaLambdaMapper();
  }

  get isFitted(): boolean {
    return this.#training !== undefined;
  }

  /** Fits the model (validation, signal and progress are passed through), then the forecaster on its training factors. */
  async fit(batch: Batch, options: FitOptions<Batch> = {}): Promise<FitSummary> {
    const summary = await this.model.fit(batch, options);
    await this.fitForecaster(batch);
    return summary;
  }

  /** Fits the forecaster alone, on the batch that the model was fitted on: for a model that was loaded, or combined of members. */
  async fitForecaster(batch: Batch): Promise<void> {
    this.#fitForecaster(await this.model.extract(batch));
    this.#training = batch;
  }

  /** Exposures, premia and expected returns for every row of the batch, all of one checkpoint. */
  async predict(batch: Batch, options: ExtractOptions = {}): Promise<LatentFactorPrediction> {
    if (this.#training === undefined) throw new NotFittedError('LatentFactorForecastPipeline', 'predict');
    const state = await this.model.extract(batch, options);
    if (state.checkpoint !== this.#forecasterCheckpoint)
      this.#fitForecaster(await this.model.extract(this.#training, options));
    const factorForecast = this.forecaster.predict(state);
    const assetForecast = this.mapper.predict(state, factorForecast);
    return new LatentFactorPrediction(state, factorForecast, assetForecast, this.#trainingFactorReturns);
  }

  #fitForecaster(training: LatentFactorState): void {
    this.forecaster.fit(training);
    this.#trainingFactorReturns = training.factorReturns;
    this.#forecasterCheckpoint = training.checkpoint;
  }
}
