import { describe, expect, it } from '@jest/globals';
import { type Ml4tError, formatTimestamp, type PortfolioSequenceBatch } from '@ml4t/core';
import { readPortfolioSequenceBatch, type PortfolioColumns, type PortfolioReadOptions } from '../../src/index.ts';
import { failureOf } from '../failures.ts';

interface Row extends Record<string, unknown> {
  date: string;
  ticker: string;
  close: number | null;
  trend: number | null;
}

const nDates = 24;
const dateOf = (t: number): string => new Date(Date.UTC(2020, 0, 1 + t)).toISOString().slice(0, 10);

/** Two assets with prices that can be worked out by hand; B lists on date 3, has no trend on date 9, no price on 15. */
function rows(): Row[] {
  return Array.from({ length: nDates }, (_, t) => t).flatMap((t) => [
    { date: dateOf(t), ticker: 'A', close: 100 * 1.01 ** t, trend: t },
    ...(t < 3
      ? []
      : [{ date: dateOf(t), ticker: 'B', close: t === 15 ? null : 50 + (t % 2), trend: t === 9 ? null : -t }]),
  ]);
}

const columns: PortfolioColumns = { prices: 'close', features: { exclude: [] } };
const options: PortfolioReadOptions = {
  windowLength: 6,
  stride: 3,
  volatility: { halfLife: 2, target: 0.15, periodsPerYear: 252 },
};
const read = async (source: readonly Row[], change: Partial<PortfolioReadOptions> = {}) =>
  readPortfolioSequenceBatch({ rows: source }, columns, { ...options, ...change });

/** The entry of a window, step and asset. */
const at = (batch: PortfolioSequenceBatch, b: number, step: number, asset: string): number =>
  (b * batch.nSteps + step) * batch.nAssets + batch.assetIds.indexOf(asset);

describe('readPortfolioSequenceBatch', () => {
  it('builds windows with features, forward returns, scales and masks', async () => {
    const { batch, report } = await read(rows());
    expect(batch.assetIds).toEqual(['A', 'B']);
    expect(batch.featureNames).toEqual(['trend']);
    // Two returns are known on date 2; the last date has no forward return yet.
    const starts = Array.from({ length: batch.nWindows }, (_, b) => formatTimestamp(batch.window(b).timestamps[0]));
    expect(starts).toEqual([2, 5, 8, 11, 14, 17].map(dateOf));
    for (let b = 0; b < batch.nWindows; b++)
      for (let step = 0; step < 6; step++) {
        const t = 2 + 3 * b + step;
        const a = at(batch, b, step, 'A');
        expect(batch.mask[a]).toBe(1);
        expect(batch.features[a]).toBe(t);
        // The price grows by 1 % a day: so is every return, and the volatility about a mean of zero.
        expect(batch.forwardReturns?.[a]).toBeCloseTo(0.01, 12);
        expect(batch.volScale?.[a]).toBeCloseTo(0.15 / Math.sqrt(252) / 0.01, 10);
        const i = at(batch, b, step, 'B');
        // B's first two returns are known on date 5. On date 15 its volatility is known and so is its feature.
        expect(batch.mask[i]).toBe(t >= 5 && t !== 9 ? 1 : 0);
        if (batch.mask[i] === 1) {
          const [now, next] = [50 + (t % 2), 50 + ((t + 1) % 2)];
          expect(batch.forwardReturns?.[i]).toBeCloseTo(t === 14 || t === 15 ? 0 : next / now - 1, 12);
        }
      }
    // Dates 14 and 15 of B: in the windows from 11, and from 14 (date 10 to 15 are not in the others).
    expect(report).toMatchObject({ nWindows: 6, missingForwardReturns: 4, nAssets: 2 });
  });

  it('shows nothing of the future but the forward return', async () => {
    const { batch } = await read(rows());
    for (const now of [6, 12, 17]) {
      const future = rows().map((row, k) =>
        row.date <= dateOf(now)
          ? row
          : { ...row, close: k % 6 === 0 ? null : 1 + (k % 5), trend: k % 4 === 0 ? null : 99 },
      );
      const changed = (await read(future)).batch;
      expect(changed.timestamps).toEqual(batch.timestamps);
      let compared = 0;
      for (let cell = 0; cell < batch.mask.length; cell++) {
        if (formatTimestamp(batch.timestamps[Math.floor(cell / 2)]) > dateOf(now)) continue;
        expect(changed.mask[cell]).toBe(batch.mask[cell]);
        expect(changed.volScale?.[cell]).toBe(batch.volScale?.[cell]);
        expect(changed.features[cell]).toBe(batch.features[cell]);
        compared++;
      }
      expect(compared).toBeGreaterThan(10);
    }
  });

  it('reads returns of either date, and waits for returns of a longer horizon', async () => {
    const priced = (await read(rows())).batch;
    const prices = new Map(rows().map((row) => [row.date + row.ticker, row.close ?? NaN]));
    const price = (t: number, ticker: string): number => prices.get(dateOf(t) + ticker) ?? NaN;
    const known = (value: number): number | null => (Number.isNaN(value) ? null : value);
    const dated = rows().map((row) => {
      const t = (Date.parse(row.date) - Date.UTC(2020, 0, 1)) / 86_400_000;
      const { date, ticker, trend } = row;
      return {
        ...{ date, ticker, trend },
        past: known(price(t, ticker) / price(t - 1, ticker) - 1),
        next: known(price(t + 1, ticker) / price(t, ticker) - 1),
      };
    });
    for (const returns of [
      { column: 'past', lag: 1 },
      { column: 'next', lag: 0 },
    ]) {
      const { batch } = await readPortfolioSequenceBatch({ rows: dated }, { returns, features: ['trend'] }, options);
      expect(batch).toEqual(priced);
    }
    const later = await readPortfolioSequenceBatch(
      { rows: dated },
      { returns: { column: 'past', lag: 3 }, features: ['trend'] },
      options,
    );
    // Two returns of lag 3 are known on date 4.
    expect(formatTimestamp(later.batch.timestamps[0])).toBe(dateOf(4));
  });

  it('gives the window of today without returns', async () => {
    const { batch } = await read(rows(), { returns: 'none', anchor: 'end' });
    expect(formatTimestamp(batch.timestamps[batch.timestamps.length - 1])).toBe(dateOf(nDates - 1));
    expect(batch.forwardReturns).toBeUndefined();
  });

  it('takes costs and groups by asset id', async () => {
    const { batch, report } = await read(rows(), {
      costs: { B: 2e-4, A: 1e-4, C: 1 },
      groups: { A: 'metals', B: 'energy' },
    });
    expect([...(batch.costs ?? [])]).toEqual([1e-4, 2e-4]);
    expect([...(batch.groupIds ?? [])]).toEqual([1, 0]);
    expect(report.groupNames).toEqual(['energy', 'metals']);
    expect([...((await read(rows(), { costs: 3e-4 })).batch.costs ?? [])]).toEqual([3e-4, 3e-4]);
  });

  it('names what is wrong', async () => {
    const failure = (
      change: Partial<PortfolioColumns>,
      more: Partial<PortfolioReadOptions> = {},
      source: readonly Row[] = rows(),
    ): Promise<Ml4tError> =>
      failureOf(readPortfolioSequenceBatch({ rows: source }, { ...columns, ...change }, { ...options, ...more }));
    expect(await failure({ prices: undefined })).toMatchObject({ code: 'config', found: 'neither' });
    expect((await failure({ returns: { column: 'close', lag: 1 } })).found).toBe('both');
    expect((await failure({ prices: 'open' })).field).toBe('columns.prices');
    expect((await failure({}, { costs: { A: 1 } })).expected).toContain('B too');
    const free = rows().map((row, k) => (k === 7 ? { ...row, close: 0 } : row));
    expect((await failure({}, {}, free)).field).toBe('prices (2020-01-06, A)');
    expect((await failure({}, { windowLength: 40 })).code).toBe('data');
  });

  it('adds features made of the prices, to none or to those of the frame', async () => {
    const trend = { horizons: [1, 3], macd: [], zScores: [3], volatilitySpan: 3, clip: null };
    const source = { rows: rows() };
    const alone = await readPortfolioSequenceBatch(source, { prices: 'close', features: [] }, { ...options, trend });
    expect(alone.batch.featureNames).toEqual(['return 1', 'return 3', 'z-score 3']);
    const both = await read(rows(), { trend });
    expect(both.batch.featureNames).toEqual(['trend', 'return 1', 'return 3', 'z-score 3']);
    const { batch } = both;
    const a = at(batch, 1, 2, 'A');
    // A grows by 1 % a day, which is its volatility.
    const t = Math.round((batch.timestamps[batch.nSteps + 2] - Date.UTC(2020, 0, 1)) / 86_400_000);
    expect(batch.features[4 * a]).toBe(t);
    expect(batch.features[4 * a + 1]).toBeCloseTo(1, 10);
    expect(batch.features[4 * a + 2]).toBeCloseTo((1.01 ** 3 - 1) / (0.01 * Math.sqrt(3)), 10);
    const returns = { column: 'trend', lag: 1 };
    await expect(
      readPortfolioSequenceBatch(source, { returns, features: ['close'] }, { ...options, trend }),
    ).rejects.toThrow(/options\.trend/);
  });
});
