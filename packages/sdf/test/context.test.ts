import { CrossSectionBatch, DataError } from '@ml4t/core';
import { describe, expect, it } from '@jest/globals';
import { contextHistory, contextInput, type ContextOptions } from '../src/sdf/context.ts';

const levels = [3, 5, 4, 8, 9, 7, 12, 10];

/** One asset and one context series over the dates from .. to-1. */
function part(from: number, to: number, names = ['z']): CrossSectionBatch {
  const dates = to - from;
  return CrossSectionBatch.fromArrays({
    timestamps: Float64Array.from({ length: dates }, (_, t) => Date.UTC(2000, from + t, 1)),
    rowOffsets: Array.from({ length: dates + 1 }, (_, t) => t),
    assetIndex: new Int32Array(dates),
    assetIds: ['a'],
    characteristicNames: ['c'],
    characteristics: new Float64Array(dates),
    contextNames: names,
    contextFeatures: Float64Array.from(levels.slice(from, to).flatMap((z) => names.map(() => z))),
  });
}

const raw: ContextOptions = { contextScaling: 'none', contextTransform: 'levels', contextWindow: 2 };
const seen = (options: Partial<ContextOptions>, from: number, to: number): number[] => {
  const all = { ...raw, ...options };
  const input = contextInput(part(from, to), contextHistory(part(0, 4), part(4, 6), all), all);
  return [...(input?.values ?? [])];
};

describe('context of the recurrent layers', () => {
  it('is the dates of the fit before the batch, then the batch', () => {
    expect(seen({}, 6, 8)).toEqual(levels);
    expect(seen({}, 4, 6)).toEqual(levels.slice(0, 6));
    expect(seen({}, 0, 4)).toEqual(levels.slice(0, 4));
    expect(seen({}, 2, 5)).toEqual(levels.slice(0, 5));
  });

  it('can be differences, across the seams of the batches', () => {
    expect(seen({ contextTransform: 'differences' }, 6, 8)).toEqual([0, 2, -1, 4, 1, -2, 5, -2]);
  });

  it('can be deviations from the mean of the dates before, less the trend of the training dates', () => {
    // The least-squares slope of 3, 5, 4, 8; one date before the second date, two before all later ones.
    const d = (-1.5 * 3 - 0.5 * 5 + 0.5 * 4 + 1.5 * 8) / 5;
    const expected = [0, 2 - d, 4 - 4 - 1.5 * d, 8 - 4.5 - 1.5 * d, 9 - 6 - 1.5 * d, 7 - 8.5 - 1.5 * d];
    seen({ contextTransform: 'deviations' }, 4, 6).forEach((value, t) => expect(value).toBeCloseTo(expected[t], 12));
  });

  it('keeps a trend in step across dates that are left out', () => {
    const trend = (from: number, to: number): CrossSectionBatch => {
      const count = to - from;
      return CrossSectionBatch.fromArrays({
        timestamps: Float64Array.from({ length: count }, (_, t) => Date.UTC(2000, from + t, 1)),
        rowOffsets: Array.from({ length: count + 1 }, (_, t) => t),
        assetIndex: new Int32Array(count),
        assetIds: ['a'],
        characteristicNames: ['c'],
        characteristics: new Float64Array(count),
        contextNames: ['z'],
        contextFeatures: Float64Array.from({ length: count }, (_, t) => 3 + 0.5 * (from + t)),
      });
    };
    const options: ContextOptions = { ...raw, contextTransform: 'detrended' };
    // A year for training, five months left out, two for validation, twenty left out, and the batch.
    const history = contextHistory(trend(0, 12), trend(17, 19), options);
    const { values = [], before } = contextInput(trend(39, 45), history, options) ?? {};
    expect(before).toBe(14);
    values.forEach((value) => expect(Math.abs(value)).toBeLessThan(1e-9));
  });

  describe('detrended', () => {
    /** z_t less the least-squares line through the first n levels, at its time t. */
    const residual = (n: number, t: number): number => {
      const known = levels.slice(0, n);
      const [middle, mean] = [(n - 1) / 2, known.reduce((a, b) => a + b, 0) / n];
      const cross = known.reduce((sum, z, k) => sum + (k - middle) * (z - mean), 0);
      const squares = known.reduce((sum, _, k) => sum + (k - middle) ** 2, 0);
      return levels[t] - mean - (cross / squares) * (t - middle);
    };
    const expected = levels.map((_, t) => residual(Math.max(4, t + 1), t));

    it('is the residual of the line through the training dates and, after them, the dates up to its own', () => {
      const found = seen({ contextTransform: 'detrended' }, 6, 8);
      expect(found).toHaveLength(8);
      found.forEach((value, t) => expect(value).toBeCloseTo(expected[t], 12));
    });

    it('does not depend on where a batch is cut, nor on dates to come', () => {
      const whole = seen({ contextTransform: 'detrended' }, 2, 8);
      expect(seen({ contextTransform: 'detrended' }, 5, 7)).toEqual(whole.slice(0, 7));
      expect(seen({ contextTransform: 'detrended' }, 4, 6)).toEqual(whole.slice(0, 6));
    });

    it('goes back along the line of the training dates before them', () => {
      const all = { ...raw, contextTransform: 'detrended' as const };
      // Dates 2 .. 5 train; the path begins at date 0.
      const input = contextInput(part(0, 4), contextHistory(part(2, 6), undefined, all), all);
      const slope = (-1.5 * 4 - 0.5 * 8 + 0.5 * 9 + 1.5 * 7) / 5;
      levels.slice(0, 4).forEach((z, t) => expect(input?.values[t]).toBeCloseTo(z - 7 - slope * (t - 3.5), 12));
    });
  });

  it('is standardised by the training dates alone, zeros that stand for no difference left out', () => {
    const mean = 5;
    const sd = Math.sqrt((4 + 0 + 1 + 9) / 4);
    seen({ contextScaling: 'standardize' }, 6, 8).forEach((value, t) =>
      expect(value).toBeCloseTo((levels[t] - mean) / sd, 12),
    );
    const differences = seen({ contextScaling: 'standardize', contextTransform: 'differences' }, 0, 4);
    expect(differences[0]).toBe(0);
    expect(differences[1] + differences[2] + differences[3]).toBeCloseTo(0, 12);
  });

  it('must have the series of the fit', () => {
    expect(() => contextInput(part(4, 6, ['y']), contextHistory(part(0, 4), undefined, raw), raw)).toThrow(DataError);
    expect(() => contextInput(part(4, 6), undefined, raw)).toThrow(/no context series/);
  });
});
