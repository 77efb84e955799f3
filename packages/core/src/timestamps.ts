import { DataError, ShapeError, describe } from './errors.ts';

/** A point in time: a Date, an ISO 8601 string (a date alone means midnight UTC), or milliseconds since 1970 UTC. */
export type TimestampInput = Date | string | number;

const ISO = /^\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}(?::?\d{2})?)?)?$/;

/** One timestamp as milliseconds since 1970-01-01 UTC. Strings without an offset are read as UTC, never as local time. */
export function parseTimestamp(field: string, input: TimestampInput): number {
  let value = Number.NaN;
  if (typeof input === 'number') value = input;
  else if (input instanceof Date) value = input.getTime();
  else if (typeof input === 'string' && ISO.test(input.trim())) {
    // PostgreSQL and pandas write an offset of whole hours without its minutes.
    const text = input
      .trim()
      .replace(' ', 'T')
      .replace(/(T.*[+-]\d{2})$/, '$1:00');
    value = Date.parse(text.length > 10 && !/(?:Z|[+-]\d{2}:?\d{2})$/.test(text) ? `${text}Z` : text);
    // Date.parse moves a day that the month does not have into the next month: 2024-02-30 would be 2024-03-01.
    const [year, month, day] = text.slice(0, 10).split('-').map(Number);
    if (day > new Date(Date.UTC(year, month, 0)).getUTCDate()) value = Number.NaN;
  }
  if (!Number.isFinite(value))
    throw new DataError({
      field,
      expected: 'a Date, an ISO 8601 string or epoch milliseconds',
      found: describe(input),
      remedy: 'Convert the column to dates, for example 2024-01-31.',
    });
  return value;
}

/** Timestamps of one kind as epoch milliseconds. Mixed kinds are an error: they usually mean a half-converted column. */
export function parseTimestamps(field: string, inputs: readonly TimestampInput[] | Float64Array): Float64Array {
  if (inputs instanceof Float64Array) return inputs;
  if (!Array.isArray(inputs))
    throw new ShapeError({
      field,
      expected: 'an array of timestamps',
      found: describe(inputs),
      remedy: 'Pass Dates, ISO 8601 strings or epoch milliseconds.',
    });
  const kind = (x: TimestampInput): string => (x instanceof Date ? 'Date' : typeof x);
  const first = inputs.length > 0 ? kind(inputs[0] as TimestampInput) : '';
  const out = new Float64Array(inputs.length);
  (inputs as readonly TimestampInput[]).forEach((input, i) => {
    if (kind(input) !== first)
      throw new DataError({
        field: `${field}[${i}]`,
        expected: `the same type as the entries before it (${first})`,
        found: `${kind(input)} ${describe(input)}`,
        remedy: 'Convert the whole column to one type of timestamp.',
      });
    out[i] = parseTimestamp(`${field}[${i}]`, input);
  });
  return out;
}

/** Throws unless the timestamps are finite and strictly increase. */
export function requireIncreasing(field: string, timestamps: Float64Array): void {
  for (let t = 0; t < timestamps.length; t++) {
    if (!Number.isFinite(timestamps[t]))
      throw new DataError({
        field: `${field}[${t}]`,
        expected: 'a timestamp',
        found: String(timestamps[t]),
        remedy: 'Drop rows without a date.',
      });
    if (t > 0 && timestamps[t] <= timestamps[t - 1])
      throw new DataError({
        field: `${field}[${t}]`,
        expected: `a date after ${formatTimestamp(timestamps[t - 1])}`,
        found: formatTimestamp(timestamps[t]),
        remedy: 'Sort by date and keep each date once.',
      });
  }
}

/** ISO 8601: the date alone at midnight UTC, else date and time. */
export function formatTimestamp(milliseconds: number): string {
  if (!Number.isFinite(milliseconds)) return String(milliseconds);
  const date = new Date(milliseconds);
  if (Number.isNaN(date.getTime())) return String(milliseconds);
  const iso = date.toISOString();
  return iso.endsWith('T00:00:00.000Z') ? iso.slice(0, 10) : iso;
}
