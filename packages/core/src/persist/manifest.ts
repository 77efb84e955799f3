import { createHash } from 'node:crypto';
import { elementBytes, type ArrayType } from './array-types.ts';
import { jsonText } from './json-text.ts';

/** Version of the container: how the file is laid out. The version of a model's own content is `formatVersion`. */
export const CONTAINER_VERSION = '1';

/** What the manifest says of one array. */
export interface ManifestArray {
  readonly name: string;
  readonly type: ArrayType;
  readonly shape: readonly number[];
  /** SHA-256 of the array's bytes, in hexadecimal. */
  readonly sha256: string;
}

/** Everything in an artifact except the numbers themselves. */
export interface Manifest {
  readonly modelType: string;
  readonly formatVersion: number;
  readonly packageVersion: string;
  readonly config: unknown;
  readonly state: unknown;
  readonly record: unknown;
  readonly arrays: readonly ManifestArray[];
}

export function sha256(bytes: Uint8Array | string): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** Array names: letters, digits and `_ . / -`, a letter first, so that none can be mistaken for a key of the format. */
export function isArrayName(name: string): boolean {
  return /^[A-Za-z][\w./-]*$/.test(name);
}

/** Wide elements first, then by name: without gaps, every array then starts at a multiple of its element size. */
export function storageOrder<A extends { readonly name: string; readonly type: ArrayType }>(arrays: readonly A[]): A[] {
  return [...arrays].sort(
    (a, b) => elementBytes(b.type) - elementBytes(a.type) || (a.name < b.name ? -1 : Number(a.name > b.name)),
  );
}

/** Where an array lies in the data section: first byte, and one past the last. */
export function dataOffsets(arrays: readonly ManifestArray[]): Map<string, readonly [number, number]> {
  const offsets = new Map<string, readonly [number, number]>();
  let end = 0;
  for (const { name, type, shape } of storageOrder(arrays)) {
    const start = end;
    end += elementBytes(type) * shape.reduce((a, b) => a * b, 1);
    offsets.set(name, [start, end]);
  }
  return offsets;
}

/**
 * The first bytes of the file: length and JSON header of the safetensors format, the manifest in its `__metadata__`.
 *
 * One manifest text has one header: loading builds it again and compares, so that no byte of it is unverified.
 */
export function fileHeader(manifestText: string, arrays: readonly ManifestArray[]): Uint8Array {
  const offsets = dataOffsets(arrays);
  const header: Record<string, unknown> = {
    __metadata__: { ml4tArtifact: CONTAINER_VERSION, manifest: manifestText, manifestSha256: sha256(manifestText) },
  };
  for (const { name, type, shape } of storageOrder(arrays))
    header[name] = { dtype: type, shape, data_offsets: offsets.get(name) };
  const json = new TextEncoder().encode(jsonText('header', header));
  // Spaces up to a multiple of eight keep every array aligned in the file.
  const length = Math.ceil(json.length / 8) * 8;
  const bytes = new Uint8Array(8 + length).fill(0x20);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(length), true);
  bytes.set(json, 8);
  return bytes;
}
