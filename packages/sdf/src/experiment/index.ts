import {
  FactorForecastResult,
  type CrossSectionBatch,
  type ExtractOptions,
  type StochasticDiscountFactorEstimator,
  type StochasticDiscountFactorState,
} from '@ml4t/core';
import {
  ModelEstimator,
  crossSection,
  exposureCorrelations,
  familyOfModels,
  type ExperimentBatch,
  type ExperimentPrediction,
  type ExposureTable,
  type Family,
  type ModelData,
} from '@ml4t/core/experiment';
import { LinearStochasticDiscountFactorReturnMapper } from '../sdf/mapper.ts';
import { modelRegistry } from '../registry.ts';

/** The models of this package in experiments. */
export const family: Family = familyOfModels(
  modelRegistry,
  (model) =>
    new DiscountFactorEstimator(
      model as unknown as StochasticDiscountFactorEstimator,
      new LinearStochasticDiscountFactorReturnMapper(),
    ),
);

/** Turns exposures of rows into expected returns; fitted on training rows. */
interface ReturnMapper {
  fit(exposures: StochasticDiscountFactorState, returns: Float64Array): void;
  predict(exposures: StochasticDiscountFactorState): { readonly expectedReturns: Float64Array };
}

/**
 * A stochastic discount factor: its portfolio is the one factor, and a mapper fitted on the training rows turns weights into
 * expected returns.
 */
class DiscountFactorEstimator extends ModelEstimator<CrossSectionBatch, StochasticDiscountFactorEstimator> {
  private readonly mapper: ReturnMapper;
  private trainingPortfolio = new Float64Array(0);
  /** Mean return of the portfolio over training and validation dates. */
  private premium = Number.NaN;

  constructor(model: StochasticDiscountFactorEstimator, mapper: ReturnMapper) {
    super(model);
    this.mapper = mapper;
  }

  protected override dataOf(batch: ExperimentBatch, validation?: ExperimentBatch): ModelData<CrossSectionBatch> {
    return { batch: crossSection(batch), validation: validation && crossSection(validation) };
  }

  protected override async fitted(batch: ExperimentBatch, validation?: ExperimentBatch): Promise<void> {
    const train = crossSection(batch);
    const state = await this.model.extract(train);
    this.mapper.fit(state, train.requireReturns('the return mapper'));
    this.trainingPortfolio = portfolioReturns(state);
    const later = validation && portfolioReturns(await this.model.extract(crossSection(validation)));
    const known = [...this.trainingPortfolio, ...(later ?? [])].filter((value) => !Number.isNaN(value));
    this.premium = known.reduce((sum, value) => sum + value, 0) / known.length;
  }

  override async predict(batch: ExperimentBatch, options?: ExtractOptions): Promise<ExperimentPrediction> {
    const state = await this.model.extract(crossSection(batch), options);
    return {
      columns: { forecast: this.mapper.predict(state).expectedReturns },
      factors: {
        realised: portfolioReturns(state),
        forecast: new FactorForecastResult({
          timestamps: state.index.timestamps,
          factorNames: ['sdf'],
          premia: new Float64Array(state.index.nDates).fill(this.premium),
        }),
      },
      trainingFactors: this.trainingPortfolio,
      notes: state.notes,
    };
  }

  async exposures(batch: ExperimentBatch): Promise<ExposureTable> {
    const { weights } = await this.model.extract(crossSection(batch));
    return exposureCorrelations(crossSection(batch), weights, ['sdf weight']);
  }
}

/** 1 - M: the return of the portfolio that the discount factor is made of. */
function portfolioReturns({ sdfValues }: StochasticDiscountFactorState): Float64Array<ArrayBuffer> {
  return Float64Array.from(sdfValues, (m) => 1 - m);
}
