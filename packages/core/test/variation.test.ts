import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import {
  CrossSectionBatch,
  Random,
  longShortDeciles,
  outOfSampleTangencySharpe,
  rankCorrelation,
  rankInformationCoefficient,
  rankNormalize,
  sharpeRatio,
  sharpeRatioStandardError,
  standardizeCharacteristics,
  tangencyPortfolio,
  tangencySharpe,
  trendFeatures,
} from '../src/index.ts';
import { exceedsRounding, hasVariation, varyingColumns } from '../src/authoring/index.ts';

const seeds = { seed: 5, numRuns: 60 };
/** Levels of returns, signed, from a thousandth of a basis point to a doubling. */
const level = fc
  .tuple(fc.double({ min: -8, max: 0, noNaN: true }), fc.constantFrom(-1, 1))
  .map(([exponent, sign]) => sign * Math.exp(Math.LN10 * exponent));
const price = fc.double({ min: -6, max: 9, noNaN: true }).map((exponent) => Math.exp(Math.LN10 * exponent));
const length = fc.integer({ min: 30, max: 400 });

/** The ways in which returns that are all equal come out of arithmetic. */
const equalReturns: Record<string, (value: number, n: number) => Float64Array> = {
  given: (value, n) => new Float64Array(n).fill(value),
  'of a price that compounds': (value, n) => {
    const prices = [100];
    for (let t = 0; t < n; t++) prices.push(prices[t] * (1 + value / 2));
    return Float64Array.from({ length: n }, (_, t) => prices[t + 1] / prices[t] - 1);
  },
  'in excess of a rate that varies': (value, n) => {
    const random = new Random(7);
    return Float64Array.from({ length: n }, () => {
      const rate = 0.01 * random.normal();
      return value + rate - rate;
    });
  },
  'of logarithms of a large price, in basis points': (value, n) => {
    const prices = [1e4];
    // Below a hundredth of a basis point the rounding is no longer small.
    const growth = Math.sign(value) * Math.max(1e-6, Math.abs(value) / 2);
    for (let t = 0; t < n; t++) prices.push(prices[t] * (1 + growth));
    return Float64Array.from({ length: n }, (_, t) => 1e4 * (Math.log(prices[t + 1]) - Math.log(prices[t])));
  },
  'in per cent': (value, n) =>
    Float64Array.from({ length: n }, (_, t) => 100 * (((t + 3) * (1 + value / 2)) / (t + 3) - 1)),
};

describe('rounding is not variation', () => {
  it('compares a spread with the size of the numbers', () => {
    expect(exceedsRounding(1e-3, 1)).toBe(true);
    expect(exceedsRounding(1e-15, 1)).toBe(false);
    expect(exceedsRounding(1e-15, 1e-9)).toBe(true);
    expect(exceedsRounding(0, 0)).toBe(false);
    expect(exceedsRounding(Number.NaN, 1)).toBe(false);
    expect(hasVariation([0.1 + 0.2, 0.3, Number.NaN])).toBe(false);
    expect(hasVariation([1e-15, 2e-15])).toBe(true);
    expect(hasVariation([1e-15, 2e-15], 1)).toBe(false);
    expect(hasVariation([])).toBe(false);
    expect(hasVariation([0, Infinity])).toBe(true);
    expect(hasVariation([Infinity, Infinity])).toBe(false);
  });

  it('finds variation at any scale, and none in equal values', () => {
    fc.assert(
      fc.property(fc.integer({ min: -300, max: 300 }), (exponent) => {
        const unit = Number(`1e${exponent}`);
        expect(hasVariation([unit, 1.000001 * unit])).toBe(true);
        expect(hasVariation([unit / 3, unit / 3, unit / 3 + Number.EPSILON * (unit / 3)])).toBe(false);
      }),
      seeds,
    );
  });

  for (const [name, make] of Object.entries(equalReturns))
    it(`gives no ratio to equal returns, ${name}`, () => {
      fc.assert(
        fc.property(level, length, (value, n) => {
          const returns = make(value, n);
          expect(sharpeRatio(returns)).toBeNaN();
          expect(sharpeRatioStandardError(returns)).toBeNaN();
          expect(sharpeRatioStandardError(returns, { lags: 3 })).toBeNaN();
          expect(tangencySharpe(returns, 1)).toBeNaN();
          const random = new Random(n);
          const ordinary = Float64Array.from({ length: n }, () => 0.001 + 0.02 * random.normal());
          const both = Float64Array.from({ length: 2 * n }, (_, at) => [returns, ordinary][at % 2][at >> 1]);
          // A factor of equal returns gets no weight: the others are as they are without it.
          const { weights, sharpe, varying } = tangencyPortfolio(both, 2);
          expect([varying, weights[0]]).toEqual([[1], 0]);
          expect(sharpe).toBeCloseTo(tangencySharpe(ordinary, 1), 12);
          // Weights from dates on which the factor varied, held while it does not.
          const varied = Float64Array.from({ length: n }, () => 0.001 + 0.02 * random.normal());
          expect(outOfSampleTangencySharpe(varied, returns, 1)).toBeNaN();
          expect(outOfSampleTangencySharpe(both, both, 2)).toBeCloseTo(
            sharpeRatio(ordinary) * Math.sign(weights[1]),
            10,
          );
        }),
        seeds,
      );
    });

  it('leaves the ratios of what varies a little', () => {
    fc.assert(
      fc.property(level, (value) => {
        const returns = Float64Array.from({ length: 40 }, (_, t) => value * (1 + 1e-3 * (t % 2)));
        expect(Math.abs(sharpeRatio(returns)) / 1975).toBeCloseTo(1, 2);
      }),
      seeds,
    );
  });

  it('says nothing of the trend of a price that did not move, at any level', () => {
    fc.assert(
      fc.property(price, fc.integer({ min: 0, max: 2 }), (p0, kind) => {
        // Never moved; moved in its last digits, as adjusted prices do; halted after sixty dates.
        const move = [
          () => 1,
          (t: number) => (((t % 7) + 3) * 1.1) / 1.1 / ((t % 7) + 3),
          (t: number) => (t < 60 ? 1 + 0.01 * Math.sin(t * t) : 1),
        ][kind];
        const prices = Float64Array.from({ length: 420 }, (_, t) => p0 * move(t));
        const { featureNames, features } = trendFeatures(prices, 1);
        const last = features.subarray(419 * featureNames.length);
        featureNames.forEach((name, f) => {
          if (kind < 2 || name.startsWith('macd') || name.startsWith('z-score')) expect(last[f]).toBeNaN();
          else expect(last[f]).toBe(0);
        });
      }),
      seeds,
    );
  });

  it('says nothing of the change of a trend that does not change', () => {
    fc.assert(
      fc.property(price, (p0) => {
        let level = p0;
        const prices = Float64Array.from({ length: 2500 }, () => (level *= 1.001));
        const { featureNames, features } = trendFeatures(prices, 1, { clip: null });
        const macd = featureNames.indexOf('macd 8 24');
        const worst = Math.max(
          ...Array.from({ length: 500 }, (_, k) => features[(2000 + k) * featureNames.length + macd]).map((v) =>
            Number.isNaN(v) ? 0 : Math.abs(v),
          ),
        );
        expect(worst).toBe(0);
      }),
      { ...seeds, numRuns: 8 },
    );
  });

  it('puts a characteristic or signal that is constant but for rounding at the centre', () => {
    fc.assert(
      fc.property(level, fc.integer({ min: 12, max: 60 }), (value, n) => {
        const random = new Random(n);
        const constant = Array.from({ length: n }, (_, i) => (value * (i + 3)) / (i + 3) + (value * 0.1 - value * 0.1));
        const returns = Float64Array.from({ length: n }, () => random.normal());
        const batch = CrossSectionBatch.fromRows({
          timestamps: constant.map(() => 0),
          assets: constant.map((_, i) => `A${i}`),
          characteristics: { constant },
          returns,
          returnLag: 0,
        });
        for (const step of [rankNormalize, standardizeCharacteristics])
          expect([...step(batch).characteristics].every((z) => z === 0)).toBe(true);
        const signal = batch.characteristics as Float64Array;
        expect(rankCorrelation(signal, returns)).toBeNaN();
        expect(rankInformationCoefficient(batch.index, signal, returns).count).toBe(0);
        expect(longShortDeciles(batch.index, signal, returns).longShort[0]).toBeNaN();
      }),
      seeds,
    );
  });
});

describe('varyingColumns', () => {
  it('is right for a column of a million equal values, whose mean is rounded', () => {
    const values = Float64Array.from({ length: 2_000_000 }, (_, at) => (at % 2 === 0 ? 0.1 : at));
    const rows = Array.from({ length: 1_000_000 }, (_, row) => row);
    expect([...varyingColumns(values, 2, rows)]).toEqual([0, 1]);
    expect([...varyingColumns(values, 2, [])]).toEqual([0, 0]);
    expect([...varyingColumns(Float64Array.of(1, Number.NaN, 2, Number.NaN), 2, [0, 1])]).toEqual([1, 0]);
  });
});
