import { ArtifactError, describe } from '../errors.ts';
import { arrayTypeOf, type ArtifactData } from './array-types.ts';

/** Plain data as text and numbers apart: what can be sent between threads or kept in an artifact. */
export interface PackedData {
  /** JSON; arrays as `{"$array":name}`, numbers that JSON has no word for as `{"$number":"NaN"}`. */
  readonly text: string;
  readonly arrays: Readonly<Record<string, ArtifactData>>;
}

/** Every bit of plain data: objects, lists, text, numbers, typed arrays. {@link unpackData} gives an equal value. */
export function packData(value: unknown): PackedData {
  const arrays: Record<string, ArtifactData> = {};
  const text = JSON.stringify(value, (key, entry: unknown) => {
    if (typeof entry === 'number' && (!Number.isFinite(entry) || Object.is(entry, -0)))
      return { $number: Object.is(entry, -0) ? '-0' : String(entry) };
    if (arrayTypeOf(entry) === undefined) return entry;
    // A name of its own for each array, in the order of the text; the rest of it is for a reader.
    const name = `a${Object.keys(arrays).length}.${key.replace(/[^A-Za-z0-9_.-]/g, '_')}`;
    arrays[name] = entry as ArtifactData;
    return { $array: name };
  });
  return { text, arrays };
}

/** Throws ArtifactError when the text names an array that is not there. */
export function unpackData({ text, arrays }: PackedData): unknown {
  return JSON.parse(text, (_key, entry: unknown) => {
    if (entry === null || typeof entry !== 'object') return entry;
    if ('$number' in entry) return Number(entry.$number);
    if (!('$array' in entry)) return entry;
    const name = String(entry.$array);
    if (Object.hasOwn(arrays, name)) return arrays[name];
    throw new ArtifactError({
      field: `arrays.${name}`,
      expected: 'the array that the text names',
      found: `only ${describe(Object.keys(arrays).join(', '))}`,
      remedy: 'Save the data again.',
    });
  });
}
