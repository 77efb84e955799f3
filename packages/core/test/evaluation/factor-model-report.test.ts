import { describe, expect, it } from '@jest/globals';
import { CrossSectionBatch, factorModelReport, longShortWeights, predictiveR2, sharpeRatio } from '../../src/index.ts';
import type { FoldFactors } from '../../src/authoring/index.ts';
import { CounterRandom } from '../../src/nn/index.ts';
import { oracleTotalR2, simulateConditionalFactorPanel } from '../../src/simulate/index.ts';

const simulated = simulateConditionalFactorPanel({ nAssets: 60, nDates: 40, nCharacteristics: 3, seed: 3 });
const { batch, truth } = simulated;
const truthFolds = [
  {
    nFactors: 3,
    training: truth.factorReturns.slice(0, 60),
    realised: truth.factorReturns.slice(60),
  },
];
const test = batch.slice(20);
const first = batch.index.rowOffsets[20];
const forecast = truth.expectedReturns.slice(first);
const fitted = truth.fittedReturns.slice(first);

describe('factorModelReport', () => {
  const report = factorModelReport({ panel: test, forecast, fitted, folds: truthFolds });

  it('holds the oracle’s figures for the truth', () => {
    expect(report.totalR2).toBeCloseTo(oracleTotalR2(simulated, 20), 12);
    expect(report.predictiveR2).toBe(predictiveR2(test.requireReturns('this test'), forecast));
    expect(report.rows).toBe(20 * 60);
    expect(report.coverage).toBe(1);
    expect(report.rankIC).toBeGreaterThan(0);
    expect(report.longShort.quantileMeans).toHaveLength(10);
    expect(report.byDate.timestamps).toHaveLength(20);
    // Uncentred R2 of the span is the mean of those by date weighted by each date's sum of squares.
    const returns = test.requireReturns('this test');
    const squares = report.byDate.timestamps.map((_, t) =>
      returns.subarray(t * 60, (t + 1) * 60).reduce((sum, r) => sum + r * r, 0),
    );
    const weighted = squares.reduce((sum, s, t) => sum + s * (report.byDate.totalR2?.[t] ?? 0), 0);
    expect(weighted / squares.reduce((a, b) => a + b)).toBeCloseTo(report.totalR2 ?? 0, 12);
  });

  it('scales the tangency portfolio in sample and holds it out of sample', () => {
    // By hand: weights S^-1 m of the first 20 dates on the last 20.
    const path = report.byDate.tangency as number[];
    expect(path).toHaveLength(20);
    const mean = path.reduce((a, b) => a + b) / 20;
    const sd = Math.sqrt(path.reduce((sum, x) => sum + (x - mean) ** 2, 0) / 19);
    expect(report.tangency?.outOfSampleSharpe).toBeCloseTo(mean / sd, 12);
    expect(report.tangency?.inSampleSharpe).toBeGreaterThan(0);
    // Any invertible change of a fold's coordinates leaves it as it was.
    const turn = (f: Float64Array): Float64Array => f.map((_, i) => (i % 3 === 0 ? 5 * f[i] - f[i + 1] : -2 * f[i]));
    const turned = truthFolds.map(({ nFactors, training, realised }) => ({
      nFactors,
      training: turn(training),
      realised: turn(realised),
    }));
    const other = factorModelReport({ panel: test, forecast, fitted, folds: turned });
    expect(other.tangency?.outOfSampleSharpe).toBeCloseTo(report.tangency?.outOfSampleSharpe ?? 0, 8);
  });

  it('holds the mean of the tangency portfolios of an ensemble’s members, each from its own factors', () => {
    // Three members that see the same factors, each with noise of its own and in its own coordinates.
    const draw = new CounterRandom(5);
    const members = [1, -2, 0.5].map((scale) => {
      const seen = (f: Float64Array): Float64Array =>
        f.map((value, i) => scale * (value + (i % 3 === 0 ? f[i + 1] : 0) + 0.02 * draw.normal()));
      return truthFolds.map(({ training, realised }) => ({
        nFactors: 3,
        training: seen(training),
        realised: seen(realised),
      }))[0];
    });
    const sideBySide = (of: 'training' | 'realised'): Float64Array =>
      Float64Array.from(
        Array.from({ length: members[0][of].length / 3 }, (_, t) =>
          members.flatMap((member) => [...member[of].subarray(3 * t, 3 * t + 3)]),
        ).flat(),
      );
    const fold = { nFactors: 9, nMembers: 3, training: sideBySide('training'), realised: sideBySide('realised') };
    const pathOf = (folds: readonly FoldFactors[]): number[] =>
      factorModelReport({ panel: test, forecast, folds }).byDate.tangency as number[];
    const own = members.map((member) => pathOf([member]));
    const mean = own[0].map((_, t) => (own[0][t] + own[1][t] + own[2][t]) / 3);
    const together = pathOf([fold]);
    together.forEach((value, t) => expect(value / together[0]).toBeCloseTo(mean[t] / mean[0], 8));
    const { tangency } = factorModelReport({ panel: test, forecast, folds: [fold] });
    const each = members.map((member) => factorModelReport({ panel: test, forecast, folds: [member] }).tangency);
    expect(tangency?.outOfSampleSharpe).toBeCloseTo(sharpeRatio(Float64Array.from(mean)), 8);
    // No more than the members say themselves: they see the same factors.
    expect(tangency?.inSampleSharpe).toBeLessThan(1.05 * Math.max(...each.map((one) => one?.inSampleSharpe ?? 0)));
  });

  it('leaves rows between test windows out, and counts a silent forecast as zero', () => {
    const foldOfRow = Int32Array.from({ length: test.nRows }, (_, row) => (row < 600 ? 0 : -1));
    const half = factorModelReport({ panel: test, forecast, foldOfRow });
    expect(half.rows).toBe(600);
    expect(half.totalR2).toBeUndefined();
    expect(half.byDate.timestamps).toHaveLength(10);
    const silent = forecast.map((value, row) => (row % 2 === 0 ? Number.NaN : value));
    const zeros = forecast.map((value, row) => (row % 2 === 0 ? 0 : value));
    const quiet = factorModelReport({ panel: test, forecast: silent });
    expect(quiet.coverage).toBe(0.5);
    expect(quiet.predictiveR2).toBe(factorModelReport({ panel: test, forecast: zeros }).predictiveR2);
  });

  it('gives every mean its error, by the horizon that the panel states', () => {
    const { inference } = report;
    expect(inference.rankIC.estimate).toBe(report.rankIC);
    expect(inference.rankIC.standardError).toBe(report.rankICStandardError);
    expect(inference.rankIC).toMatchObject({ count: 20, degreesOfFreedom: 2 });
    expect(inference.longShortMean.estimate).toBeCloseTo(report.longShort.mean, 15);
    expect(inference.longShortSharpe.standardError).toBe(report.longShort.sharpeStandardError);
    expect(inference.quantileMeans.map(({ estimate }) => estimate)).toEqual(report.longShort.quantileMeans);
    expect(inference.tangencySharpe?.estimate).toBe(report.tangency?.outOfSampleSharpe);
    const { index, characteristicNames, characteristics, returns } = test;
    const overlapping = new CrossSectionBatch({
      index,
      characteristicNames,
      characteristics,
      returns,
      returnHorizon: 8,
    });
    const over = factorModelReport({ panel: overlapping, forecast });
    expect(over.horizon).toBe(8);
    expect(over.inference.rankIC).toMatchObject({ estimate: report.rankIC, count: 20, degreesOfFreedom: 1 });
    const few = new CrossSectionBatch({ index, characteristicNames, characteristics, returns, returnHorizon: 12 });
    const silent = factorModelReport({ panel: few, forecast });
    expect(silent.rankICStandardError).toBeNaN();
    expect(silent.notes.join()).toMatch(
      /rank IC has no standard error: 20 dates with one, of returns over 12 dates, are too few/,
    );
  });

  it('trades on judged dates only', () => {
    const constant = Float64Array.from(test.index.assetIndex);
    const every = factorModelReport({ panel: test, forecast: constant });
    const foldOfRow = Int32Array.from({ length: test.nRows }, (_, row) => (Math.floor(row / 300) % 2 === 0 ? 0 : -1));
    const blocks = factorModelReport({ panel: test, forecast: constant, foldOfRow });
    // Holdings drift a little; what is held through a gap is not sold and bought again.
    expect(every.longShort.turnover).toBeLessThan(0.6);
    expect(blocks.longShort.turnover / every.longShort.turnover).toBeCloseTo(1, 0);
    expect(blocks.longShort.dates).toBe(10);
  });

  it('says on how many dates a sort had both ends, and how small they were', () => {
    // Of sixty assets 46 % have the lowest forecast.
    const tied = forecast.map((value, row) => (row % 60 < 28 ? -1 : value));
    const together = factorModelReport({ panel: test, forecast: tied });
    expect(together.longShort).toMatchObject({ dates: 0, smallestLeg: null, mean: Number.NaN });
    expect(together.notes.join()).toMatch(/exists on 0 of 20 dates: .*ties: 'split'/);
    const split = factorModelReport({ panel: test, forecast: tied }, { ties: 'split' });
    expect(split.longShort).toMatchObject({ dates: 20, smallestLeg: 6 });
    expect(split.longShort.mean).not.toBeNaN();
    expect(split.notes.join()).not.toMatch(/exists on/);
    expect(split.notes.join()).toMatch(/has 6 assets on some date, fewer than 10/);
    expect(factorModelReport({ panel: test, forecast }, { quantiles: 5 }).notes.join()).not.toMatch(/fewer than 10/);
  });

  it('says what factors of the same date explain of noise, and when a figure rests on few dates or one unit', () => {
    expect(report.totalR2OfNoise).toBeCloseTo(3 / 60, 15);
    const members = truthFolds.map((fold) => ({ ...fold, nMembers: 3 }));
    expect(factorModelReport({ panel: test, forecast, fitted, folds: members }).totalR2OfNoise).toBeCloseTo(1 / 60, 15);
    expect(report.notes.join()).toMatch(/tangency portfolio of 3 factors is made from 20 dates of training/);
    expect(report.notes.join()).not.toMatch(/managed/);
    const dollars = test.withCharacteristics(
      test.characteristics.map((value, at) => (at % 3 === 1 ? 1e4 * value : value)),
    );
    expect(factorModelReport({ panel: dollars, forecast }).notes.join()).toMatch(
      /managed portfolios is that of 'c2' alone/,
    );
  });

  it('is JSON that survives a round trip, and needs returns', () => {
    expect(JSON.parse(JSON.stringify(report))).toEqual(report);
    expect(() => factorModelReport({ panel: test.withoutReturns(), forecast })).toThrow('returns');
  });
});

describe('longShortWeights', () => {
  it('are the portfolio whose return the sorted deciles report, dollar neutral with one on each side', () => {
    const panel = CrossSectionBatch.fromRows({
      timestamps: new Array<string>(6).fill('2024-01-31'),
      assets: ['a', 'b', 'c', 'd', 'e', 'f'],
      characteristics: { c: [1, 2, 3, 4, 5, 6] },
    });
    const signal = Float64Array.of(0.3, 0.1, Number.NaN, 0.2, 0.5, 0.4);
    const weights = longShortWeights(panel.index, signal, { quantiles: 2 });
    // Ranks of the five signals: b 1, d 2, a 3, f 4, e 5; the middle one falls into the upper half.
    expect([...weights]).toEqual([1 / 3, -1 / 2, Number.NaN, -1 / 2, 1 / 3, 1 / 3]);
    expect([...longShortWeights(panel.index, signal, { quantiles: 10 })].filter((w) => w !== 0)).toEqual([Number.NaN]);
  });
});
