import type { HostValues, HostWriter } from '../../nn/index.ts';
import type { RawOps } from '../raw-ops.ts';
import { sizeOf } from '../shapes.ts';
import { attention } from './attention.ts';
import { dense, linear } from './dense.ts';
import { binary, clip, scale, unary, where } from './elementwise.ts';
import { lstm } from './lstm.ts';
import { dropout, noise } from './noise.ts';
import { batchNorm, layerNorm } from './norm.ts';
import { logSumExp, loss, reduce, softmax } from './reduce.ts';
import { segmentRegression } from './regression.ts';
import { rows, segmentRepeat, segmentSum, sumByIndex } from './segments.ts';
import type { Step, TfTensor } from './step.ts';

/** The raw operations on tfjs. */
export function tfOps(step: Step): RawOps<TfTensor> {
  const { tf } = step;
  const joined = (parts: readonly TfTensor[], axis: number): TfTensor =>
    step.native(parts, () =>
      tf.concat(
        parts.map(({ array }) => array),
        axis,
      ),
    );
  /** Entries from .. to-1 of an axis. */
  const part = (x: TfTensor, from: number, to: number, axis: number): TfTensor => {
    const begin = x.shape.map((_, i) => (i === axis ? from : 0));
    const size = x.shape.map((length, i) => (i === axis ? to - from : length));
    return step.native([x], () => tf.slice(x.array, begin, size));
  };
  return {
    get training() {
      return step.training;
    },
    originOf: (tensor) => step.originOf(tensor),
    constant(values, shape) {
      const numbers = ownNumbers(values, shape);
      return step.hold(step.quiet(() => tf.tensor(numbers, [...shape], 'float32')));
    },
    detach: ({ array }) => step.hold(step.quiet(() => tf.clone(array))),
    // tfjs keeps what its gradients need.
    recompute: (run) => run(),
    recomputeParts(x, length, run) {
      const [rows] = x.shape;
      const parts: TfTensor[] = [];
      for (let from = 0; from < rows; from += length) parts.push(run(part(x, from, Math.min(rows, from + length), 0)));
      return joined(parts, 0);
    },

    linear: (x, weight, bias) => linear(step, x, weight, bias),
    dense: (x, layer) => dense(step, x, layer),
    batchNorm: (x, norm) => batchNorm(step, x, norm),
    layerNorm: (x, weight, bias, epsilon) => layerNorm(step, x, weight, bias, epsilon),
    dropout: (x, rate) => dropout(step, x, rate),
    noise: (x, deviation) => noise(step, x, deviation),
    lstm: (x, layer, initial) => lstm(step, x, layer, initial),
    attention: (query, key, value, options) => attention(step, query, key, value, options),

    rows: (x, index) => rows(step, x, index),
    sumByIndex: (x, index, count) => sumByIndex(step, x, index, count),
    segmentSum: (x, offsets) => segmentSum(step, x, offsets),
    segmentRepeat: (x, offsets) => segmentRepeat(step, x, offsets),
    segmentRegression: (x, y, offsets, ridge) => segmentRegression(step, x, y, offsets, ridge),

    rowDot: (a, b) => step.native([a, b], () => tf.sum(tf.mul(a.array, b.array), -1)),
    binary: (kind, a, b, broadcast) => binary(step, kind, a, b, broadcast),
    where: (mask, a, b) => where(step, mask, a, b),
    scale: (x, factor, offset) => scale(step, x, factor, offset),
    unary: (kind, x) => unary(step, kind, x),
    clip: (x, low, high) => clip(step, x, low, high),
    softmax: (x, mask) => softmax(step, x, mask),
    logSumExp: (x) => logSumExp(step, x),

    reduce: (kind, x, axis) => reduce(step, kind, x, axis),
    concat: (xs) => joined(xs, xs[0].shape.length - 1),
    slice: part,
    transpose: (x, permutation) => step.native([x], () => tf.transpose(x.array, [...permutation])),
    reshape: (x, shape) => step.native([x], () => tf.reshape(x.array, [...shape])),

    loss: (kind, x, target, weights) => loss(step, kind, x, target, weights),
  };
}

/** Numbers of the host as an array that is nobody else's: tfjs itself may keep a reference. */
export function ownNumbers(values: HostValues | HostWriter, shape: readonly number[]): Float32Array {
  if (typeof values !== 'function') return new Float32Array(values);
  const numbers = new Float32Array(sizeOf(shape));
  values(numbers);
  return numbers;
}
