import { resolveEngine, type EngineChoice, type ResolvedEngine } from '@ml4t/core/engine';

/** The engine that a configuration asks for, for a network of so many weights. */
export function engineOf(
  { engine, threads }: { readonly engine: EngineChoice; readonly threads: number | null },
  modelSize: number,
): Promise<ResolvedEngine> {
  return resolveEngine({ engine, modelSize, ...(threads === null ? {} : { threads }) });
}
