import { readFile, stat } from 'node:fs/promises';
import { deepFreeze } from '../config.ts';
import { ArtifactError, describe } from '../errors.ts';
import {
  arrayFromBytes,
  arrayTypeOf,
  arrayTypes,
  elementsOf,
  isArrayType,
  isLittleEndian,
  type ArrayType,
  type ArtifactArray,
} from './array-types.ts';
import { CONTAINER_VERSION, dataOffsets, fileHeader, isArrayName, sha256, type Manifest } from './manifest.ts';
import { jsonText } from './json-text.ts';
import { requireArrays } from './read-state.ts';
import { requirePath, specialFile, systemCode } from './replace-file.ts';
import type { Artifact, ArtifactSource } from './artifact.ts';

export interface LoadArtifactOptions {
  /** The model that is asked for; whichever it is where absent, for tools that only look. */
  readonly modelType?: string;
  /** The newest `formatVersion` that the caller can read; 1 where absent, any where no model is asked for. */
  readonly formatVersion?: number;
  /** The names the artifact must hold, no more and no fewer; not checked where absent. */
  readonly arrays?: readonly string[];
}

/**
 * Reads an artifact and verifies everything: container and format version, the manifest's digest, model type,
 * inventory, shapes, and the SHA-256 of every array. Nothing in the file is ever executed.
 *
 * Throws ArtifactError that says which of these failed: a file that is missing, cut short, changed, of another model
 * or from a later version is never half-loaded. The digests guard against damage and careless edits, not against
 * someone who recomputes them. An artifact that was read before is asked for model type, format version and names alone.
 */
export async function loadArtifact(source: ArtifactSource, options: LoadArtifactOptions = {}): Promise<Artifact> {
  if (!isArtifact(source)) return readArtifact(requirePath(source, 'read'), options);
  requireModel(source.path, source, options);
  if (options.arrays) requireArrays(source, options.arrays);
  return source;
}

/** What was read is told by what it holds: two copies of this package have two classes of everything. */
function isArtifact(source: unknown): source is Artifact {
  return isObject(source) && typeof source.path === 'string' && 'modelType' in source && isObject(source.arrays);
}

async function readArtifact(path: string, options: LoadArtifactOptions): Promise<Artifact> {
  const unreadable = (found: string, cause?: unknown): ArtifactError =>
    new ArtifactError({
      field: path,
      expected: 'an artifact file',
      found,
      remedy: 'Check the path: it is the one given to `save`.',
      cause,
    });
  const read = async (): Promise<Uint8Array> => {
    // A pipe is waited for until somebody writes to it.
    const special = specialFile(await stat(path));
    if (special !== undefined) throw unreadable(special);
    return readFile(path);
  };
  const bytes = await read().catch((cause: unknown) => {
    if (cause instanceof ArtifactError) throw cause;
    const code = systemCode(cause);
    throw unreadable(code === 'ENOENT' ? 'no such file' : describe(String(cause)), cause);
  });
  return parseArtifact(bytes, path, options);
}

/**
 * An artifact from the bytes of its file, verified as {@link loadArtifact} does, for stores that are no folders.
 *
 * @param path what the errors call it
 * @throws ArtifactError
 */
export function parseArtifact(bytes: Uint8Array, path: string, options: LoadArtifactOptions = {}): Artifact {
  if (!isLittleEndian)
    throw new ArtifactError({
      field: path,
      expected: 'a little-endian machine',
      found: 'a big-endian one',
      remedy: 'Load the model on another machine.',
    });
  const { header, headerBytes, dataStart } = readHeader(path, bytes);
  const manifestText = readManifestText(path, header);
  const manifest = parseManifest(path, manifestText);
  requireModel(path, manifest, options);
  requireInventory(path, manifest, Object.keys(header), options.arrays);
  if (Buffer.compare(fileHeader(manifestText, manifest.arrays), headerBytes) !== 0)
    throw corrupted(path, 'a header that follows from the manifest', 'another header: shapes or offsets were changed');
  return Object.freeze({
    ...deepFreeze(manifest),
    path,
    arrays: readArrays(path, manifest, bytes.subarray(dataStart)),
  });
}

/**
 * One array of an artifact with the type and shape the model expects, all numbers finite unless NaN may stand for what is not
 * known. Throws ArtifactError.
 */
export function artifactArray<T extends ArrayType>(
  artifact: Artifact,
  name: string,
  type: T,
  shape: readonly number[],
  { allowNaN = false }: { readonly allowNaN?: boolean } = {},
): InstanceType<(typeof arrayTypes)[T]> {
  const array = Object.hasOwn(artifact.arrays, name) ? artifact.arrays[name] : undefined;
  const wanted = `${type} (${shape.join(', ')})`;
  const found = array === undefined ? 'no such array' : `${arrayTypeOf(array.data)} (${array.shape.join(', ')})`;
  if (array === undefined || found !== wanted)
    throw new ArtifactError({
      field: `${artifact.path}: arrays.${name}`,
      expected: wanted,
      found,
      remedy: 'The artifact does not fit its own configuration: save the model again.',
    });
  const bad = array.data.findIndex((value) => !Number.isFinite(value) && !(allowNaN && Number.isNaN(value)));
  if (bad >= 0)
    throw new ArtifactError({
      field: `${artifact.path}: arrays.${name}[${bad}]`,
      expected: allowNaN ? 'a finite number, or NaN for what is not known' : 'a finite number',
      found: String(array.data[bad]),
      remedy: 'The fit was not sound when it was saved: fit the model again.',
    });
  return array.data as InstanceType<(typeof arrayTypes)[T]>;
}

function corrupted(field: string, expected: string, found: string): ArtifactError {
  return new ArtifactError({
    field,
    expected,
    found,
    remedy: 'Restore the file from a copy, or save the model again.',
  });
}

function truncated(path: string, expected: number, found: number): ArtifactError {
  return corrupted(path, `${expected} bytes`, `${found}: the file was cut short`);
}

function readHeader(
  path: string,
  bytes: Uint8Array,
): { header: Record<string, unknown>; headerBytes: Uint8Array; dataStart: number } {
  if (bytes.length < 8) throw truncated(path, 8, bytes.length);
  const length = new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true);
  if (length > BigInt(bytes.length - 8)) {
    // A safetensors header opens with a brace; without one this was never an artifact.
    if (bytes[8] !== 0x7b) throw corrupted(path, 'an artifact file', 'a file of another kind');
    throw truncated(path, 8 + Number(length), bytes.length);
  }
  const dataStart = 8 + Number(length);
  let header: unknown;
  try {
    header = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(8, dataStart)));
  } catch (cause) {
    throw new ArtifactError({
      field: path,
      expected: 'a header of JSON text',
      found: 'something else: the file is damaged or of another kind',
      remedy: 'Restore the file from a copy, or save the model again.',
      cause,
    });
  }
  if (!isObject(header)) throw corrupted(path, 'a header with an object in it', describe(header));
  return { header, headerBytes: bytes.subarray(0, dataStart), dataStart };
}

function readManifestText(path: string, header: Record<string, unknown>): string {
  const metadata = header.__metadata__;
  if (!isObject(metadata) || typeof metadata.manifest !== 'string' || metadata.ml4tArtifact === undefined)
    throw corrupted(path, 'a manifest in the header', 'none: this is not a saved model');
  if (metadata.ml4tArtifact !== CONTAINER_VERSION)
    throw new ArtifactError({
      field: path,
      expected: `container version ${CONTAINER_VERSION}`,
      found: describe(metadata.ml4tArtifact),
      remedy: 'Update the package: the file was written by a later version.',
    });
  if (sha256(metadata.manifest) !== metadata.manifestSha256)
    throw corrupted(
      `${path}: manifest`,
      'a manifest that matches its digest',
      'another digest: the manifest was changed',
    );
  return metadata.manifest;
}

/** The digest has been verified, so a manifest of the wrong form was written that way; that is still an ArtifactError. */
function parseManifest(path: string, text: string): Manifest {
  const bad = (what: string): ArtifactError => corrupted(`${path}: manifest`, what, 'something else');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw bad('JSON text');
  }
  if (!isObject(value)) throw bad('an object');
  if (typeof value.modelType !== 'string') throw bad('modelType, a string');
  if (typeof value.packageVersion !== 'string') throw bad('packageVersion, a string');
  if (!Number.isSafeInteger(value.formatVersion)) throw bad('formatVersion, a whole number');
  if (!isObject(value.config)) throw bad('config, an object');
  if (!Array.isArray(value.arrays)) throw bad('a list of arrays');
  const names = new Set<unknown>();
  for (const entry of value.arrays as unknown[]) {
    const ok =
      isObject(entry) &&
      typeof entry.name === 'string' &&
      isArrayName(entry.name) &&
      isArrayType(entry.type) &&
      typeof entry.sha256 === 'string' &&
      elementsOf(entry.shape) !== undefined &&
      !names.has(entry.name);
    if (!ok) throw bad('name, type, shape and sha256 of every array, each name once');
    names.add(entry.name);
  }
  if (!isCanonical(value, text)) throw bad('every key once, as `save` writes it');
  return value as unknown as Manifest;
}

/** Of two values under one key, JSON's own parser silently takes the last. What `save` writes is written back as the same text. */
function isCanonical(value: object, text: string): boolean {
  try {
    return (
      `{${Object.entries(value)
        .map(([key, entry]) => `${JSON.stringify(key)}:${jsonText(key, entry)}`)
        .join(',')}}` === text
    );
  } catch {
    return false;
  }
}

function requireModel(
  path: string,
  manifest: Pick<Manifest, 'modelType' | 'formatVersion' | 'packageVersion'>,
  options: LoadArtifactOptions,
): void {
  if (options.modelType !== undefined && manifest.modelType !== options.modelType)
    throw new ArtifactError({
      field: `${path}: modelType`,
      expected: describe(options.modelType),
      found: describe(manifest.modelType),
      remedy: 'Load it with the class that saved it.',
    });
  const newest = options.formatVersion ?? (options.modelType === undefined ? Number.POSITIVE_INFINITY : 1);
  if (manifest.formatVersion > newest)
    throw new ArtifactError({
      field: `${path}: formatVersion`,
      expected: `at most ${newest}`,
      found: `${manifest.formatVersion} (written by version ${manifest.packageVersion})`,
      remedy: 'Update the package: the artifact was written by a later version.',
    });
}

function requireInventory(
  path: string,
  manifest: Manifest,
  headerKeys: readonly string[],
  wanted: readonly string[] | undefined,
): void {
  const listed = new Set(manifest.arrays.map(({ name }) => name));
  const stored = new Set(headerKeys.filter((key) => key !== '__metadata__'));
  const compare = (expected: ReadonlySet<string>, present: ReadonlySet<string>, by: string): void => {
    for (const name of expected)
      if (!present.has(name)) throw corrupted(`${path}: arrays.${name}`, `the array, ${by}`, 'no such array');
    for (const name of present)
      if (!expected.has(name)) throw corrupted(`${path}: arrays.${name}`, `no array but those ${by}`, 'an extra array');
  };
  compare(listed, stored, 'listed in the manifest');
  if (wanted) compare(new Set(wanted), listed, `that ${manifest.modelType} asks for`);
}

function readArrays(path: string, manifest: Manifest, data: Uint8Array): Artifact['arrays'] {
  const offsets = dataOffsets(manifest.arrays);
  let total = 0;
  for (const [, end] of offsets.values()) total = Math.max(total, end);
  if (data.length < total) throw truncated(`${path}: arrays`, total, data.length);
  if (data.length > total) throw corrupted(`${path}: arrays`, `${total} bytes`, `${data.length}: something was added`);
  const arrays: Record<string, ArtifactArray> = {};
  for (const { name, type, shape, sha256: digest } of manifest.arrays) {
    const bytes = data.subarray(...(offsets.get(name) ?? [0, 0]));
    if (sha256(bytes) !== digest)
      throw corrupted(
        `${path}: arrays.${name}`,
        'bytes that match their SHA-256',
        'another digest: the array was changed',
      );
    arrays[name] = Object.freeze({ shape: Object.freeze([...shape]), data: arrayFromBytes(type, bytes) });
  }
  return Object.freeze(arrays);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
