import { EngineError, MissingPackageError } from '../../errors.ts';
import type { Engine, EngineName } from '../engine.ts';
import { TfjsEngine } from './engine.ts';
import type { Tf } from './tf.ts';

/**
 * Imports an optional package by name. A package whose install script was not allowed to run is there but throws when it
 * is imported, so any failure counts.
 */
async function optional(name: string, purpose: string): Promise<unknown> {
  try {
    const module = (await import(name)) as { default?: unknown };
    return module;
  } catch (cause) {
    throw new MissingPackageError(name, `${purpose}; importing it said: ${firstLine(cause)}`, cause);
  }
}

function firstLine(cause: unknown): string {
  return (cause instanceof Error ? cause.message : String(cause)).split('\n')[0];
}

/** The module's functions, whether it is CommonJS behind `default` or not. */
function functionsOf(module: unknown): Tf {
  const { default: inner } = module as { default?: unknown };
  return (typeof inner === 'object' && inner !== null && 'variableGrads' in inner ? inner : module) as Tf;
}

async function loadWebGpu(): Promise<Tf> {
  const { create, globals } = (await optional('webgpu', 'Dawn, the device below tfjs-webgpu')) as {
    create: (options: string[]) => unknown;
    globals: object;
  };
  Object.assign(globalThis, globals);
  const navigator = { ...(globalThis as { navigator?: object }).navigator, gpu: create([]) };
  Object.defineProperty(globalThis, 'navigator', { value: navigator, configurable: true, writable: true });
  const tf = functionsOf(await optional('@tensorflow/tfjs', 'the operations and their gradients'));
  await optional('@tensorflow/tfjs-backend-webgpu', 'the backend of tfjs-webgpu');
  await tf.setBackend('webgpu');
  return tf;
}

async function loadTf(name: EngineName): Promise<Tf> {
  if (name === 'tfjs-webgpu') return loadWebGpu();
  const tf = functionsOf(
    name === 'tfjs-cpu'
      ? await optional('@tensorflow/tfjs', 'the engine tfjs-cpu')
      : await optional(`@tensorflow/${name}`, `the engine ${name}`),
  );
  if (name === 'tfjs-cpu') await tf.setBackend('cpu');
  return tf;
}

/** A tfjs engine that has just computed a gradient it should; throws with the reason otherwise. */
export async function loadTfjs(name: EngineName): Promise<Engine> {
  const tf = await loadTf(name);
  await tf.ready();
  const engine = new TfjsEngine(name, tf);
  const parameters = engine.parameters([{ name: 'w', shape: [1, 2], values: Float64Array.of(3, -1), state: false }]);
  const optimizer = engine.optimizer(parameters);
  const loss = await optimizer.accumulate((ops) =>
    ops.sum(ops.linear(ops.constant([1, 2], [1, 2]), parameters.tensors.w)),
  );
  const { w } = await optimizer.gradients();
  optimizer.release();
  parameters.release();
  if (loss !== 1 || w[0] !== 1 || w[1] !== 2)
    throw new EngineError({
      field: name,
      expected: 'a trial product of 1 with gradient (1, 2)',
      found: `${loss} with (${w.join(', ')})`,
      remedy: 'The installed tfjs does not compute correctly here; use another engine.',
    });
  return engine;
}
