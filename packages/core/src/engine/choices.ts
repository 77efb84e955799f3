import { ConfigError, describe } from '../errors.ts';
import type { EngineName } from './engine.ts';
import type { EngineRegistration } from './registration.ts';

/**
 * What may be asked for. `auto` takes the best for the size of the network; `embedded` the faster arithmetic that is to be had;
 * `embedded-fused` and `embedded-portable` one of the two. Portable results have the same bits on every machine; fused ones on
 * every machine with fused multiply-add and Node 22 or later (or Node 20 with `--experimental-wasm-relaxed-simd`). Engines that were
 * registered go by their names.
 */
export type EngineChoice = 'auto' | 'embedded-fused' | 'embedded-portable' | EngineName;

const ownChoices: readonly string[] = [
  'auto',
  'embedded',
  'embedded-fused',
  'embedded-portable',
  'tfjs-node-gpu',
  'tfjs-node',
  'tfjs-webgpu',
  'tfjs-cpu',
];

const registered: EngineRegistration[] = [];

/** Everything that may be asked for here: `auto`, the engines of this package, and those that were registered. */
export function engineChoices(): readonly string[] {
  return [...ownChoices, ...registered.map(({ name }) => name)];
}

/** The engines that were registered, in that order. */
export function registeredEngines(): readonly EngineRegistration[] {
  return registered;
}

/**
 * Makes an engine known by its name: configurations take it, {@link EngineRegistration.auto} says when `auto` does, `ml4t doctor` shows
 * it. `engineContract` of `@ml4t/core/testing` says what it has to do. The same registration twice is one.
 * @throws ConfigError when the name is none, or belongs to another engine
 */
export function registerEngine(registration: EngineRegistration): void {
  if (registered.includes(registration)) return;
  const { name } = registration;
  if (typeof name === 'string' && /^[a-z][a-z0-9-]*$/.test(name) && !engineChoices().includes(name)) {
    registered.push(registration);
    return;
  }
  throw new ConfigError({
    field: 'registerEngine.name',
    expected: `lower-case letters, digits and hyphens, and none of ${engineChoices().join(', ')}`,
    found: describe(name),
    remedy: 'Choose a name of its own.',
  });
}
