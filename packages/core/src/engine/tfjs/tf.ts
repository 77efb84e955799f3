import type { Tensor } from '../../nn/index.ts';

/** A tensor of tfjs. It has a shape, so it is a tensor of the vocabulary as it stands. */
export interface TfTensor extends Tensor {
  readonly shape: number[];
  data(): Promise<Float32Array>;
  dispose(): void;
}

export interface TfVariable extends TfTensor {
  readonly name: string;
  assign(value: TfTensor): void;
}

type Unary = (x: TfTensor) => TfTensor;
type Binary = (a: TfTensor, b: TfTensor | number) => TfTensor;

/**
 * The part of tfjs that the engine uses, by its structure: tfjs is an optional peer, so its own types may not be there.
 */
export interface Tf {
  tensor(values: Float32Array | Int32Array, shape: readonly number[], dtype: 'float32' | 'int32'): TfTensor;
  variable(value: TfTensor, trainable: boolean): TfVariable;
  variableGrads(run: () => TfTensor, variables: TfVariable[]): { value: TfTensor; grads: Record<string, TfTensor> };
  customGrad(run: (x: TfTensor) => { value: TfTensor; gradFunc: (dy: TfTensor) => TfTensor }): Unary;
  tidy<T>(run: () => T): T;
  dispose(x: TfTensor | TfTensor[]): void;
  memory(): { numBytes: number; numTensors: number };
  setBackend(name: string): Promise<boolean>;
  ready(): Promise<void>;
  getBackend(): string;
  readonly abs: Unary;
  readonly clone: Unary;
  readonly erf: Unary;
  readonly exp: Unary;
  readonly log: Unary;
  readonly relu: Unary;
  readonly sigmoid: Unary;
  readonly softplus: Unary;
  readonly sqrt: Unary;
  readonly square: Unary;
  readonly tanh: Unary;
  readonly zerosLike: Unary;
  ones(shape: readonly number[]): TfTensor;
  zeros(shape: readonly number[]): TfTensor;
  readonly add: Binary;
  readonly sub: Binary;
  readonly mul: Binary;
  readonly div: Binary;
  readonly maximum: Binary;
  readonly notEqual: Binary;
  readonly greater: Binary;
  clipByValue(x: TfTensor, low: number, high: number): TfTensor;
  where(condition: TfTensor, a: TfTensor, b: TfTensor): TfTensor;
  matMul(a: TfTensor, b: TfTensor, transposeA?: boolean, transposeB?: boolean): TfTensor;
  sum(x: TfTensor, axis?: number, keepDims?: boolean): TfTensor;
  mean(x: TfTensor, axis?: number, keepDims?: boolean): TfTensor;
  max(x: TfTensor, axis?: number, keepDims?: boolean): TfTensor;
  logSumExp(x: TfTensor, axis: number): TfTensor;
  gather(x: TfTensor, index: TfTensor, axis: number): TfTensor;
  unsortedSegmentSum(x: TfTensor, ids: TfTensor, count: number): TfTensor;
  reshape(x: TfTensor, shape: readonly number[]): TfTensor;
  transpose(x: TfTensor, permutation: readonly number[]): TfTensor;
  concat(xs: TfTensor[], axis: number): TfTensor;
  stack(xs: TfTensor[], axis: number): TfTensor;
  unstack(x: TfTensor, axis: number): TfTensor[];
  split(x: TfTensor, parts: number, axis: number): TfTensor[];
  slice(x: TfTensor, begin: readonly number[], size: readonly number[]): TfTensor;
  randomUniform(shape: readonly number[], low: number, high: number, dtype: 'float32', seed: number): TfTensor;
  randomNormal(shape: readonly number[], mean: number, deviation: number, dtype: 'float32', seed: number): TfTensor;
}
