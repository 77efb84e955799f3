import { CrossSectionBatch, DataError } from '@ml4t/core';
import { describe, expect, it } from '@jest/globals';
import { contextHistory, contextInput, type ContextOptions } from '../src/context.ts';

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

const raw: ContextOptions = { standardizeContext: false, contextTransform: 'levels', contextWindow: 2 };
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

  it('can be deviations from the mean of the dates before, less the drift of the training dates', () => {
    // Drift (8 - 3) / 3 over the training dates; one date before the second date, two before all later ones.
    const d = 5 / 3;
    const expected = [0, 2 - d, 4 - 4 - 1.5 * d, 8 - 4.5 - 1.5 * d, 9 - 6 - 1.5 * d, 7 - 8.5 - 1.5 * d];
    seen({ contextTransform: 'deviations' }, 4, 6).forEach((value, t) => expect(value).toBeCloseTo(expected[t], 12));
  });

  it('is standardised by the training dates alone, zeros that stand for no difference left out', () => {
    const mean = 5;
    const sd = Math.sqrt((4 + 0 + 1 + 9) / 4);
    seen({ standardizeContext: true }, 6, 8).forEach((value, t) =>
      expect(value).toBeCloseTo((levels[t] - mean) / sd, 12),
    );
    const differences = seen({ standardizeContext: true, contextTransform: 'differences' }, 0, 4);
    expect(differences[0]).toBe(0);
    expect(differences[1] + differences[2] + differences[3]).toBeCloseTo(0, 12);
  });

  it('must have the series of the fit', () => {
    expect(() => contextInput(part(4, 6, ['y']), contextHistory(part(0, 4), undefined, raw), raw)).toThrow(DataError);
    expect(() => contextInput(part(4, 6), undefined, raw)).toThrow(/no context series/);
  });
});
