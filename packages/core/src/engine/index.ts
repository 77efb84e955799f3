export { checkedOps, ownTensor } from './checked-ops.ts';
export { engineChoices, registerEngine } from './choices.ts';
export type { EngineChoice } from './choices.ts';
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
export { availableArithmetic } from './arithmetic.ts';
export type { Arithmetic } from './arithmetic.ts';
export { EmbeddedEngine, typescriptMachine } from './embedded/engine.ts';
export { defaultThreads, wasmMachine } from './embedded/wasm-machine.ts';
export type {
  BinaryKind,
  Broadcast,
  LossKind,
  RawAttention,
  RawDense,
  RawLstm,
  RawLstmState,
  RawNorm,
  RawOps,
  TensorOrigin,
  UnaryKind,
} from './raw-ops.ts';
export type { EngineRegistration, EngineStart } from './registration.ts';
export { arithmeticsOf, examineEngines, gpuThreshold, resolveEngine } from './resolve.ts';
export type { EngineAttempt, Resolution, ResolvedEngine, ResolveOptions } from './resolve.ts';
