import { describe, it } from '@jest/globals';
import { registryContract } from '@ml4t/core/testing';
import { modelRegistry } from '../src/index.ts';
import { small } from './small-panel.ts';

for (const { modelType, checks } of registryContract(modelRegistry, { configs: { sae: small } }))
  describe(`the estimator contract, from the registry: ${modelType}`, () => {
    for (const { name, run } of checks) it(name, run);
  });
