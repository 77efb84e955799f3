import { PanelIndex, StochasticDiscountFactorState } from '@ml4t/core';
import { describe, expect, it } from '@jest/globals';
import { explainedReturns, sdfStatistics } from '../src/index.ts';

const index = new PanelIndex({
  timestamps: Float64Array.of(0, 1, 2),
  rowOffsets: Int32Array.of(0, 2, 4, 5),
  assetIndex: Int32Array.of(0, 1, 0, 1, 1),
  assetIds: ['a', 'b'],
});
const betas = Float64Array.of(1, 2, 1, -1, 3);

describe('explainedReturns', () => {
  it('is the definition, written out', () => {
    const returns = Float64Array.of(0.2, 0.1, -0.1, 0.3, 0.5);
    // Slopes: (0.2 + 0.2) / 5, (-0.1 - 0.3) / 2, 0.5 / 3.
    const e = [0.2 - 0.08, 0.1 - 0.16, -0.1 + 0.2, 0.3 - 0.2, 0];
    const residual = (e[0] ** 2 + e[1] ** 2) / 2 + (e[2] ** 2 + e[3] ** 2) / 2;
    const total = (0.04 + 0.01) / 2 + (0.01 + 0.09) / 2 + 0.25;
    const errors = (e[0] + e[2]) ** 2 / 2 + (e[1] + e[3] + e[4]) ** 2 / 3;
    const means = 0.1 ** 2 / 2 + 0.9 ** 2 / 3;
    const found = explainedReturns(index, betas, returns);
    expect(found.explainedVariation).toBeCloseTo(1 - residual / total, 14);
    expect(found.crossSectionalR2).toBeCloseTo(1 - errors / means, 14);
  });

  it('is one for returns that are betas times a factor, whatever the scale and sign of betas at a date', () => {
    const factor = [0.3, -0.2, 0.1];
    const returns = Float64Array.from(betas, (beta, row) => beta * factor[row < 2 ? 0 : row < 4 ? 1 : 2]);
    const flipped = betas.map((beta, row) => (row < 2 ? -7 * beta : beta));
    const found = explainedReturns(index, flipped, returns);
    expect(found.explainedVariation).toBeCloseTo(1, 14);
    expect(found.crossSectionalR2).toBeCloseTo(1, 14);
  });

  it('leaves out rows without exposure or return, as if they were not there', () => {
    const returns = Float64Array.of(0.2, 0.1, -0.1, 0.3, 0.5);
    const part = new PanelIndex({
      timestamps: index.timestamps,
      rowOffsets: Int32Array.of(0, 1, 3, 4),
      assetIndex: Int32Array.of(0, 0, 1, 1),
      assetIds: ['a', 'b'],
    });
    const expected = explainedReturns(part, Float64Array.of(1, 1, -1, 3), Float64Array.of(0.2, -0.1, 0.3, 0.5));
    expect(explainedReturns(index, Float64Array.of(1, Number.NaN, 1, -1, 3), returns)).toEqual(expected);
    const holes = returns.map((value, row) => (row === 1 ? Number.NaN : value));
    expect(explainedReturns(index, betas, holes)).toEqual(expected);
    expect(() => explainedReturns(index, betas, returns.subarray(1))).toThrow(/returns: expected 5 entries/);
  });
});

describe('sdfStatistics', () => {
  it('takes the Sharpe ratio of 1 - M and, without betas, the weights as exposures', () => {
    const returns = Float64Array.of(0.2, 0.1, -0.1, 0.3, 0.5);
    const state = new StochasticDiscountFactorState({
      index,
      weights: betas,
      sdfValues: Float64Array.of(0.9, 1.1, 0.7),
    });
    const { sharpe, pricingError, ...explained } = sdfStatistics(state, returns);
    // Returns 0.1, -0.1, 0.3: mean 0.1, standard deviation 0.2.
    expect(sharpe).toBeCloseTo(0.5, 14);
    expect(explained).toEqual(explainedReturns(index, betas, returns));
    const others = Float64Array.of(1, 1, 1, 1, 1);
    const otherwise = { sharpe, pricingError, ...explainedReturns(index, others, returns) };
    expect(sdfStatistics(state, returns, others)).toEqual(otherwise);
  });

  it('measures what M leaves unpriced before its weights were normalised', () => {
    const returns = Float64Array.of(0.2, 0.1, -0.1, 0.3, 0.5);
    const sdfValues = Float64Array.of(0.9, 1.1, 0.7);
    const pricingKernel = Float64Array.of(0.5, -1, 0.2);
    const state = new StochasticDiscountFactorState({ index, weights: betas, sdfValues, pricingKernel });
    // Sums of M r over the two dates of the first asset and the three of the second; then of r.
    const errors = [0.5 * 0.2 + 0.1, 0.5 * 0.1 - 0.3 + 0.2 * 0.5];
    const means = [0.2 - 0.1, 0.1 + 0.3 + 0.5];
    const mean = ([a, b]: number[]): number => a ** 2 / 2 + b ** 2 / 3;
    const { pricingError, sharpe } = sdfStatistics(state, returns);
    expect(pricingError).toBeCloseTo(Math.sqrt(mean(errors) / mean(means)), 14);
    expect(sharpe).toBeCloseTo(0.5, 14);
    const one = new StochasticDiscountFactorState({ index, weights: betas, sdfValues: new Float64Array(3).fill(1) });
    expect(sdfStatistics(one, returns).pricingError).toBe(1);
  });
});
