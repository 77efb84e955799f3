import type { DuckDBDataChunk } from '@duckdb/node-api';
import { EngineError } from '@ml4t/core';
import { describe } from '@ml4t/core/authoring';

/** A column of a chunk as DuckDB holds it: the values, and a bitmap (bit set: valid) where any is null. */
export interface ColumnMemory<Items> {
  readonly items: Items;
  readonly validity: Uint8Array | undefined;
}

interface VectorFields {
  readonly items?: unknown;
  readonly dataView?: unknown;
  readonly validity?: { readonly data: BigUint64Array | null; readonly offset: number };
}

/**
 * The client's vectors hold typed arrays over DuckDB's memory, but declare them private; reading values through the
 * public methods boxes every one and takes some ten times as long. This file is the only one that knows these fields,
 * and it says so plainly when a later version of the client renames them.
 */
function fieldsOf(chunk: DuckDBDataChunk, column: number): VectorFields {
  return chunk.getColumnVector(column) as unknown as VectorFields;
}

function changedLayout(wanted: string, found: unknown): EngineError {
  return new EngineError({
    field: '@duckdb/node-api',
    expected: `column vectors with ${wanted}`,
    found: describe(found),
    remedy: 'Install the version that @ml4t/integration names in its package.json.',
  });
}

function bitmap(fields: VectorFields): Uint8Array | undefined {
  const validity = fields.validity;
  if (validity === undefined || validity.offset !== 0) throw changedLayout('a validity mask', validity);
  const words = validity.data;
  return words ? new Uint8Array(words.buffer, words.byteOffset, words.byteLength) : undefined;
}

/** A DOUBLE column. */
export function doubles(chunk: DuckDBDataChunk, column: number): ColumnMemory<Float64Array> {
  const fields = fieldsOf(chunk, column);
  if (!(fields.items instanceof Float64Array)) throw changedLayout('a Float64Array of items', fields.items);
  return { items: fields.items, validity: bitmap(fields) };
}

/** A UBIGINT column as pairs of 32-bit words. */
export function wordPairs(chunk: DuckDBDataChunk, column: number): ColumnMemory<Int32Array> {
  const fields = fieldsOf(chunk, column);
  const { items } = fields;
  if (!(items instanceof BigUint64Array)) throw changedLayout('a BigUint64Array of items', items);
  return { items: new Int32Array(items.buffer, items.byteOffset, items.length * 2), validity: bitmap(fields) };
}

/**
 * A VARCHAR column as DuckDB's 16-byte string headers, four words each: the length, then up to 12 bytes of text padded
 * with zeros, or the first 4 bytes of a longer text and a pointer.
 */
export function stringHeaders(chunk: DuckDBDataChunk, column: number): ColumnMemory<Int32Array> {
  const fields = fieldsOf(chunk, column);
  const view = fields.dataView;
  if (!(view instanceof DataView)) throw changedLayout('a DataView of string headers', view);
  return { items: new Int32Array(view.buffer, view.byteOffset, view.byteLength >> 2), validity: bitmap(fields) };
}

/** One text of a VARCHAR column, as a JavaScript string. */
export function textAt(chunk: DuckDBDataChunk, column: number, row: number): string {
  return String(chunk.getColumnVector(column).getItem(row));
}

/** Writes the first rows of a fixed-width column of an output chunk, which has exactly as many, and hands it to DuckDB. */
export function writeItems(
  chunk: DuckDBDataChunk,
  column: number,
  source: ArrayBufferView,
  isNull?: (row: number) => boolean,
): void {
  const vector = chunk.getColumnVector(column);
  const { items } = vector as unknown as VectorFields;
  if (!ArrayBuffer.isView(items) || items.constructor !== source.constructor || items.byteLength !== source.byteLength)
    throw changedLayout(`a ${source.constructor.name} of ${source.byteLength} bytes as items`, items);
  bytesOf(items).set(bytesOf(source));
  if (isNull) for (let row = 0; row < vector.itemCount; row++) if (isNull(row)) vector.setItem(row, null);
  vector.flush();
}

const bytesOf = (view: ArrayBufferView): Uint8Array => new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
