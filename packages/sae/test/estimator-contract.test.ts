import { estimatorContract } from '@ml4t/core/testing';
import { describe, it } from '@jest/globals';
import { SAEModel } from '../src/index.ts';
import { edited, small, smallPanel } from './small-panel.ts';

const batch = smallPanel(1);
const batchWithMissing = edited(batch, ({ characteristics, returns }) => {
  for (let i = 3; i < characteristics.length; i += 37) characteristics[i] = Number.NaN;
  for (let i = 5; i < returns.length; i += 11) returns[i] = Number.NaN;
});

describe.each([
  ['regression', {}],
  ['regression of returns as returns', { targetScaling: 'standardize' }],
  ['ensemble for rank IC with a grid of checkpoints', { objective: 'rank-ic', ensembleSize: 2, checkpointInterval: 2 }],
  ['binary', { taskType: 'binary' }],
] as const)('the estimator contract: %s', (_, changes) => {
  for (const { name, run } of estimatorContract({
    create: () => new SAEModel({ ...small, ...changes }),
    batch,
    otherBatch: smallPanel(2),
    batchWithMissing,
    unusableBatch: batch.withoutReturns(),
    units: {
      figures: async (model, on) => {
        const { signals, unit } = await model.predict(on);
        return unit === 'return' ? { ofReturns: { signals } } : { unitFree: { signals } };
      },
      returns: { tolerance: 1e-3 },
      characteristics: { tolerance: 1e-3 },
    },
    extremes: {
      atLearningRate: (learningRate) => new SAEModel({ ...small, ...changes, learningRate }),
      beyondFloat32: 'refused',
    },
    extractOrPredict: (model, on) => model.predict(on),
    load: (path) => SAEModel.load(path),
  }))
    it(name, run);
});
