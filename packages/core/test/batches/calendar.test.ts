import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { CrossSectionBatch, PanelIndex, PersistentPanelBatch } from '../../src/index.ts';
import { longestRegularSpacing, periodsFromStart } from '../../src/authoring/index.ts';

const day = 86_400_000;
/** Business days before and after 1970, months, hours: the distance of every two dates of a run is one period. */
const calendars = {
  businessDays: (t: number): number => Date.UTC(1969, 10, 3) + (Math.floor(t / 5) * 7 + (t % 5)) * day,
  months: (t: number): number => Date.UTC(1990, t + 1, 0),
  everyDay: (t: number): number => Date.UTC(2001, 0, 1) + t * day,
  weeks: (t: number): number => Date.UTC(2001, 0, 1) + 7 * t * day,
};

describe('periodsFromStart', () => {
  it.each(Object.entries(calendars))('counts the dates that are missing from %s', (_, dateOf) => {
    fc.assert(
      fc.property(fc.integer({ min: 20, max: 60 }), fc.integer({ min: 7, max: 12 }), (before, missing) => {
        const positions = Array.from({ length: 100 }, (__, t) => (t < before ? t : t + missing));
        expect(Array.from(periodsFromStart(Float64Array.from(positions, dateOf)))).toEqual(positions);
      }),
    );
  });

  it('takes weekends and holidays for what they are', () => {
    // Without the Thursday and the Friday before a weekend.
    const positions = Array.from({ length: 40 }, (_, t) => t).filter((t) => t !== 13 && t !== 14);
    const periods = periodsFromStart(Float64Array.from(positions, calendars.businessDays));
    expect(Array.from(periods)).toEqual(Array.from(positions, (_, t) => t));
    expect(longestRegularSpacing(Float64Array.from(positions, calendars.businessDays))).toBe(5 * day);
  });

  it('knows no gap in too few dates', () => {
    expect(Array.from(periodsFromStart(Float64Array.of(0, 400 * day)))).toEqual([0, 1]);
    expect(Array.from(periodsFromStart(new Float64Array(0)))).toEqual([]);
  });
});

describe('the calendar of an index', () => {
  const panel = new PersistentPanelBatch({
    timestamps: Float64Array.from({ length: 20 }, (_, t) => t * day),
    returns: Array.from({ length: 20 }, () => [0.1, 0.2]),
  });

  it('is that of the whole panel, in parts and parts of parts', () => {
    expect(panel.index.calendar).toBe(panel.timestamps);
    const part = panel.slice(5, 15).slice(2, 4);
    expect(part.nDates).toBe(2);
    expect(part.index.calendar).toBe(panel.timestamps);
    expect(part.index.withOwnAssets().calendar).toBe(panel.timestamps);
    expect(part.selectAssets(['a1']).index.calendar).toBe(panel.timestamps);
  });

  it('is no part of what makes two indices the same', () => {
    const cut = panel.slice(5, 15).index;
    const own = PanelIndex.full(cut.timestamps.slice(), cut.assetIds);
    expect(cut).toEqual(own);
    expect(Object.keys(cut)).not.toContain('calendar');
    expect(cut.calendar).not.toEqual(own.calendar);
    expect(Object.isFrozen(cut)).toBe(true);
  });

  it('comes along from cross-sections to a panel', () => {
    const batch = CrossSectionBatch.fromDense({
      timestamps: Float64Array.from({ length: 6 }, (_, t) => t * day),
      characteristics: Array.from({ length: 6 }, () => [[1]]),
      returns: Array.from({ length: 6 }, () => [0]),
      returnLag: 0,
    });
    expect(PersistentPanelBatch.fromCrossSection(batch.slice(2, 4)).index.calendar).toBe(batch.timestamps);
  });

  it('has every date of the index', () => {
    const fields = {
      timestamps: Float64Array.of(day),
      rowOffsets: Int32Array.of(0, 0),
      assetIndex: new Int32Array(0),
      assetIds: [],
    };
    expect(new PanelIndex({ ...fields, calendar: Float64Array.of(0, day, 2 * day) }).calendar).toHaveLength(3);
    expect(() => new PanelIndex({ ...fields, calendar: Float64Array.of(0, 2 * day) })).toThrow(
      /^calendar: .*1970-01-02/,
    );
    expect(() => new PanelIndex({ ...fields, calendar: Float64Array.of(2 * day, day) })).toThrow(/calendar/);
  });
});
