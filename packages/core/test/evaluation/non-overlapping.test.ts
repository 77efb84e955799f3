import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  CrossSectionBatch,
  Random,
  factorModelReport,
  nonOverlappingDates,
  rankInformationCoefficient,
  type FactorModelReport,
} from '../../src/index.ts';

const day = 86_400_000;

describe('dates whose returns do not overlap', () => {
  it('lie a horizon apart at least, and no date could be added', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.nat(300), { minLength: 1, maxLength: 80 }),
        fc.integer({ min: 1, max: 21 }),
        (positions, horizon) => {
          const dates = positions.sort((a, b) => a - b);
          const chosen = nonOverlappingDates(dates, horizon);
          expect(chosen[0]).toBe(dates[0]);
          for (let i = 1; i < chosen.length; i++) {
            expect(chosen[i] - chosen[i - 1]).toBeGreaterThanOrEqual(horizon);
            // The one taken is the first that may be.
            expect(dates.some((date) => date >= chosen[i - 1] + horizon && date < chosen[i])).toBe(false);
          }
          expect(dates.every((date) => date < chosen[chosen.length - 1] + horizon)).toBe(true);
        },
      ),
    );
    expect(nonOverlappingDates([], 5)).toEqual([]);
  });
});

describe('a report on returns over several dates', () => {
  const random = new Random(5);
  const [nDates, nAssets, horizon] = [60, 30, 5];
  const oneDate = Array.from({ length: nDates + horizon }, () =>
    Array.from({ length: nAssets }, () => random.normal() / 50),
  );
  const forecast = Float64Array.from({ length: nDates * nAssets }, () => random.normal());
  const panel = (h: number, from = 0): CrossSectionBatch =>
    CrossSectionBatch.fromDense({
      timestamps: Float64Array.from({ length: nDates }, (_, t) => t * day),
      characteristics: Array.from({ length: nDates }, () => Array.from({ length: nAssets }, () => [0])),
      returns: Array.from({ length: nDates }, (_, t) =>
        Array.from({ length: nAssets }, (__, i) => {
          let sum = 0;
          for (let s = t; s < t + horizon; s++) sum += oneDate[s][i];
          return sum;
        }),
      ),
      returnLag: 0,
      returnHorizon: h,
    }).slice(from);

  it('has the figures of every fifth date beside those of all', () => {
    const report = factorModelReport({ panel: panel(horizon), forecast });
    const chosen = Array.from({ length: 12 }, (_, k) => 5 * k);
    const rows = chosen.flatMap((t) => Array.from({ length: nAssets }, (_, i) => t * nAssets + i));
    // The same panel with those dates alone, as one of returns over one date.
    const whole = panel(horizon);
    const thin: FactorModelReport = factorModelReport({
      panel: CrossSectionBatch.fromRows({
        timestamps: rows.map((row) => Math.floor(row / nAssets) * day),
        assets: rows.map((row) => `a${row % nAssets}`),
        characteristics: { x: rows.map(() => 0) },
        returns: rows.map((row) => whole.returns?.[row]),
        returnLag: 0,
      }),
      forecast: Float64Array.from(rows, (row) => forecast[row]),
    });
    const { nonOverlapping } = report;
    expect(nonOverlapping?.dates).toBe(12);
    expect(nonOverlapping?.rankIC).toEqual(thin.inference.rankIC);
    expect(nonOverlapping?.longShortMean).toEqual(thin.inference.longShortMean);
    expect(nonOverlapping?.longShortSharpe).toEqual(thin.inference.longShortSharpe);
    expect(nonOverlapping?.turnover).toBeCloseTo(thin.longShort.turnover, 12);
    expect(nonOverlapping?.predictiveR2).toBeCloseTo(thin.predictiveR2, 12);
    // What is judged on all dates stays what it was.
    const { byDate } = rankInformationCoefficient(whole.index, forecast, whole.requireReturns('a test'));
    expect(report.rankIC).toBeCloseTo(byDate.reduce((sum, value) => sum + value, 0) / nDates, 12);
  });

  it('leaves dates out that are not judged, and has none of it with returns over one date', () => {
    const foldOfRow = Int32Array.from(forecast, (_, row) => (Math.floor(row / nAssets) % 7 < 3 ? -1 : 0));
    // Judged: 3 … 6, 10 … 13, 17 …, 59: the first of each run.
    expect(factorModelReport({ panel: panel(horizon), forecast, foldOfRow }).nonOverlapping?.dates).toBe(9);
    expect(factorModelReport({ panel: panel(1), forecast }).nonOverlapping).toBeUndefined();
    expect(JSON.stringify(factorModelReport({ panel: panel(1), forecast }))).not.toContain('nonOverlapping');
  });
});
