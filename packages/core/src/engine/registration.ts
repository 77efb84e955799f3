import type { Engine } from './engine.ts';

/** What an engine is started with. */
export interface EngineStart {
  /** Threads that were asked for; the engine's own choice where absent. */
  readonly threads: number | undefined;
  /** True where a GPU is wanted and nothing else: an engine that would fall back to a processor throws instead. */
  readonly gpuOnly: boolean;
  /** How optional packages are imported. */
  readonly import: (specifier: string) => Promise<unknown>;
}

/** How an engine is found by its name, and started. */
export interface EngineRegistration {
  readonly name: string;
  /** Packages beside this one that it is made of, for the message where one is missing. */
  readonly packages?: readonly string[];
  /** What to do where it does not work: a sentence or two. */
  readonly remedy: string;
  /** When `auto` takes it: for large networks (`gpu`), or where nothing before it works (`fallback`). Never where absent. */
  readonly auto?: 'gpu' | 'fallback';
  /** Rejects, or throws, with the reason why it cannot be used here. */
  open(start: EngineStart): Engine | Promise<Engine>;
  /** What of it decides bits, for records and keys; the engine's description where absent. */
  arithmetic?(engine: Engine): string;
}
