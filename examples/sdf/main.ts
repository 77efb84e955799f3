// A stochastic discount factor trained against the moments it prices worst, on the simulation of Chen, Pelger and Zhu,
// where the factor has a Sharpe ratio of 1 and loadings are a product of two characteristics.
import { StochasticDiscountFactorState, type CrossSectionBatch } from '@ml4t/core';
import { simulateChenPelgerZhu } from '@ml4t/core/simulate';
import { StochasticDiscountFactorModel, sdfStatistics } from '@ml4t/sdf';

const { batch: panel, truth } = simulateChenPelgerZhu({ nAssets: 100, nDates: 180, seed: 1 });
const [train, validation, test] = [panel.slice(0, 90), panel.slice(90, 120), panel.slice(120)];

// A short schedule, so that the example is quick; the paper's is the default.
const model = new StochasticDiscountFactorModel({
  hiddenDim: 16,
  nInstruments: 4,
  nEpochsUnc: 40,
  nEpochsMoment: 8,
  nEpochsCond: 40,
  ignoreFirst: 8,
  selectBy: 'sharpe',
  seed: 1,
});
const { defaultCheckpoint } = await model.fit(train, { validation });
console.log('state chosen by the validation dates:', defaultCheckpoint);

const row = (portfolio: string, state: StochasticDiscountFactorState, batch: CrossSectionBatch) => ({
  portfolio,
  'Sharpe ratio': Number(sdfStatistics(state, batch.requireReturns('a Sharpe ratio')).sharpe.toFixed(2)),
});
/** The best portfolio that there is holds assets in proportion to their true loadings. */
function portfolioOf(batch: CrossSectionBatch, weights: Float64Array): StochasticDiscountFactorState {
  const returns = batch.requireReturns('the value of a portfolio');
  const { rowOffsets } = batch.index;
  const sdfValues = Float64Array.from({ length: batch.nDates }, (_, t) => {
    let earned = 0;
    for (let row = rowOffsets[t]; row < rowOffsets[t + 1]; row++) earned += weights[row] * returns[row];
    return 1 - earned;
  });
  return new StochasticDiscountFactorState({ index: batch.index, weights, sdfValues });
}
const trueLoadings = truth.betas.subarray(panel.nRows - test.nRows);
console.table([
  row('training dates', await model.extract(train), train),
  row('test dates', await model.extract(test), test),
  row('test dates, true loadings', portfolioOf(test, trueLoadings), test),
]);
