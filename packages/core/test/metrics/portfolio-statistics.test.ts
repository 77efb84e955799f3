import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { PanelIndex } from '../../src/batches/panel-index.ts';
import { ConfigError, DataError, ShapeError } from '../../src/errors.ts';
import { areaUnderCurve, logLoss } from '../../src/metrics/classification.ts';
import { rankCorrelation, rankInformationCoefficient } from '../../src/metrics/rank-correlation.ts';
import { annualizedSharpeRatio, sharpeRatio, sharpeRatioStandardError } from '../../src/metrics/sharpe-ratio.ts';
import { longShortDeciles, longShortWeights } from '../../src/metrics/sorted-portfolios.ts';
import { turnover } from '../../src/metrics/turnover.ts';
import { Random } from '../../src/random/random.ts';

const of = (...values: number[]): Float64Array => Float64Array.from(values);
const { NaN: missing } = Number;

describe('the Sharpe ratio', () => {
  it('is mean over sample standard deviation, per period', () => {
    // Mean .02, deviations -.01, 0, .01: variance .0002 / 2.
    expect(sharpeRatio(of(0.01, 0.02, 0.03))).toBeCloseTo(2, 12);
    expect(sharpeRatio(of(0.01, missing, 0.02, 0.03))).toBeCloseTo(2, 12);
    expect(annualizedSharpeRatio(of(0.01, 0.02, 0.03), 12)).toBeCloseTo(2 * Math.sqrt(12), 12);
  });

  it('says NaN where there is none, also for equal returns that rounding spreads', () => {
    expect(sharpeRatio(of())).toBe(missing);
    expect(sharpeRatio(of(0.1))).toBe(missing);
    expect(sharpeRatio(of(0.1, 0.1, 0.1))).toBe(missing);
    expect(() => annualizedSharpeRatio(of(1, 2), 0)).toThrow(ConfigError);
  });

  it('has the standard error that many samples show', () => {
    const random = new Random(21);
    const T = 120;
    const repetitions = 3000;
    const spread = (draw: (previous: number) => number, lags?: number): [number, number] => {
      const ratios: number[] = [];
      let stated = 0;
      for (let rep = 0; rep < repetitions; rep++) {
        let previous = 0;
        const r = Float64Array.from({ length: T }, () => (previous = draw(previous)));
        ratios.push(sharpeRatio(r));
        stated += sharpeRatioStandardError(r, lags === undefined ? {} : { lags }) / repetitions;
      }
      const mean = ratios.reduce((a, b) => a + b, 0) / repetitions;
      return [Math.sqrt(ratios.reduce((a, b) => a + (b - mean) ** 2, 0) / repetitions), stated];
    };
    // A standard deviation over 3000 repetitions has a relative error of 1.3 %; first-order formulas at T = 120 add a
    // few percent: 8 % in all for independent returns.
    const [normal, statedNormal] = spread(() => 0.5 + random.normal());
    expect(Math.abs(statedNormal / normal - 1)).toBeLessThan(0.08);
    // Skewed returns: exponential less .5. The formula for normal returns misses, the robust one does not.
    const [skewed, statedSkewed] = spread(() => -Math.log(1 - random.uniform()) - 0.5, 0);
    expect(Math.abs(statedSkewed / skewed - 1)).toBeLessThan(0.08);
    // Autocorrelation .5 inflates the error by about sqrt(3); twelve Bartlett lags recover all but some 10 % of it.
    const [persistent, statedPersistent] = spread((x) => 0.5 * x + random.normal(), 12);
    expect(persistent / (1 / Math.sqrt(T))).toBeGreaterThan(1.6);
    expect(Math.abs(statedPersistent / persistent - 1)).toBeLessThan(0.18);
  });

  it('has standard errors that follow the formulas', () => {
    const r = of(0.01, -0.02, 0.03, 0.015, 0.002, -0.01);
    const sharpe = sharpeRatio(r);
    expect(sharpeRatioStandardError(r)).toBeCloseTo(Math.sqrt((1 + sharpe ** 2 / 2) / 6), 14);
    // Without autocorrelation terms: (1 - skew SR + (kurtosis - 1) SR^2 / 4) / n, the form for any distribution.
    const mean = r.reduce((a, b) => a + b, 0) / 6;
    const m = (k: number): number => r.reduce((a, b) => a + (b - mean) ** k, 0) / 6;
    const [skew, kurtosis] = [m(3) / m(2) ** 1.5, m(4) / m(2) ** 2];
    expect(sharpeRatioStandardError(r, { lags: 0 })).toBeCloseTo(
      Math.sqrt((1 - skew * sharpe + ((kurtosis - 1) * sharpe ** 2) / 4) / 6),
      14,
    );
    expect(() => sharpeRatioStandardError(r, { lags: -1 })).toThrow(ConfigError);
  });
});

describe('rank correlation', () => {
  it('is 1 for any increasing map, -1 for a decreasing one', () => {
    const x = of(0.3, -2, 5, 1);
    expect(rankCorrelation(x, x.map(Math.exp))).toBe(1);
    expect(
      rankCorrelation(
        x,
        x.map((v) => -(v ** 3)),
      ),
    ).toBe(-1);
  });

  it('takes pairs only, and ranks within them', () => {
    // Pairs left: (1, 1), (2, 3), (3, 2), ranks correlate at 1/2.
    expect(rankCorrelation(of(1, 2, missing, 3, 9), of(1, 3, 0, 2, missing))).toBeCloseTo(0.5, 15);
    expect(rankCorrelation(of(1, 1, 1), of(1, 2, 3))).toBe(missing);
    expect(rankCorrelation(of(1), of(1))).toBe(missing);
    expect(() => rankCorrelation(of(1), of(1, 2))).toThrow(ShapeError);
  });

  it('gives the information coefficient by date with its t statistic', () => {
    const index = PanelIndex.full(of(1, 2, 3), ['a', 'b', 'c']);
    const [signal, returns] = [of(1, 2, 3, 1, 2, 3, 1, 2, missing), of(1, 2, 3, 1, 3, 2, 5, 6, 7)];
    const ic = rankInformationCoefficient(index, signal, returns, { covType: 'nonrobust' });
    expect([...ic.byDate]).toEqual([1, 0.5, missing]);
    expect(ic.count).toBe(2);
    expect(ic.mean).toBe(0.75);
    // Standard deviation of (1, .5) is .5 / sqrt(2), over sqrt(2).
    expect(ic.standardError).toBeCloseTo(0.25, 15);
    expect(ic.tStatistic).toBeCloseTo(3, 14);
    // Two dates are too few for an error that allows for dependence.
    expect(rankInformationCoefficient(index, signal, returns).standardError).toBe(missing);
    expect(() => rankInformationCoefficient(index, of(1), of(1))).toThrow(ShapeError);
  });
});

describe('classification metrics', () => {
  it('count the pairs in order', () => {
    // Positives .8, .4; negatives .4, .1, .9: pairs won .8>.4, .8>.1, .4>.1, one tie, two lost.
    expect(areaUnderCurve(of(1, 1, 0, 0, 0), of(0.8, 0.4, 0.4, 0.1, 0.9))).toBeCloseTo(3.5 / 6, 15);
    expect(areaUnderCurve(of(1, 1), of(0.5, 0.6))).toBe(missing);
    expect(logLoss(of(1, 0, missing), of(0.5, 0.75, 0.1))).toBeCloseTo((Math.log(2) + Math.log(4)) / 2, 15);
    expect(logLoss(of(1), of(0))).toBeCloseTo(-Math.log(1e-7), 12);
    expect(() => logLoss(of(2), of(0.5))).toThrow(DataError);
  });
});

describe('sorted portfolios', () => {
  const index = PanelIndex.full(
    of(1),
    Array.from({ length: 10 }, (_, i) => `a${i}`),
  );
  const signal = Float64Array.from({ length: 10 }, (_, i) => (i * 7) % 10);
  const returns = signal.map((s) => s / 100);

  it('hold equal numbers, lowest signal first', () => {
    const { quantileReturns, longShort } = longShortDeciles(index, signal, returns, { quantiles: 5 });
    [0.005, 0.025, 0.045, 0.065, 0.085].forEach((r, q) => expect(quantileReturns[q]).toBeCloseTo(r, 15));
    expect(longShort[0]).toBeCloseTo(0.08, 15);
    expect(longShortDeciles(index, signal, returns).longShort[0]).toBeCloseTo(0.09, 15);
  });

  it('assign assets by the signal alone, whatever is known of their returns', () => {
    const gone = returns.map((r, i) => (signal[i] === 9 ? missing : r));
    const { quantileReturns } = longShortDeciles(index, signal, gone, { quantiles: 5 });
    // The top group loses a member; nobody moves up into it.
    [0.005, 0.025, 0.045, 0.065, 0.08].forEach((r, q) => expect(quantileReturns[q]).toBeCloseTo(r, 15));
  });

  it('keep ties together and say NaN where a group is empty or assets are too few', () => {
    expect(longShortDeciles(index, new Float64Array(10), returns, { quantiles: 2 }).longShort[0]).toBe(missing);
    expect(longShortDeciles(index, signal, returns, { quantiles: 11 }).longShort[0]).toBe(missing);
    expect(() => longShortDeciles(index, signal, returns, { quantiles: 1 })).toThrow(ConfigError);
  });
});

describe('turnover', () => {
  it('counts trades from drifted holdings', () => {
    const index = PanelIndex.full(of(1, 2), ['a', 'b']);
    // Equal weights; a gains 10 %, b loses 10 %: holdings become .55 and .45 of 1.
    const { byDate, mean } = turnover(index, of(0.5, 0.5, 0.5, 0.5), of(0.1, -0.1, 0, 0));
    expect(byDate[0]).toBe(1);
    expect(byDate[1]).toBeCloseTo(0.1, 15);
    expect(mean).toBe(byDate[1]);
    expect(turnover(index, of(0.5, 0.5, 0.5, 0.5)).mean).toBe(0);
    // Drift with growth: .5 (1.2) / 1.1 and .5 / 1.1.
    expect(turnover(index, of(0.5, 0.5, 0.6 / 1.1, 0.5 / 1.1), of(0.2, 0, 0, 0)).mean).toBeCloseTo(0, 15);
  });

  it('sells what leaves the panel and what loses its weight', () => {
    const index = new PanelIndex({
      timestamps: of(1, 2, 3),
      rowOffsets: Int32Array.of(0, 2, 3, 5),
      assetIndex: Int32Array.of(0, 1, 1, 0, 1),
      assetIds: ['a', 'b'],
    });
    // b is bought back to 1 while a is sold; then a returns and b's weight is not known, so it is sold.
    expect([...turnover(index, of(0.6, 0.4, 1, 1, missing)).byDate]).toEqual([1, 1.2, 2]);
  });

  it('is 2 for replacing a fully invested portfolio', () => {
    const index = PanelIndex.full(of(1, 2), ['a', 'b']);
    expect(turnover(index, of(1, 0, 0, 1)).mean).toBe(2);
  });
});

describe('ties in sorted portfolios', () => {
  const index = (n: number): PanelIndex =>
    PanelIndex.full(
      of(1),
      Array.from({ length: n }, (_, i) => `a${i}`),
    );

  it('stay together, and may leave quantiles empty, or are split over the quantiles that they reach into', () => {
    // Six of ten assets tied at the bottom: ranks 1 to 6 in quintiles of two.
    const signal = of(0, 0, 0, 0, 0, 0, 1, 2, 3, 4);
    const returns = of(1, 2, 3, 4, 5, 6, 7, 8, 9, 10);
    const together = longShortDeciles(index(10), signal, returns, { quantiles: 5 });
    expect([...together.quantileSizes]).toEqual([0, 6, 0, 2, 2]);
    expect(together.count).toBe(0);
    const split = longShortDeciles(index(10), signal, returns, { quantiles: 5, ties: 'split' });
    expect([...split.quantileSizes].map((size) => Number(size.toFixed(12)))).toEqual([2, 2, 2, 2, 2]);
    [3.5, 3.5, 3.5, 7.5, 9.5].forEach((mean, q) => expect(split.quantileReturns[q]).toBeCloseTo(mean, 12));
    expect(split.count).toBe(1);
    expect(() => longShortDeciles(index(10), signal, returns, { ties: 'first' as 'split' })).toThrow(ConfigError);
  });

  it('split: quantiles are of equal size, weights are the returns’, and the order of assets does not matter', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 10, maxLength: 60 }).filter((s) => new Set(s).size > 1),
        fc.integer({ min: 2, max: 10 }),
        (levels, quantiles) => {
          const n = levels.length;
          const signal = Float64Array.from(levels);
          const returns = signal.map((_, i) => Math.sin(7 * i));
          const options = { quantiles, ties: 'split' } as const;
          const sorted = longShortDeciles(index(n), signal, returns, options);
          const sizes = [...sorted.quantileSizes];
          expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThan(1 + 1e-9);
          const weights = longShortWeights(index(n), signal, options);
          expect(weights.reduce((sum, w, i) => sum + w * returns[i], 0)).toBeCloseTo(sorted.longShort[0], 12);
          expect(weights.reduce((sum, w) => sum + Math.abs(w), 0)).toBeLessThan(2 + 1e-9);
          const turned = longShortDeciles(index(n), signal.slice().reverse(), returns.slice().reverse(), options);
          expect(turned.longShort[0]).toBeCloseTo(sorted.longShort[0], 12);
          // Without ties the policies are the same.
          const plain = signal.map((value, i) => value + i / 100);
          for (const ties of ['together', 'split'] as const)
            expect(longShortDeciles(index(n), plain, returns, { quantiles, ties })).toEqual(
              longShortDeciles(index(n), plain, returns, { quantiles }),
            );
        },
      ),
      { seed: 11, numRuns: 100 },
    );
  });
});

describe('turnover on some dates', () => {
  it('passes over the others, and counts those of trading', () => {
    const index = PanelIndex.full(of(1, 2, 3), ['a', 'b']);
    const weights = of(0.5, 0.5, 0, 0, 1, 0);
    const { byDate, mean } = turnover(index, weights, undefined, [0, 2]);
    expect([...byDate]).toEqual([1, Number.NaN, 1]);
    expect(mean).toBe(1);
    expect(turnover(index, weights, undefined, [1]).mean).toBeNaN();
  });
});
