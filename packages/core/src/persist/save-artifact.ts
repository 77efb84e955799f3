import { DataError, OutputError, ShapeError, describe } from '../errors.ts';
import { arrayTypeOf, bytesOf, elementsOf, isLittleEndian, type ArtifactArray } from './array-types.ts';
import { jsonText } from './json-text.ts';
import { fileHeader, isArrayName, sha256, storageOrder, type Manifest, type ManifestArray } from './manifest.ts';
import { replaceFile } from './replace-file.ts';

/** What a fitted model is made of. */
export interface ArtifactContent {
  /** Stable identifier of the model, for example 'ipca'. */
  readonly modelType: string;
  /** Version of this model's content, >= 1; raised when `state` or `arrays` change their meaning. */
  readonly formatVersion: number;
  /** Version of the package that writes it. */
  readonly packageVersion: string;
  /** The model's configuration: JSON, all numbers finite. */
  readonly config: object;
  /** What else the fit needs, small: JSON, all numbers finite. */
  readonly state: unknown;
  /** How the fit came about, usually a FitSummary or FitRunRecord: JSON. */
  readonly record?: unknown;
  /** Row-major arrays by name; NaN, infinities and -0 keep their bits. */
  readonly arrays: Readonly<Record<string, ArtifactArray>>;
}

/**
 * Writes one artifact to one file, in the safetensors layout, so that a crash leaves the old file whole.
 *
 * The JSON manifest (model type, versions, configuration, state, record, SHA-256 per array) lies in the header's
 * metadata, under a digest of its own. See docs/decisions/artifacts.md.
 * Throws DataError for what cannot be stored, ShapeError for an array that does not fill its shape, OutputError.
 */
export async function saveArtifact(path: string, content: ArtifactContent): Promise<void> {
  await replaceFile(path, chunksOf(path, content));
}

/**
 * The bytes of the file that {@link saveArtifact} writes, for stores that are no folders.
 *
 * @throws DataError, ShapeError as `saveArtifact` does
 */
export function artifactBytes(content: ArtifactContent): Uint8Array {
  return Buffer.concat(chunksOf('artifact', content));
}

function chunksOf(path: string, content: ArtifactContent): readonly Uint8Array[] {
  if (!isLittleEndian)
    throw new OutputError({
      field: path,
      expected: 'a little-endian machine',
      found: 'a big-endian one',
      remedy: 'Save the model on another machine.',
    });
  requireIdentity(content);
  const arrays = Object.entries(content.arrays).map(([name, array]) => describeArray(name, array));
  const { modelType, formatVersion, packageVersion, config, state, record } = content;
  const manifest: Manifest = {
    modelType,
    formatVersion,
    packageVersion,
    config,
    state: state ?? null,
    record: record ?? null,
    arrays: storageOrder(arrays),
  };
  const text = `{${Object.entries(manifest)
    .map(([key, value]) => `${JSON.stringify(key)}:${jsonText(key, value)}`)
    .join(',')}}`;
  return [fileHeader(text, manifest.arrays), ...manifest.arrays.map(({ name }) => bytesOf(content.arrays[name].data))];
}

function requireIdentity({ modelType, formatVersion, packageVersion, arrays }: ArtifactContent): void {
  const require = (ok: boolean, field: string, expected: string, found: unknown): void => {
    if (!ok)
      throw new DataError({
        field,
        expected,
        found: describe(found),
        remedy: 'Correct what the model passes to save.',
      });
  };
  require(typeof modelType === 'string' && modelType !== '', 'modelType', 'a non-empty string', modelType);
  require(typeof packageVersion === 'string', 'packageVersion', 'a string', packageVersion);
  require(Number.isSafeInteger(formatVersion) &&
    formatVersion >= 1, 'formatVersion', 'a whole number >= 1', formatVersion);
  require(typeof arrays === 'object' && arrays !== null, 'arrays', 'arrays by name', arrays);
  for (const [name, array] of Object.entries(arrays))
    require(typeof array === 'object' && array !== null, `arrays.${name}`, 'an array with its shape', array);
}

function describeArray(name: string, { shape, data }: ArtifactArray): ManifestArray {
  const type = arrayTypeOf(data);
  if (!isArrayName(name))
    throw new DataError({
      field: `arrays.${name}`,
      expected: 'a name of letters, digits, "_", ".", "/" and "-", a letter first',
      found: describe(name),
      remedy: 'Rename the array.',
    });
  if (type === undefined)
    throw new DataError({
      field: `arrays.${name}`,
      expected: 'a typed array of up to 64-bit floats or up to 32-bit integers',
      found: describe(data),
      remedy: 'Convert the values to one of those.',
    });
  const size = elementsOf(shape);
  if (size !== data.length)
    throw new ShapeError({
      field: `arrays.${name}`,
      expected: size === undefined ? 'a shape of whole numbers' : `${size} entries for shape (${shape.join(', ')})`,
      found: size !== undefined ? `${data.length}` : Array.isArray(shape) ? `(${shape.join(', ')})` : describe(shape),
      remedy: 'Pass the array with the shape it has.',
    });
  return { name, type, shape: [...shape], sha256: sha256(bytesOf(data)) };
}
