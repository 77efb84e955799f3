import { describe, it } from '@jest/globals';
import { registryContract } from '@ml4t/core/testing';
import { modelRegistry } from '../src/index.ts';

/** Networks that train in a moment. */
const configs = { cae: { nEpochs: 3, hiddenUnits: [6], nFactors: 2, ensembleSize: 2, threads: 1 } };

for (const { modelType, checks } of registryContract(modelRegistry, { configs }))
  describe(`the estimator contract, from the registry: ${modelType}`, () => {
    for (const { name, run } of checks) it(name, run);
  });
