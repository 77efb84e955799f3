/**
 * An array of an engine: opaque, because it may live in WebAssembly memory or on a GPU. Only its shape can be read at
 * once; values are read asynchronously through the engine. A tensor made inside a step ends with the step.
 */
export interface Tensor {
  readonly shape: readonly number[];
}

/** Weights and state by name: `betaNetwork.hidden.0.weight`. State (running statistics) is never differentiated. */
export type Parameters = Readonly<Record<string, Tensor>>;

/** Numbers that come from outside an engine. */
export type HostValues = Float32Array | Float64Array | Uint8Array | Int32Array | readonly number[];

/** Writes numbers into an array of an engine, every entry: before it, the array holds anything. */
export type HostWriter = (into: Float32Array | Float64Array) => void;

export type Activation = 'identity' | 'relu' | 'tanh' | 'sigmoid' | 'silu' | 'gelu';

/** Batch normalisation over every axis but the last, with PyTorch's conventions. */
export interface BatchNorm {
  /** Gain and offset (features); leave both out for a normalisation without them. */
  readonly weight?: Tensor;
  readonly bias?: Tensor;
  /** State (features), written in training: running <- (1 - momentum) running + momentum batch; the variance is unbiased. */
  readonly runningMean: Tensor;
  readonly runningVariance: Tensor;
  /** Default 0.1. */
  readonly momentum?: number;
  /** Added to the (biased) variance under the root. Default 1e-5. */
  readonly epsilon?: number;
}

export interface Dense {
  /** (outputs, inputs), as in PyTorch. */
  readonly weight: Tensor;
  readonly bias?: Tensor;
  readonly norm?: BatchNorm;
  /** Default `identity`. */
  readonly activation?: Activation;
  /** Share of outputs set to zero in training; the others are divided by 1 - dropout. Default 0. */
  readonly dropout?: number;
  /** What all rows of a date have in common, added to their products: it costs a product a date instead of one a row. */
  readonly byDate?: ByDate;
}

/** A row of numbers for every date (dates, outputs), and the first row of every date with the number of rows at the end. */
export interface ByDate {
  readonly values: Tensor;
  readonly offsets: Int32Array;
}

/** One LSTM layer, PyTorch layout: gate blocks in the order input, forget, cell, output. */
export interface Lstm {
  /** (4 hidden, features) */
  readonly inputWeight: Tensor;
  /** (4 hidden, hidden) */
  readonly recurrentWeight: Tensor;
  /** (4 hidden) */
  readonly inputBias: Tensor;
  /** (4 hidden) */
  readonly recurrentBias: Tensor;
}

/** State of an LSTM layer: each (sequences, hidden). */
export interface LstmState {
  readonly hidden: Tensor;
  readonly cell: Tensor;
}

export interface LstmResult extends LstmState {
  /** (sequences, time, hidden): the hidden state after every step. */
  readonly output: Tensor;
}

export interface Attention {
  /** Heads that the last axis is split into. Default 1. */
  readonly heads?: number;
  /** Query i sees keys 0..i only. Needs as many keys as queries. */
  readonly causal?: boolean;
  /** (batch, keys) of 0 and 1: a key with 0 is never read, whatever it holds. */
  readonly keyMask?: Tensor;
  /** (queries, keys), added to every logit: the logarithm of an edge strength, -Infinity for no edge. Not differentiated. */
  readonly bias?: Tensor;
  /**
   * Lagged keys and values: the batch axis holds runs of `period` consecutive dates, and the queries of a date attend to
   * the keys of the date `steps` earlier in the same run. The first `steps` dates of a run see nothing and give zero.
   */
  readonly lag?: { readonly steps: number; readonly period: number };
}

/** Axis of a reduction: one axis (negative counts from the end), or all of them into a scalar of shape []. */
export type Axis = number | 'all';

/**
 * The vocabulary that every network of the library is written in, once, as `loss(ops, params, batch)`.
 *
 * Conventions. The last axis is the feature axis; layers apply to every row of whatever stands before it. Every operation
 * is differentiable in its tensor arguments unless it says not to. Masks are tensors of 0 and 1 and are never
 * differentiated; an entry under a 0 is not read, so it may hold NaN, and its gradient is exactly zero. A binary
 * operation takes a second argument of the same shape, of a shape equal to the *last* axes of the first
 * (one row for all rows), of the first's shape with the last axis 1 (one number a row), or a scalar of shape [];
 * nothing else is broadcast, and the first argument is never broadcast.
 */
export interface Ops {
  /** True while a training step runs: dropout, noise and batch statistics are on. */
  readonly training: boolean;

  /**
   * Numbers from outside, copied in, for the length of the step; or what writes them where the engine keeps them, so that a
   * mini-batch is gathered from a panel without a copy of either. Not differentiated.
   */
  constant(values: HostValues | HostWriter, shape: readonly number[]): Tensor;
  /** The same values, through which no gradient flows. */
  detach(x: Tensor): Tensor;
  /**
   * The value of `run()`, whose intermediate results an engine may drop and compute again on the way back: less memory for a second
   * forward pass of that part, and the same bits, dropout included. It must not write running statistics (batch norm).
   */
  recompute(run: () => Tensor): Tensor;
  /**
   * {@link recompute} of a block that treats the entries of the first axis of x apart from each other: `run` is given `length` of them
   * at a time, and the results are put one after the other. What the block holds at once is that of one part.
   */
  recomputeParts(x: Tensor, length: number, run: (part: Tensor) => Tensor): Tensor;

  /** x W' + b on the last axis. weight (outputs, inputs), bias (outputs). */
  linear(x: Tensor, weight: Tensor, bias?: Tensor): Tensor;
  /** Linear, batch norm, activation and dropout in one: dropout(activation(norm(x W' + b + d))), d from the row's date. */
  dense(x: Tensor, layer: Dense): Tensor;
  /** (x - mean) / sqrt(variance + epsilon) * weight + bias, statistics over the rows (training) or running (evaluation). */
  batchNorm(x: Tensor, norm: BatchNorm): Tensor;
  /** The same within each row, over the last axis. Default epsilon 1e-5. */
  layerNorm(x: Tensor, weight: Tensor, bias: Tensor, epsilon?: number): Tensor;
  dropout(x: Tensor, rate: number): Tensor;
  /** x + deviation * standard normal in training, x in evaluation. */
  noise(x: Tensor, deviation: number): Tensor;
  /** x (sequences, time, features); initial state zero unless given. */
  lstm(x: Tensor, layer: Lstm, initial?: LstmState): LstmResult;
  /**
   * softmax(q k' / sqrt(d) + bias) v per head; query (batch, queries, width), key and value (batch, keys, width).
   * A query that sees no key gives zero.
   */
  attention(query: Tensor, key: Tensor, value: Tensor, options?: Attention): Tensor;

  /** x[index] along the first axis; embeddings too. Gradients of a row taken twice add up. */
  rows(x: Tensor, index: Int32Array): Tensor;
  /** The adjoint of {@link rows}: output row g is the sum of the rows r with index[r] = g, for g below `count`. */
  sumByIndex(x: Tensor, index: Int32Array, count: number): Tensor;
  /** Ragged dates: output row t is the sum of rows offsets[t] .. offsets[t+1]-1. offsets has one entry more than dates. */
  segmentSum(x: Tensor, offsets: Int32Array): Tensor;
  /** The adjoint of {@link segmentSum}: every row gets the row of its date. */
  segmentRepeat(x: Tensor, offsets: Int32Array): Tensor;
  /**
   * Least squares of y on x within every date: f_t = (X'X + ridge tr(X'X)/K I)^-1 X'y, in float64.
   * x (rows, K), y (rows), result (dates, K). A date without rows, or singular at ridge 0, gives zeros and no gradient.
   */
  segmentRegression(x: Tensor, y: Tensor, offsets: Int32Array, ridge: number): Tensor;

  /** Sum over the last axis of a b: (rows, K), (rows, K) -> (rows). Shapes must be equal. */
  rowDot(a: Tensor, b: Tensor): Tensor;
  add(a: Tensor, b: Tensor): Tensor;
  sub(a: Tensor, b: Tensor): Tensor;
  mul(a: Tensor, b: Tensor): Tensor;
  div(a: Tensor, b: Tensor): Tensor;
  /** Elementwise larger of the two; at a tie the gradient goes to the first. */
  maximum(a: Tensor, b: Tensor): Tensor;
  /** a where the mask is not zero, else b (a tensor of the same shape, or a number). The branch not taken is never read. */
  where(mask: Tensor, a: Tensor, b: Tensor | number): Tensor;
  /** factor x + offset. */
  scale(x: Tensor, factor: number, offset?: number): Tensor;
  abs(x: Tensor): Tensor;
  square(x: Tensor): Tensor;
  sqrt(x: Tensor): Tensor;
  exp(x: Tensor): Tensor;
  log(x: Tensor): Tensor;
  tanh(x: Tensor): Tensor;
  sigmoid(x: Tensor): Tensor;
  relu(x: Tensor): Tensor;
  silu(x: Tensor): Tensor;
  gelu(x: Tensor): Tensor;
  softplus(x: Tensor): Tensor;
  clip(x: Tensor, low: number, high: number): Tensor;
  /** Softmax over the last axis; masked entries give zero, a row without entries gives zeros. */
  softmax(x: Tensor, mask?: Tensor): Tensor;
  /** log sum exp over the last axis, which goes. */
  logSumExp(x: Tensor): Tensor;

  /** Sums are accumulated in float64. */
  sum(x: Tensor, axis?: Axis): Tensor;
  mean(x: Tensor, axis?: Axis): Tensor;
  /** Along the last axis; all other axes equal. */
  concat(xs: readonly Tensor[]): Tensor;
  /** Entries from .. to-1 of an axis (default the last). */
  slice(x: Tensor, from: number, to: number, axis?: number): Tensor;
  transpose(x: Tensor, permutation: readonly number[]): Tensor;
  reshape(x: Tensor, shape: readonly number[]): Tensor;

  /** Mean of (x - target)^2, or with weights (0 excludes) sum w e^2 / sum w. The target is not differentiated. */
  meanSquaredError(x: Tensor, target: Tensor, weights?: Tensor): Tensor;
  /** Mean of log(1 + e^x) - target x, weights as above; targets in [0, 1]. */
  binaryCrossEntropy(logits: Tensor, target: Tensor, weights?: Tensor): Tensor;
}
