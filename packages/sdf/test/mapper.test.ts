import { NotFittedError, PanelIndex } from '@ml4t/core';
import { describe, expect, it } from '@jest/globals';
import { LinearStochasticDiscountFactorReturnMapper } from '../src/index.ts';

const index = PanelIndex.full(Float64Array.of(0, 1), ['a', 'b']);
const weights = Float64Array.of(0.1, -0.2, Number.NaN, 0.4);

describe('LinearStochasticDiscountFactorReturnMapper', () => {
  it('recovers a line from weights and from signals, and gives NaN where the exposure is', () => {
    const returns = weights.map((w) => (Number.isNaN(w) ? 0.7 : 0.02 + 0.5 * w));
    for (const exposures of [
      { index, weights, checkpoint: 'conditional:8' },
      { index, signals: weights, checkpoint: 'conditional:8' },
    ]) {
      const mapper = new LinearStochasticDiscountFactorReturnMapper();
      mapper.fit(exposures, returns);
      expect(mapper.intercept).toBeCloseTo(0.02, 14);
      expect(mapper.slope).toBeCloseTo(0.5, 14);
      const { expectedReturns, checkpoint } = mapper.predict(exposures);
      expect(checkpoint).toBe('conditional:8');
      expect(expectedReturns[2]).toBeNaN();
      expect(expectedReturns[3]).toBeCloseTo(0.22, 14);
    }
  });

  it('refuses what it cannot use', () => {
    const mapper = new LinearStochasticDiscountFactorReturnMapper();
    expect(() => mapper.predict({ index, weights })).toThrow(NotFittedError);
    expect(() => mapper.fit({ index, weights }, Float64Array.of(1))).toThrow(/returns: expected 4 entries/);
    expect(() => mapper.fit({ index, weights: new Float64Array(4).fill(0.1) }, new Float64Array(4))).toThrow(/alike/);
  });
});
