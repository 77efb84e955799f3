import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { averageRanks } from '../../src/metrics/average-ranks.ts';

describe('average ranks', () => {
  it('share ranks among ties, skip NaN, and tie the two zeros', () => {
    expect([...averageRanks(Float64Array.of(3, Number.NaN, 1, 3, 0, -0, Infinity, -Infinity))]).toEqual([
      5.5,
      Number.NaN,
      4,
      5.5,
      2.5,
      2.5,
      7,
      1,
    ]);
    expect([...averageRanks(new Float64Array(0))]).toEqual([]);
    expect([...averageRanks(Float64Array.of(Number.NaN))]).toEqual([Number.NaN]);
    expect([...averageRanks(new Float64Array(4))]).toEqual([2.5, 2.5, 2.5, 2.5]);
  });

  it('equal the definition: values below, plus half of those tied, plus one half', () => {
    // Neighbours that differ in their last bits only, and with either sign.
    const near = fc.integer({ min: -40, max: 40 }).map((k) => Math.sign(k) * (1 + Math.abs(k) * Number.EPSILON));
    const value = fc.oneof(fc.integer({ min: -3, max: 3 }), fc.constant(Number.NaN), fc.double({ noNaN: true }), near);
    fc.assert(
      fc.property(fc.array(value, { maxLength: 60 }), (values) => {
        const before = Float64Array.from(values);
        const ranks = averageRanks(before);
        expect(before).toEqual(Float64Array.from(values));
        values.forEach((x, i) => {
          const below = values.filter((y) => y < x).length;
          const tied = values.filter((y) => y === x).length;
          expect(ranks[i]).toBe(Number.isNaN(x) ? Number.NaN : below + (tied + 1) / 2);
        });
      }),
      { seed: 1, numRuns: 200 },
    );
  });
});
