import fc from 'fast-check';

/** Values that a caller without types, or a damaged file, puts in the place of others. */
const junk: readonly unknown[] = [
  undefined, null, true, false, 0, -0, 1, -1, 2, 1.5, 1e-320, 1e39, 1e308, -1e308, NaN, Infinity, -Infinity, 2 ** 31, 2 ** 53,
  '', 'x', '0', 'NaN', '__proto__', '2020-01-31', '\u0000', '\ud800', 'a'.repeat(5000), [], [[]], [0], [null], ['x', 'x'], {}, { x: 1 },
]; // prettier-ignore

/** Only what JSON can hold, for content that was read from a file. */
const jsonJunk = junk.filter((value) => value !== undefined && (typeof value !== 'number' || Number.isFinite(value)));

export interface Edit {
  /** Which entry at each level, modulo their number; the last is replaced. */
  readonly path: readonly number[];
  readonly value: unknown;
  /** Removed, doubled under another name, or replaced. */
  readonly kind: 'replace' | 'remove' | 'add';
}

export const edits = (json = false): fc.Arbitrary<Edit[]> =>
  fc.array(
    fc.record({
      path: fc.array(fc.nat(60), { minLength: 1, maxLength: 5 }),
      value: fc.constantFrom(...(json ? jsonJunk : junk)),
      kind: fc.constantFrom('replace' as const, 'replace' as const, 'remove' as const, 'add' as const),
    }),
    { minLength: 1, maxLength: 3 },
  );

/** A copy of plain data with these edits. */
export function edited<T>(valid: T, list: readonly Edit[]): T {
  const root = { content: copy(valid) };
  for (const { path, value, kind } of list) {
    let at: Record<string, unknown> = root;
    let key = 'content';
    for (const step of path) {
      const next = at[key];
      if (typeof next !== 'object' || next === null || Object.keys(next).length === 0) break;
      at = next as Record<string, unknown>;
      const keys = ArrayBuffer.isView(at) ? undefined : Object.keys(at);
      key = keys ? keys[step % keys.length] : String(step % (at as unknown as { length: number }).length);
    }
    if (ArrayBuffer.isView(at)) at[key] = Number(value);
    else if (kind === 'replace') at[key] = copy(value);
    else if (kind === 'add') at[`${key}x`] = copy(value);
    else if (Array.isArray(at)) at.pop();
    else Reflect.deleteProperty(at, key);
  }
  return root.content;
}

function copy<T>(value: T): T {
  if (ArrayBuffer.isView(value)) return (value as unknown as Float64Array).slice() as T;
  if (Array.isArray(value)) return value.map(copy) as T;
  if (
    typeof value !== 'object' ||
    value === null ||
    ![Object.prototype, null].includes(Object.getPrototypeOf(value) as object)
  )
    return value;
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, copy(entry as unknown)])) as T;
}
