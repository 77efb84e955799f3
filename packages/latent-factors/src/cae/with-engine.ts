import type { Engine, Resolution } from '@ml4t/core/engine';
import type { CAEConfig } from './config.ts';
import { networkParameters, type NetworkShape } from './network.ts';

/** Trainable numbers of a network. */
export function networkSize(shape: NetworkShape): number {
  return Object.values(networkParameters(shape))
    .filter(({ state }) => !state)
    .reduce((sum, { shape: dimensions }) => sum + dimensions.reduce((product, n) => product * n, 1), 0);
}

/**
 * Runs work on an engine that is found, and loaded, only now, and given back afterwards: a package that is imported for its linear
 * models never loads one.
 */
export async function withEngine<T>(
  config: CAEConfig,
  shape: NetworkShape,
  work: (engine: Engine, resolution: Resolution) => Promise<T>,
): Promise<T> {
  const { resolveEngine } = await import('@ml4t/core/engine');
  const { engine, resolution } = await resolveEngine({
    engine: config.engine,
    modelSize: networkSize(shape),
    ...(config.threads === null ? {} : { threads: config.threads }),
  });
  try {
    return await work(engine, resolution);
  } finally {
    await engine.dispose();
  }
}
