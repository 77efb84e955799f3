import { DataError, formatTimestamp } from '@ml4t/core';

/** What is wrong with a row, named by its number where that is honest, and by its date where it is known. */
export class RowErrors {
  /** Rows of the chunks before: positions below count within a chunk. */
  rowsBefore = 0;
  readonly #timestampColumn: string;
  readonly #namesRows: boolean;

  /** `namesRows`: false when the source leaves out rows, so that row numbers would mislead. */
  constructor(timestampColumn: string, namesRows: boolean) {
    this.#timestampColumn = timestampColumn;
    this.#namesRows = namesRows;
  }

  /** The row, to follow the name of a column. */
  where(position: number, date?: number): string {
    const parts = [
      ...(this.#namesRows ? [`row ${this.rowsBefore + position + 1}`] : []),
      ...(date === undefined ? [] : [formatTimestamp(date)]),
    ];
    return parts.length === 0 ? '' : ` (${parts.join(', ')})`;
  }

  noDate(position: number): DataError {
    return new DataError({
      field: `${this.#timestampColumn}${this.where(position)}`,
      expected: 'a timestamp in every row',
      found: 'none',
      remedy: 'Drop rows without a date.',
    });
  }

  fractionOfMillisecond(position: number, value: number): DataError {
    return new DataError({
      field: `${this.#timestampColumn}${this.where(position, Math.floor(value))}`,
      expected: 'timestamps in whole milliseconds',
      found: 'a finer fraction',
      remedy: 'Round the column, for example in a query with date_trunc().',
    });
  }

  unsorted(position: number, date: number, lastDate: number): DataError {
    return new DataError({
      field: `${this.#timestampColumn}${this.where(position)}`,
      expected: `rows sorted by date (${formatTimestamp(lastDate)} or later)`,
      found: formatTimestamp(date),
      remedy: 'Sort the source by date, or ask for it with `sort: true`.',
    });
  }
}

/** `cell`: the column, and the row by date and asset. */
export function infiniteValue(cell: string, value: number): DataError {
  return new DataError({
    field: cell,
    expected: 'finite numbers, or nothing for missing',
    found: String(value),
    remedy: 'Replace infinities at the source, often a division by zero.',
  });
}

/** `onDate`: what the date's rows before had, NaN in its first row. */
export function inconsistentContext(cell: string, value: number, onDate: number): DataError {
  return new DataError({
    field: cell,
    expected:
      Number.isFinite(value) && !Number.isNaN(onDate)
        ? `the same value in every row of a date (${onDate})`
        : 'a finite value in every row',
    found: Number.isNaN(value) ? 'none' : String(value),
    remedy:
      'Context series describe dates, not assets: fill them before reading, or read the column as a characteristic.',
  });
}
