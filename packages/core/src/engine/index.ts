export type { EngineChoice, EngineName } from './choices.ts';
export type {
  AppliedStep,
  Engine,
  EngineMemory,
  Optimizer,
  OptimizerOptions,
  ParameterSet,
  Snapshot,
  StepOptions,
  Values,
} from './engine.ts';
export { availableArithmetic } from './embedded/arithmetic.ts';
export type { Arithmetic } from './embedded/arithmetic.ts';
export { EmbeddedEngine, typescriptMachine } from './embedded/engine.ts';
export { defaultThreads, wasmMachine } from './embedded/wasm-machine.ts';
export { examineEngines, gpuThreshold, resolveEngine } from './resolve.ts';
export type { EngineAttempt, Resolution, ResolvedEngine, ResolveOptions } from './resolve.ts';
