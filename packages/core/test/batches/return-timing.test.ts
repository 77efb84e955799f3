import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  ConfigError,
  CrossSectionBatch,
  PersistentPanelBatch,
  PortfolioSequenceBatch,
  portfolioWindows,
} from '../../src/index.ts';
import { pairedReturnTiming, returnTiming, type ReturnTiming } from '../../src/authoring/index.ts';

const day = 86_400_000;

/** One asset, whose column holds at each date the return over the `horizon` dates that end there. */
function trailingReturns(prices: readonly number[], horizon: number): number[] {
  return prices.map((price, t) => (t < horizon ? Number.NaN : price / prices[t - horizon] - 1));
}

function batchOf(prices: readonly number[], horizon: number, returnLag: number): CrossSectionBatch {
  return CrossSectionBatch.fromRows({
    timestamps: Float64Array.from(prices, (_, t) => t * day),
    assets: prices.map(() => 'a'),
    characteristics: { x: prices.map((_, t) => t) },
    returns: trailingReturns(prices, horizon),
    returnLag,
    returnHorizon: horizon,
  });
}

const timing = ({ returnHorizon, realisationLag }: ReturnTiming): number[] => [returnHorizon, realisationLag];

describe('the timing of returns', () => {
  it('is one date, known after one, unless something says otherwise', () => {
    expect(timing(returnTiming({}))).toEqual([1, 1]);
    expect(timing(pairedReturnTiming(0))).toEqual([1, 1]);
    expect(timing(pairedReturnTiming(1))).toEqual([1, 1]);
    expect(timing(pairedReturnTiming(5))).toEqual([5, 5]);
  });

  it('keeps the span of a return and the date on which it is known apart', () => {
    expect(timing(pairedReturnTiming(2, { returnHorizon: 1 }))).toEqual([1, 2]);
    expect(timing(pairedReturnTiming(0, { returnHorizon: 5 }))).toEqual([5, 5]);
    expect(timing(pairedReturnTiming(0, { returnHorizon: 1, realisationLag: 2 }))).toEqual([1, 2]);
    expect(timing(pairedReturnTiming(5, { realisationLag: 7 }))).toEqual([5, 7]);
  });

  it.each([
    [() => pairedReturnTiming(1, { returnHorizon: 5 }), /^returnHorizon: expected at most 1, the returnLag.*found 5/],
    [() => pairedReturnTiming(5, { realisationLag: 1 }), /^realisationLag: expected at least 5, the returnLag/],
    [
      () => returnTiming({ returnHorizon: 5, realisationLag: 1 }),
      /^realisationLag: expected at least 5 \(returnHorizon\)/,
    ],
    [() => returnTiming({ returnHorizon: 0 }), /^returnHorizon: expected a whole number of dates >= 1, found 0/],
    [() => returnTiming({ returnHorizon: 2.5 }), /^returnHorizon: expected a whole number/],
    [() => pairedReturnTiming(3, { returnHorizon: Number.NaN }), /^returnHorizon: expected a whole number/],
  ])('refuses what contradicts it (%#)', (make, message) => {
    expect(make).toThrow(ConfigError);
    expect(make).toThrow(message);
  });

  it('says of a batch the first date on which each return is known, and no later one', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 21 }),
        fc.integer({ min: 0, max: 5 }),
        fc.integer({ min: 0, max: 30 }),
        (horizon, delay, t) => {
          const prices = Array.from({ length: 70 }, (_, s) => 100 + ((s * 7919) % 31));
          const returnLag = horizon + delay;
          const batch = batchOf(prices, horizon, returnLag);
          expect(timing(batch)).toEqual([horizon, returnLag]);
          const changedFrom = (first: number): CrossSectionBatch =>
            batchOf(
              prices.map((price, s) => (s >= first ? price + 1 : price)),
              horizon,
              returnLag,
            );
          const own = batch.requireReturns('the test')[t];
          expect(changedFrom(t + batch.realisationLag + 1).returns?.[t]).toBe(own);
          expect(changedFrom(t + batch.realisationLag).returns?.[t]).not.toBe(own);
        },
      ),
    );
  });

  it('stays with everything that is made of a batch', () => {
    const batch = batchOf(
      Array.from({ length: 30 }, (_, t) => 100 + t),
      3,
      4,
    );
    const panel = PersistentPanelBatch.fromCrossSection(batch);
    const grid = new PersistentPanelBatch({
      timestamps: panel.timestamps,
      assetIds: panel.assetIds,
      returns: panel.returns,
      returnHorizon: panel.returnHorizon,
      realisationLag: panel.realisationLag,
      characteristicNames: ['x'],
      characteristics: Float64Array.from(batch.characteristics),
    });
    const { batch: windows } = portfolioWindows(grid, { windowLength: 5 });
    const made: ReturnTiming[] = [
      batch.slice(3, 9),
      batch.withCharacteristics(batch.characteristics, ['y']),
      batch.withReturns(new Float64Array(batch.nRows)),
      batch.withoutReturns(),
      panel,
      panel.slice(2, 8),
      panel.selectAssets(['a']),
      windows,
      windows.slice(1, 3),
      windows.window(0),
    ];
    for (const each of made) expect(timing(each)).toEqual([3, 4]);
    expect(timing(batch.withReturns(new Float64Array(batch.nRows), { returnHorizon: 1 }))).toEqual([1, 1]);
  });

  it('is stated alike for every batch', () => {
    const stated = { returnHorizon: 5, realisationLag: 6 };
    const dates = Float64Array.of(0, day);
    expect(
      timing(CrossSectionBatch.fromDense({ timestamps: dates, characteristics: [[[1]], [[2]]], ...stated })),
    ).toEqual([5, 6]);
    expect(timing(new PersistentPanelBatch({ timestamps: dates, returns: [[1], [2]], ...stated }))).toEqual([5, 6]);
    expect(timing(new PortfolioSequenceBatch({ timestamps: dates, features: [[[[1]], [[2]]]], ...stated }))).toEqual([
      5, 6,
    ]);
    for (const returnHorizon of [0, 1.5, -1, Number.NaN])
      expect(() => new PersistentPanelBatch({ timestamps: dates, returns: [[1], [2]], returnHorizon })).toThrow(
        ConfigError,
      );
  });
});

describe('windows of a panel', () => {
  const panel = (horizon: number): PersistentPanelBatch => {
    const returns = Array.from({ length: 60 }, (_, t) => [((t * 37) % 11) / 100 - 0.05]);
    return new PersistentPanelBatch({
      timestamps: Float64Array.from(returns, (_, t) => t * day),
      returns,
      characteristicNames: ['x'],
      characteristics: returns.map(() => [[1]]),
      returnHorizon: horizon,
    });
  };
  const scaled = { windowLength: 4, volatility: { target: 0.1, halfLife: 5 } } as const;

  it('take volatilities from returns that are known, as the timing of the panel says', () => {
    for (const horizon of [1, 5, 21])
      expect(portfolioWindows(panel(horizon), scaled).batch.volScale).toEqual(
        portfolioWindows(panel(1), { ...scaled, returnDelay: horizon }).batch.volScale,
      );
  });

  it('refuse a delay that is shorter, and take a longer one', () => {
    expect(() => portfolioWindows(panel(5), { ...scaled, returnDelay: 4 })).toThrow(
      /^returnDelay: expected at least 5 dates, the panel's realisationLag.*found 4/,
    );
    expect(() => portfolioWindows(panel(5), { ...scaled, returnDelay: 6 })).not.toThrow();
  });

  it('scale returns over h dates by the share of a year that they span', () => {
    const yearly = { ...scaled, volatility: { target: 0.1, halfLife: 5, periodsPerYear: 252 } };
    const perPeriod = { ...scaled, volatility: { target: 0.1 * Math.sqrt(5 / 252), halfLife: 5 } };
    const [first, second] = [yearly, perPeriod].map((options) =>
      Array.from(portfolioWindows(panel(5), options).batch.volScale ?? []),
    );
    first.forEach((scale, i) => {
      expect(scale).toBeCloseTo(second[i], 10);
    });
  });
});
