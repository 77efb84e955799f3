import { Random } from '@ml4t/core';
import { describe, expect, it } from '@jest/globals';
import {
  objectiveOfReturns,
  portfolioObjective,
  sharpeRatioOf,
  sharpeRatioOfReturns,
  softMinimum,
  softMinimumOf,
  windowSharpeRatios,
} from '../../src/objective/index.ts';
import { Differentiable } from './small-windows.ts';

const random = new Random(7);
const returns = Float64Array.from({ length: 24 }, () => 0.001 + 0.01 * random.normal());
const options = { annualizationFactor: 252, sharpeEps: 1e-12, softminTau: 0.2, softminLambda: 0.3, burnIn: 2 };

describe('the objective', () => {
  it('is made of Sharpe ratios with the population variance', async () => {
    const mean = returns.reduce((a, b) => a + b, 0) / 24;
    const variance = returns.reduce((a, r) => a + (r - mean) ** 2, 0) / 24;
    const expected = (Math.sqrt(252) * mean) / Math.sqrt(variance + 1e-12);
    expect(sharpeRatioOfReturns(returns, options)).toBeCloseTo(expected, 12);
    const pooled = await new Differentiable([4, 6], (ops, x) => sharpeRatioOf(ops, x, options)).at(returns);
    expect(pooled.value).toBeCloseTo(expected, 12);
  });

  it('agrees between the vocabulary and plain arrays', async () => {
    const { value } = await new Differentiable([4, 6], (ops, x) => portfolioObjective(ops, x, options).objective).at(
      returns,
    );
    expect(value).toBeCloseTo(objectiveOfReturns(returns, 4, options).objective, 12);
  });

  it('has the gradients of its finite differences', async () => {
    const losses = [
      new Differentiable([4, 6], (ops, x) => sharpeRatioOf(ops, x, options)),
      new Differentiable([4, 6], (ops, x) => ops.sum(ops.square(windowSharpeRatios(ops, x, options)))),
      new Differentiable([4, 6], (ops, x) => softMinimum(ops, windowSharpeRatios(ops, x, options), 0.2)),
      new Differentiable([4, 6], (ops, x) => portfolioObjective(ops, x, options).objective),
    ];
    // Returns of .01 bend the ratio on their own scale: a step of 1e-6 leaves (1e-6 / .01)^2 of truncation.
    for (const loss of losses) expect(await loss.error(returns)).toBeLessThan(1e-6);
  });

  it('does not change with the scale of a portfolio, unless eps is large beside its variance', () => {
    const small = returns.map((r) => r / 100);
    const at = (on: Float64Array, sharpeEps: number) => sharpeRatioOfReturns(on, { ...options, sharpeEps });
    expect(at(small, 1e-12) / at(returns, 1e-12)).toBeCloseTo(1, 3);
    // The reference's 1e-8 takes more than a quarter off the Sharpe ratio of the small portfolio.
    expect(at(small, 1e-8) / at(returns, 1e-8)).toBeLessThan(0.75);
  });
});

describe('the soft minimum', () => {
  const values = [1.5, -0.3, 0.2, 0.9];

  it('lies between the minimum and the mean, and tends to them', () => {
    expect(softMinimumOf(values, 1e-3)).toBeCloseTo(-0.3, 2);
    expect(softMinimumOf(values, 1e4)).toBeCloseTo(0.575, 3);
    expect(softMinimumOf(values, 0.2)).toBeGreaterThan(-0.3);
    expect(softMinimumOf(values, 0.2)).toBeLessThan(0.575);
    expect(softMinimumOf([0.7, 0.7], 0.2)).toBeCloseTo(0.7, 12);
  });

  it('does not overflow', async () => {
    expect(softMinimumOf([-4000, 0], 0.01)).toBeCloseTo(-4000, 1);
    const { value } = await new Differentiable([2], (ops, x) => softMinimum(ops, x, 0.01)).at(
      Float64Array.of(-4000, 0),
    );
    expect(value).toBeCloseTo(-4000, 1);
  });
});
