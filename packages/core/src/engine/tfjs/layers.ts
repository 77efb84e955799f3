import type { Activation, Attention, BatchNorm, Lstm, LstmResult, LstmState, Tensor } from '../../nn/index.ts';
import type { Tf, TfTensor, TfVariable } from './tf.ts';

/** Every tensor that reaches this engine is one of its own. */
export const own = (tensor: Tensor): TfTensor => tensor as TfTensor;

export function activate(tf: Tf, kind: Activation, x: TfTensor): TfTensor {
  switch (kind) {
    case 'relu':
      return tf.relu(x);
    case 'tanh':
      return tf.tanh(x);
    case 'sigmoid':
      return tf.sigmoid(x);
    case 'silu':
      return tf.mul(x, tf.sigmoid(x));
    case 'gelu':
      return tf.mul(tf.mul(x, 0.5), tf.add(tf.erf(tf.mul(x, Math.SQRT1_2)), 1));
    default:
      return x;
  }
}

/** x W' + b over the last axis, as one product of two axes: batched products with a broadcast factor have no gradient. */
export function linear(tf: Tf, x: TfTensor, weight: TfTensor, bias?: TfTensor): TfTensor {
  const [outputs, inputs] = weight.shape;
  const rows = tf.reshape(x, [-1, inputs]);
  const y = tf.matMul(rows, weight, false, true);
  return tf.reshape(bias ? tf.add(y, bias) : y, [...x.shape.slice(0, -1), outputs]);
}

export function batchNorm(tf: Tf, x: TfTensor, norm: BatchNorm, training: boolean): TfTensor {
  const { momentum = 0.1, epsilon = 1e-5 } = norm;
  const features = x.shape[x.shape.length - 1];
  const rows = tf.reshape(x, [-1, features]);
  let mean = own(norm.runningMean);
  let variance = own(norm.runningVariance);
  let deviation = tf.sub(rows, mean);
  if (training) {
    const n = rows.shape[0];
    const [runningMean, runningVariance] = [mean as TfVariable, variance as TfVariable];
    mean = tf.mean(rows, 0);
    deviation = tf.sub(rows, mean);
    variance = tf.mean(tf.square(deviation), 0);
    const unbiased = tf.mul(variance, n > 1 ? n / (n - 1) : 1);
    runningMean.assign(tf.add(tf.mul(runningMean, 1 - momentum), tf.mul(mean, momentum)));
    runningVariance.assign(tf.add(tf.mul(runningVariance, 1 - momentum), tf.mul(unbiased, momentum)));
  }
  let y = tf.div(deviation, tf.sqrt(tf.add(variance, epsilon)));
  if (norm.weight) y = tf.mul(y, own(norm.weight));
  if (norm.bias) y = tf.add(y, own(norm.bias));
  return tf.reshape(y, x.shape);
}

export function layerNorm(tf: Tf, x: TfTensor, weight: TfTensor, bias: TfTensor, epsilon: number): TfTensor {
  const deviation = tf.sub(x, tf.mean(x, -1, true));
  const variance = tf.mean(tf.square(deviation), -1, true);
  return tf.add(tf.mul(tf.div(deviation, tf.sqrt(tf.add(variance, epsilon))), weight), bias);
}

/** Input products of all steps at once, then step by step. */
export function lstm(tf: Tf, x: TfTensor, layer: Lstm, initial?: LstmState): LstmResult {
  const H = layer.recurrentWeight.shape[1];
  const S = x.shape[0];
  const bias = tf.add(own(layer.inputBias), own(layer.recurrentBias));
  const steps = tf.unstack(linear(tf, x, own(layer.inputWeight), bias), 1);
  const zero = () => tf.tensor(new Float32Array(S * H), [S, H], 'float32');
  let hidden = initial ? own(initial.hidden) : zero();
  let cell = initial ? own(initial.cell) : zero();
  const outputs = steps.map((step) => {
    const gates = tf.add(step, tf.matMul(hidden, own(layer.recurrentWeight), false, true));
    const [i, f, g, o] = tf.split(gates, 4, 1);
    cell = tf.add(tf.mul(tf.sigmoid(f), cell), tf.mul(tf.sigmoid(i), tf.tanh(g)));
    hidden = tf.mul(tf.sigmoid(o), tf.tanh(cell));
    return hidden;
  });
  return { output: tf.stack(outputs, 1), hidden, cell };
}

/**
 * Softmax over the last axis of what `mask` (zeros and ones, untraced) leaves; a row without entries gives zeros. No condition
 * may depend on x: comparisons have no gradient in tfjs and break the tape.
 */
export function maskedSoftmax(tf: Tf, x: TfTensor, mask: TfTensor | undefined): TfTensor {
  if (!mask) {
    const e = tf.exp(tf.sub(x, tf.max(x, -1, true)));
    return tf.div(e, tf.sum(e, -1, true));
  }
  const taken = tf.notEqual(mask, 0);
  const logits = tf.where(taken, x, tf.mul(tf.ones(x.shape), -1e30));
  const e = tf.where(taken, tf.exp(tf.sub(logits, tf.max(logits, -1, true))), tf.zeros(x.shape));
  const empty = tf.sub(tf.ones([...x.shape.slice(0, -1), 1]), tf.max(mask, -1, true));
  return tf.div(e, tf.add(tf.sum(e, -1, true), empty));
}

export function attention(tf: Tf, q: TfTensor, k: TfTensor, v: TfTensor, options: Attention): TfTensor {
  const { heads = 1, causal = false, lag = { steps: 0, period: 1 } } = options;
  const [B, Q, D] = q.shape;
  const K = k.shape[1];
  const d = D / heads;
  // 1 where query i of batch b may see key j: as numbers (B, Q, K), so that all reasons multiply.
  const see = new Float32Array(B * Q * K).fill(1);
  for (let b = 0; b < B; b++)
    for (let i = 0; i < Q; i++)
      for (let j = 0; j < K; j++) if ((causal && j > i) || b % lag.period < lag.steps) see[(b * Q + i) * K + j] = 0;
  let visible = tf.tensor(see, [B, Q, K], 'float32');
  const source = tf.tensor(
    Int32Array.from({ length: B }, (_, b) => Math.max(0, b - lag.steps)),
    [B],
    'int32',
  );
  const shifted = (x: TfTensor) => (lag.steps === 0 ? x : tf.gather(x, source, 0));
  let keys = shifted(k);
  let values = shifted(v);
  if (options.keyMask) {
    const mask = shifted(own(options.keyMask));
    const keep = tf.notEqual(tf.mul(tf.reshape(mask, [B, K, 1]), tf.ones(keys.shape)), 0);
    keys = tf.where(keep, keys, tf.zeros(keys.shape));
    values = tf.where(keep, values, tf.zeros(values.shape));
    visible = tf.mul(visible, tf.reshape(mask, [B, 1, K]));
  }
  let strength: TfTensor | undefined;
  if (options.bias) {
    const bias = own(options.bias);
    const edge = tf.greater(bias, -1e30);
    strength = tf.where(edge, bias, tf.zeros(bias.shape));
    visible = tf.mul(visible, tf.where(edge, tf.ones(bias.shape), tf.zeros(bias.shape)));
  }
  const perHead = (x: TfTensor, n: number) => tf.transpose(tf.reshape(x, [B, n, heads, d]), [0, 2, 1, 3]);
  let logits = tf.mul(tf.matMul(perHead(q, Q), perHead(keys, K), false, true), 1 / Math.sqrt(d));
  if (strength) logits = tf.add(logits, strength);
  const mask = tf.mul(tf.reshape(visible, [B, 1, Q, K]), tf.ones(logits.shape));
  const y = tf.matMul(maskedSoftmax(tf, logits, mask), perHead(values, K));
  return tf.reshape(tf.transpose(y, [0, 2, 1, 3]), [B, Q, D]);
}
