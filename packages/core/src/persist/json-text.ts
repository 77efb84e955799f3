import { DataError, describe } from '../errors.ts';

/** Deeper than any configuration; reached only by a cycle. */
const MAXIMUM_DEPTH = 64;

/**
 * JSON text that parses back to an equal value, or a DataError that names the entry which cannot be written.
 *
 * JSON.stringify turns NaN into null and -0 into 0, and writes dates and typed arrays as something else without a
 * word. Here they are errors (-0 is kept). Properties that are undefined are left out, as optional fields are.
 */
export function jsonText(field: string, value: unknown, depth = 0): string {
  const refuse = (found: string, remedy: string): never => {
    throw new DataError({ field, expected: 'a value that JSON can hold', found, remedy });
  };
  if (depth > MAXIMUM_DEPTH) return refuse(`more than ${MAXIMUM_DEPTH} levels`, 'Remove the cycle.');
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) return refuse(String(value), 'Put numbers that may not be finite into the arrays.');
    return Object.is(value, -0) ? '-0' : String(value);
  }
  if (Array.isArray(value))
    return `[${value.map((entry, i) => jsonText(`${field}[${i}]`, entry, depth + 1)).join(',')}]`;
  if (typeof value === 'object') {
    const prototype: unknown = Object.getPrototypeOf(value);
    // Plain objects of another realm count as plain too: what matters is that nothing was inherited.
    if (prototype !== null && Object.getPrototypeOf(prototype) !== null)
      return refuse(describe(value), 'Put typed arrays into the arrays, and other objects into plain ones.');
    const entries = Object.entries(value).filter(([, entry]) => entry !== undefined);
    return `{${entries
      .map(([key, entry]) => `${JSON.stringify(key)}:${jsonText(`${field}.${key}`, entry, depth + 1)}`)
      .join(',')}}`;
  }
  return refuse(describe(value), 'Use null for what is absent.');
}
