import { describe, it } from '@jest/globals';
import { registryContract } from '@ml4t/core/testing';
import { modelRegistry } from '../src/index.ts';
import { small } from './training/models.ts';

const configs = {
  'linear-portfolio': { nSteps: 8, threads: 1, ignoreFirst: 0 },
  'lstm-portfolio': { hiddenDim: 4, ...small },
  'deep-portfolio': { dModel: 4, ...small },
};

for (const { modelType, checks } of registryContract(modelRegistry, { configs, learnNothing: ['equal-weight'] }))
  describe(`the estimator contract, from the registry: ${modelType}`, () => {
    for (const { name, run } of checks) it(name, run);
  });
