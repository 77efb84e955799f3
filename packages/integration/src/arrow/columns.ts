import { SourceError } from '@ml4t/core';
import { describe } from '@ml4t/core/authoring';
import { DataType, DateUnit, TimeUnit, type Data, type Vector } from 'apache-arrow';
import { isNull, type NumberChunk, type TextChunk } from '../read/frame.ts';
import type { KeyDictionary } from '../read/key-dictionary.ts';

const validityOf = (data: Data): { readonly validity: Uint8Array | undefined; readonly validityOffset: number } => ({
  validity: data.nullCount > 0 ? data.nullBitmap : undefined,
  validityOffset: data.offset,
});

/** A column of numbers or booleans as doubles; float64 is used where it lies. */
export function numbers(data: Data): NumberChunk {
  return { values: doublesOf(data), ...validityOf(data) };
}

function doublesOf(data: Data): Float64Array {
  const values: unknown = data.values;
  if (values instanceof Float64Array) return values;
  if (DataType.isBool(data.type)) {
    const bits = values as Uint8Array;
    return Float64Array.from({ length: data.length }, (_, i) => (isNull(bits, data.offset + i) ? 0 : 1));
  }
  if (DataType.isDecimal(data.type)) return decimalsAsDoubles(values as Uint32Array, data.stride, data.type.scale);
  if (values instanceof BigInt64Array || values instanceof BigUint64Array) return int64AsDoubles(values);
  if (ArrayBuffer.isView(values)) return Float64Array.from(values as unknown as ArrayLike<number>);
  throw new SourceError({
    field: 'table',
    expected: 'numbers in typed arrays',
    found: describe(values),
    remedy: 'Convert the column to float64.',
  });
}

/** 64-bit integers from their halves, without a BigInt for each. */
function int64AsDoubles(values: BigInt64Array | BigUint64Array): Float64Array {
  const low = new Uint32Array(values.buffer, values.byteOffset, values.length * 2);
  const high = values instanceof BigInt64Array ? new Int32Array(low.buffer, low.byteOffset, low.length) : low;
  const out = new Float64Array(values.length);
  for (let i = 0; i < out.length; i++) out[i] = high[2 * i + 1] * 4294967296 + low[2 * i];
  return out;
}

/** Decimals, whole numbers of `words` 32-bit words over a power of ten, each as the nearest double. */
function decimalsAsDoubles(values: Uint32Array, words: number, scale: number): Float64Array {
  const out = new Float64Array(values.length / words);
  const power = scale >= 0 && scale <= 22 ? Number(`1e${scale}`) : Number.NaN;
  for (let i = 0; i < out.length; i++) {
    let whole = 0n;
    for (let k = words - 1; k >= 0; k--) whole = (whole << 32n) | BigInt(values[i * words + k]);
    whole = BigInt.asIntN(32 * words, whole);
    const number = Number(whole);
    // Both exact: so is the rounding of their ratio. Else the text is rounded once.
    out[i] = Number.isSafeInteger(number) && !Number.isNaN(power) ? number / power : Number(`${whole}e${-scale}`);
  }
  return out;
}

/** A column of dates or timestamps in milliseconds since 1970 UTC. */
export function milliseconds(data: Data): NumberChunk {
  const { type } = data;
  const validity = validityOf(data);
  if (DataType.isDate(type)) {
    const values = doublesOf(data);
    const scaled = type.unit === DateUnit.DAY ? values.map((day) => day * 86_400_000) : values;
    return { values: scaled, ...validity };
  }
  const unit: TimeUnit = DataType.isTimestamp(type) ? type.unit : TimeUnit.MILLISECOND;
  if (unit === TimeUnit.NANOSECOND) {
    // Nanoseconds since 1970 are beyond 2^53: BigInt is the exact way, and half a millisecond stands for any fraction.
    const values = Float64Array.from(data.values as BigInt64Array, (ns: bigint) => {
      const rest = ns % 1_000_000n;
      return Number((ns - rest) / 1_000_000n) + (rest === 0n ? 0 : 0.5);
    });
    return { values, ...validity };
  }
  const values = doublesOf(data);
  if (unit === TimeUnit.SECOND) return { values: values.map((x) => x * 1000), ...validity };
  if (unit === TimeUnit.MICROSECOND) return { values: values.map((x) => x / 1000), ...validity };
  return { values, ...validity };
}

/** Text in any of Arrow's layouts. */
export const isText = (type: DataType): boolean =>
  DataType.isUtf8(type) || DataType.isLargeUtf8(type) || DataType.isUtf8View(type);

/** A column of text, dictionary codes or integers as keys. */
export function texts(data: Data): TextChunk {
  const { validity, validityOffset } = validityOf(data);
  const encodeWith = (codes: Int32Array, codeAt: (row: number) => number): void => {
    for (let row = 0; row < data.length; row++) codes[row] = isNull(validity, validityOffset + row) ? -1 : codeAt(row);
  };
  return {
    encode(dictionary: KeyDictionary, codes: Int32Array): void {
      if (DataType.isDictionary(data.type)) {
        const entries = data.dictionary as Vector;
        const indices = doublesOf(data);
        const translated = new Int32Array(entries.length).fill(-1);
        encodeWith(codes, (row) => {
          const entry = indices[row];
          if (translated[entry] < 0) {
            const text: unknown = entries.get(entry);
            if (text === null) return -1;
            translated[entry] = dictionary.codeOf(String(text));
          }
          return translated[entry];
        });
      } else if (DataType.isInt(data.type)) {
        const values = data.values as ArrayLike<number | bigint>;
        encodeWith(codes, (row) => dictionary.codeOf(String(values[row])));
      } else if (DataType.isUtf8View(data.type)) {
        const views = data.values as Uint8Array;
        const words = new DataView(views.buffer, views.byteOffset, views.byteLength);
        const buffers = data.variadicBuffers as readonly Uint8Array[];
        encodeWith(codes, (row) => {
          // Short text stands in the view; of longer text it has the buffer and the place there.
          const at = 16 * row;
          const length = words.getInt32(at, true);
          if (length <= 12) return codeOfBytes(dictionary, views, at + 4, at + 4 + length);
          const start = words.getInt32(at + 12, true);
          return codeOfBytes(dictionary, buffers[words.getInt32(at + 8, true)], start, start + length);
        });
      } else {
        const bytes = data.values as Uint8Array;
        const ends = data.valueOffsets as Int32Array | BigInt64Array;
        encodeWith(codes, (row) => codeOfBytes(dictionary, bytes, Number(ends[row]), Number(ends[row + 1])));
      }
    },
  };
}

const decoder = new TextDecoder();

/** Short texts are looked up by their bytes; only new and long ones become strings. */
function codeOfBytes(dictionary: KeyDictionary, bytes: Uint8Array, start: number, end: number): number {
  const length = end - start;
  if (length > 12) return dictionary.codeOf(decoder.decode(bytes.subarray(start, end)));
  const word = (from: number): number => {
    let w = 0;
    for (let i = 3; i >= 0; i--) w = (w << 8) | (from + i < length ? bytes[start + from + i] : 0);
    return w;
  };
  const w1 = word(0);
  const w2 = word(4);
  const w3 = word(8);
  const code = dictionary.find(length, w1, w2, w3);
  return code >= 0 ? code : dictionary.add(length, w1, w2, w3, decoder.decode(bytes.subarray(start, end)));
}
