import { DeepPortfolioModel, LSTMPortfolioModel, type NetworkConfigInput } from '../../src/index.ts';

/** Networks of a few hundred numbers, trained for a few steps. */
export const small = {
  assetEmbeddingDim: 2,
  groupEmbeddingDim: 2,
  vvsnHiddenDim: 4,
  batchSize: 3,
  nSteps: 12,
  evalEvery: 4,
  ignoreFirst: 0,
  learningRate: 0.01,
  threads: 1,
} satisfies NetworkConfigInput;

export const models = {
  lstm: (changes: NetworkConfigInput = {}) => new LSTMPortfolioModel({ hiddenDim: 4, ...small, ...changes }),
  deep: (changes: NetworkConfigInput = {}) => new DeepPortfolioModel({ dModel: 4, ...small, ...changes }),
};
