import { describe, expect, it } from '@jest/globals';
import { ConfigError } from '../../src/errors.ts';
import { simulateStaticFactorPanel } from '../../src/simulate/index.ts';

describe('the static factor panel', () => {
  it('is loadings times factors plus noise of the size asked for', () => {
    const { batch, truth } = simulateStaticFactorPanel({ nAssets: 40, nDates: 200, nFactors: 2, noiseSd: 0.02 });
    let squares = 0;
    for (let t = 0; t < 200; t++)
      for (let i = 0; i < 40; i++) {
        const [l1, l2] = truth.loadings.subarray(i * 2, i * 2 + 2);
        const fit = l1 * truth.factorReturns[t * 2] + l2 * truth.factorReturns[t * 2 + 1];
        expect(truth.fittedReturns[t * 40 + i]).toBeCloseTo(fit, 14);
        squares += (batch.returns[t * 40 + i] - fit) ** 2;
      }
    // 8000 draws: the standard deviation has a relative standard error of 1 / sqrt(16000), four of them.
    expect(Math.abs(Math.sqrt(squares / 8000) / 0.02 - 1)).toBeLessThan(4 / Math.sqrt(16000));
  });

  it('has factors with the Sharpe ratio asked for, in decreasing order of size', () => {
    const nDates = 5000;
    const { truth } = simulateStaticFactorPanel({ nAssets: 1, nDates, nFactors: 3, factorSharpe: 0.5 });
    for (let k = 0; k < 3; k++) {
      const f = Array.from({ length: nDates }, (_, t) => truth.factorReturns[t * 3 + k]);
      const mean = f.reduce((a, b) => a + b, 0) / nDates;
      const sd = Math.sqrt(f.reduce((a, b) => a + (b - mean) ** 2, 0) / nDates);
      // Relative standard error of a standard deviation 1 / sqrt(2 T), of the mean in units of sd 1 / sqrt(T); four each.
      expect(Math.abs(sd / (0.05 * 0.7 ** k) - 1)).toBeLessThan(4 / Math.sqrt(2 * nDates));
      expect(Math.abs(mean - truth.premia[k]) / sd).toBeLessThan(4 / Math.sqrt(nDates));
      expect(truth.premia[k]).toBeCloseTo(0.5 * 0.05 * 0.7 ** k, 15);
    }
  });

  it('has factors of the same bits on every version of Node', () => {
    const { premia } = simulateStaticFactorPanel({ nAssets: 1, nDates: 1, nFactors: 6, factorSharpe: 1 }).truth;
    expect([...premia]).toEqual([
      0.05, 0.034999999999999996, 0.024499999999999997, 0.01715, 0.012004999999999998, 0.008403499999999998,
    ]);
  });

  it('hides returns without changing the others', () => {
    const full = simulateStaticFactorPanel({ nAssets: 30, nDates: 50, seed: 9 }).batch.returns;
    const part = simulateStaticFactorPanel({ nAssets: 30, nDates: 50, seed: 9, missingShare: 0.2 }).batch.returns;
    const kept = [...part].map((r, i) => (Number.isNaN(r) ? full[i] : r));
    expect(kept).toEqual([...full]);
    // 1500 independent entries, four standard errors.
    expect(Math.abs(part.filter(Number.isNaN).length / 1500 - 0.2)).toBeLessThan(4 * Math.sqrt(0.16 / 1500));
  });

  it('refuses unknown options', () => {
    expect(() => simulateStaticFactorPanel({ nAsset: 3 } as object)).toThrow(ConfigError);
  });
});
