import type { FitSummary, PortfolioSequenceBatch } from '@ml4t/core';
import { estimatorContract } from '@ml4t/core/testing';
import { describe, it } from '@jest/globals';
import { LinearFeaturePortfolioModel } from '../../src/index.ts';
import { smallBatch } from '../training/small-batch.ts';

const batch = smallBatch(1);

describe.each([
  ['trained on the objective', { nSteps: 12, evalEvery: 4, checkpointInterval: 4, ignoreFirst: 0 }],
  [
    'risk budgets with an intercept, chained windows',
    { head: 'bounded', holdings: 'chained', nSteps: 8, evalEvery: 4 },
  ],
  ['the ridge regression alone', { estimator: 'ridge', inputScaling: 'none', netExposure: 0.2, maxAbsWeight: 0.6 }],
] as const)('the estimator contract: linear, %s', (_, changes) => {
  for (const { name, run } of estimatorContract({
    create: () => new LinearFeaturePortfolioModel({ batchSize: 3, threads: 1, ...changes }),
    batch,
    otherBatch: smallBatch(2),
    batchWithMissing: smallBatch(3, { available: 0.6 }),
    unusableBatch: batch.slice(0, 0),
    ...('estimator' in changes
      ? {}
      : {
          units: {
            figures: async (
              model: LinearFeaturePortfolioModel,
              on: PortfolioSequenceBatch,
              { trainMetrics }: FitSummary,
            ) => ({
              unitFree: { weights: (await model.predict(on)).weights, sharpe: [trainMetrics.sharpe] },
            }),
            returns: { tolerance: 1e-3 },
            characteristics: { tolerance: 1e-3 },
          },
        }),
    extremes: {
      ...('estimator' in changes
        ? {}
        : {
            atLearningRate: (learningRate: number) =>
              new LinearFeaturePortfolioModel({ batchSize: 3, threads: 1, ...changes, learningRate }),
          }),
      beyondFloat32: 'held',
    },
    extractOrPredict: (model, on: PortfolioSequenceBatch) => model.predict(on),
    load: (path) => LinearFeaturePortfolioModel.load(path),
  }))
    it(name, run);
});
