import { simulateChenPelgerZhu } from '@ml4t/core/simulate';
import { describe, expect, it } from '@jest/globals';
import { sdfSharpeRatio, StochasticDiscountFactorModel } from '../src/index.ts';
import { discountFactors } from '../src/sdf/weights.ts';

const nAssets = 50;
const [validationFrom, testFrom, nDates] = [180, 240, 420];

/** Test Sharpe ratios of the model and of the true weights on one draw of the paper's simulation, made smaller. */
async function sharpeRatios(design: 'characteristics' | 'recurrent'): Promise<{ model: number; oracle: number }> {
  const { batch, truth } = simulateChenPelgerZhu({ design, seed: 21, nAssets, nDates });
  const test = batch.slice(testFrom);
  const weights = truth.betas.subarray(testFrom * nAssets);
  const sdf = discountFactors(weights, test.returns, test.index.rowOffsets);
  const model = new StochasticDiscountFactorModel({
    hiddenDim: 12,
    stateDimMoment: 4,
    nEpochsUnc: 12,
    nEpochsMoment: 8,
    nEpochsCond: 30,
    ignoreFirst: 4,
    learningRate: 0.01,
    contextTransform: 'detrended',
    threads: 1,
  });
  await model.fit(batch.slice(0, validationFrom), { validation: batch.slice(validationFrom, testFrom) });
  return { model: (await model.statistics(test)).sharpe, oracle: sdfSharpeRatio(sdf) };
}

/**
 * A tenth of the paper's assets and seven tenths of its dates: bounds well below the full simulation in
 * bench/simulations/sdf.mjs, and far above what weights without the product (setup 1) or the state (setup 2) reach, which is 0
 * up to the standard error of a Sharpe ratio, .075 with 180 dates.
 */
describe('the simulation of Chen, Pelger and Zhu, small', () => {
  it('setup 1: finds loadings that are a product of two characteristics', async () => {
    const { model, oracle } = await sharpeRatios('characteristics');
    expect(model / oracle).toBeGreaterThan(0.8);
  });

  it('setup 2: finds a sign that turns with a state hidden behind a trend', async () => {
    const { model, oracle } = await sharpeRatios('recurrent');
    expect(model / oracle).toBeGreaterThan(0.7);
  });
});
