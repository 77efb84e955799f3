import {
  DataType,
  Dictionary,
  Field,
  Int32,
  RecordBatch,
  Schema,
  Struct,
  Table,
  Utf8,
  makeData,
  type Data,
} from 'apache-arrow';
import { KeyDictionary } from '../read/key-dictionary.ts';
import { isText, texts } from './columns.ts';
import { textVector } from './text-vector.ts';

/**
 * The same table with one dictionary for each column of text: where tables were stacked, every chunk brings its own, and
 * Arrow's file format allows a dictionary to grow but not to be replaced. A table without such a column comes back as it
 * is.
 */
export function withOneDictionaryEach(table: Table): Table {
  const { fields } = table.schema;
  const mixed = fields.map((_, k) => hasSeveral(table.batches.map((batch) => batch.data.children[k])));
  if (!mixed.includes(true)) return table;
  const unified = fields.map((_, k) =>
    mixed[k] ? unify(table.batches.map((batch) => batch.data.children[k])) : undefined,
  );
  const schema = new Schema(
    fields.map(
      ({ name, type, nullable, metadata }, k) => new Field(name, unified[k]?.type ?? type, nullable, metadata),
    ),
    table.schema.metadata,
  );
  const batches = table.batches.map((batch, b) => {
    const children = batch.data.children.map((child, k) => unified[k]?.chunks[b] ?? child);
    const data = makeData({ type: new Struct(schema.fields), length: batch.numRows, nullCount: 0, children });
    return new RecordBatch(schema, data);
  });
  return new Table(schema, batches);
}

function hasSeveral(chunks: readonly Data[]): boolean {
  return (
    chunks.length > 1 &&
    DataType.isDictionary(chunks[0].type) &&
    isText(chunks[0].type.dictionary as DataType) &&
    chunks.some((chunk) => chunk.dictionary !== chunks[0].dictionary)
  );
}

function unify(chunks: readonly Data[]): { readonly type: Dictionary<Utf8, Int32>; readonly chunks: readonly Data[] } {
  const keys = new KeyDictionary();
  const codesOf = chunks.map((chunk) => {
    const codes = new Int32Array(chunk.length);
    texts(chunk).encode(keys, codes);
    return codes;
  });
  const type = new Dictionary(new Utf8(), new Int32());
  const dictionary = textVector(keys.keys);
  return {
    type,
    chunks: codesOf.map((data) => {
      const nulls = nullsOf(data);
      return makeData({ type, data, dictionary, ...nulls });
    }),
  };
}

/** A bitmap of the codes that are not -1. */
function nullsOf(codes: Int32Array): { readonly nullCount: number; readonly nullBitmap?: Uint8Array } {
  let nullCount = 0;
  const nullBitmap = new Uint8Array((codes.length + 7) >> 3);
  for (let row = 0; row < codes.length; row++)
    if (codes[row] < 0) {
      nullCount++;
      codes[row] = 0;
    } else nullBitmap[row >> 3] |= 1 << (row & 7);
  return nullCount === 0 ? { nullCount } : { nullCount, nullBitmap };
}
