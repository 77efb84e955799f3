/** Numeric arrays that an artifact can hold, by their safetensors name. */
export const arrayTypes = {
  F64: Float64Array,
  F32: Float32Array,
  I32: Int32Array,
  U32: Uint32Array,
  I16: Int16Array,
  U16: Uint16Array,
  I8: Int8Array,
  U8: Uint8Array,
} as const;

export type ArrayType = keyof typeof arrayTypes;
export type ArtifactData =
  Float64Array | Float32Array | Int32Array | Uint32Array | Int16Array | Uint16Array | Int8Array | Uint8Array;

/** Row-major values with their shape. */
export interface ArtifactArray<Data extends ArtifactData = ArtifactData> {
  readonly shape: readonly number[];
  readonly data: Data;
}

export function isArrayType(name: unknown): name is ArrayType {
  return typeof name === 'string' && Object.hasOwn(arrayTypes, name);
}

export function arrayTypeOf(data: unknown): ArrayType | undefined {
  return (Object.keys(arrayTypes) as ArrayType[]).find((name) => data instanceof arrayTypes[name]);
}

export function elementBytes(type: ArrayType): number {
  return arrayTypes[type].BYTES_PER_ELEMENT;
}

/** The bytes of an array in memory, not copied. Artifacts are little-endian, as the machines that Node supports best are. */
export function bytesOf(data: ArtifactData): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

/** An array of its own over a copy of the bytes. */
export function arrayFromBytes(type: ArrayType, bytes: Uint8Array): ArtifactData {
  return new arrayTypes[type](new Uint8Array(bytes).buffer);
}

export const isLittleEndian: boolean = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1;

/** The number of elements of a shape; undefined unless every length is a whole number and the product is exact. */
export function elementsOf(shape: unknown): number | undefined {
  if (!Array.isArray(shape)) return undefined;
  let size = 1;
  for (const length of shape as unknown[]) {
    if (typeof length !== 'number' || !Number.isSafeInteger(length) || length < 0) return undefined;
    size *= length;
  }
  return Number.isSafeInteger(size) ? size : undefined;
}
