import { describe, expect, it } from '@jest/globals';
import { DataError, ShapeError } from '../src/errors.ts';
import { formatTimestamp, parseTimestamp, parseTimestamps, requireIncreasing } from '../src/timestamps.ts';

describe('one timestamp', () => {
  it.each([
    ['2024-01-31', Date.UTC(2024, 0, 31)],
    [' 2024-01-31 ', Date.UTC(2024, 0, 31)],
    ['2024-01-31T10:30', Date.UTC(2024, 0, 31, 10, 30)],
    ['2024-01-31 10:30:15', Date.UTC(2024, 0, 31, 10, 30, 15)],
    ['2024-01-31T10:30:15.250Z', Date.UTC(2024, 0, 31, 10, 30, 15, 250)],
    ['2024-01-31T10:30+02:00', Date.UTC(2024, 0, 31, 8, 30)],
    ['2024-02-29', Date.UTC(2024, 1, 29)],
    [new Date(12345), 12345],
    [86400000, 86400000],
    [-1, -1],
  ])('reads %p in UTC', (input, expected) => {
    expect(parseTimestamp('t', input)).toBe(expected);
  });

  it.each([
    '',
    '31.01.2024',
    '2024-1-31',
    '20240131',
    '2024-13-01',
    '2024-01-31T25:00',
    'January',
    Number.NaN,
    Infinity,
  ])('refuses %p', (input) => {
    expect(() => parseTimestamp('date[3]', input)).toThrow(DataError);
    expect(() => parseTimestamp('date[3]', input)).toThrow(/^date\[3\]: /);
  });

  it('refuses an invalid Date and what is no date at all', () => {
    expect(() => parseTimestamp('t', new Date('no'))).toThrow(/an invalid Date/);
    expect(() => parseTimestamp('t', null as unknown as string)).toThrow(DataError);
  });
});

describe('a column of timestamps', () => {
  it('uses a Float64Array as it is', () => {
    const column = Float64Array.of(1, 2);
    expect(parseTimestamps('t', column)).toBe(column);
    expect([...parseTimestamps('t', ['1970-01-01', '1970-01-02'])]).toEqual([0, 86400000]);
    expect(parseTimestamps('t', [])).toHaveLength(0);
  });

  it('refuses mixed kinds, naming the first entry that differs', () => {
    expect(() => parseTimestamps('t', ['2024-01-31', 5])).toThrow(/^t\[1\]: expected the same type .*string.*number 5/);
    expect(() => parseTimestamps('t', [new Date(0), '2024-01-31'])).toThrow(/^t\[1\]: /);
    expect(() => parseTimestamps('t', '2024-01-31' as unknown as string[])).toThrow(ShapeError);
  });

  it('must increase strictly', () => {
    expect(() => requireIncreasing('t', Float64Array.of(1, 2, 3))).not.toThrow();
    expect(() => requireIncreasing('t', new Float64Array(0))).not.toThrow();
    expect(() => requireIncreasing('t', Float64Array.of(0, 86400000, 86400000))).toThrow(
      't[2]: expected a date after 1970-01-02, found 1970-01-02.',
    );
    expect(() => requireIncreasing('t', Float64Array.of(1, Number.NaN))).toThrow(/^t\[1\]: /);
  });
});

it('is written as a date at midnight, else as date and time', () => {
  expect(formatTimestamp(Date.UTC(2024, 0, 31))).toBe('2024-01-31');
  expect(formatTimestamp(Date.UTC(2024, 0, 31, 9))).toBe('2024-01-31T09:00:00.000Z');
  expect(formatTimestamp(Number.NaN)).toBe('NaN');
  expect(formatTimestamp(1e300)).toBe('1e+300');
  // Reading what was written gives the same moment.
  for (const t of [0, 86400000, 123456789]) expect(parseTimestamp('t', formatTimestamp(t))).toBe(t);
});
