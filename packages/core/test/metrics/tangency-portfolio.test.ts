import { describe, expect, it } from '@jest/globals';
import { sharpeRatio } from '../../src/metrics/sharpe-ratio.ts';
import {
  outOfSampleTangencySharpe,
  tangencyPortfolio,
  tangencySharpe,
  tangencySharpeBias,
} from '../../src/metrics/tangency-portfolio.ts';
import { Random } from '../../src/random/random.ts';

/** Two uncorrelated factors: values +-1 about means .3 and .4, variances one. */
const crossed = Float64Array.from([1.3, 1.4, 1.3, -0.6, -0.7, 1.4, -0.7, -0.6]);

describe('tangencyPortfolio', () => {
  it('combines uncorrelated factors as Pythagoras says', () => {
    const { weights, sharpe, bias, nDates } = tangencyPortfolio(crossed, 2);
    // mu = (.3, .4), Sigma = 4/3 I with divisor 3: sqrt((.09 + .16) * 3/4). Exact but for rounding.
    expect(sharpe).toBeCloseTo(Math.sqrt(0.25 * 0.75), 14);
    expect(weights[0]).toBeCloseTo(0.3 * 0.75, 14);
    expect(weights[1]).toBeCloseTo(0.4 * 0.75, 14);
    expect(nDates).toBe(4);
    expect(bias).toBeCloseTo(tangencySharpeBias(sharpe, 2, 4), 15);
  });

  it('is the mean over the standard deviation for one factor, its sign aside', () => {
    const returns = Float64Array.from([1, 3, 2, -1]);
    expect(tangencySharpe(returns, 1)).toBeCloseTo(sharpeRatio(returns), 14);
    expect(
      tangencySharpe(
        returns.map((value) => -value),
        1,
      ),
    ).toBeCloseTo(sharpeRatio(returns), 14);
  });

  it('does not change under an invertible change of coordinates', () => {
    const random = new Random(1);
    const plain = Float64Array.from({ length: 60 * 3 }, () => 0.1 + random.normal());
    const mix = [2, 0.5, 1e-4, -1, 1, 2e-4, 0.3, 0.2, 5e-4];
    const mixed = new Float64Array(plain.length);
    for (let t = 0; t < 60; t++)
      for (let j = 0; j < 3; j++) for (let p = 0; p < 3; p++) mixed[t * 3 + j] += plain[t * 3 + p] * mix[p * 3 + j];
    expect(tangencySharpe(mixed, 3)).toBeCloseTo(tangencySharpe(plain, 3), 10);
    const later = mixed.map((value, i) => value + 1e-5 * (i % 7));
    expect(outOfSampleTangencySharpe(mixed, mixed, 3)).toBeCloseTo(tangencySharpe(plain, 3), 10);
    expect(outOfSampleTangencySharpe(mixed, later, 3)).toBeLessThan(tangencySharpe(later, 3) + 1e-12);
  });

  it('leaves out dates with a missing factor, and takes a copy of a factor for no new information', () => {
    const gaps = Float64Array.from([...crossed, Number.NaN, 9, 9, Number.NaN]);
    expect(tangencyPortfolio(gaps, 2)).toEqual(tangencyPortfolio(crossed, 2));
    const twice = Float64Array.from([1.3, 1.3, -0.7, -0.7, 0.5, 0.5]);
    expect(tangencySharpe(twice, 2)).toBeCloseTo(tangencySharpe(Float64Array.from([1.3, -0.7, 0.5]), 1), 10);
  });

  it('turns negative out of sample when the premium does, and is NaN with too few dates', () => {
    const down = crossed.map((value) => value - 1);
    expect(outOfSampleTangencySharpe(crossed, down, 2)).toBeLessThan(0);
    expect(tangencySharpe(Float64Array.from([1, 2, 3, 4]), 2)).toBeNaN();
    expect(() => tangencySharpe(Float64Array.from([1, 2, 3]), 2)).toThrow('dates x 2 factors');
  });
});

describe('tangencySharpeBias', () => {
  it('is what simulations show', () => {
    const cases = [
      [5, 60, 1],
      [1, 40, 1],
    ];
    for (const [k, nDates, sharpe] of cases) {
      const random = new Random(k);
      const draws = 3000;
      let sum = 0;
      for (let d = 0; d < draws; d++)
        sum += tangencySharpe(
          Float64Array.from({ length: nDates * k }, (_, at) => (at % k === 0 ? sharpe : 0) + random.normal()),
          k,
        );
      // The bias is of first order in 1 / T; the Monte Carlo error is about .003.
      const bias = tangencySharpeBias(sharpe, k, nDates);
      expect(Math.abs(sum / draws - sharpe - bias)).toBeLessThan(0.006 + 0.1 * bias);
    }
    expect(tangencySharpeBias(0, 2, 100)).toBe(Infinity);
    // With hardly more dates than factors nearly all of a ratio is bias, and it says so.
    const random = new Random(8);
    const short = tangencyPortfolio(
      Float64Array.from({ length: 5 * 4 }, () => random.normal()),
      4,
    );
    expect(short.bias).toBeGreaterThan(0.5 * short.sharpe);
  });
});
