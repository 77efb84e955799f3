import { DataError, Ml4tError, parseTimestamp } from '@ml4t/core';
import type { TimestampFormat } from './options.ts';

/** Reads one entry of a text or integer timestamp column; `where` names the row in the error. */
export function readTimestampText(
  column: string,
  text: string,
  format: TimestampFormat | undefined,
  where: () => string,
): number {
  const value = format === undefined ? isoTimestamp(column, text) : formattedTimestamp(text.trim(), format);
  if (Number.isFinite(value)) return value;
  throw new DataError({
    field: `${column}${where()}`,
    expected: format === undefined ? 'an ISO 8601 date in every row' : `a timestamp written as ${format} in every row`,
    found: JSON.stringify(text),
    remedy: remedyFor(text, format),
  });
}

function isoTimestamp(column: string, text: string): number {
  try {
    const value = parseTimestamp(column, text);
    // JavaScript rolls 30 February over into March.
    const [year, month, day] = text.trim().slice(0, 10).split('-').map(Number);
    return isCalendarDay(year, month, day) ? value : Number.NaN;
  } catch (error) {
    if (error instanceof Ml4tError) return Number.NaN;
    throw error;
  }
}

function formattedTimestamp(text: string, format: TimestampFormat): number {
  if (!/^-?\d+$/.test(text)) return Number.NaN;
  const value = Number(text);
  switch (format) {
    case 'epoch-milliseconds':
      return Math.abs(value) <= 8.64e15 ? value : Number.NaN;
    case 'epoch-seconds':
      return Math.abs(value) <= 8.64e12 ? value * 1000 : Number.NaN;
    case 'yyyymm': {
      if (text.length !== 6) return Number.NaN;
      const year = Math.floor(value / 100);
      const month = value % 100;
      // Day 0 of the next month is the last day of this one.
      return month >= 1 && month <= 12 ? Date.UTC(year, month, 0) : Number.NaN;
    }
    case 'yyyymmdd': {
      if (text.length !== 8) return Number.NaN;
      const [year, month, day] = [Math.floor(value / 10000), Math.floor(value / 100) % 100, value % 100];
      return isCalendarDay(year, month, day) ? Date.UTC(year, month - 1, day) : Number.NaN;
    }
  }
}

function isCalendarDay(year: number, month: number, day: number): boolean {
  return month >= 1 && month <= 12 && day >= 1 && day <= new Date(Date.UTC(year, month, 0)).getUTCDate();
}

function remedyFor(text: string, format: TimestampFormat | undefined): string {
  if (format !== undefined) return 'Correct the entry, or state another timestampFormat.';
  if (/^\d{6}$/.test(text.trim())) return "Set columns.timestampFormat to 'yyyymm' if the digits are a month.";
  if (/^\d{8}$/.test(text.trim())) return "Set columns.timestampFormat to 'yyyymmdd' if the digits are a day.";
  return 'Write every date like 2024-01-31, or convert the column in a query with strptime().';
}
