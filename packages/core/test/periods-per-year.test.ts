import { describe, expect, it } from '@jest/globals';
import { periodsPerYear } from '../src/authoring/index.ts';

const days = (dates: readonly number[]): number[] => dates.map((day) => Date.UTC(2020, 0, 1 + day));
const range = (n: number, step: (i: number) => number): number[] => Array.from({ length: n }, (_, i) => step(i));

describe('periodsPerYear', () => {
  it.each<[string, number[], number, string, boolean?]>([
    ['weekdays', days(range(300, (i) => Math.floor(i / 5) * 7 + (i % 5))), 252, 'daily'],
    ['every day of the week', days(range(300, (i) => i)), 252, 'daily', true],
    ['a few days in a row', days([0, 1, 2, 3]), 252, 'daily'],
    ['weeks', days(range(30, (i) => 7 * i)), 52, 'weekly'],
    ['month ends', range(30, (i) => Date.UTC(2020, i + 1, 0)), 12, 'monthly'],
    ['months with a year left out', range(30, (i) => Date.UTC(2020, i + (i > 15 ? 12 : 0) + 1, 0)), 12, 'monthly'],
    ['quarters', range(12, (i) => Date.UTC(2020, 3 * i + 3, 0)), 4, 'quarterly'],
    ['years', range(6, (i) => Date.UTC(2020 + i, 11, 31)), 1, 'annual'],
  ])('%s', (_, timestamps, count, name, everyDay = false) => {
    expect(periodsPerYear(timestamps)).toEqual({ count, name, everyDay });
    expect(periodsPerYear(Float64Array.from(timestamps))).toEqual({ count, name, everyDay });
  });

  it('counts where dates are of no usual kind, and knows nothing of one date', () => {
    const hours = periodsPerYear(range(500, (i) => i * 3_600_000));
    expect(hours?.count).toBeCloseTo(8766, 6);
    expect(hours).toMatchObject({ name: undefined, everyDay: false });
    expect(periodsPerYear(days(range(50, (i) => 14 * i)))?.count).toBeCloseTo(26.1, 1);
    expect(periodsPerYear([0])).toBeUndefined();
  });
});
