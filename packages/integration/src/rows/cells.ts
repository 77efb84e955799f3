import { DataError, formatTimestamp } from '@ml4t/core';
import { describe } from '@ml4t/core/authoring';
import type { FrameColumn, NumberChunk, RowChunk, RowRequest, TextChunk } from '../read/frame.ts';
import type { KeyDictionary } from '../read/key-dictionary.ts';

/** Successive rows as JavaScript values. */
export interface CellChunk {
  readonly length: number;
  /** The values of a column; undefined stands for null, also for a column that the rows do not have. */
  column(name: string): ArrayLike<unknown> | ((row: number) => unknown) | undefined;
}

/** Where a chunk starts, for messages. */
export interface CellOrigin {
  readonly label: string;
  readonly firstRow: number;
}

type Reader = (row: number) => unknown;

function readerOf(chunk: CellChunk, name: string): Reader {
  const cells = chunk.column(name);
  if (cells === undefined) return () => undefined;
  return typeof cells === 'function' ? cells : (row) => cells[row];
}

/** The columns that were asked for, as the readers of batches take them. */
export function rowChunk(chunk: CellChunk, request: RowRequest, origin: CellOrigin): RowChunk {
  const { timestamp, asset, numbers } = request;
  const isDated = timestamp.kind === 'timestamp' || timestamp.kind === 'date';
  return {
    length: chunk.length,
    timestamps: isDated ? dates(chunk, timestamp, origin) : texts(chunk, timestamp, origin),
    assets: texts(chunk, asset, origin),
    numbers: numbers.map((column) => doubles(chunk, column, origin)),
  };
}

/** A column as doubles, NaN for null. */
export function doubles(chunk: CellChunk, column: FrameColumn, origin: CellOrigin): NumberChunk {
  const cells = chunk.column(column.name);
  const whole = { validity: undefined, validityOffset: 0 };
  if (cells instanceof Float64Array) return { values: cells, ...whole };
  const read = readerOf(chunk, column.name);
  const values = new Float64Array(chunk.length);
  for (let row = 0; row < values.length; row++) {
    const value = read(row);
    values[row] = typeof value === 'number' ? value : numberOf(value, column, origin, row);
  }
  return { values, ...whole };
}

function numberOf(value: unknown, column: FrameColumn, origin: CellOrigin, row: number): number {
  if (value === null || value === undefined) return Number.NaN;
  if (typeof value === 'bigint' || typeof value === 'boolean') return Number(value);
  // Text is a number only where the caller said so: drivers hand over NUMERIC and BIGINT like this.
  if (typeof value === 'string' && column.kind === 'number') {
    const number = value.trim() === '' ? Number.NaN : Number(value);
    if (!Number.isNaN(number) || value.trim().toLowerCase() === 'nan') return number;
  }
  throw badCell(
    column,
    origin,
    row,
    'a number, or null for missing',
    value,
    'Correct the entry, or leave the column out.',
  );
}

function dates(chunk: CellChunk, column: FrameColumn, origin: CellOrigin): NumberChunk {
  const read = readerOf(chunk, column.name);
  const values = new Float64Array(chunk.length);
  for (let row = 0; row < values.length; row++) {
    const value = read(row);
    if (value === null || value === undefined) values[row] = Number.NaN;
    else if (value instanceof Date && !Number.isNaN(value.getTime())) values[row] = value.getTime();
    else
      throw badCell(
        column,
        origin,
        row,
        'a Date, as in the rows before',
        value,
        'Give every row a date of the same type.',
      );
  }
  return { values, validity: undefined, validityOffset: 0 };
}

/** A column of text or whole numbers as keys. */
export function texts(chunk: CellChunk, column: FrameColumn, origin: CellOrigin): TextChunk {
  return {
    encode(dictionary: KeyDictionary, codes: Int32Array): void {
      const read = readerOf(chunk, column.name);
      let last: unknown;
      let lastCode = -1;
      for (let row = 0; row < chunk.length; row++) {
        const value = read(row);
        // Dates come in runs.
        if (value !== last || row === 0) {
          lastCode = value === null || value === undefined ? -1 : dictionary.codeOf(textOf(value, column, origin, row));
          last = value;
        }
        codes[row] = lastCode;
      }
    },
  };
}

function textOf(value: unknown, column: FrameColumn, origin: CellOrigin, row: number): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'bigint' || Number.isSafeInteger(value)) return String(value);
  const remedy = 'Give every row the same type of date and of asset id.';
  throw badCell(column, origin, row, 'text or a whole number, as in the rows before', value, remedy);
}

function badCell(
  column: FrameColumn,
  origin: CellOrigin,
  row: number,
  expected: string,
  value: unknown,
  remedy: string,
): DataError {
  const found =
    value instanceof Date && !Number.isNaN(value.getTime())
      ? `the Date ${formatTimestamp(value.getTime())}`
      : describe(value);
  return new DataError({
    field: `${column.name} (row ${origin.firstRow + row + 1} of ${origin.label})`,
    expected,
    found,
    remedy,
  });
}
