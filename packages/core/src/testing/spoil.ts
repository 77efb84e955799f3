/** The buffers of all typed arrays that a value holds, through plain properties, to any depth. */
export function buffersOf(
  value: unknown,
  found = new Set<ArrayBufferLike>(),
  seen = new Set<object>(),
): Set<ArrayBufferLike> {
  if (typeof value !== 'object' || value === null || seen.has(value)) return found;
  seen.add(value);
  if (ArrayBuffer.isView(value)) found.add(value.buffer);
  else for (const entry of Object.values(value)) buffersOf(entry, found, seen);
  return found;
}

/**
 * Writes to everything that can be written to in a value: typed arrays but for those whose memory is in `spared`, lists, properties.
 * What is frozen stays as it is.
 */
export function spoil(value: unknown, spared: ReadonlySet<ArrayBufferLike>, seen = new Set<object>()): void {
  if (typeof value !== 'object' || value === null || seen.has(value)) return;
  seen.add(value);
  if (ArrayBuffer.isView(value)) {
    if (!spared.has(value.buffer) && 'fill' in value && typeof value.fill === 'function') value.fill(77);
    return;
  }
  for (const key of Object.keys(value)) {
    const entry: unknown = Reflect.get(value, key);
    spoil(entry, spared, seen);
    if (typeof entry === 'number') Reflect.set(value, key, entry + 77);
    if (typeof entry === 'string') Reflect.set(value, key, `spoilt ${entry}`);
    if (typeof entry === 'boolean') Reflect.set(value, key, !entry);
  }
  if (Array.isArray(value) && !Object.isFrozen(value)) value.push('spoilt');
}

/** What the public getters of a model give, by name. */
export function gettersOf(model: object): Record<string, unknown> {
  const found: Record<string, unknown> = {};
  for (
    let prototype = Object.getPrototypeOf(model) as object | null;
    prototype !== null && prototype !== Object.prototype;
    prototype = Object.getPrototypeOf(prototype) as object | null
  )
    for (const [name, { get }] of Object.entries(Object.getOwnPropertyDescriptors(prototype)))
      if (get && !(name in found)) found[name] = Reflect.get(model, name);
  return found;
}
