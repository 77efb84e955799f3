import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { exAnteVolatility, forwardReturnsFromPrices } from '../../src/index.ts';
import type { ExAnteVolatilityOptions } from '../../src/authoring/index.ts';
import { failure } from '../batches/failure.ts';

/** The definition, without a recursion: weights by distance, normalised over the returns that are there. */
function byDefinition(returns: readonly number[], lambda: number, delay: number, minReturns: number): number[] {
  return returns.map((_, t) => {
    const known = returns.slice(0, Math.max(0, t - delay + 1));
    const weights = known.map((r, s) => (Number.isNaN(r) ? 0 : lambda ** (t - delay - s)));
    const count = weights.filter((w) => w > 0).length;
    const total = weights.reduce((sum, w) => sum + w, 0);
    const squares = known.reduce((sum, r, s) => sum + (Number.isNaN(r) ? 0 : weights[s] * r * r), 0);
    return count < minReturns ? NaN : Math.sqrt(squares / total);
  });
}

const series = fc.array(
  fc.oneof({ weight: 5, arbitrary: fc.double({ min: -0.2, max: 0.2, noNaN: true }) }, fc.constant(NaN)),
  { minLength: 1, maxLength: 40 },
);

describe('exAnteVolatility', () => {
  it('is the weighted root mean square of the returns known by then', () => {
    fc.assert(
      fc.property(
        series,
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 1, max: 6 }),
        (returns, delay, minReturns) => {
          const expected = byDefinition(returns, 0.5 ** (1 / 5), delay, minReturns);
          const found = exAnteVolatility(Float64Array.from(returns), 1, {
            halfLife: 5,
            returnDelay: delay,
            minReturns,
          });
          expected.forEach((sigma, t) => {
            // Forty terms of one sign: rounding of a few units in the last place.
            if (Number.isNaN(sigma)) expect(found[t]).toBeNaN();
            else expect(Math.abs(found[t] - sigma)).toBeLessThanOrEqual(1e-13 * sigma + 1e-160);
          });
        },
      ),
      { seed: 20240131 },
    );
  });

  it('has the same bits on every version of Node', () => {
    const returns = Float64Array.of(0.01, -0.02, 0.03, 0.005, -0.015, 0.01);
    expect([...exAnteVolatility(returns, 1, { halfLife: 2, minReturns: 2 })]).toEqual([
      NaN,
      NaN,
      0.016605298289644528,
      0.023634268420297897,
      0.018713717477125236,
      0.017483059817029932,
    ]);
  });

  it('takes a span for the half-life that forgets as fast, and treats assets apart', () => {
    const returns = Float64Array.from({ length: 60 }, (_, i) => Math.sin(i * 1.7) / 10);
    // λ = 1 - 2/(9 + 1) = 0.8
    const bySpan = exAnteVolatility(returns, 2, { span: 9, minReturns: 1 });
    const byHalfLife = exAnteVolatility(returns, 2, { halfLife: Math.log(0.5) / Math.log(0.8), minReturns: 1 });
    byHalfLife.forEach((sigma, i) => {
      if (i >= 2) expect(Math.abs(bySpan[i] - sigma)).toBeLessThan(1e-14);
    });
    const second = exAnteVolatility(
      returns.filter((_, i) => i % 2 === 1),
      1,
      { span: 9, minReturns: 1 },
    );
    expect([...bySpan].filter((_, i) => i % 2 === 1)).toEqual([...second]);
    expect(bySpan[0]).toBeNaN();
    expect(bySpan[2]).toBe(Math.abs(returns[0]));
  });

  it('waits for as many returns as the half-life by default', () => {
    const sigma = exAnteVolatility(new Float64Array(10).fill(0.01), 1, { halfLife: 3 });
    expect([...sigma].map(Number.isNaN)).toEqual([true, true, true, ...new Array<boolean>(7).fill(false)]);
  });

  it.each([
    [{}, 'volatility'],
    [{ halfLife: 3, span: 5 }, 'volatility'],
    [{ halfLife: 0 }, 'volatility.halfLife'],
    [{ span: 1 }, 'volatility.span'],
    [{ halfLife: 3, returnDelay: 0 }, 'volatility.returnDelay'],
    [{ halfLife: 3, minReturns: 0.5 }, 'volatility.minReturns'],
  ])('refuses %j', (options, field) => {
    const error = failure(() => exAnteVolatility(new Float64Array(4), 2, options as ExAnteVolatilityOptions));
    expect(error).toMatchObject({ code: 'config', field });
  });
});

describe('forwardReturnsFromPrices', () => {
  it('gives each date the return to the next one', () => {
    const prices = Float64Array.of(100, 10, 110, NaN, 99, 12);
    const returns = forwardReturnsFromPrices(prices, 2);
    expect(returns[0]).toBeCloseTo(0.1, 15);
    expect(returns[2]).toBeCloseTo(-0.1, 15);
    expect([returns[1], returns[3], returns[4], returns[5]]).toEqual([NaN, NaN, NaN, NaN]);
  });

  it('refuses prices that are not positive', () => {
    for (const price of [0, -1, Infinity])
      expect(failure(() => forwardReturnsFromPrices(Float64Array.of(1, price), 1)).field).toBe('prices [1]');
  });
});
