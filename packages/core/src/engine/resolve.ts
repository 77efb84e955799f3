import { ConfigError, EngineError, describe } from '../errors.ts';
import type { Ops, Parameters } from '../nn/index.ts';
import { engineChoices, registeredEngines } from './choices.ts';
import type { EngineChoice } from './choices.ts';
import { defaultThreads } from './embedded/wasm-machine.ts';
import type { Engine, EngineName } from './engine.ts';
import { ownEngines } from './own-engines.ts';
import type { EngineRegistration, EngineStart } from './registration.ts';

export interface ResolveOptions {
  /** Default `auto`. `embedded-portable` for results with the same bits on every machine. */
  readonly engine?: EngineChoice;
  /** Trainable numbers of the network, for `auto`. Default 0: small. */
  readonly modelSize?: number;
  /** Threads of the embedded engine. */
  readonly threads?: number;
  /** How optional packages are imported. Default: the platform's import. */
  readonly import?: EngineStart['import'];
}

/** One engine that was tried, and what came of it. */
export interface EngineAttempt {
  readonly engine: string;
  readonly works: boolean;
  /** What it runs on, or why it does not. */
  readonly reason: string;
}

/** Which engine runs and why: plain JSON, for fit records and `ml4t doctor`. */
export interface Resolution {
  readonly engine: EngineName;
  /** The engine's own description, with the device. */
  readonly backend: string;
  /**
   * What of it decides bits: 'embedded-fused' or 'embedded-portable', whatever the number of threads; else the description, device and
   * version included.
   */
  readonly arithmetic: string;
  readonly reason: string;
  readonly tried: readonly EngineAttempt[];
}

export interface ResolvedEngine {
  readonly engine: Engine;
  readonly resolution: Resolution;
}

/**
 * Trainable numbers from which `auto` prefers a GPU. A step on a GPU is some hundred to some thousand kernel launches of tens
 * of microseconds, 20 to 700 ms whatever the width. Measured on an H200 through webgpu against the embedded engine on eight threads: networks
 * of up to 150,000 numbers took 0.7 to 9 times as long on the GPU, networks of 300,000 about a third of the time, of a million a third to an
 * eighth (docs/decisions/tfjs-engine.md). Results that depend on the machine should buy something, so it is above where they meet.
 */
export const gpuThreshold = 250_000;

/** Every engine there is, in the order of `auto`. */
const engines = (): readonly EngineRegistration[] => [...ownEngines, ...registeredEngines()];

/**
 * The engine to run on. A named engine is used or the call fails. `auto` takes a GPU (`tfjs-node-gpu`, then `tfjs-webgpu` on a
 * real device) for models of at least {@link gpuThreshold} trainable numbers where one works, else the embedded engine.
 * Packages are imported only when their engine is a candidate, and every candidate must first fit a small regression
 * whose loss and gradient are known. When `auto` finds neither a GPU nor the embedded engine, the process warns once
 * (`ML4T_ENGINE_FALLBACK`) and runs on what is left.
 *
 * @throws EngineError with every engine that was tried and why it failed.
 */
export async function resolveEngine(options: ResolveOptions = {}): Promise<ResolvedEngine> {
  const { engine: choice = 'auto', modelSize = 0 } = options;
  const named = engines().find(({ name }) => name === choice);
  if (choice !== 'auto' && !named)
    throw new ConfigError({
      field: 'engine',
      expected: `one of ${engineChoices().join(', ')}`,
      found: describe(choice),
      remedy: 'Leave it out for auto.',
    });
  const threads = options.threads ?? defaultThreads();
  if (!(Number.isInteger(threads) && threads >= 1 && threads <= 64))
    throw new ConfigError({
      field: 'threads',
      expected: 'a whole number from 1 to 64',
      found: String(threads),
      remedy: 'Leave it out to use the processors at hand.',
    });
  const large = modelSize >= gpuThreshold;
  const ofAuto = (kind: EngineRegistration['auto']) => engines().filter(({ auto }) => auto === kind);
  const candidates = named ? [named] : [...(large ? ofAuto('gpu') : []), ...ofAuto('fallback')];
  const tried: EngineAttempt[] = [];
  for (const candidate of candidates) {
    const { name } = candidate;
    const isGpu = candidate.auto === 'gpu';
    try {
      const engine = await start(candidate, options, !named && isGpu);
      const reason = named ? 'asked for by name' : reasonForAuto(modelSize, large, isGpu, tried);
      if (!named && tried.some(({ engine: failed }) => failed === 'embedded')) warnOfFallback(engine, tried);
      tried.push({ engine: name, works: true, reason: engine.description });
      const arithmetic = candidate.arithmetic?.(engine) ?? engine.description;
      return { engine, resolution: { engine: engine.name, backend: engine.description, arithmetic, reason, tried } };
    } catch (error) {
      tried.push({ engine: name, works: false, reason: reasonOf(error, candidate) });
    }
  }
  throw new EngineError({
    field: `engine '${choice}'`,
    expected: 'an engine that works here',
    found: tried.map(({ engine, reason }) => `${engine} (${reason})`).join('; '),
    remedy: (named ?? embedded()).remedy,
  });
}

const known = new Map<EngineChoice, Promise<readonly string[]>>();

/**
 * What a choice computes with here, as far as bits depend on it: the {@link Resolution.arithmetic} of a small network and, where `auto`
 * takes another engine for a large one, of that. Of a choice that cannot be used its name. Engines are started once a process.
 */
export function arithmeticsOf(choice: EngineChoice): Promise<readonly string[]> {
  const arithmeticOf = async (modelSize: number): Promise<string> => {
    try {
      const { engine, resolution } = await resolveEngine({ engine: choice, modelSize, threads: 1 });
      await engine.dispose();
      return resolution.arithmetic;
    } catch (error) {
      if (error instanceof EngineError) return choice;
      throw error;
    }
  };
  const find = async (): Promise<readonly string[]> => {
    const small = await arithmeticOf(0);
    const large = choice === 'auto' ? await arithmeticOf(gpuThreshold) : small;
    return small === large ? [small] : [small, large];
  };
  const found = known.get(choice) ?? find();
  known.set(choice, found);
  return found;
}

/** The one that everything else stands in for. */
const embedded = (): EngineRegistration => ownEngines.find(({ name }) => name === 'embedded') as EngineRegistration;

let warned = false;

/** Once a process: whoever asked for nothing in particular would otherwise wonder why it takes so long. */
function warnOfFallback(engine: Engine, tried: readonly EngineAttempt[]): void {
  if (warned) return;
  warned = true;
  const failed = tried.find((attempt) => attempt.engine === 'embedded');
  const slow = engine.name === 'tfjs-cpu' ? ', which is tens of times slower' : '';
  process.emitWarning(
    `The embedded engine cannot be used here (${failed?.reason}). Networks run on ${engine.description}${slow}. ` +
      embedded().remedy,
    { type: 'Ml4tWarning', code: 'ML4T_ENGINE_FALLBACK' },
  );
}

function reasonForAuto(size: number, large: boolean, isGpu: boolean, tried: readonly EngineAttempt[]): string {
  const numbers = `${size} trainable numbers`;
  if (!large && tried.length === 0) return `auto: ${numbers}, fewer than the ${gpuThreshold} from which a GPU may pay`;
  if (isGpu) return `auto: ${numbers}, at least ${gpuThreshold}, and a GPU that works`;
  return `auto: ${numbers}; ${tried.map(({ engine }) => engine).join(', ')} cannot be used here`;
}

/** Tries every engine, one after the other, and ends each: what `ml4t doctor` shows. */
export async function examineEngines(
  options: Pick<ResolveOptions, 'import' | 'threads'> = {},
): Promise<EngineAttempt[]> {
  const attempts: EngineAttempt[] = [];
  // Both arithmetics in place of the engine that takes the better one.
  for (const registration of inOrderOfChoices(engines().filter(({ name }) => name !== 'embedded'))) {
    const { name } = registration;
    try {
      const engine = await start(registration, options, false);
      attempts.push({ engine: name, works: true, reason: engine.description });
      await engine.dispose();
    } catch (error) {
      attempts.push({ engine: name, works: false, reason: reasonOf(error, registration) });
    }
  }
  return attempts;
}

/** As people read of them. */
function inOrderOfChoices(registrations: readonly EngineRegistration[]): EngineRegistration[] {
  const order = engineChoices();
  return [...registrations].sort((a, b) => order.indexOf(a.name) - order.indexOf(b.name));
}

async function start(
  registration: EngineRegistration,
  options: Pick<ResolveOptions, 'import' | 'threads'>,
  gpuOnly: boolean,
): Promise<Engine> {
  const load = options.import ?? ((specifier: string) => import(specifier));
  const engine = await registration.open({ threads: options.threads, gpuOnly, import: load });
  await prove(engine);
  return engine;
}

/**
 * One small regression: x = ((1, 2), (3, -1)), w = (0.5, 0.25), target (0, 2). Residuals (1, -0.75), loss 0.78125 and gradient
 * (2/2) x'r = (-1.25, 2.75), all exact in float32; Adam's first step is then the learning rate against the sign.
 */
async function prove(engine: Engine): Promise<void> {
  const parameters = engine.parameters([
    { name: 'w', shape: [1, 2], values: Float64Array.of(0.5, 0.25), state: false },
  ]);
  const optimizer = engine.optimizer(parameters, { learningRate: 0.125 });
  const loss = (ops: Ops, { w }: Parameters) =>
    ops.meanSquaredError(ops.linear(ops.constant([1, 2, 3, -1], [2, 2]), w), ops.constant([0, 2], [2, 1]));
  try {
    const found = [await optimizer.accumulate((ops) => loss(ops, parameters.tensors))];
    found.push(...(await optimizer.gradients()).w);
    await optimizer.apply();
    found.push(...(await parameters.read()).w);
    const expected = [0.78125, -1.25, 2.75, 0.625, 0.125];
    if (!expected.every((value, i) => Math.abs(found[i] - value) < 1e-4))
      throw new Error(`wrong numbers from a test computation: ${found.join(', ')} instead of ${expected.join(', ')}`);
  } catch (error) {
    optimizer.release();
    parameters.release();
    await engine.dispose();
    throw error;
  }
  optimizer.release();
  parameters.release();
}

/** One line, without the list of places that Node looked in. */
function reasonOf(error: unknown, { packages = [] }: EngineRegistration): string {
  const message = error instanceof EngineError ? error.found : error instanceof Error ? error.message : String(error);
  const line = message
    .split('\n')
    .map((text) => text.trim().replace(/\.$/, ''))
    .find((text) => text !== '');
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  if (code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND') {
    const absent = packages.filter((specifier) => message.includes(`'${specifier}'`));
    if (absent.length > 0) return `${absent.join(', ')} is not installed`;
  }
  if (line && /isNullOrUndefined\W+is not a function/.test(line))
    return `it calls util.isNullOrUndefined, which Node 23 removed: this is Node ${process.versions.node}`;
  return (line ?? 'it failed without a message').slice(0, 300);
}
