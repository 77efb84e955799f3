import { ShapeError, type PanelIndex } from '@ml4t/core';
import {
  Dictionary,
  Field,
  Float64,
  Int32,
  RecordBatch,
  Schema,
  Struct,
  Table,
  TimestampMillisecond,
  Utf8,
  makeData,
  makeVector,
  type Vector,
} from 'apache-arrow';
import { textVector } from '../arrow/text-vector.ts';

/** `float64`, null where a value is NaN. Values are shared, not copied. */
export function floatColumn(name: string, values: Float64Array, nRows: number): Vector<Float64> {
  if (values.length !== nRows)
    throw new ShapeError({
      field: name,
      expected: `${nRows} entries (one per row of the table)`,
      found: String(values.length),
      remedy: 'Pass one entry for each row, in the same order.',
    });
  let nullCount = 0;
  for (let row = 0; row < nRows; row++) if (Number.isNaN(values[row])) nullCount++;
  if (nullCount === 0) return makeVector(makeData({ type: new Float64(), data: values }));
  const nullBitmap = new Uint8Array((nRows + 7) >> 3);
  for (let row = 0; row < nRows; row++) if (!Number.isNaN(values[row])) nullBitmap[row >> 3] |= 1 << (row & 7);
  return makeVector(makeData({ type: new Float64(), data: values, nullBitmap, nullCount }));
}

/** `timestamp[ms]` without a zone (UTC): the date of each row. */
export function timestampColumn(dates: ArrayLike<number>, nRows: number, dateOfRow: (row: number) => number) {
  const data = new BigInt64Array(nRows);
  // Written as two halves: a BigInt for every row would cost more than the rest of the table.
  const halves = new Int32Array(data.buffer);
  for (let row = 0; row < nRows; row++) {
    const date = dates[dateOfRow(row)];
    halves[2 * row] = date | 0;
    halves[2 * row + 1] = Math.floor(date / 4294967296);
  }
  return makeVector(makeData({ type: new TimestampMillisecond(), data }));
}

/** `dictionary<int32, utf8>`: the text of each row by its position among the distinct texts. Codes are shared. */
export function textColumn(texts: readonly string[], codes: Int32Array): Vector<Dictionary<Utf8, Int32>> {
  const type = new Dictionary(new Utf8(), new Int32());
  return makeVector(makeData({ type, data: codes, dictionary: textVector(texts) }));
}

/** `int32` */
export function integerColumn(values: Int32Array): Vector<Int32> {
  return makeVector(makeData({ type: new Int32(), data: values }));
}

/** The two key columns of every table with one row per panel row. */
export function keyColumns(index: PanelIndex): Record<string, Vector> {
  let t = 0;
  const dateOfRow = (row: number): number => {
    while (row >= index.rowOffsets[t + 1]) t++;
    return t;
  };
  return {
    timestamp: timestampColumn(index.timestamps, index.nRows, dateOfRow),
    asset: textColumn(index.assetIds, index.assetIndex),
  };
}

/**
 * A table of columns of one chunk each, in the order given: the columns of an object would come out of order where a
 * name is a whole number, as asset ids are.
 */
export function tableOf(columns: readonly (readonly [string, Vector])[]): Table {
  const schema = new Schema(columns.map(([name, { type }]) => new Field(name, type, true)));
  const length = columns.length === 0 ? 0 : columns[0][1].length;
  const children = columns.map(([, { data }]) => data[0]);
  const data = makeData({ type: new Struct(schema.fields), length, nullCount: 0, children });
  return new Table(schema, new RecordBatch(schema, data));
}
