import { DataError, ShapeError, describe } from './errors.ts';

/** Throws ShapeError unless what a batch is to be made of is an object. */
export function requireObject(owner: string, value: unknown): void {
  if (typeof value === 'object' && value !== null) return;
  throw new ShapeError({
    field: owner,
    expected: 'an object with the arrays that it is made of',
    found: describe(value),
    remedy: 'Pass them by name.',
  });
}

/** Throws ShapeError unless `array` has exactly `length` entries; `meaning` says where that number comes from. */
export function requireLength(
  field: string,
  array: { readonly length: number },
  length: number,
  meaning: string,
): void {
  // Callers in JavaScript may pass anything.
  const given = array as { readonly length: number } | null | undefined;
  if (given?.length !== length)
    throw new ShapeError({
      field,
      expected: `${length} entries (${meaning})`,
      found: given?.length === undefined ? describe(given) : `${given.length}`,
      remedy: 'Pass one entry for each, in the same order.',
    });
}

/** Throws DataError unless the names are non-empty, unique strings. */
function requireUniqueNames(field: string, names: readonly string[]): void {
  const seen = new Map<string, number>();
  names.forEach((name, i) => {
    if (typeof name !== 'string' || name === '')
      throw new DataError({
        field: `${field}[${i}]`,
        expected: 'a non-empty string',
        found: describe(name),
        remedy: 'Give every column and asset an identifier.',
      });
    const first = seen.get(name);
    if (first !== undefined)
      throw new DataError({
        field: `${field}[${i}]`,
        expected: 'unique names',
        found: `${describe(name)} again (first at ${first})`,
        remedy: 'Rename or drop one of the two.',
      });
    seen.set(name, i);
  });
}

/** Names that nobody can change afterwards: the list itself where it is frozen, else a frozen copy. Throws DataError unless unique texts. */
export function frozenNames(field: string, names: readonly string[]): readonly string[] {
  if (!Array.isArray(names))
    throw new DataError({
      field,
      expected: 'a list of names',
      found: describe(names),
      remedy: 'Pass an array of strings.',
    });
  if (checkedNames.has(names)) return names;
  requireUniqueNames(field, names);
  const frozen: readonly string[] = Object.isFrozen(names) ? names : Object.freeze([...(names as readonly string[])]);
  checkedNames.add(frozen);
  return frozen;
}

/** Lists that were found to be good and cannot have changed since: asset ids are long and passed on often. */
const checkedNames = new WeakSet<readonly string[]>();

/** Throws DataError when an entry is not finite. With `allowNaN`, NaN stands for missing and only infinities are refused. */
export function requireFinite(field: string, values: FloatArray, allowNaN = false): void {
  for (let i = 0; i < values.length; i++) {
    // x - x is 0 for finite x and NaN for NaN and infinities: one operation per entry on the hot path.
    if (values[i] - values[i] === 0) continue;
    if (allowNaN && Number.isNaN(values[i])) continue;
    throw new DataError({
      field: `${field}[${i}]`,
      expected: allowNaN ? 'finite numbers, or NaN for missing' : 'finite numbers',
      found: String(values[i]),
      remedy: allowNaN ? 'Replace infinities before building the batch.' : 'Drop or impute missing values first.',
    });
  }
}

/** Columns of data in either precision: what is read from them is the same, but for the rounding of float32. */
export type FloatArray = Float64Array | Float32Array;

/** Nested arrays, a typed array, or plain numbers, as one row-major array of the given shape. */
export type NumericInput = FloatArray | readonly number[] | NestedNumbers;
export type NestedNumbers = readonly (number | NestedNumbers)[];

/**
 * {@link readNumeric} for large arrays, which may be in either precision: a Float32Array of the right length is used as it is
 * too, so that a panel in float32 takes half the memory.
 */
export function readFloats(field: string, input: NumericInput, shape: readonly number[]): FloatArray {
  if (!(input instanceof Float32Array)) return readNumeric(field, input, shape);
  requireSize(field, input, shape);
  return input;
}

function requireSize(field: string, { length }: FloatArray, shape: readonly number[]): void {
  const size = shape.reduce((a, b) => a * b, 1);
  if (length !== size)
    throw new ShapeError({
      field,
      expected: `${size} entries for shape (${shape.join(', ')})`,
      found: `${length}`,
      remedy: 'Pass the array in row-major order with the stated shape.',
    });
}

/**
 * Reads a numeric input against a shape. A Float64Array of the right length is used as it is, without a copy; a Float32Array is
 * widened; nested arrays are checked level by level and flattened in row-major order; null stands for missing (NaN).
 */
export function readNumeric(field: string, input: NumericInput, shape: readonly number[]): Float64Array {
  if (input instanceof Float64Array || input instanceof Float32Array) {
    requireSize(field, input, shape);
    return input instanceof Float64Array ? input : Float64Array.from(input);
  }
  const size = shape.reduce((a, b) => a * b, 1);
  if (Array.isArray(input) && input.length !== size) requireOuterLength(field, input, shape);
  const out = allocated(field, shape, size);
  let next = 0;
  const walk = (level: unknown, depth: number, path: string): void => {
    if (depth === shape.length) {
      if (level === null || level === undefined) out[next++] = Number.NaN;
      else if (typeof level === 'number') out[next++] = level;
      else
        throw new DataError({
          field: path,
          expected: 'a number',
          found: describe(level),
          remedy: 'Convert the column to numbers before building the batch.',
        });
      return;
    }
    if (!Array.isArray(level) && !ArrayBuffer.isView(level))
      throw new ShapeError({
        field: path,
        expected: `an array of ${shape[depth]} (shape ${shape.join(', ')})`,
        found: describe(level),
        remedy: 'Nest the arrays as the shape says.',
      });
    const array = level as ArrayLike<unknown>;
    if (array.length !== shape[depth])
      throw new ShapeError({
        field: path,
        expected: `${shape[depth]} entries (shape ${shape.join(', ')})`,
        found: `${array.length}`,
        remedy: 'Pad ragged data with NaN and a mask, or build the batch from long rows.',
      });
    for (let i = 0; i < array.length; i++) walk(array[i], depth + 1, `${path}[${i}]`);
  };
  // A flat array of numbers in row-major order is accepted beside the nested form.
  const flat = Array.isArray(input) && shape.length > 1 && input.length === size && typeof input[0] !== 'object';
  if (flat) {
    for (const value of input as readonly unknown[]) walk(value, shape.length, `${field}[${next}]`);
    return out;
  }
  walk(input, 0, field);
  return out;
}

/** Before room is made for a shape that was made up. */
function requireOuterLength(field: string, input: readonly unknown[], shape: readonly number[]): void {
  if (input.length === shape[0]) return;
  throw new ShapeError({
    field,
    expected: `${shape[0]} entries (shape ${shape.join(', ')})`,
    found: `${input.length}`,
    remedy: 'Pad ragged data with NaN and a mask, or build the batch from long rows.',
  });
}

function allocated(field: string, shape: readonly number[], size: number): Float64Array {
  try {
    return new Float64Array(size);
  } catch (cause) {
    throw new ShapeError({
      field,
      expected: 'an array that memory has room for',
      found: `shape (${shape.join(', ')})`,
      remedy: 'Pass the array with the shape it has, or less of it.',
      cause,
    });
  }
}

/** The lengths of a nested array along its first `depth` levels, taken from the first entry of each. */
export function nestedShape(field: string, input: unknown, depth: number): number[] {
  const shape: number[] = [];
  let level: unknown = input;
  for (let d = 0; d < depth; d++) {
    if (!Array.isArray(level) && !ArrayBuffer.isView(level))
      throw new ShapeError({
        field,
        expected: `${depth} levels of nested arrays`,
        found: `${d} level(s), then ${describe(level)}`,
        remedy: 'Nest the arrays, or pass a typed array with an explicit shape.',
      });
    const array = level as ArrayLike<unknown>;
    shape.push(array.length);
    level = array[0];
  }
  return shape;
}

/** Whole numbers as an Int32Array; an Int32Array is used as it is. Throws DataError instead of rounding. */
export function readIntegers(field: string, input: Int32Array | readonly number[]): Int32Array {
  if (input instanceof Int32Array) return input;
  if (!Array.isArray(input))
    throw new ShapeError({
      field,
      expected: 'an array of whole numbers',
      found: describe(input),
      remedy: 'Pass an Int32Array or a list.',
    });
  const bad = input.findIndex((value) => !Number.isInteger(value) || Math.abs(value) > 2147483647);
  if (bad >= 0)
    throw new DataError({
      field: `${field}[${bad}]`,
      expected: 'a whole number of at most 32 bits',
      found: describe(input[bad]),
      remedy: 'Pass positions and labels as integers.',
    });
  return Int32Array.from(input);
}

/** Throws DataError unless a batch has the columns that a model was fitted on, in their order. */
export function requireSameColumns(
  field: string,
  found: readonly string[],
  expected: readonly string[],
  what: 'characteristics' | 'features' = 'characteristics',
): void {
  if (found.length === expected.length && found.every((name, i) => name === expected[i])) return;
  const missing = expected.filter((name) => !found.includes(name));
  throw new DataError({
    field,
    expected: `the ${what} of the fit in their order (${expected.join(', ')})`,
    found: missing.length > 0 ? `no ${missing.join(', ')}` : found.join(', '),
    remedy: `Build the batch with the same ${what} in the same order.`,
  });
}
