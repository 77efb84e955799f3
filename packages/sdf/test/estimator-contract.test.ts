import { describe, it } from '@jest/globals';
import { estimatorContract } from '@ml4t/core/testing';
import { StochasticDiscountFactorModel } from '../src/index.ts';
import { changed, smallConfig, smallPanel } from './small.ts';

const panel = smallPanel();
const batch = panel.slice(0, panel.nDates - 4);
const withGaps = batch
  .withCharacteristics(changed(batch.characteristics, (value, at) => (at % 7 === 3 ? Number.NaN : value)))
  .withReturns(changed(batch.requireReturns('test'), (value, at) => (at % 5 === 2 ? Number.NaN : value)));

describe.each([
  ['one network', smallConfig],
  [
    'two members, differences of the context',
    { ...smallConfig, ensembleSize: 2, contextTransform: 'differences' as const },
  ],
])('the estimator contract: StochasticDiscountFactorModel, %s', (_, config) => {
  for (const { name, run } of estimatorContract({
    batch,
    otherBatch: smallPanel({ seed: 2 }),
    batchWithMissing: withGaps,
    validation: panel.slice(panel.nDates - 4),
    unusableBatch: batch.withoutReturns(),
    create: () => new StochasticDiscountFactorModel(config),
    extractOrPredict: (model, on) => model.extract(on),
    extremes: {
      atLearningRate: (learningRate) => new StochasticDiscountFactorModel({ ...config, learningRate }),
      beyondFloat32: 'refused',
    },
    units: {
      figures: async (model, on) => {
        const { weights, exposures = weights } = await model.extract(on);
        const sharpe = [(await model.statistics(on)).sharpe];
        // M has no unit, so exposures are in one over that of returns.
        return { unitFree: { weights, sharpe, priced: exposures.map((x, row) => x * on.requireReturns('test')[row]) } };
      },
      returns: { tolerance: 1e-4 },
      characteristics: {
        dependsBecause: 'networks see characteristics as they are: rank-normalise them (docs/models/sdf.md)',
      },
    },
    load: (path) => StochasticDiscountFactorModel.load(path),
  }))
    it(name, run);
});
