import { ConfigError, ShapeError } from '../../errors.ts';
import type { BatchNorm, HostValues, HostWriter, Ops, Tensor } from '../../nn/index.ts';
import { concat, reshape, slice, transpose } from './operations/arrange.ts';
import { attention } from './operations/attention.ts';
import { binary } from './operations/binary.ts';
import { dense } from './operations/dense.ts';
import { dropout } from './operations/dropout.ts';
import { layerNorm } from './operations/layer-norm.ts';
import { linear } from './operations/linear.ts';
import { logSumExp } from './operations/log-sum-exp.ts';
import { loss } from './operations/loss.ts';
import { lstm } from './operations/lstm.ts';
import { noise } from './operations/noise.ts';
import { batchNorm } from './operations/norm.ts';
import type { Norm } from './operations/norm.ts';
import { reduce } from './operations/reduce.ts';
import { rowDot } from './operations/row-dot.ts';
import { rows, segmentRepeat, segmentSum, sumByIndex } from './operations/rows.ts';
import { segmentRegression } from './operations/segment-regression.ts';
import { softmax } from './operations/softmax.ts';
import { unary } from './operations/unary.ts';
import { where } from './operations/where.ts';
import { recompute, recomputeParts } from './recompute.ts';
import { requirePartLength } from './shapes.ts';
import { sizeOf } from './tape.ts';
import type { HeapTensor, Tape } from './tape.ts';

/** The vocabulary of `@ml4t/core/nn` on a tape: each operation checks its tensors and goes to its file. */
export function tapeOps(tape: Tape): Ops {
  const read = (tensor: Tensor, field: string) => tape.read(tensor, field);
  const maybe = (tensor: Tensor | undefined, field: string) => (tensor ? tape.read(tensor, field) : undefined);
  const one = (kind: Parameters<typeof unary>[1]) => (x: Tensor) => unary(tape, kind, read(x, `${kind}.x`));
  const two = (kind: Parameters<typeof binary>[1]) => (a: Tensor, b: Tensor) =>
    binary(tape, kind, read(a, `${kind}.a`), read(b, `${kind}.b`));

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
      return tape.training;
    },
    constant(values, shape) {
      if (typeof values !== 'function') requireCount(values.length, shape);
      const tensor: HeapTensor = tape.result(shape);
      writeNumbers(tape.heap.f, tensor.at, tensor.size, values);
      return tensor;
    },
    detach: (x) => tape.view(read(x, 'detach.x'), x.shape, true),
    recompute: (run) => recompute(tape, () => read(run(), 'recompute.run')),
    recomputeParts(x, length, run) {
      requirePartLength(length);
      return recomputeParts(tape, read(x, 'recomputeParts.x'), length, (part) => read(run(part), 'recomputeParts.run'));
    },

    linear: (x, weight, bias) =>
      linear(tape, read(x, 'linear.x'), read(weight, 'linear.weight'), maybe(bias, 'linear.bias')),
    dense: (x, layer) =>
      dense(tape, read(x, 'dense.x'), {
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
    batchNorm: (x, norm) => batchNorm(tape, read(x, 'batchNorm.x'), readNorm(norm)),
    layerNorm: (x, weight, bias, epsilon = 1e-5) =>
      layerNorm(tape, read(x, 'layerNorm.x'), read(weight, 'layerNorm.weight'), read(bias, 'layerNorm.bias'), epsilon),
    dropout: (x, rate) => dropout(tape, read(x, 'dropout.x'), rate),
    noise: (x, deviation) => noise(tape, read(x, 'noise.x'), deviation),
    lstm: (x, layer, initial) =>
      lstm(
        tape,
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
      attention(tape, read(query, 'attention.query'), read(key, 'attention.key'), read(value, 'attention.value'), {
        heads: options.heads ?? 1,
        causal: options.causal ?? false,
        keyMask: maybe(options.keyMask, 'attention.keyMask'),
        bias: maybe(options.bias, 'attention.bias'),
        lag: options.lag ?? { steps: 0, period: 1 },
      }),

    rows: (x, index) => rows(tape, read(x, 'rows.x'), index),
    sumByIndex: (x, index, count) => sumByIndex(tape, read(x, 'sumByIndex.x'), index, count),
    segmentSum: (x, offsets) => segmentSum(tape, read(x, 'segmentSum.x'), offsets),
    segmentRepeat: (x, offsets) => segmentRepeat(tape, read(x, 'segmentRepeat.x'), offsets),
    segmentRegression(x, y, offsets, ridge) {
      if (!(ridge >= 0))
        throw new ConfigError({
          field: 'segmentRegression.ridge',
          expected: 'a number of at least 0',
          found: String(ridge),
          remedy: "It is relative to the mean diagonal of X'X; 1e-3 is a start.",
        });
      return segmentRegression(tape, read(x, 'segmentRegression.x'), read(y, 'segmentRegression.y'), offsets, ridge);
    },

    rowDot: (a, b) => rowDot(tape, read(a, 'rowDot.a'), read(b, 'rowDot.b')),
    add: two('add'),
    sub: two('sub'),
    mul: two('mul'),
    div: two('div'),
    maximum: two('maximum'),
    where: (mask, a, b) =>
      where(tape, read(mask, 'where.mask'), read(a, 'where.a'), typeof b === 'number' ? b : read(b, 'where.b')),
    scale: (x, factor, offset = 0) => unary(tape, 'scale', read(x, 'scale.x'), factor, offset),
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
    clip: (x, low, high) => unary(tape, 'clip', read(x, 'clip.x'), low, high),
    softmax: (x, mask) => softmax(tape, read(x, 'softmax.x'), maybe(mask, 'softmax.mask')),
    logSumExp: (x) => logSumExp(tape, read(x, 'logSumExp.x')),

    sum: (x, axis = 'all') => reduce(tape, read(x, 'sum.x'), axis, false),
    mean: (x, axis = 'all') => reduce(tape, read(x, 'mean.x'), axis, true),
    concat: (xs) =>
      concat(
        tape,
        xs.map((x, i) => read(x, `concat[${i}]`)),
      ),
    slice: (x, from, to, axis = -1) => slice(tape, read(x, 'slice.x'), from, to, axis),
    transpose: (x, permutation) => transpose(tape, read(x, 'transpose.x'), permutation),
    reshape: (x, shape) => reshape(tape, read(x, 'reshape.x'), shape),

    meanSquaredError: (x, target, weights) =>
      loss(
        tape,
        'meanSquaredError',
        read(x, 'meanSquaredError.x'),
        read(target, 'meanSquaredError.target'),
        maybe(weights, 'meanSquaredError.weights'),
      ),
    binaryCrossEntropy: (logits, target, weights) =>
      loss(
        tape,
        'binaryCrossEntropy',
        read(logits, 'binaryCrossEntropy.logits'),
        read(target, 'binaryCrossEntropy.target'),
        maybe(weights, 'binaryCrossEntropy.weights'),
      ),
  };
}

/** Numbers of the host into a block of the heap. */
export function writeNumbers(
  heap: Float32Array | Float64Array,
  at: number,
  size: number,
  values: HostValues | HostWriter,
): void {
  if (typeof values === 'function') values(heap.subarray(at, at + size));
  else heap.set(values, at);
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
