import type { PortfolioSequenceBatch } from '@ml4t/core';
import { estimatorContract } from '@ml4t/core/testing';
import { describe, it } from '@jest/globals';
import { DeepPortfolioModel, LSTMPortfolioModel } from '../../src/index.ts';
import { models } from './models.ts';
import { smallBatch } from './small-batch.ts';

const batch = smallBatch(1);
const data = {
  batch,
  otherBatch: smallBatch(2),
  batchWithMissing: smallBatch(3, { available: 0.5 }),
  unusableBatch: batch.slice(0, 0),
};

describe.each([
  ['one network', {}],
  [
    'an ensemble on chained windows, long and short',
    { ensembleSize: 2, holdings: 'chained', head: 'long-short', checkpointInterval: 4 },
  ],
] as const)('the estimator contract: LSTM, %s', (_, changes) => {
  for (const { name, run } of estimatorContract({
    create: () => models.lstm(changes),
    units: {
      figures: async (model, on, { trainMetrics }) => ({
        unitFree: { weights: (await model.predict(on)).weights, sharpe: [trainMetrics.sharpe] },
      }),
      returns: { tolerance: 1e-3 },
      characteristics: { tolerance: 1e-3 },
    },
    extremes: {
      atLearningRate: (learningRate) => models.lstm({ ...changes, learningRate }),
      beyondFloat32: 'refused',
    },
    ...data,
    extractOrPredict: (model, on: PortfolioSequenceBatch) => model.predict(on),
    load: (path) => LSTMPortfolioModel.load(path),
  }))
    it(name, run);
});

describe.each([
  [
    'two members, the blocks of the paper with a graph',
    { ensembleSize: 2, graph: true, groupEmbedding: true, costInContext: true },
  ],
  ['the blocks of the reference', { block: 'reference', head: 'long-only' }],
] as const)('the estimator contract: deep, %s', (_, changes) => {
  for (const { name, run } of estimatorContract({
    create: () => new DeepPortfolioModel({ ...models.deep().config, ...changes }),
    units: {
      figures: async (model, on, { trainMetrics }) => ({
        unitFree: { weights: (await model.predict(on)).weights, sharpe: [trainMetrics.sharpe] },
      }),
      returns: { tolerance: 1e-3 },
      characteristics: { tolerance: 1e-3 },
    },
    extremes: {
      atLearningRate: (learningRate) => new DeepPortfolioModel({ ...models.deep().config, ...changes, learningRate }),
      beyondFloat32: 'refused',
    },
    ...data,
    extractOrPredict: (model, on: PortfolioSequenceBatch) => model.predict(on),
    load: (path) => DeepPortfolioModel.load(path),
  }))
    it(name, run);
});
