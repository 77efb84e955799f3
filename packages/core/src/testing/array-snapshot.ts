import assert from 'node:assert/strict';

/** Every typed array reachable from an object through plain properties, by path. */
export function reachableArrays(
  value: unknown,
  path = '',
  found = new Map<string, Float64Array>(),
  depth = 0,
): Map<string, Float64Array> {
  if (ArrayBuffer.isView(value)) {
    // All numeric arrays of the contracts fit into float64 without loss.
    if ('length' in value) found.set(path, Float64Array.from(value as unknown as ArrayLike<number>));
  } else if (typeof value === 'object' && value !== null && depth < 4)
    for (const [key, entry] of Object.entries(value))
      reachableArrays(entry, path === '' ? key : `${path}.${key}`, found, depth + 1);
  return found;
}

/** Throws an AssertionError unless both sides have the same arrays with the same bits; all NaN count as one. */
export function assertSameArrays(
  actual: ReadonlyMap<string, Float64Array>,
  expected: ReadonlyMap<string, Float64Array>,
  what: string,
): void {
  assert.deepEqual([...actual.keys()].sort(), [...expected.keys()].sort(), `${what}: other arrays`);
  for (const [name, values] of expected) {
    const others = actual.get(name) ?? new Float64Array(0);
    assert.equal(others.length, values.length, `${what}: ${name} has another length`);
    for (let i = 0; i < values.length; i++)
      assert.ok(Object.is(others[i], values[i]), `${what}: ${name}[${i}] is ${others[i]}, not ${values[i]}`);
  }
}
