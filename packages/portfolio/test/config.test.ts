import { describe, expect, it } from '@jest/globals';
import { ConfigError } from '@ml4t/core';
import { configNotes, parseConfig } from '@ml4t/core/authoring';
import {
  DeepPortfolioModel,
  LinearFeaturePortfolioModel,
  LSTMPortfolioModel,
  networkConfigSchema,
  portfolioConfigSchema,
} from '../src/index.ts';

describe('the shared configuration', () => {
  it('has a default for every field, and freezes', () => {
    const config = parseConfig(networkConfigSchema, {}, 'NetworkConfig');
    expect(config).toMatchObject({ gammaCost: 0.5, softminTau: 0.2, softminLambda: 0.1, annualizationFactor: null });
    expect(Object.isFrozen(config)).toBe(true);
  });

  it('names a misspelt field and the one that was meant', () => {
    expect(() => parseConfig(portfolioConfigSchema, { turnoverPenality: 1 }, 'PortfolioConfig')).toThrow(ConfigError);
    expect(() => parseConfig(portfolioConfigSchema, { turnoverPenality: 1 }, 'PortfolioConfig')).toThrow(
      /turnoverPenalty/,
    );
  });
});

describe('other names', () => {
  const common = [
    [{ maxIters: 7 }, { nSteps: 7 }],
    [{ maxGradNorm: 2 }, { gradientClip: 2 }],
    [{ maxGradNorm: null }, { gradientClip: null }],
    [{ earlyStoppingPatience: null }, { patience: null }],
    [{ earlyStoppingBurnInIters: 3 }, { ignoreFirst: 3 }],
    [{ checkpointEvery: 5 }, { checkpointInterval: 5 }],
    [{ checkpointSteps: [2, 4] }, { checkpointAt: [2, 4] }],
  ];
  const networks = [
    ...common,
    [{ useGroupEmbedding: true }, { groupEmbedding: true }],
    [{ useCostInContext: true }, { costInContext: true }],
  ];
  const models: [string, new (config: object) => { readonly config: object }, object[][]][] = [
    ['linear', LinearFeaturePortfolioModel, [...common, [{ fitIntercept: false }, { intercept: false }]]],
    ['lstm', LSTMPortfolioModel, [...networks, [{ hiddenSize: 8 }, { hiddenDim: 8 }]]],
    ['deep', DeepPortfolioModel, [...networks, [{ useGraph: true }, { graph: true }]]],
  ];

  it.each(models)('are read, and noted: %s', (_, Model, table) => {
    for (const [other, own] of table) {
      const { config } = new Model(other);
      expect(config).toEqual(new Model(own).config);
      expect(configNotes(config)).toHaveLength(1);
      expect(() => new Model({ ...other, ...own })).toThrow('one name of the field');
    }
  });
});
