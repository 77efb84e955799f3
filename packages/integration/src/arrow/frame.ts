import { readFile } from 'node:fs/promises';
import { SourceError } from '@ml4t/core';
import {
  DataType,
  Precision,
  RecordBatchReader,
  tableFromIPC,
  type Data,
  type RecordBatch,
  type Table,
} from 'apache-arrow';
import { filePattern } from '../duckdb/relation.ts';
import type { ColumnKind, Frame, FrameColumn, RowChunk, RowRequest } from '../read/frame.ts';
import { isText, milliseconds, numbers, texts } from './columns.ts';

/** An Arrow IPC file (`.arrow`, `.feather`), read whole; globs are not for this format. */
export async function openArrowFile(path: string): Promise<Frame> {
  const { isGlob } = await filePattern(path);
  if (isGlob)
    throw new SourceError({
      field: path,
      expected: 'one Arrow file',
      found: 'a pattern',
      remedy: 'Read the files one by one, or keep them as Parquet.',
    });
  let table: Table;
  try {
    table = tableFromIPC(RecordBatchReader.from(await readFile(path)));
  } catch (error) {
    throw unreadable(path, error);
  }
  // A file of other content is read as a stream without a schema.
  if (table.schema.fields.length === 0) throw unreadable(path, undefined);
  return openArrowTable(table, path);
}

function unreadable(path: string, cause: unknown): SourceError {
  return new SourceError({
    field: path,
    expected: 'a readable Arrow IPC file',
    found: cause instanceof Error ? `"${cause.message}"` : 'something else',
    remedy:
      "Write it again without compression: pandas to_feather(path, compression='uncompressed'), polars write_ipc(path). Else it is damaged, cut short or of another kind.",
    ...(cause === undefined ? {} : { cause }),
  });
}

/** An Arrow table in memory. Doubles and dictionary codes are used where they lie. */
export function openArrowTable(table: Table, label = 'table'): Frame {
  const columns: FrameColumn[] = table.schema.fields.map(({ name, type }) => ({
    name,
    kind: kindOf(type),
    isInteger: DataType.isInt(type),
    type: String(type),
    ...zoneOf(type),
  }));
  const position = new Map(columns.map((column, i) => [column, i]));
  const dataOf = (batch: RecordBatch, column: FrameColumn): Data => batch.data.children[position.get(column) ?? -1];
  return {
    label,
    columns,
    assetsAreText: false,
    isInMemory: true,
    requireNumeric: (column) => {
      if (column.kind === 'number' || column.kind === 'boolean') return Promise.resolve();
      return Promise.reject(
        new SourceError({
          field: `${column.name} (in ${label})`,
          expected: 'a numeric column',
          found: `type ${column.type}`,
          remedy: 'Leave it out of the characteristics, returns and context, or convert it.',
        }),
      );
    },
    countRows: () => Promise.resolve(table.numRows),
    skipsRows: () => false,
    read: async function* (request: RowRequest): AsyncGenerator<RowChunk> {
      const dated = request.timestamp.kind === 'date' || request.timestamp.kind === 'timestamp';
      for (const whole of table.batches)
        for (let first = 0; first < whole.numRows; first += chunkRows) {
          // Lets an abort through between chunks.
          await Promise.resolve();
          const batch = whole.slice(first, first + chunkRows);
          const stamps = dataOf(batch, request.timestamp);
          yield {
            length: batch.numRows,
            timestamps: dated ? milliseconds(stamps) : texts(stamps),
            assets: texts(dataOf(batch, request.asset)),
            numbers: request.numbers.map((column) => numbers(dataOf(batch, column))),
          };
        }
    },
    interrupt: () => undefined,
    close: () => undefined,
  };
}

const chunkRows = 1 << 16;

/** A timestamp with a zone is a moment, and the zone is where its days are. */
function zoneOf(type: DataType): Pick<FrameColumn, 'isInstant' | 'zone'> {
  const zone = DataType.isTimestamp(type) ? (type.timezone ?? undefined) : undefined;
  return zone === undefined || zone === '' ? {} : { isInstant: true, zone };
}

function kindOf(type: DataType): ColumnKind {
  if (DataType.isInt(type)) return 'number';
  if (DataType.isFloat(type)) return type.precision === Precision.HALF ? 'other' : 'number';
  if (DataType.isBool(type)) return 'boolean';
  if (DataType.isDecimal(type)) return 'number';
  if (isText(type)) return 'text';
  if (DataType.isDictionary(type)) return isText(type.dictionary as DataType) ? 'text' : 'other';
  if (DataType.isDate(type)) return 'date';
  return DataType.isTimestamp(type) ? 'timestamp' : 'other';
}
