import { ConfigError, ShapeError } from '../../errors.ts';
import type { BatchNorm, HostValues, HostWriter, Ops, Tensor } from '../../nn/index.ts';
import { requirePartLength, requireShape, resolveAxis, shapeText } from '../embedded/shapes.ts';
import { attention } from './attention.ts';
import { dense, linear } from './dense.ts';
import { binary, clip, scale, unary, where } from './elementwise.ts';
import type { BinaryName, UnaryName } from './elementwise.ts';
import { lstm } from './lstm.ts';
import { dropout, noise } from './noise.ts';
import { batchNorm, layerNorm } from './norm.ts';
import type { Norm } from './norm.ts';
import { logSumExp, loss, reduce, softmax } from './reduce.ts';
import { segmentRegression } from './regression.ts';
import { rows, segmentRepeat, segmentSum, sumByIndex } from './segments.ts';
import { sizeOf } from './step.ts';
import type { Step, TfTensor } from './step.ts';

/** The vocabulary of `@ml4t/core/nn` on tfjs, with the embedded engine's conventions and errors. */
export function tfOps(step: Step): Ops {
  const { tf } = step;
  const read = (tensor: Tensor, field: string) => step.read(tensor, field);
  const maybe = (tensor: Tensor | undefined, field: string) => (tensor ? step.read(tensor, field) : undefined);
  const one = (kind: UnaryName) => (x: Tensor) => unary(step, kind, read(x, `${kind}.x`));
  const two = (kind: BinaryName) => (a: Tensor, b: Tensor) =>
    binary(step, kind, read(a, `${kind}.a`), read(b, `${kind}.b`));
  const lossOf = (kind: 'meanSquaredError' | 'binaryCrossEntropy') => (x: Tensor, target: Tensor, weights?: Tensor) =>
    loss(step, kind, read(x, `${kind}.x`), read(target, `${kind}.target`), maybe(weights, `${kind}.weights`));

  const readNorm = (norm: BatchNorm): Norm => ({
    weight: maybe(norm.weight, 'batchNorm.weight'),
    bias: maybe(norm.bias, 'batchNorm.bias'),
    runningMean: read(norm.runningMean, 'batchNorm.runningMean'),
    runningVariance: read(norm.runningVariance, 'batchNorm.runningVariance'),
    momentum: norm.momentum ?? 0.1,
    epsilon: norm.epsilon ?? 1e-5,
  });

  return {
    get training() {
      return step.training;
    },
    constant(values, shape) {
      const numbers = ownNumbers(values, shape);
      return step.hold(step.quiet(() => tf.tensor(numbers, [...shape], 'float32')));
    },
    detach(x) {
      const { array } = read(x, 'detach.x');
      return step.hold(step.quiet(() => tf.clone(array)));
    },
    // tfjs keeps what its gradients need.
    recompute: (run) => run(),
    recomputeParts(x, length, run) {
      requirePartLength(length);
      const { array, shape } = read(x, 'recomputeParts.x');
      const parts: TfTensor[] = [];
      for (let from = 0; from < shape[0]; from += length) {
        const size = [Math.min(length, shape[0] - from), ...shape.slice(1)];
        const begin = shape.map((_, axis) => (axis === 0 ? from : 0));
        const part = step.native([read(x, 'recomputeParts.x')], () => tf.slice(array, begin, size));
        const value = read(run(part), 'recomputeParts.run');
        requireShape('recomputeParts.run', value.shape.slice(0, 1), size.slice(0, 1));
        parts.push(value);
      }
      return step.native(parts, () =>
        tf.concat(
          parts.map((part) => part.array),
          0,
        ),
      );
    },

    linear: (x, weight, bias) =>
      linear(step, read(x, 'linear.x'), read(weight, 'linear.weight'), maybe(bias, 'linear.bias')),
    dense: (x, layer) =>
      dense(step, read(x, 'dense.x'), {
        weight: read(layer.weight, 'dense.weight'),
        bias: maybe(layer.bias, 'dense.bias'),
        norm: layer.norm && readNorm(layer.norm),
        activation: layer.activation ?? 'identity',
        dropout: layer.dropout ?? 0,
        byDate: layer.byDate && {
          values: read(layer.byDate.values, 'dense.byDate.values'),
          offsets: layer.byDate.offsets,
        },
      }),
    batchNorm: (x, norm) => batchNorm(step, read(x, 'batchNorm.x'), readNorm(norm)),
    layerNorm: (x, weight, bias, epsilon = 1e-5) =>
      layerNorm(step, read(x, 'layerNorm.x'), read(weight, 'layerNorm.weight'), read(bias, 'layerNorm.bias'), epsilon),
    dropout: (x, rate) => dropout(step, read(x, 'dropout.x'), rate),
    noise: (x, deviation) => noise(step, read(x, 'noise.x'), deviation),
    lstm: (x, layer, initial) =>
      lstm(
        step,
        read(x, 'lstm.x'),
        {
          inputWeight: read(layer.inputWeight, 'lstm.inputWeight'),
          recurrentWeight: read(layer.recurrentWeight, 'lstm.recurrentWeight'),
          inputBias: read(layer.inputBias, 'lstm.inputBias'),
          recurrentBias: read(layer.recurrentBias, 'lstm.recurrentBias'),
        },
        initial && {
          hidden: read(initial.hidden, 'lstm.initial.hidden'),
          cell: read(initial.cell, 'lstm.initial.cell'),
        },
      ),
    attention: (query, key, value, options = {}) =>
      attention(step, read(query, 'attention.query'), read(key, 'attention.key'), read(value, 'attention.value'), {
        heads: options.heads ?? 1,
        causal: options.causal ?? false,
        keyMask: maybe(options.keyMask, 'attention.keyMask'),
        bias: maybe(options.bias, 'attention.bias'),
        lag: options.lag ?? { steps: 0, period: 1 },
      }),

    rows: (x, index) => rows(step, read(x, 'rows.x'), index),
    sumByIndex: (x, index, count) => sumByIndex(step, read(x, 'sumByIndex.x'), index, count),
    segmentSum: (x, offsets) => segmentSum(step, read(x, 'segmentSum.x'), offsets),
    segmentRepeat: (x, offsets) => segmentRepeat(step, read(x, 'segmentRepeat.x'), offsets),
    segmentRegression(x, y, offsets, ridge) {
      if (!(ridge >= 0))
        throw new ConfigError({
          field: 'segmentRegression.ridge',
          expected: 'a number of at least 0',
          found: String(ridge),
          remedy: "It is relative to the mean diagonal of X'X; 1e-3 is a start.",
        });
      return segmentRegression(step, read(x, 'segmentRegression.x'), read(y, 'segmentRegression.y'), offsets, ridge);
    },

    rowDot(a, b) {
      const [left, right] = [read(a, 'rowDot.a'), read(b, 'rowDot.b')];
      requireShape('rowDot.b', right.shape, left.shape);
      return step.native([left, right], () => tf.sum(tf.mul(left.array, right.array), -1));
    },
    add: two('add'),
    sub: two('sub'),
    mul: two('mul'),
    div: two('div'),
    maximum: two('maximum'),
    where: (mask, a, b) =>
      where(step, read(mask, 'where.mask'), read(a, 'where.a'), typeof b === 'number' ? b : read(b, 'where.b')),
    scale: (x, factor, offset = 0) => scale(step, read(x, 'scale.x'), factor, offset),
    abs: one('abs'),
    square: one('square'),
    sqrt: one('sqrt'),
    exp: one('exp'),
    log: one('log'),
    tanh: one('tanh'),
    sigmoid: one('sigmoid'),
    relu: one('relu'),
    silu: one('silu'),
    gelu: one('gelu'),
    softplus: one('softplus'),
    clip: (x, low, high) => clip(step, read(x, 'clip.x'), low, high),
    softmax: (x, mask) => softmax(step, read(x, 'softmax.x'), maybe(mask, 'softmax.mask')),
    logSumExp: (x) => logSumExp(step, read(x, 'logSumExp.x')),

    sum: (x, axis = 'all') => reduce(step, 'sum', read(x, 'sum.x'), axis),
    mean: (x, axis = 'all') => reduce(step, 'mean', read(x, 'mean.x'), axis),
    concat(xs) {
      const parts = xs.map((x, i) => read(x, `concat[${i}]`));
      const lead = parts[0].shape.slice(0, -1);
      for (const [i, x] of parts.entries()) requireShape(`concat[${i}] leading axes`, x.shape.slice(0, -1), lead);
      return step.native(parts, () =>
        tf.concat(
          parts.map(({ array }) => array),
          lead.length,
        ),
      );
    },
    slice(x, from, to, axis = -1) {
      const input = read(x, 'slice.x');
      const at = resolveAxis('slice.axis', axis, input.shape.length);
      const n = input.shape[at];
      if (!(Number.isInteger(from) && Number.isInteger(to) && from >= 0 && to <= n && from < to))
        throw new ShapeError({
          field: 'slice',
          expected: `0 <= from < to <= ${n}`,
          found: `${from} to ${to}`,
          remedy: `Axis ${at} of ${shapeText(input.shape)} has ${n} entries.`,
        });
      const begin = input.shape.map((_, i) => (i === at ? from : 0));
      const size = input.shape.map((length, i) => (i === at ? to - from : length));
      return step.native([input], () => tf.slice(input.array, begin, size));
    },
    transpose(x, permutation) {
      const input = read(x, 'transpose.x');
      const rank = input.shape.length;
      const axes = new Set(permutation);
      if (permutation.length !== rank || axes.size !== rank || permutation.some((p) => !(p >= 0 && p < rank)))
        throw new ShapeError({
          field: 'transpose.permutation',
          expected: `each of the axes 0 .. ${rank - 1} once`,
          found: permutation.join(', '),
          remedy: 'List the axes of x in the order of the result.',
        });
      return step.native([input], () => tf.transpose(input.array, [...permutation]));
    },
    reshape(x, shape) {
      const input = read(x, 'reshape.x');
      if (sizeOf(shape) !== sizeOf(input.shape))
        throw new ShapeError({
          field: 'reshape.shape',
          expected: `${sizeOf(input.shape)} elements, as in ${shapeText(input.shape)}`,
          found: shapeText(shape),
          remedy: 'The product of the axes must stay the same.',
        });
      return step.native([input], () => tf.reshape(input.array, [...shape]));
    },

    meanSquaredError: lossOf('meanSquaredError'),
    binaryCrossEntropy: lossOf('binaryCrossEntropy'),
  };
}

/** Numbers of the host as an array that is nobody else's: tfjs itself may keep a reference. */
export function ownNumbers(values: HostValues | HostWriter, shape: readonly number[]): Float32Array {
  if (typeof values !== 'function') {
    requireCount(values.length, shape);
    return new Float32Array(values);
  }
  const numbers = new Float32Array(sizeOf(shape));
  values(numbers);
  return numbers;
}

export function requireCount(found: number, shape: readonly number[]): void {
  const expected = sizeOf(shape);
  if (found !== expected)
    throw new ShapeError({
      field: 'values',
      expected: `${expected} numbers for shape (${shape.join(', ')})`,
      found: String(found),
      remedy: 'Pass row-major numbers of the whole array.',
    });
}
