import {
  BIGINT,
  DATE,
  DOUBLE,
  DuckDBTableFunction,
  FLOAT,
  INTEGER,
  SMALLINT,
  TIMESTAMP,
  TIMESTAMP_MS,
  TIMESTAMP_NS,
  TIMESTAMP_S,
  TINYINT,
  UBIGINT,
  UINTEGER,
  USMALLINT,
  UTINYINT,
  listValue,
  type DuckDBConnection,
  type DuckDBDataChunk,
  type DuckDBType,
} from '@duckdb/node-api';
import { OutputError } from '@ml4t/core';
import { DataType, DateUnit, TimeUnit, type Data, type Table } from 'apache-arrow';
import { texts } from '../arrow/columns.ts';
import { openConnection, sqlName, sqlText } from '../duckdb/connection.ts';
import { writeItems } from '../duckdb/vectors.ts';
import { isNull } from '../read/frame.ts';
import { KeyDictionary } from '../read/key-dictionary.ts';

/** Rows of one DuckDB chunk. */
const vectorSize = 2048;

type Items =
  | Float64Array
  | Float32Array
  | Int32Array
  | Int16Array
  | Int8Array
  | Uint32Array
  | Uint16Array
  | Uint8Array
  | BigInt64Array
  | BigUint64Array;

/** How one column goes to DuckDB: raw items of a fixed width, and what SQL makes of them. */
interface OutputColumn {
  readonly type: DuckDBType;
  readonly expression: string;
  /** Items and nulls of each record batch. */
  readonly parts: readonly { readonly items: Items; readonly isNull: ((row: number) => boolean) | undefined }[];
}

/**
 * Writes an Arrow table by DuckDB's own writer. The rows come from a table function that hands typed arrays over, so
 * that nothing is boxed and nothing is stored twice.
 *
 * @param options what stands in COPY's parentheses
 * @param stamps what timestamps become: dates; timestamps, with a zone (UTC) where they have one; or without
 * @param asText what becomes of text, names of columns included
 */
export async function copyTable(
  table: Table,
  path: string,
  options: string,
  stamps: 'dates' | 'zoned' | 'plain',
  asText: (text: string) => string = (text) => text,
): Promise<void> {
  const { connection, close } = await openConnection();
  try {
    const columns: OutputColumn[] = [];
    for (let k = 0; k < table.schema.fields.length; k++) {
      columns.push(await outputColumn(connection, table, k, stamps, asText));
    }
    connection.registerTableFunction(rowsFunction(table, columns));
    const list = columns.map(({ expression }, k) => `${expression} AS ${sqlName(asText(table.schema.fields[k].name))}`);
    await connection.run(
      `COPY (SELECT ${list.join(', ')} FROM frame_rows()) TO ${sqlText(path)} (${options}, USE_TMP_FILE false)`,
    );
  } finally {
    close();
  }
}

const hasZone = (type: DataType): boolean => DataType.isTimestamp(type) && Boolean(type.timezone);
const isTimestamp = (type: DataType): boolean => DataType.isTimestamp(type) || DataType.isDate(type);

function rowsFunction(table: Table, columns: readonly OutputColumn[]): DuckDBTableFunction {
  let part = 0;
  let row = 0;
  return DuckDBTableFunction.create({
    name: 'frame_rows',
    bindFunction: (info) => {
      columns.forEach(({ type }, k) => {
        info.addResultColumn(`c${k}`, type);
      });
      info.setCardinality(table.numRows, true);
    },
    initFunction: (info) => {
      info.setMaxThreads(1);
    },
    mainFunction: (info, chunk) => {
      try {
        while (part < table.batches.length && row >= table.batches[part].numRows) {
          part++;
          row = 0;
        }
        const length = part < table.batches.length ? Math.min(vectorSize, table.batches[part].numRows - row) : 0;
        chunk.rowCount = length;
        if (length > 0) fill(chunk, columns, part, row, length);
        row += length;
      } catch (error) {
        info.setError(error instanceof Error ? error.message : String(error));
      }
    },
  });
}

function fill(
  chunk: DuckDBDataChunk,
  columns: readonly OutputColumn[],
  part: number,
  row: number,
  length: number,
): void {
  columns.forEach(({ parts }, k) => {
    const { items, isNull: nullAt } = parts[part];
    writeItems(chunk, k, items.subarray(row, row + length), nullAt && ((i) => nullAt(row + i)));
  });
}

async function outputColumn(
  connection: DuckDBConnection,
  table: Table,
  k: number,
  stamps: 'dates' | 'zoned' | 'plain',
  asText: (text: string) => string,
): Promise<OutputColumn> {
  const field = table.schema.fields[k];
  const data = table.batches.map((batch) => batch.data.children[k]);
  const name = `c${k}`;
  if (DataType.isUtf8(field.type) || DataType.isDictionary(field.type)) {
    const dictionary = new KeyDictionary();
    const parts = data.map((part) => {
      const codes = new Int32Array(part.length);
      texts(part).encode(dictionary, codes);
      return { items: codes, isNull: undefined };
    });
    const variable = `texts_${k}`;
    await connection.run(`SET VARIABLE ${variable} = $1`, [listValue(dictionary.keys.map(asText))]);
    // Code -1 asks for entry 0 of a list that starts at 1, which is null.
    return { type: INTEGER, expression: `getvariable('${variable}')[${name} + 1]`, parts };
  }
  if (DataType.isBool(field.type)) {
    const parts = data.map((part) => {
      const bits = part.values as Uint8Array;
      const items = Int8Array.from({ length: part.length }, (_, i) => (isNull(bits, part.offset + i) ? 0 : 1));
      return { items, isNull: nullsOf(part) };
    });
    return { type: TINYINT, expression: `CAST(${name} AS BOOLEAN)`, parts };
  }
  const type = duckType(field.type);
  if (type === undefined)
    throw new OutputError({
      field: field.name,
      expected: 'numbers, booleans, text, dates or timestamps',
      found: `type ${String(field.type)}`,
      remedy: 'Convert the column before writing the table.',
    });
  return {
    type,
    expression: isTimestamp(field.type) ? stampExpression(name, field.type, type, stamps) : name,
    parts: data.map((part) => ({ items: part.values as Items, isNull: nullsOf(part) })),
  };
}

function stampExpression(name: string, arrow: DataType, type: DuckDBType, stamps: 'dates' | 'zoned' | 'plain'): string {
  if (stamps === 'dates') return `CAST(${name} AS DATE)`;
  if (type === DATE) return name;
  const plain = `CAST(${name} AS TIMESTAMP)`;
  // The connection's zone is UTC, which is what an Arrow timestamp with any zone counts in.
  return stamps === 'zoned' && hasZone(arrow) ? `CAST(${plain} AS TIMESTAMPTZ)` : plain;
}

function nullsOf(part: Data): ((row: number) => boolean) | undefined {
  return part.nullCount > 0 ? (row) => isNull(part.nullBitmap, part.offset + row) : undefined;
}

function duckType(type: DataType): DuckDBType | undefined {
  if (DataType.isFloat(type)) return [undefined, FLOAT, DOUBLE][type.precision];
  if (DataType.isInt(type)) {
    const signed = { 8: TINYINT, 16: SMALLINT, 32: INTEGER, 64: BIGINT };
    const unsigned = { 8: UTINYINT, 16: USMALLINT, 32: UINTEGER, 64: UBIGINT };
    return (type.isSigned ? signed : unsigned)[type.bitWidth];
  }
  if (DataType.isDate(type)) return type.unit === DateUnit.DAY ? DATE : TIMESTAMP_MS;
  if (DataType.isTimestamp(type)) {
    switch (type.unit) {
      case TimeUnit.SECOND:
        return TIMESTAMP_S;
      case TimeUnit.MILLISECOND:
        return TIMESTAMP_MS;
      case TimeUnit.MICROSECOND:
        return TIMESTAMP;
      case TimeUnit.NANOSECOND:
        return TIMESTAMP_NS;
    }
  }
  return undefined;
}
