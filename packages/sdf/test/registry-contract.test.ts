import { describe, it } from '@jest/globals';
import { registryContract } from '@ml4t/core/testing';
import { modelRegistry } from '../src/index.ts';
import { smallConfig } from './small.ts';

for (const { modelType, checks } of registryContract(modelRegistry, {
  configs: { 'stochastic-discount-factor': smallConfig },
}))
  describe(`the estimator contract, from the registry: ${modelType}`, () => {
    for (const { name, run } of checks) it(name, run);
  });
