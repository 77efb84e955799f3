import { DataError, Ml4tError, parseTimestamp } from '@ml4t/core';
import { dateByPattern } from './date-pattern.ts';
import type { TimestampFormat } from './source-options.ts';

/** How the texts of a column tell the date; ISO 8601 where neither is stated. */
export interface TextDates {
  readonly timestampFormat: TimestampFormat | undefined;
  /** In the letters of strptime. */
  readonly dateFormat: string | undefined;
}

export interface ReadTimestamp {
  /** Milliseconds since 1970 UTC. */
  readonly value: number;
  /** How far the clocks where it was written are ahead of UTC; undefined where the text does not say. */
  readonly offset: number | undefined;
}

/** Reads one entry of a text or integer timestamp column; `where` names the row in the error. */
export function readTimestampText(
  column: string,
  text: string,
  formats: TextDates,
  where: () => string,
): ReadTimestamp {
  const { timestampFormat, dateFormat } = formats;
  const entry = text.trim();
  const value =
    dateFormat !== undefined
      ? dateByPattern(entry, dateFormat)
      : timestampFormat === undefined
        ? isoTimestamp(column, entry)
        : formattedTimestamp(entry, timestampFormat);
  if (Number.isFinite(value))
    return { value, offset: dateFormat === undefined && timestampFormat === undefined ? offsetOf(entry) : undefined };
  throw new DataError({
    field: `${column}${where()}`,
    expected:
      dateFormat !== undefined
        ? `a date written as ${dateFormat} in every row`
        : timestampFormat === undefined
          ? 'an ISO 8601 date in every row'
          : `a timestamp written as ${timestampFormat} in every row`,
    found: text === column ? 'the header again' : JSON.stringify(text),
    remedy: remedyFor(text, formats),
  });
}

function isoTimestamp(column: string, text: string): number {
  try {
    return parseTimestamp(column, text);
  } catch (error) {
    if (error instanceof Ml4tError) return Number.NaN;
    throw error;
  }
}

/** The offset at the end of an ISO text. */
function offsetOf(text: string): number | undefined {
  if (text.endsWith('Z')) return 0;
  const found = /[T ].*([+-])(\d{2})(?::?(\d{2}))?$/.exec(text);
  if (!found) return undefined;
  const minutes = Number(found[2]) * 60 + Number(found[3] ?? 0);
  return (found[1] === '-' ? -1 : 1) * minutes * 60_000;
}

function formattedTimestamp(text: string, format: TimestampFormat): number {
  if (!/^-?\d+(\.0+)?$/.test(text)) return Number.NaN;
  const value = Number(text);
  const digits = text.replace(/\.0+$/, '');
  switch (format) {
    case 'epoch-milliseconds':
      return Math.abs(value) <= 8.64e15 ? value : Number.NaN;
    case 'epoch-seconds':
      return Math.abs(value) <= 8.64e12 ? value * 1000 : Number.NaN;
    case 'excel-serial':
      // Day 60 is 29 February 1900, which never was; days before it count from another start.
      return value > 60 && value < 2_958_466 ? Date.UTC(1899, 11, 30) + value * 86_400_000 : Number.NaN;
    case 'yyyymm': {
      if (digits.length !== 6) return Number.NaN;
      const year = Math.floor(value / 100);
      const month = value % 100;
      // Day 0 of the next month is the last day of this one.
      return month >= 1 && month <= 12 ? Date.UTC(year, month, 0) : Number.NaN;
    }
    case 'yyyymmdd': {
      if (digits.length !== 8) return Number.NaN;
      const [year, month, date] = [Math.floor(value / 10000), Math.floor(value / 100) % 100, value % 100];
      return isCalendarDay(year, month, date) ? Date.UTC(year, month - 1, date) : Number.NaN;
    }
  }
}

function isCalendarDay(year: number, month: number, day: number): boolean {
  return month >= 1 && month <= 12 && day >= 1 && day <= new Date(Date.UTC(year, month, 0)).getUTCDate();
}

function remedyFor(text: string, { timestampFormat, dateFormat }: TextDates): string {
  const entry = text.trim();
  if (dateFormat !== undefined) return 'Correct the entry, or state another dateFormat.';
  if (timestampFormat !== undefined) return 'Correct the entry, or state another timestampFormat.';
  if (/^\d{6}$/.test(entry)) return "Set columns.timestampFormat to 'yyyymm' if the digits are a month.";
  if (/^\d{8}$/.test(entry)) return "Set columns.timestampFormat to 'yyyymmdd' if the digits are a day.";
  const guess = guessedFormat(entry);
  return guess === undefined
    ? 'Write every date like 2024-01-31, or say how it is written by dateFormat, in the letters of strptime.'
    : `Say how it is written: dateFormat: ${guess}.`;
}

/** What an entry may be written as: more than one where day and month cannot be told apart. */
function guessedFormat(entry: string): string | undefined {
  const found = /^(\d{1,2})([/.-])(\d{1,2})[/.-](\d{4}|\d{2})$/.exec(entry);
  if (found) {
    const year = found[4].length === 4 ? '%Y' : '%y';
    const [dayFirst, monthFirst] = ['%d', '%m'].map(
      (first) => `'${[first, first === '%d' ? '%m' : '%d', year].join(found[2])}'`,
    );
    if (Number(found[1]) > 12) return dayFirst;
    return Number(found[3]) > 12 ? monthFirst : `${dayFirst} or ${monthFirst}`;
  }
  const named = /^(?:(\d{1,2})([ /.-]?))?[A-Za-z]{3}([ /.-]?)(\d{4}|\d{2})$/.exec(entry);
  if (named) {
    const month = `%b${named[3]}${named[4].length === 4 ? '%Y' : '%y'}`;
    return named[1] === undefined ? `'${month}', the last day of the month` : `'%d${named[2]}${month}'`;
  }
  if (/^\d{4}-\d{2}$/.test(entry)) return "'%Y-%m', the last day of the month";
  if (/^\d{4}\/\d{1,2}\/\d{1,2}$/.test(entry)) return "'%Y/%m/%d'";
  return undefined;
}
