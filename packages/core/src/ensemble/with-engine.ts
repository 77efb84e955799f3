import type { Engine, Resolution } from '../engine/index.ts';
import type { ParameterSpecs } from '../nn/index.ts';
import type { EngineConfig } from './config.ts';

/** Trainable numbers of a network. */
export function weightCount(specs: ParameterSpecs): number {
  let count = 0;
  for (const { shape, state } of Object.values(specs))
    if (!state) count += shape.reduce((product, n) => product * n, 1);
  return count;
}

/**
 * Runs work on the engine that a configuration asks for, for a network of these parameters. It is found, and loaded, only now, and given
 * back afterwards: a package that is imported for its linear models never loads one.
 */
export async function withEngine<T>(
  { engine: choice, threads }: EngineConfig,
  specs: ParameterSpecs,
  work: (engine: Engine, resolution: Resolution) => Promise<T>,
): Promise<T> {
  const { resolveEngine } = await import('../engine/index.ts');
  const { engine, resolution } = await resolveEngine({
    engine: choice,
    modelSize: weightCount(specs),
    ...(threads === null ? {} : { threads }),
  });
  try {
    return await work(engine, resolution);
  } finally {
    await engine.dispose();
  }
}
