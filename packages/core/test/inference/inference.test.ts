import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import {
  ConfigError,
  PanelIndex,
  Random,
  rankInformationCoefficient,
  sharpeRatio,
  sharpeRatioInference,
} from '../../src/index.ts';
import { meanInference } from '../../src/inference/index.ts';
import { cosineCount, cosineLongRunVariance } from '../../src/inference/long-run-variance.ts';
import { criticalValue, twoSidedPValue } from '../../src/inference/student-t.ts';

interface Golden {
  series: number[];
  hac: Record<string, { mean: number; se: number; t: number }>;
}
const golden = JSON.parse(readFileSync(join(__dirname, 'golden', 'hac-mean.json'), 'utf8')) as Golden;

/** Sums over `horizon` dates of independent values (n). */
function overlapping(random: Random, n: number, horizon: number, mean = 0): Float64Array {
  const values = Array.from({ length: n + horizon - 1 }, () => mean + random.normal());
  let sum = values.slice(0, horizon - 1).reduce((a, b) => a + b, 0);
  return Float64Array.from({ length: n }, (_, t) => {
    sum += values[t + horizon - 1];
    const now = sum;
    sum -= values[t];
    return now;
  });
}

/** Share of `draws` in which `reject` is true, in per cent. */
const rejections = (draws: number, reject: (random: Random) => boolean): number => {
  let count = 0;
  for (let seed = 1; seed <= draws; seed++) if (reject(new Random(seed))) count++;
  return (100 * count) / draws;
};

describe('the t distribution', () => {
  it('is that of its closed forms', () => {
    for (const t of [1e-3, 0.1, 1, 2.5, 7, 100]) {
      expect(twoSidedPValue(t, 1) / ((2 * Math.atan2(1, t)) / Math.PI)).toBeCloseTo(1, 13);
      const root = Math.sqrt(2 + t * t);
      expect(twoSidedPValue(-t, 2) / (2 / (root * (root + t)))).toBeCloseTo(1, 13);
      expect(criticalValue(1 - twoSidedPValue(t, 2), 2)).toBeCloseTo(t, 8);
    }
    expect(criticalValue(0.95, 4)).toBeCloseTo(2.7764451051977987, 12);
    expect(criticalValue(0.95, Infinity)).toBeCloseTo(1.959963984540054, 12);
    expect(twoSidedPValue(1.959963984540054, Infinity)).toBeCloseTo(0.05, 14);
    expect(twoSidedPValue(Infinity, 3)).toBe(0);
    expect(twoSidedPValue(Number.NaN, 3)).toBeNaN();
    expect(twoSidedPValue(1, 0)).toBeNaN();
    expect(criticalValue(0.95, 0)).toBeNaN();
  });
});

describe('meanInference', () => {
  it('has the errors of statsmodels with Bartlett weights', () => {
    for (const [lags, expected] of Object.entries(golden.hac)) {
      const series = Float64Array.from(golden.series);
      const { estimate, standardError, tStatistic, degreesOfFreedom, count } = meanInference(series, {
        covType: 'HAC',
        maxLags: Number(lags),
      });
      expect(estimate).toBeCloseTo(expected.mean, 12);
      expect(standardError).toBeCloseTo(expected.se, 12);
      expect(tStatistic).toBeCloseTo(expected.t, 11);
      expect([degreesOfFreedom, count]).toEqual([Infinity, series.length]);
    }
  });

  it('is the t-test of independent dates where that is asked for', () => {
    const { standardError, tStatistic, degreesOfFreedom, pValue, confidenceInterval } = meanInference(
      Float64Array.of(1, 0.5),
      { covType: 'nonrobust' },
    );
    expect(standardError).toBeCloseTo(0.25, 15);
    expect(tStatistic).toBeCloseTo(3, 14);
    expect(degreesOfFreedom).toBe(1);
    expect(pValue).toBeCloseTo((2 * Math.atan(1 / 3)) / Math.PI, 14);
    expect(confidenceInterval[1] - 0.75).toBeCloseTo(12.706204736174694 / 4, 10);
  });

  it('takes the cosines of its definition, as many as overlap leaves', () => {
    expect([252, 1000, 60, 8].map((n) => cosineCount(n, 1))).toEqual([15, 40, 6, 1]);
    expect([1, 5, 21, 63, 101].map((h) => cosineCount(252, h))).toEqual([15, 15, 4, 1, 0]);
    const values = Float64Array.of(3, 1, 4, 1, 5, 9, 2, 6);
    const mean = 31 / 8;
    const squares = [1, 2].map((j) => {
      const sum = values.reduce((s, x, t) => s + (x - mean) * Math.cos((Math.PI * j * (t + 0.5)) / 8), 0);
      return (2 / 8) * sum * sum;
    });
    expect(cosineLongRunVariance(values, mean, 2)).toBeCloseTo((squares[0] + squares[1]) / 2, 12);
  });

  it('leaves out dates without a value, and is the same in any unit and from either side', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1000 }), fc.integer({ min: -6, max: 6 }), (seed, exponent) => {
        const values = overlapping(new Random(seed), 90, 3, 0.2);
        const unit = Number(`1e${exponent}`);
        const plain = meanInference(values, { horizon: 3 });
        const scaled = meanInference(
          values.map((x) => -unit * x),
          { horizon: 3 },
        );
        expect(scaled.tStatistic).toBeCloseTo(-plain.tStatistic, 9);
        expect(scaled.pValue).toBeCloseTo(plain.pValue, 9);
        expect(scaled.standardError / unit).toBeCloseTo(plain.standardError, 9);
        expect(meanInference(values.slice().reverse(), { horizon: 3 }).standardError).toBeCloseTo(
          plain.standardError,
          9,
        );
        const gaps = Float64Array.from([...values].flatMap((x, t) => (t % 4 === 0 ? [Number.NaN, x] : [x])));
        expect(meanInference(gaps, { horizon: 3 })).toEqual(plain);
      }),
      { seed: 3, numRuns: 30 },
    );
  });

  it('says nothing where nothing can be said', () => {
    const nothing = { standardError: Number.NaN, tStatistic: Number.NaN, pValue: Number.NaN, degreesOfFreedom: 0 };
    expect(meanInference(new Float64Array(50).fill(0.1))).toMatchObject({ estimate: 0.1, count: 50, ...nothing });
    expect(meanInference(Float64Array.of())).toMatchObject({ estimate: Number.NaN, count: 0, ...nothing });
    expect(meanInference(overlapping(new Random(1), 40, 21), { horizon: 21 })).toMatchObject({ count: 40, ...nothing });
    for (const options of [{ horizon: 0 }, { horizon: 1.5 }, { covType: 'HAC' }, { maxLags: 3 }, { level: 1 }] as const)
      expect(() => meanInference(Float64Array.of(1, 2, 3), options)).toThrow(ConfigError);
    expect(() => meanInference(Float64Array.of(1, 2, 3), { covType: 'hac' as 'HAC' })).toThrow(ConfigError);
  });

  for (const n of [252, 1000])
    for (const horizon of [1, 5, 21])
      it(`rejects a true mean in 3 to 8 % of draws at 5 %: ${n} dates, returns over ${horizon}`, () => {
        const share = rejections(
          2000,
          (random) => meanInference(overlapping(random, n, horizon), { horizon }).pValue < 0.05,
        );
        expect(share).toBeGreaterThan(3);
        expect(share).toBeLessThan(8);
      });

  it('does so where independent dates, or a few lags, reject far too often', () => {
    const share = (options: object): number =>
      rejections(300, (random) => meanInference(overlapping(random, 252, 21), options).pValue < 0.05);
    expect(share({ covType: 'nonrobust' })).toBeGreaterThan(50);
    expect(share({ covType: 'HAC', maxLags: 20 })).toBeGreaterThan(10);
    // The horizon has to be stated: fifteen cosines see part of the overlap only.
    expect(share({})).toBeGreaterThan(8);
  });

  it('finds a mean that is there', () => {
    expect(
      rejections(200, (random) => meanInference(overlapping(random, 252, 5, 0.3), { horizon: 5 }).pValue < 0.05),
    ).toBeGreaterThan(95);
  });
});

describe('sharpeRatioInference', () => {
  it('is about the Sharpe ratio, and covers the true one', () => {
    const covered = rejections(500, (random) => {
      const returns = Float64Array.from({ length: 250 }, () => 0.3 + random.studentT(6) / Math.sqrt(1.5));
      const { estimate, confidenceInterval } = sharpeRatioInference(returns);
      expect(estimate).toBe(sharpeRatio(returns));
      return confidenceInterval[0] < 0.3 && 0.3 < confidenceInterval[1];
    });
    expect(covered).toBeGreaterThan(92);
    expect(covered).toBeLessThan(97);
  });

  it('holds its size under overlap', () => {
    const share = rejections(
      1000,
      (random) => sharpeRatioInference(overlapping(random, 252, 21), { horizon: 21 }).pValue < 0.05,
    );
    expect(share).toBeGreaterThan(3);
    expect(share).toBeLessThan(8);
  });

  it('says nothing of returns that do not vary', () => {
    expect(sharpeRatioInference(new Float64Array(30).fill(0.1))).toMatchObject({
      estimate: Number.NaN,
      pValue: Number.NaN,
    });
  });
});

describe('rankInformationCoefficient', () => {
  it('of a persistent signal and overlapping returns of noise is within its error', () => {
    const [nDates, nAssets, horizon] = [252, 20, 21];
    const index = PanelIndex.full(
      Float64Array.from({ length: nDates }, (_, t) => t),
      Array.from({ length: nAssets }, (_, i) => `a${i}`),
    );
    const share = rejections(250, (random) => {
      const columns = Array.from({ length: nAssets }, () => overlapping(random, nDates, horizon));
      const signal = new Float64Array(nDates * nAssets);
      for (let at = 0; at < signal.length; at++)
        signal[at] = at < nAssets ? random.normal() : 0.99 * signal[at - nAssets] + 0.141 * random.normal();
      const returns = signal.map((_, at) => columns[at % nAssets][Math.floor(at / nAssets)]);
      return rankInformationCoefficient(index, signal, returns, { horizon }).pValue < 0.05;
    });
    expect(share).toBeLessThan(8.5);
    expect(share).toBeGreaterThan(2);
  });
});
