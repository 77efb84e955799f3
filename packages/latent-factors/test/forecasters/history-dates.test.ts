import { ConfigError, DataError, LatentFactorState, PanelIndex } from '@ml4t/core';
import type { ReturnTiming } from '@ml4t/core/authoring';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { AR1FactorForecaster, EWMAFactorForecaster, ExpandingMeanFactorForecaster } from '../../src/index.ts';

const day = 86_400_000;
const monthEnd = (t: number): number => Date.UTC(2000, t + 1, 0);

/** Dates `positions` of a panel of `nDates` business days. */
function part(
  values: readonly number[],
  from: number,
  to: number,
  timing?: ReturnTiming,
  dateOf: (t: number) => number = businessDay,
): LatentFactorState {
  const whole = PanelIndex.full(
    Float64Array.from(values, (_, t) => dateOf(t)),
    ['a'],
  );
  return new LatentFactorState({
    index: whole.slice(from, to),
    nFactors: 1,
    betaLayout: 'asset',
    betas: Float64Array.of(1),
    factorReturns: Float64Array.from(values.slice(from, to)),
    timing,
  });
}

/** Monday 3 January 2000 and the business days after it. */
function businessDay(t: number): number {
  return Date.UTC(2000, 0, 3) + (Math.floor(t / 5) * 7 + (t % 5)) * day;
}

/** The same state as of a batch that knows its own dates alone. */
function alone({ index, ...state }: LatentFactorState): LatentFactorState {
  return new LatentFactorState({ ...state, index: PanelIndex.full(index.timestamps, index.assetIds) } as never);
}

const forecasters = [
  ['expanding-mean', (realisationLag?: number) => new ExpandingMeanFactorForecaster({ realisationLag })],
  ['ewma', (realisationLag?: number) => new EWMAFactorForecaster({ realisationLag })],
  ['ar1', (realisationLag?: number) => new AR1FactorForecaster({ realisationLag })],
] as const;

describe.each(forecasters)('%s', (_, create) => {
  it('uses nothing that is realised after the date of the forecast, and everything that is, at any horizon', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 21 }),
        fc.integer({ min: 0, max: 3 }),
        fc.integer({ min: 0, max: 30 }),
        fc.integer({ min: 0, max: 89 }),
        (returnHorizon, delay, gap, changed) => {
          const timing = { returnHorizon, realisationLag: returnHorizon + delay };
          const values = Array.from({ length: 90 }, (__, t) => Math.sin(t * t));
          const premiaOf = (series: readonly number[]): Float64Array => {
            const forecaster = create();
            forecaster.fit(part(series, 0, 60 - gap, timing));
            return forecaster.predict(part(series, 60, 90, timing)).premia;
          };
          const before = premiaOf(values);
          const after = premiaOf(values.map((value, t) => (t === changed ? value + 7 : value)));
          const known = changed + timing.realisationLag;
          const isSeen = changed < 60 - gap || changed >= 60;
          for (let t = 60; t < 90; t++) {
            if (t < known || !isSeen) expect(after[t - 60]).toBe(before[t - 60]);
            else expect(after[t - 60]).not.toBe(before[t - 60]);
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  it('takes a longer lag than that of the returns, and refuses a shorter one', () => {
    const values = Array.from({ length: 60 }, (__, t) => Math.cos(t * t));
    const timing = { returnHorizon: 5, realisationLag: 5 };
    const [own, longer] = [create(), create(7)];
    for (const forecaster of [own, longer]) forecaster.fit(part(values, 0, 50, timing));
    const target = part(values, 50, 60, timing);
    const delayed = create();
    delayed.fit(part(values, 0, 50, { returnHorizon: 5, realisationLag: 7 }));
    expect(longer.predict(target).premia).toEqual(delayed.predict(target).premia);
    expect(longer.predict(target).premia).not.toEqual(own.predict(target).premia);
    expect(() => {
      create(4).fit(part(values, 0, 50, timing));
    }).toThrow(ConfigError);
    const unaware = create(1);
    unaware.fit(part(values, 0, 50));
    expect(() => unaware.predict(target)).toThrow(/^forecaster\.realisationLag: expected at least 5.*found 1/);
  });

  it('refuses factors of returns over another number of dates, unless there are none', () => {
    const values = Array.from({ length: 60 }, (__, t) => Math.cos(t * t));
    const forecaster = create();
    forecaster.fit(part(values, 0, 50, { returnHorizon: 5, realisationLag: 5 }));
    const daily = { returnHorizon: 1, realisationLag: 1 };
    expect(() => forecaster.predict(part(values, 50, 60, daily))).toThrow(DataError);
    expect(() => forecaster.predict(part(values, 50, 60, daily))).toThrow(
      /returns over 5 dates, as in the fit, found 1/,
    );
    const silent = values.map((value, t) => (t >= 50 ? Number.NaN : value));
    expect(forecaster.predict(part(silent, 50, 60, daily)).premia.every(Number.isFinite)).toBe(true);
  });
});

describe('a gap between training and the batch at hand', () => {
  const ramp = Array.from({ length: 40 }, (_, t) => t);

  it('costs no returns that are realised: those before a purge of h - 1 dates all are', () => {
    const timing = { returnHorizon: 5, realisationLag: 5 };
    const forecaster = new ExpandingMeanFactorForecaster();
    forecaster.fit(part(ramp, 0, 36, timing));
    // Means of 0 … 35; the returns of the batch itself are realised five dates later.
    expect(forecaster.predict(part(ramp, 40 - 1, 40, timing)).premia[0]).toBe(17);
    forecaster.fit(part(ramp, 0, 35, timing));
    expect(forecaster.predict(part(ramp, 39, 40, timing)).premia[0]).toBe(17);
    // Without the calendar in between, nothing is said of how many dates it has: the last returns are left out.
    forecaster.fit(alone(part(ramp, 0, 36, timing)));
    expect(forecaster.predict(alone(part(ramp, 39, 40, timing))).premia[0]).toBe(15.5);
  });

  it('is no pair of an autoregression, which is iterated over it', () => {
    const bare = { shrinkage: 0 };
    // f_{s+1} = f_s / 2 exactly, in two stretches: a pair across the gap would break the slope.
    const values = [1024, 512, 256, 128, 64, 0, 0, 0, 4096, 2048, 1024, 512, 0, 0, 0, 0];
    const stretches = values.map((value, t) => (t >= 5 && t < 8 ? Number.NaN : value));
    const forecaster = new AR1FactorForecaster(bare);
    forecaster.fit(part(stretches, 0, 12));
    expect(forecaster.predict(part(values, 12, 13)).premia[0]).toBeCloseTo(256, 9);
    // Three dates later: 512 / 2^4.
    expect(forecaster.predict(part(values, 15, 16)).premia[0]).toBeCloseTo(32, 9);
  });

  it('is forgotten at the pace of an exponential average', () => {
    const values = [8, 0, 0, 2, 5];
    const forecaster = new EWMAFactorForecaster({ halfLife: 1 });
    // Returns of dates 0 and 3; 1 and 2 are in nobody's batch.
    forecaster.fit(part(values, 0, 1));
    const { premia } = forecaster.predict(part(values, 3, 5));
    expect(premia[0]).toBe(8);
    expect(premia[1]).toBeCloseTo((8 / 8 + 2) / (1 / 8 + 1), 14);
  });

  it('is told by the dates where nothing else tells it', () => {
    const values = Array.from({ length: 40 }, (_, t) => Math.pow(2, -t) * 1e6);
    const forecast = (dateOf: (t: number) => number, gap: number): number => {
      const forecaster = new AR1FactorForecaster({ shrinkage: 0 });
      forecaster.fit(alone(part(values, 0, 20, undefined, dateOf)));
      return forecaster.predict(alone(part(values, 20 + gap, 40, undefined, dateOf))).premia[0];
    };
    for (const dateOf of [monthEnd, businessDay])
      for (const gap of [0, 6, 11]) expect(forecast(dateOf, gap) / values[20 + gap]).toBeCloseTo(1, 6);
  });
});
