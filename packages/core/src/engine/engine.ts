import type { HostValues, HostWriter, NamedValues, Ops, Parameters, Tensor } from '../nn/index.ts';

/** The engines of this package by the name that results give them, and any other that was registered. */
export type EngineName = 'embedded' | 'tfjs-node-gpu' | 'tfjs-node' | 'tfjs-webgpu' | 'tfjs-cpu' | (string & {});

/** Numbers read back from an engine: float32 except from the float64 oracle. */
export type Values = Float32Array | Float64Array;

/** Weights and state of a network on the host, by name. */
export type Snapshot = Readonly<Record<string, Values>>;

/** Named arrays held by an engine. */
export interface ParameterSet {
  /** What a loss is given. */
  readonly tensors: Parameters;
  /** Names in the order they were given. */
  readonly names: readonly string[];
  /** Those of them that are state, not weights. */
  readonly state: readonly string[];
  /** Trainable numbers in all. */
  readonly size: number;
  /** Copies of all weights and state. */
  read(): Promise<Snapshot>;
  /** Overwrites the named weights and state. */
  write(snapshot: Snapshot): void;
  /** Frees the memory; the tensors are gone. */
  release(): void;
}

export interface OptimizerOptions {
  /** `adam` adds weight decay to the gradient, `adamw` takes it off the weights (Loshchilov-Hutter). Default `adam`. */
  readonly kind?: 'adam' | 'adamw';
  /** Default 1e-3. */
  readonly learningRate?: number;
  /** Default 0.9. */
  readonly beta1?: number;
  /** Default 0.999. */
  readonly beta2?: number;
  /** Default 1e-8. */
  readonly epsilon?: number;
  /** Default 0. */
  readonly weightDecay?: number;
}

export interface StepOptions {
  /** Key of the step's dropout and noise. Equal seeds give equal bits. Default 0. */
  readonly seed?: number;
}

export interface AppliedStep {
  /** Euclidean norm of all gradients before clipping. */
  readonly gradientNorm: number;
  /** False when the gradients were not finite: then neither weights nor moments were touched. */
  readonly applied: boolean;
}

/** Adam or AdamW over one parameter set. Moments live in the engine and last as long as the optimizer. */
export interface Optimizer {
  readonly parameters: ParameterSet;
  /** The rate of `apply` unless it is given one. */
  readonly learningRate: number;
  /** Adds the gradients of one loss to those waiting; returns the loss. Call several times for exact large batches. */
  accumulate(loss: (ops: Ops) => Tensor, options?: StepOptions): Promise<number>;
  /** The gradients waiting, by name. */
  gradients(): Promise<Snapshot>;
  /** One update from the gradients waiting, which are then zero. `clip` bounds their global norm as PyTorch does. */
  apply(options?: { readonly learningRate?: number; readonly clip?: number }): Promise<AppliedStep>;
  release(): void;
}

export interface EngineMemory {
  /** Bytes in use now: data, parameters, moments, and the step under way. */
  readonly bytes: number;
  /** Bytes that the engine needed from the system so far: its peak. */
  readonly reservedBytes: number;
  /** Tensors that live until released. */
  readonly tensors: number;
  /** Worker threads that are up, besides the main one. */
  readonly workers: number;
}

/** Runs the vocabulary of `@ml4t/core/nn`. Not safe for two steps at once: await one before the next. */
export interface Engine {
  readonly name: EngineName;
  /** For people and fit records: `embedded (WebAssembly SIMD, 2 threads, float32)`. */
  readonly description: string;
  readonly precision: 'float32' | 'float64';
  /** Copies numbers in, or has them written; they stay until released. Float64 input is narrowed. */
  tensor(values: HostValues | HostWriter, shape: readonly number[]): Tensor;
  release(tensor: Tensor): void;
  parameters(values: readonly NamedValues[]): ParameterSet;
  optimizer(parameters: ParameterSet, options?: OptimizerOptions): Optimizer;
  /** Runs operations without dropout, noise or gradients and reads the results. */
  evaluate<K extends string>(run: (ops: Ops) => Readonly<Record<K, Tensor>>): Promise<Record<K, Values>>;
  memory(): EngineMemory;
  /** Ends worker threads and frees everything. */
  dispose(): Promise<void>;
}
