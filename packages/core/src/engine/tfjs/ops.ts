import type { HostValues, Ops, Tensor } from '../../nn/index.ts';
import { deriveKey } from '../../nn/index.ts';
import { requireCount } from '../embedded/ops.ts';
import { requireIndex, requireOffsets, requireShape, resolveAxis } from '../embedded/shapes.ts';
import { activate, attention, batchNorm, layerNorm, linear, lstm, maskedSoftmax, own } from './layers.ts';
import { segmentRegression } from './regression.ts';
import type { Tf, TfTensor } from './tf.ts';

/** The number of its date for every row. */
function dateOfRows(offsets: Int32Array): Int32Array {
  const ids = new Int32Array(offsets[offsets.length - 1]);
  for (let t = 0; t + 1 < offsets.length; t++) ids.fill(t, offsets[t], offsets[t + 1]);
  return ids;
}

export function narrow(values: HostValues): Float32Array {
  return values instanceof Float32Array ? values : Float32Array.from(values);
}

/** The vocabulary composed from tfjs operations, for one step. */
export function tfjsOps(tf: Tf, training: boolean, seed: number): Ops {
  let draws = 0;
  const nextSeed = () => deriveKey(seed, draws++) / 2;
  const index = (values: Int32Array) => tf.tensor(Int32Array.from(values), [values.length], 'int32');
  const one = (run: (x: TfTensor) => TfTensor) => (x: Tensor) => run(own(x));
  const two = (run: (a: TfTensor, b: TfTensor) => TfTensor) => (a: Tensor, b: Tensor) => run(own(a), own(b));
  const chosen = (mask: TfTensor) => tf.notEqual(mask, 0);

  const dropout = (x: TfTensor, rate: number): TfTensor => {
    if (!training || rate === 0) return x;
    const keep = tf.greater(tf.randomUniform(x.shape, 0, 1, 'float32', nextSeed()), rate);
    return tf.where(keep, tf.mul(x, 1 / (1 - rate)), tf.zeros(x.shape));
  };

  /** sum w l / sum w, elements of weight 0 replaced before anything is computed from them. */
  const weighted = (
    x: Tensor,
    target: Tensor,
    weights: Tensor | undefined,
    run: (x: TfTensor, target: TfTensor) => TfTensor,
  ): TfTensor => {
    requireShape('loss.target', target.shape, x.shape);
    if (!weights) return tf.mean(run(own(x), own(target)));
    const taken = chosen(own(weights));
    const clean = (value: TfTensor) => tf.where(taken, value, tf.zeros(value.shape));
    const total = tf.sum(own(weights));
    const sum = tf.sum(tf.mul(own(weights), run(clean(own(x)), clean(own(target)))));
    return tf.div(sum, tf.where(chosen(total), total, tf.ones([])));
  };

  return {
    training,
    constant(values, shape) {
      requireCount(values.length, shape);
      return tf.tensor(narrow(values), shape, 'float32');
    },
    detach: one(tf.customGrad((x) => ({ value: tf.clone(x), gradFunc: (dy) => tf.zerosLike(dy) }))),
    linear: (x, weight, bias) => {
      requireShape('linear.weight', weight.shape, [weight.shape[0], x.shape[x.shape.length - 1]]);
      return linear(tf, own(x), own(weight), bias && own(bias));
    },
    dense(x, layer) {
      let y = linear(tf, own(x), own(layer.weight), layer.bias && own(layer.bias));
      if (layer.norm) y = batchNorm(tf, y, layer.norm, training);
      return dropout(activate(tf, layer.activation ?? 'identity', y), layer.dropout ?? 0);
    },
    batchNorm: (x, norm) => batchNorm(tf, own(x), norm, training),
    layerNorm: (x, weight, bias, epsilon = 1e-5) => layerNorm(tf, own(x), own(weight), own(bias), epsilon),
    dropout: (x, rate) => dropout(own(x), rate),
    noise: (x, deviation) =>
      training && deviation !== 0
        ? tf.add(own(x), tf.randomNormal(own(x).shape, 0, deviation, 'float32', nextSeed()))
        : x,
    lstm: (x, layer, initial) => lstm(tf, own(x), layer, initial),
    attention: (q, k, v, options = {}) => attention(tf, own(q), own(k), own(v), options),

    rows(x, rows) {
      requireIndex('rows.index', rows, x.shape[0]);
      return tf.gather(own(x), index(rows), 0);
    },
    sumByIndex(x, rows, count) {
      requireIndex('sumByIndex.index', rows, count);
      return tf.unsortedSegmentSum(own(x), index(rows), count);
    },
    segmentSum(x, offsets) {
      requireOffsets('segmentSum.offsets', offsets, x.shape[0]);
      return tf.unsortedSegmentSum(own(x), index(dateOfRows(offsets)), offsets.length - 1);
    },
    segmentRepeat: (x, offsets) => tf.gather(own(x), index(dateOfRows(offsets)), 0),
    segmentRegression(x, y, offsets, ridge) {
      requireOffsets('segmentRegression.offsets', offsets, x.shape[0]);
      return segmentRegression(tf, own(x), own(y), index(dateOfRows(offsets)), offsets.length - 1, ridge);
    },

    rowDot: two((a, b) => tf.sum(tf.mul(a, b), -1)),
    add: two((a, b) => tf.add(a, b)),
    sub: two((a, b) => tf.sub(a, b)),
    mul: two((a, b) => tf.mul(a, b)),
    div: two((a, b) => tf.div(a, b)),
    // The gradient of a broadcast maximum has the wrong shape in tfjs 4.22, so it is broadcast first.
    maximum: two((a, b) => tf.maximum(a, tf.add(tf.zeros(a.shape), b))),
    where: (mask, a, b) =>
      tf.where(chosen(own(mask)), own(a), typeof b === 'number' ? tf.mul(tf.ones(mask.shape), b) : own(b)),
    scale: (x, factor, offset = 0) => tf.add(tf.mul(own(x), factor), offset),
    abs: one((x) => tf.abs(x)),
    square: one((x) => tf.square(x)),
    sqrt: one((x) => tf.sqrt(x)),
    exp: one((x) => tf.exp(x)),
    log: one((x) => tf.log(x)),
    tanh: one((x) => tf.tanh(x)),
    sigmoid: one((x) => tf.sigmoid(x)),
    relu: one((x) => tf.relu(x)),
    silu: one((x) => activate(tf, 'silu', x)),
    gelu: one((x) => activate(tf, 'gelu', x)),
    softplus: one((x) => tf.softplus(x)),
    clip: (x, low, high) => tf.clipByValue(own(x), low, high),
    softmax: (x, mask) => maskedSoftmax(tf, own(x), mask && own(mask)),
    logSumExp: one((x) => tf.logSumExp(x, -1)),

    sum: (x, axis = 'all') => (axis === 'all' ? tf.sum(own(x)) : tf.sum(own(x), axis)),
    mean: (x, axis = 'all') => (axis === 'all' ? tf.mean(own(x)) : tf.mean(own(x), axis)),
    concat: (xs) => tf.concat(xs.map(own), -1),
    slice(x, from, to, axis = -1) {
      const at = resolveAxis('slice.axis', axis, x.shape.length);
      return tf.slice(
        own(x),
        x.shape.map((_, a) => (a === at ? from : 0)),
        x.shape.map((size, a) => (a === at ? to - from : size)),
      );
    },
    transpose: (x, permutation) => tf.transpose(own(x), permutation),
    reshape: (x, shape) => tf.reshape(own(x), shape),

    meanSquaredError: (x, target, weights) => weighted(x, target, weights, (u, t) => tf.square(tf.sub(u, t))),
    binaryCrossEntropy: (x, target, weights) =>
      weighted(x, target, weights, (u, t) => tf.sub(tf.softplus(u), tf.mul(t, u))),
  };
}
