import {
  ConfigError,
  FactorForecastResult,
  signalColumns,
  type AssetPredictionModel,
  type CrossSectionBatch,
  type ExtractOptions,
  type FitOptions,
  type FitSummary,
  type StochasticDiscountFactorEstimator,
  type StochasticDiscountFactorState,
} from '@ml4t/core';
import type { ExperimentBatch, ExperimentEstimator, ExperimentPrediction, PartSpecification } from './families.ts';

/** A model that predicts assets directly: its first signal is the forecast. */
export class SignalEstimator implements ExperimentEstimator {
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

/** Turns exposures of rows into expected returns; fitted on training rows. */
export interface ReturnMapper {
  fit(exposures: StochasticDiscountFactorState, returns: Float64Array): void;
  predict(exposures: StochasticDiscountFactorState): { readonly expectedReturns: Float64Array };
}

/**
 * A stochastic discount factor: its portfolio is the one factor, and a mapper fitted on the training rows turns weights into
 * expected returns.
 */
export class DiscountFactorEstimator implements ExperimentEstimator {
  private readonly model: StochasticDiscountFactorEstimator;
  private readonly mapper: ReturnMapper;
  private trainingPortfolio = new Float64Array(0);

  constructor(model: StochasticDiscountFactorEstimator, mapper: ReturnMapper) {
    this.model = model;
    this.mapper = mapper;
  }

  async fit(batch: ExperimentBatch, options: FitOptions<ExperimentBatch> = {}): Promise<FitSummary> {
    const { validation, ...rest } = options;
    const train = crossSection(batch);
    const summary = await this.model.fit(train, { ...rest, validation: validation && crossSection(validation) });
    const state = await this.model.extract(train);
    this.mapper.fit(state, train.requireReturns('the return mapper'));
    this.trainingPortfolio = portfolioReturns(state);
    return summary;
  }

  async predict(batch: ExperimentBatch, options?: ExtractOptions): Promise<ExperimentPrediction> {
    const state = await this.model.extract(crossSection(batch), options);
    const known = this.trainingPortfolio.filter((value) => !Number.isNaN(value));
    const premium = known.reduce((sum, value) => sum + value, 0) / known.length;
    return {
      columns: { forecast: this.mapper.predict(state).expectedReturns },
      factors: {
        realised: portfolioReturns(state),
        forecast: new FactorForecastResult({
          timestamps: state.index.timestamps,
          factorNames: ['sdf'],
          premia: new Float64Array(state.index.nDates).fill(premium),
        }),
      },
      trainingFactors: this.trainingPortfolio,
    };
  }
}

/** Throws ConfigError when an experiment gives a forecaster to a model without factors. */
export function refuseForecaster(model: PartSpecification, forecaster: PartSpecification | undefined): void {
  if (forecaster)
    throw new ConfigError({
      field: 'forecaster',
      expected: `none: ${model.type} has no latent factors`,
      found: forecaster.type,
      remedy: 'Leave the forecaster out for this model.',
    });
}

/** 1 - M: the return of the portfolio that the discount factor is made of. */
function portfolioReturns({ sdfValues }: StochasticDiscountFactorState): Float64Array<ArrayBuffer> {
  return Float64Array.from(sdfValues, (m) => 1 - m);
}

/** The registration says that these models take cross-sections, so the experiment passes one. */
function crossSection(batch: ExperimentBatch): CrossSectionBatch {
  if (batch.kind === 'cross-section') return batch;
  throw new ConfigError({
    field: 'model',
    expected: 'a cross-section batch',
    found: batch.kind,
    remedy: 'Register the model with batchKind cross-section.',
  });
}
