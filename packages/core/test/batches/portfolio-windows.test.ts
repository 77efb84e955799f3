import { describe, expect, it } from '@jest/globals';
import {
  PersistentPanelBatch,
  Random,
  exAnteVolatility,
  portfolioWindows,
  type PortfolioSequenceBatch,
  type PortfolioWindowOptions,
} from '../../src/index.ts';
import { failure } from './failure.ts';

const nDates = 30;
const nAssets = 3;
const day = 86_400_000;

/** Two features; the second asset lists on date 4, the third has no features on date 10 and no return on date 12. */
function panel(
  change: (returns: Float64Array, features: Float64Array) => void = () => undefined,
): PersistentPanelBatch {
  const random = new Random(7);
  const returns = Float64Array.from({ length: nDates * nAssets }, () => 0.01 * random.normal());
  const features = Float64Array.from({ length: nDates * nAssets * 2 }, () => random.normal());
  for (let t = 0; t < 4; t++) {
    returns[t * nAssets + 1] = NaN;
    features.fill(NaN, (t * nAssets + 1) * 2, (t * nAssets + 2) * 2);
  }
  features[(10 * nAssets + 2) * 2 + 1] = NaN;
  returns[12 * nAssets + 2] = NaN;
  // Not realised yet.
  returns.fill(NaN, (nDates - 1) * nAssets);
  change(returns, features);
  return new PersistentPanelBatch({
    timestamps: Float64Array.from({ length: nDates }, (_, t) => t * day),
    assetIds: ['a', 'b', 'c'],
    returns,
    characteristicNames: ['momentum', 'carry'],
    characteristics: features,
  });
}

const datesOf = (batch: PortfolioSequenceBatch): number[][] =>
  Array.from({ length: batch.nWindows }, (_, b) => [...batch.window(b).timestamps].map((time) => time / day));

describe('portfolioWindows', () => {
  it('cuts windows of their own dates and puts every value in its cell', () => {
    const source = panel();
    const { batch, missingReturns } = portfolioWindows(source, { windowLength: 8, stride: 5 });
    // 29 realised dates: windows start at 0, 5, … while start + 8 <= 29.
    expect(datesOf(batch).map((dates) => dates[0])).toEqual([0, 5, 10, 15, 20]);
    expect([batch.nSteps, batch.nAssets, batch.nFeatures]).toEqual([8, 3, 2]);
    expect(batch.featureNames).toEqual(['momentum', 'carry']);
    for (let b = 0; b < batch.nWindows; b++)
      for (let step = 0; step < 8; step++)
        for (let i = 0; i < nAssets; i++) {
          const cell = (b * 8 + step) * nAssets + i;
          const date = b * 5 + step;
          const origin = date * nAssets + i;
          for (const k of [0, 1]) expect(batch.features[cell * 2 + k]).toBe(source.characteristics?.[origin * 2 + k]);
          expect(batch.timestamps[b * 8 + step]).toBe(date * day);
          expect(batch.mask[cell]).toBe((i === 1 && date < 4) || (i === 2 && date === 10) ? 0 : 1);
          const isMissing = i === 2 && date === 12;
          if (batch.mask[cell] === 1) expect(batch.forwardReturns?.[cell]).toBe(isMissing ? 0 : source.returns[origin]);
        }
    // Date 12 is in the windows from 5 and from 10.
    expect(missingReturns).toBe(2);
  });

  it('does not overlap windows by default, and can end on the last date', () => {
    expect(datesOf(portfolioWindows(panel(), { windowLength: 10 }).batch).map((dates) => dates[0])).toEqual([0, 10]);
    const fromEnd = portfolioWindows(panel(), { windowLength: 10, anchor: 'end' }).batch;
    expect(datesOf(fromEnd).map((dates) => dates[9])).toEqual([18, 28]);
    const today = portfolioWindows(panel(), { windowLength: 10, anchor: 'end', returns: 'none' }).batch;
    expect(datesOf(today).map((dates) => dates[9])).toEqual([9, 19, 29]);
    expect(today.forwardReturns).toBeUndefined();
  });

  it('scales by the volatility known on the date, and waits until it is known', () => {
    const source = panel();
    const volatility = { halfLife: 4, target: 0.1, periodsPerYear: 252, minReturns: 3 };
    const { batch } = portfolioWindows(source, { windowLength: 6, stride: 1, volatility });
    const sigma = exAnteVolatility(source.returns, nAssets, { halfLife: 4, minReturns: 3 });
    // The first date with three returns behind it.
    expect(datesOf(batch)[0][0]).toBe(3);
    for (let b = 0; b < batch.nWindows; b++)
      for (let step = 0; step < 6; step++)
        for (let i = 0; i < nAssets; i++) {
          const cell = (b * 6 + step) * nAssets + i;
          const expected = 0.1 / Math.sqrt(252) / sigma[(3 + b + step) * nAssets + i];
          if (batch.mask[cell] === 1) expect(batch.volScale?.[cell]).toBe(expected);
          // Asset b has its third return on date 6, known on date 7.
          if (i === 1) expect(batch.mask[cell]).toBe(3 + b + step >= 7 ? 1 : 0);
        }
  });

  it('caps scales and does not hold what has not moved at all', () => {
    const still = panel((returns) => {
      for (let t = 0; t < nDates - 1; t++) returns[t * nAssets] = t < 12 ? 0 : 0.02;
    });
    const volatility = { span: 5, target: 0.05, minReturns: 2, maxScale: 4 };
    const { batch } = portfolioWindows(still, { windowLength: 27, volatility });
    expect(datesOf(batch)[0][0]).toBe(2);
    expect(
      [...batch.mask].filter((_, cell) => cell % 3 === 0).map((held, step) => held === (step + 2 >= 13 ? 1 : 0)),
    ).not.toContain(false);
    const scales = [...(batch.volScale ?? [])].filter((_, cell) => batch.mask[cell] === 1);
    expect(Math.max(...scales)).toBe(4);
  });

  it.each([[1], [3]])('shows nothing of the future but the forward return (delay %d)', (returnDelay) => {
    const options: PortfolioWindowOptions = {
      windowLength: 12,
      stride: 4,
      returnDelay,
      volatility: { halfLife: 3, target: 0.02 },
    };
    const { batch } = portfolioWindows(panel(), options);
    for (let now = 4; now < nDates - 2; now++) {
      // Everything that becomes known after `now`: later features, and returns still to be earned.
      const future = panel((returns, features) => {
        for (let cell = (now + 1 - returnDelay) * nAssets; cell < (nDates - 1) * nAssets; cell++)
          if (cell >= 0) returns[cell] = cell % 5 === 0 ? NaN : -returns[cell] * 10 + 0.5;
        for (let j = (now + 1) * nAssets * 2; j < features.length; j++) features[j] = j % 7 === 0 ? NaN : 99;
      });
      const changed = portfolioWindows(future, options).batch;
      expect(datesOf(changed)).toEqual(datesOf(batch));
      let compared = 0;
      for (let step = 0; step < batch.timestamps.length; step++) {
        if (batch.timestamps[step] > now * day) continue;
        for (let cell = step * nAssets; cell < (step + 1) * nAssets; cell++) {
          expect(changed.mask[cell]).toBe(batch.mask[cell]);
          expect(changed.volScale?.[cell]).toBe(batch.volScale?.[cell]);
          expect(changed.features.slice(cell * 2, cell * 2 + 2)).toEqual(batch.features.slice(cell * 2, cell * 2 + 2));
          compared++;
        }
      }
      if (now >= 6) expect(compared).toBeGreaterThan(0);
    }
  });

  it('masks or refuses missing returns when told to', () => {
    const masked = portfolioWindows(panel(), { windowLength: 20, missingReturns: 'mask' });
    expect(masked.missingReturns).toBe(1);
    expect(masked.batch.mask[12 * nAssets + 2]).toBe(0);
    const error = failure(() => portfolioWindows(panel(), { windowLength: 20, missingReturns: 'error' }));
    expect(error).toMatchObject({ code: 'data', field: 'returns (1970-01-13, c)' });
  });

  it('passes costs, groups and the graph on', () => {
    const costs = Float64Array.of(1e-4, 2e-4, 3e-4);
    const { batch } = portfolioWindows(panel(), { windowLength: 9, costs, groupIds: [0, 0, 1] });
    expect(batch.costs).toBe(costs);
    expect([...(batch.groupIds ?? [])]).toEqual([0, 0, 1]);
  });

  it('names what is out of range', () => {
    const fails = (options: Partial<PortfolioWindowOptions>) =>
      failure(() => portfolioWindows(panel(), { windowLength: 5, ...options }));
    expect(fails({ windowLength: 0 })).toMatchObject({ code: 'config', field: 'windowLength' });
    expect(fails({ stride: 1.5 }).field).toBe('stride');
    expect(fails({ anchor: 'middle' as 'end' }).field).toBe('anchor');
    expect(fails({ volatility: { halfLife: 3, target: 0 } }).field).toBe('volatility.target');
    expect(fails({ windowLength: 30 })).toMatchObject({ code: 'data', found: '29' });
    const returnsOnly = new PersistentPanelBatch({ timestamps: [0, day], returns: [[1], [2]] });
    expect(failure(() => portfolioWindows(returnsOnly, { windowLength: 1 })).field).toBe('panel.characteristics');
  });
});
