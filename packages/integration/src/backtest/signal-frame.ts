import { ConfigError, DataError, SourceError, formatTimestamp } from '@ml4t/core';
import {
  DataType,
  DateDay,
  Int64,
  TimestampMillisecond,
  makeData,
  makeVector,
  type Data,
  type Table,
  type Vector,
} from 'apache-arrow';
import { milliseconds, numbers, texts } from '../arrow/columns.ts';
import { floatColumn, tableOf, textColumn, timestampColumn } from '../frames/columns.ts';
import { isNull } from '../read/frame.ts';
import { KeyDictionary } from '../read/key-dictionary.ts';
import type { FeedSpecification } from './feed-specification.ts';
import type { KeyTypes } from './price-table.ts';

/** The dates and assets of a frame, by code. */
export interface FrameKeys {
  readonly dates: readonly number[];
  readonly dateOfRow: Int32Array;
  readonly assets: readonly string[];
  /** Empty where the frame has no assets. */
  readonly assetOfRow: Int32Array;
}

/** A frame for DataFeed: the keys under its names and in its types, rows without any value left out. */
export interface FeedFrame {
  readonly table: Table;
  readonly keys: FrameKeys;
  /** Rows left out: DataFeed would hand a strategy null where it expects a number. */
  readonly nDropped: number;
}

/**
 * Makes a frame of signals (`timestamp`, `asset`, values) or of context (`timestamp`, values) into what DataFeed finds.
 *
 * @throws ConfigError a column holds the future (`y_true`)
 * @throws DataError a row without date or asset, or two rows of one date and asset
 */
export function feedFrame(
  field: string,
  table: Table,
  kind: 'signals' | 'context',
  feed: FeedSpecification,
  types: KeyTypes,
): FeedFrame {
  const stamps = requireColumn(field, table, 'timestamp');
  const ids = kind === 'signals' ? requireColumn(field, table, 'asset') : undefined;
  const valueNames = table.schema.fields
    .map(({ name }) => name)
    .filter((name) => name !== 'timestamp' && name !== 'asset');
  refuseFuture(field, valueNames);
  refuseKeyNames(field, valueNames, feed);
  const keys = readKeys(field, table, stamps, ids);
  requireOneRowEach(field, keys);
  const values = valueNames.map((name) => [name, readValues(field, requireColumn(field, table, name))] as const);
  const kept = Int32Array.from(
    rowsWithValues(
      table.numRows,
      values.map(([, column]) => column),
    ),
  );
  const columns: (readonly [string, Vector])[] = [
    [feed.timestamp, stampColumn(keys, kept, types.timestamp)],
    ...(ids ? [[feed.asset, assetColumn(field, keys, kept, types.asset)] as const] : []),
    ...values.map(([name, column]) => [name, column.take(kept)] as const),
  ];
  return { table: tableOf(columns), keys, nDropped: table.numRows - kept.length };
}

function refuseFuture(field: string, names: readonly string[]): void {
  if (names.includes('y_true'))
    throw new ConfigError({
      field: `${field}.y_true`,
      expected: 'what is known on the date of the row',
      found: 'returns earned after it',
      remedy: 'Leave y_true out of what a strategy sees: make the table without `returns`.',
    });
  if (names.length === 0)
    throw new ConfigError({
      field,
      expected: 'at least one column beside the keys',
      found: 'none',
      remedy: 'Pass a table such as predictionsTable() makes.',
    });
}

function refuseKeyNames(field: string, names: readonly string[], { timestamp, asset }: FeedSpecification): void {
  const taken = names.find((name) => name === timestamp || name === asset);
  if (taken !== undefined)
    throw new ConfigError({
      field: `${field}.${taken}`,
      expected: 'another name: the prices call their dates or assets so',
      found: JSON.stringify(taken),
      remedy: 'Rename the column with renameColumns().',
    });
}

function requireColumn(field: string, table: Table, name: string): Vector {
  const column = table.getChild(name);
  if (column) return column;
  throw new ConfigError({
    field,
    expected: `a column called ${name}`,
    found: table.schema.fields.map((present) => present.name).join(', '),
    remedy: 'Rename the column with renameColumns().',
  });
}

function readKeys(field: string, table: Table, stamps: Vector, ids: Vector | undefined): FrameKeys {
  const { numRows } = table;
  const { type } = stamps as Vector<DataType>;
  if (!DataType.isTimestamp(type) && !DataType.isDate(type))
    throw new SourceError({
      field: `${field}.timestamp`,
      expected: 'dates or timestamps',
      found: `type ${String(type)}`,
      remedy: 'Convert the column.',
    });
  const dateOfRow = new Int32Array(numRows);
  const codes = new Map<number, number>();
  forEachChunk(stamps, (data, first) => {
    const { values, validity, validityOffset } = milliseconds(data);
    for (let i = 0; i < data.length; i++) {
      if (isNull(validity, validityOffset + i)) throw noKey(`${field}.timestamp`, first + i);
      let code = codes.get(values[i]);
      if (code === undefined) codes.set(values[i], (code = codes.size));
      dateOfRow[first + i] = code;
    }
  });
  const dictionary = new KeyDictionary();
  const assetOfRow = new Int32Array(ids ? numRows : 0);
  if (ids)
    forEachChunk(ids, (data, first) => {
      texts(data).encode(dictionary, assetOfRow.subarray(first, first + data.length));
    });
  const missing = assetOfRow.indexOf(-1);
  if (missing >= 0) throw noKey(`${field}.asset`, missing);
  return { dates: [...codes.keys()], dateOfRow, assets: dictionary.keys, assetOfRow };
}

function forEachChunk(column: Vector, visit: (data: Data, first: number) => void): void {
  let first = 0;
  for (const data of column.data) {
    visit(data, first);
    first += data.length;
  }
}

function noKey(field: string, row: number): DataError {
  return new DataError({
    field,
    expected: 'a value in every row',
    found: `none in row ${row + 1}`,
    remedy: 'Drop the row.',
  });
}

/** Of two rows for one date and asset, DataFeed would keep the later one without a word. */
function requireOneRowEach(field: string, { dates, dateOfRow, assets, assetOfRow }: FrameKeys): void {
  const width = Math.max(1, assets.length);
  const seen = new Uint8Array(Math.ceil((dates.length * width) / 8));
  for (let row = 0; row < dateOfRow.length; row++) {
    const cell = dateOfRow[row] * width + (assets.length === 0 ? 0 : assetOfRow[row]);
    const bit = 1 << (cell & 7);
    const byte = Math.floor(cell / 8);
    if ((seen[byte] & bit) !== 0)
      throw new DataError({
        field,
        expected: `one row for each date${assets.length === 0 ? '' : ' and asset'}`,
        found: `two for ${formatTimestamp(dates[dateOfRow[row]])}${assets.length === 0 ? '' : `, ${assets[assetOfRow[row]]}`}`,
        remedy: 'Keep the rows of one model and one fold.',
      });
    seen[byte] |= bit;
  }
}

/** The values of a column, and how to keep some of its rows. */
interface ValueColumn {
  isMissing(row: number): boolean;
  take(rows: Int32Array): Vector;
}

function readValues(field: string, column: Vector): ValueColumn {
  const { type, length } = column as Vector<DataType>;
  if (DataType.isUtf8(type) || DataType.isDictionary(type)) {
    const dictionary = new KeyDictionary();
    const codes = new Int32Array(length);
    forEachChunk(column, (data, first) => {
      texts(data).encode(dictionary, codes.subarray(first, first + data.length));
    });
    return {
      // A label is no value.
      isMissing: () => true,
      take: (rows) =>
        textColumn(
          dictionary.keys,
          rows.map((row) => codes[row]),
        ),
    };
  }
  if (!DataType.isInt(type) && !DataType.isFloat(type) && !DataType.isBool(type))
    throw new SourceError({
      field,
      expected: 'columns of numbers, booleans or text',
      found: `type ${String(type)}`,
      remedy: 'Convert the column, or leave it out.',
    });
  const values = new Float64Array(length);
  forEachChunk(column, (data, first) => {
    const chunk = numbers(data);
    for (let i = 0; i < data.length; i++)
      values[first + i] = isNull(chunk.validity, chunk.validityOffset + i) ? Number.NaN : chunk.values[i];
  });
  return {
    isMissing: (row) => Number.isNaN(values[row]),
    take: (rows) =>
      floatColumn(
        field,
        Float64Array.from(rows, (row) => values[row]),
        rows.length,
      ),
  };
}

function* rowsWithValues(nRows: number, columns: readonly ValueColumn[]): Generator<number> {
  for (let row = 0; row < nRows; row++) if (!columns.every((column) => column.isMissing(row))) yield row;
}

function stampColumn({ dates, dateOfRow }: FrameKeys, rows: Int32Array, type: KeyTypes['timestamp']): Vector {
  const dateOf = (row: number): number => dateOfRow[rows[row]];
  if (type === 'date') {
    const days = Int32Array.from(rows, (row) => Math.floor(dates[dateOfRow[row]] / 86_400_000));
    return makeVector(makeData({ type: new DateDay(), data: days }));
  }
  const plain = timestampColumn(dates, rows.length, dateOf);
  if (type === 'timestamp') return plain;
  const { values } = plain.data[0];
  return makeVector(makeData({ type: new TimestampMillisecond('UTC'), data: values }));
}

/** Ids in the type of the prices: DataFeed finds neither 10001 under '10001' nor the other way round. */
function assetColumn(
  field: string,
  { assets, assetOfRow }: FrameKeys,
  rows: Int32Array,
  type: KeyTypes['asset'],
): Vector {
  const codes = rows.map((row) => assetOfRow[row]);
  if (type === 'text') return textColumn(assets, codes);
  const other = assets.find((id) => !/^-?\d+$/.test(id));
  if (other !== undefined)
    throw new DataError({
      field: `${field}.asset`,
      expected: 'whole numbers, like the asset ids of the prices',
      found: JSON.stringify(other),
      remedy: 'Use the same ids in both.',
    });
  const ids = BigInt64Array.from(assets, BigInt);
  return makeVector(makeData({ type: new Int64(), data: BigInt64Array.from(codes, (code) => ids[code]) }));
}
