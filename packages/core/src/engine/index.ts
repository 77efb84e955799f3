export type {
  AppliedStep,
  Engine,
  EngineMemory,
  EngineName,
  Optimizer,
  OptimizerOptions,
  ParameterSet,
  Snapshot,
  StepOptions,
  Values,
} from './engine.ts';
export { EmbeddedEngine, typescriptMachine } from './embedded/engine.ts';
export { defaultThreads, wasmMachine } from './embedded/wasm-machine.ts';
export { examineEngines, gpuThreshold, resolveEngine } from './resolve.ts';
export type { EngineAttempt, EngineChoice, Resolution, ResolvedEngine, ResolveOptions } from './resolve.ts';
