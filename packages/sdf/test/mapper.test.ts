import { NotFittedError, PanelIndex } from '@ml4t/core';
import { describe, expect, it } from '@jest/globals';
import { LinearStochasticDiscountFactorReturnMapper } from '../src/index.ts';

const index = PanelIndex.full(Float64Array.of(0, 1), ['a', 'b']);
const weights = Float64Array.of(0.1, -0.2, Number.NaN, 0.4);
// Two weights on the first date, one on the second.
const perAsset = Float64Array.of(0.2, -0.4, Number.NaN, 0.4);

describe('LinearStochasticDiscountFactorReturnMapper', () => {
  it('recovers a line from weights and from signals, and gives NaN where the exposure is', () => {
    const returns = perAsset.map((x) => (Number.isNaN(x) ? 0.7 : 0.02 + 0.5 * x));
    for (const exposures of [
      { index, weights, checkpoint: 'conditional/epoch-8' },
      { index, weights: weights.map((w) => w / 7), exposures: perAsset, checkpoint: 'conditional/epoch-8' },
      { index, signals: perAsset, checkpoint: 'conditional/epoch-8' },
    ]) {
      const mapper = new LinearStochasticDiscountFactorReturnMapper();
      mapper.fit(exposures, returns);
      expect(mapper.intercept).toBeCloseTo(0.02, 14);
      expect(mapper.slope).toBeCloseTo(0.5, 14);
      const { expectedReturns, checkpoint } = mapper.predict(exposures);
      expect(checkpoint).toBe('conditional/epoch-8');
      expect(expectedReturns[2]).toBeNaN();
      expect(expectedReturns[3]).toBeCloseTo(0.22, 14);
    }
  });

  it('forecasts alike at dates with few and with many assets', () => {
    const [few, many] = [4, 400];
    const dates = new PanelIndex({
      timestamps: Float64Array.of(0, 1),
      rowOffsets: Int32Array.of(0, few, few + many),
      assetIndex: Int32Array.from({ length: few + many }, (_, row) => (row < few ? row : row - few)),
      assetIds: Array.from({ length: many }, (_, i) => `a${i}`),
    });
    const exposures = Float64Array.from(dates.assetIndex, (asset) => (asset % 2 === 0 ? 1 : -1));
    const ofDate = (row: number): number => (row < few ? few : many);
    const state = { index: dates, weights: exposures.map((x, row) => x / ofDate(row)) };
    const mapper = new LinearStochasticDiscountFactorReturnMapper();
    mapper.fit(
      state,
      exposures.map((x) => 0.03 * x),
    );
    mapper.predict(state).expectedReturns.forEach((value, row) => expect(value).toBeCloseTo(0.03 * exposures[row], 14));
  });

  it('refuses what it cannot use', () => {
    const mapper = new LinearStochasticDiscountFactorReturnMapper();
    expect(() => mapper.predict({ index, weights })).toThrow(NotFittedError);
    expect(() => mapper.fit({ index, weights }, Float64Array.of(1))).toThrow(/returns: expected 4 entries/);
    expect(() => mapper.fit({ index, weights: new Float64Array(4).fill(0.1) }, new Float64Array(4))).toThrow(/alike/);
  });
});
