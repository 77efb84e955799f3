import { ConfigError, EngineError } from '../errors.ts';
import { EmbeddedEngine } from './embedded/engine.ts';
import { defaultThreads, wasmMachine } from './embedded/wasm-machine.ts';
import type { Engine, EngineName } from './engine.ts';

export type EngineChoice = 'auto' | EngineName;

export interface ResolveOptions {
  /** Default `auto`. */
  readonly engine?: EngineChoice;
  /** Threads of the embedded engine, the main one included. Default: the processors at hand, eight at most. */
  readonly threads?: number;
  /** Trainable numbers of the network, by which `auto` decides whether a GPU could pay. Default 0. */
  readonly parameters?: number;
}

/** One engine that was looked at. */
export interface EngineAttempt {
  readonly engine: EngineName;
  readonly works: boolean;
  /** Why it was taken, passed over, or does not work. */
  readonly reason: string;
}

export interface ResolvedEngine {
  readonly engine: Engine;
  /** In one sentence, for people and fit records. */
  readonly reason: string;
  /** In the order they were tried; the last one works. */
  readonly attempts: readonly EngineAttempt[];
}

/** Loads one engine or throws with the reason it does not work here. */
export type EngineLoader = (options: ResolveOptions) => Promise<Engine>;

/** From this many trainable numbers on, `auto` looks for a GPU: below, a step takes less than the calls to the device. */
export const gpuThreshold = 1_000_000;

const engineNames: readonly EngineName[] = ['embedded', 'tfjs-node-gpu', 'tfjs-node', 'tfjs-webgpu', 'tfjs-cpu'];

function loadEmbedded(options: ResolveOptions): Promise<Engine> {
  const threads = options.threads ?? defaultThreads();
  if (!(Number.isInteger(threads) && threads >= 1 && threads <= 64))
    throw new ConfigError({
      field: 'threads',
      expected: 'a whole number from 1 to 64',
      found: String(threads),
      remedy: 'Leave it out to use the processors at hand.',
    });
  return Promise.resolve(new EmbeddedEngine(wasmMachine(threads)));
}

/** The engines this build can load. */
const loaders: Partial<Record<EngineName, EngineLoader>> = { embedded: loadEmbedded };

/** The order in which `auto` tries engines. */
export function candidates(options: ResolveOptions): readonly EngineName[] {
  const { engine = 'auto', parameters = 0 } = options;
  if (engine !== 'auto') return [engine];
  return parameters >= gpuThreshold
    ? ['tfjs-node-gpu', 'embedded', 'tfjs-node', 'tfjs-cpu']
    : ['embedded', 'tfjs-node', 'tfjs-cpu'];
}

/**
 * Finds an engine that works and says why it is that one. `auto` takes the embedded engine, except that a network of a million
 * trainable numbers or more runs on a GPU where one works.
 *
 * @throws ConfigError for a name that is no engine.
 * @throws EngineError when none works; the message lists what was tried and why it failed.
 */
export async function resolveEngine(options: ResolveOptions = {}): Promise<ResolvedEngine> {
  const { engine: choice = 'auto' } = options;
  if (choice !== 'auto' && !engineNames.includes(choice))
    throw new ConfigError({
      field: 'engine',
      expected: `auto, ${engineNames.join(', ')}`,
      found: String(choice),
      remedy: 'Choose one of them; auto is right for most.',
    });
  const attempts: EngineAttempt[] = [];
  for (const name of candidates(options)) {
    try {
      const load = loaders[name];
      if (!load) throw new Error('this version has no such engine yet');
      const engine = await load(options);
      const reason = reasonFor(choice, attempts);
      attempts.push({ engine: name, works: true, reason });
      return { engine, reason: `${engine.description}: ${reason}`, attempts };
    } catch (error) {
      if (error instanceof ConfigError) throw error;
      attempts.push({ engine: name, works: false, reason: error instanceof Error ? error.message : String(error) });
    }
  }
  throw new EngineError({
    field: 'engine',
    expected: choice === 'auto' ? 'an engine that works here' : `the engine ${choice} to work here`,
    found: attempts.map(({ engine, reason }) => `${engine} (${reason})`).join('; '),
    remedy: "Use engine: 'auto', or install what the message names.",
  });
}

function reasonFor(choice: EngineChoice, attempts: readonly EngineAttempt[]): string {
  if (choice !== 'auto') return 'asked for by name';
  return attempts.length === 0
    ? 'the first choice at this size'
    : `${attempts.map(({ engine }) => engine).join(', ')} did not work`;
}
