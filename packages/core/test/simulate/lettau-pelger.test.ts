import { describe, expect, it } from '@jest/globals';
import { simulateLettauPelger } from '../../src/simulate/index.ts';

describe('simulateLettauPelger', () => {
  it('has the factor moments and the maximal Sharpe ratio of the paper', () => {
    const { truth } = simulateLettauPelger({ nAssets: 1, nDates: 40000 });
    expect(truth.maximalSharpe).toBeCloseTo(Math.sqrt(0.12 ** 2 + 0.1 ** 2 + 0.3 ** 2 + 0.8 ** 2), 14);
    [5, 0.3, 0.1, 0.03].forEach((variance, k) => {
      const draws = truth.factorReturns.filter((_, at) => at % 4 === k);
      const mean = draws.reduce((sum, value) => sum + value, 0) / draws.length;
      const spread = draws.reduce((sum, value) => sum + (value - mean) ** 2, 0) / draws.length;
      // Standard errors: 1 / sqrt(T) of the Sharpe ratio's numerator, sqrt(2 / T) of the variance. Four of each.
      expect(Math.abs(mean - truth.premia[k]) / Math.sqrt(variance)).toBeLessThan(4 / 200);
      expect(Math.abs(spread / variance - 1)).toBeLessThan(4 * Math.sqrt(2 / 40000));
    });
  });

  /** Correlation of residuals `lag` assets apart, away from the ends, and their mean square. */
  const residualMoments = (
    residualBand: 'one-side' | 'both-sides' | 'none',
    lag: number,
  ): { variance: number; correlation: number } => {
    const n = 120;
    const { batch, truth } = simulateLettauPelger({ nAssets: n, nDates: 3000, residualBand, seed: 5 });
    let squares = 0;
    let products = 0;
    let count = 0;
    for (let t = 0; t < 3000; t++) {
      const residual = (i: number): number => {
        let value = batch.returns[t * n + i];
        for (let k = 0; k < 4; k++) value -= truth.loadings[i * 4 + k] * truth.factorReturns[t * 4 + k];
        return value;
      };
      for (let i = 13; i + lag < n - 13; i++) {
        squares += residual(i) ** 2;
        products += residual(i) * residual(i + lag);
        count++;
      }
    }
    return { variance: squares / count, correlation: products / squares };
  };

  it.each([
    // Rows of C overlap in 13 entries one apart (one of them the unit diagonal), in 1 thirteen apart, in none after.
    ['one-side', 1, (0.7 + 12 * 0.49) / 7.37],
    ['one-side', 13, 0.7 / 7.37],
    ['one-side', 14, 0],
    ['both-sides', 1, (2 * 0.7 + 24 * 0.49) / 13.74],
    ['both-sides', 26, 0.49 / 13.74],
    ['none', 1, 0],
  ] as const)('correlates residuals as corr(CC`) says: %s, %i apart', (band, lag, expected) => {
    const { variance, correlation } = residualMoments(band, lag);
    // About 3000 * 90 products, which the band makes worth 3000 * 90 / 20 or so: standard error .01 at most.
    expect(Math.abs(variance - 1)).toBeLessThan(0.04);
    expect(Math.abs(correlation - expected)).toBeLessThan(0.04);
  });

  it('gives equal bits for equal seeds, and extends a panel when asked for more dates', () => {
    const short = simulateLettauPelger({ nAssets: 20, nDates: 30 });
    const long = simulateLettauPelger({ nAssets: 20, nDates: 50 });
    expect(long.batch.returns.subarray(0, 600)).toEqual(short.batch.returns);
    expect(simulateLettauPelger({ nAssets: 20, nDates: 30, seed: 1 }).batch.returns).not.toEqual(short.batch.returns);
    expect(() => simulateLettauPelger({ residualBand: 'left' as never })).toThrow('one-side');
  });
});
