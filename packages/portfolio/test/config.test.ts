import { describe, expect, it } from '@jest/globals';
import { ConfigError, parseConfig } from '@ml4t/core';
import { networkConfigSchema, portfolioConfigSchema } from '../src/index.ts';

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
