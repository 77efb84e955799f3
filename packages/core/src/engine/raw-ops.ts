import type { Activation, HostValues, HostWriter, Tensor } from '../nn/index.ts';

/** Where a tensor comes from, as its engine sees it. */
export type TensorOrigin = 'own' | 'foreign' | 'earlier step';

export type UnaryKind =
  'abs' | 'square' | 'sqrt' | 'exp' | 'log' | 'tanh' | 'sigmoid' | 'relu' | 'silu' | 'gelu' | 'softplus';
export type BinaryKind = 'add' | 'sub' | 'mul' | 'div' | 'maximum';
export type LossKind = 'meanSquaredError' | 'binaryCrossEntropy';

/**
 * How the second argument of a binary operation runs along the first: rows of `inner` elements, its step from a row to the next,
 * and its step within a row.
 */
export interface Broadcast {
  readonly inner: number;
  readonly rowStep: number;
  readonly step: number;
}

/** A batch norm over N features: every vector is there in that length, every default is filled in. */
export interface RawNorm<T extends Tensor> {
  readonly weight: T | undefined;
  readonly bias: T | undefined;
  readonly runningMean: T;
  readonly runningVariance: T;
  readonly momentum: number;
  readonly epsilon: number;
}

/** A dense layer whose weight is (outputs, inputs), inputs as in the last axis of x. */
export interface RawDense<T extends Tensor> {
  readonly weight: T;
  readonly bias: T | undefined;
  readonly norm: RawNorm<T> | undefined;
  readonly activation: Activation;
  readonly dropout: number;
  /** values (dates, outputs); offsets from 0 to the rows of x. */
  readonly byDate: { readonly values: T; readonly offsets: Int32Array } | undefined;
}

export interface RawLstm<T extends Tensor> {
  readonly inputWeight: T;
  readonly recurrentWeight: T;
  readonly inputBias: T;
  readonly recurrentBias: T;
}

export interface RawLstmState<T extends Tensor> {
  readonly hidden: T;
  readonly cell: T;
}

export interface RawAttention<T extends Tensor> {
  readonly heads: number;
  readonly causal: boolean;
  readonly keyMask: T | undefined;
  readonly bias: T | undefined;
  readonly lag: { readonly steps: number; readonly period: number };
}

/**
 * What an engine implements: the operations of `Ops` on tensors of its own, with nothing left to check or to fill in. Shapes fit each
 * other, indices and offsets lie within their arrays, shares in [0, 1), axes count from 0; dropout and noise are asked for in
 * training alone, and not with nothing to do. `checkedOps` makes `Ops` of it.
 */
export interface RawOps<T extends Tensor> {
  /** True while a training step runs. */
  readonly training: boolean;
  /** Whether a tensor is this engine's, and may be read in the step under way. */
  originOf(tensor: object): TensorOrigin;

  constant(values: HostValues | HostWriter, shape: readonly number[]): T;
  detach(x: T): T;
  recompute(run: () => T): T;
  recomputeParts(x: T, length: number, run: (part: T) => T): T;

  linear(x: T, weight: T, bias: T | undefined): T;
  dense(x: T, layer: RawDense<T>): T;
  batchNorm(x: T, norm: RawNorm<T>): T;
  layerNorm(x: T, weight: T, bias: T, epsilon: number): T;
  dropout(x: T, rate: number): T;
  noise(x: T, deviation: number): T;
  lstm(x: T, layer: RawLstm<T>, initial: RawLstmState<T> | undefined): RawLstmState<T> & { readonly output: T };
  attention(query: T, key: T, value: T, options: RawAttention<T>): T;

  rows(x: T, index: Int32Array): T;
  sumByIndex(x: T, index: Int32Array, count: number): T;
  segmentSum(x: T, offsets: Int32Array): T;
  segmentRepeat(x: T, offsets: Int32Array): T;
  segmentRegression(x: T, y: T, offsets: Int32Array, ridge: number): T;

  rowDot(a: T, b: T): T;
  binary(kind: BinaryKind, a: T, b: T, broadcast: Broadcast): T;
  where(mask: T, a: T, b: T | number): T;
  scale(x: T, factor: number, offset: number): T;
  unary(kind: UnaryKind, x: T): T;
  clip(x: T, low: number, high: number): T;
  softmax(x: T, mask: T | undefined): T;
  logSumExp(x: T): T;

  /** Over one axis, which goes, or over all of them into a scalar. */
  reduce(kind: 'sum' | 'mean', x: T, axis: number | undefined): T;
  concat(xs: readonly T[]): T;
  slice(x: T, from: number, to: number, axis: number): T;
  transpose(x: T, permutation: readonly number[]): T;
  reshape(x: T, shape: readonly number[]): T;

  loss(kind: LossKind, x: T, target: T, weights: T | undefined): T;
}
