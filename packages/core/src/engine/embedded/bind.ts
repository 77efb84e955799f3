import type { HostValues, HostWriter } from '../../nn/index.ts';
import type { RawOps } from '../raw-ops.ts';
import { concat, slice, transpose } from './operations/arrange.ts';
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
import { reduce } from './operations/reduce.ts';
import { rowDot } from './operations/row-dot.ts';
import { rows, segmentRepeat, segmentSum, sumByIndex } from './operations/rows.ts';
import { segmentRegression } from './operations/segment-regression.ts';
import { softmax } from './operations/softmax.ts';
import { unary } from './operations/unary.ts';
import { where } from './operations/where.ts';
import { recompute, recomputeParts } from './recompute.ts';
import type { HeapTensor, Tape } from './tape.ts';

/** The raw operations of the embedded engine: each goes to its file, with the tape of the step. */
export function tapeOps(tape: Tape): RawOps<HeapTensor> {
  return {
    get training() {
      return tape.training;
    },
    originOf: (tensor) => tape.originOf(tensor),
    constant(values, shape) {
      const tensor: HeapTensor = tape.result(shape);
      writeNumbers(tape.heap.f, tensor.at, tensor.size, values);
      return tensor;
    },
    detach: (x) => tape.view(x, x.shape, true),
    recompute: (run) => recompute(tape, run),
    recomputeParts: (x, length, run) => recomputeParts(tape, x, length, run),

    linear: (x, weight, bias) => linear(tape, x, weight, bias),
    dense: (x, layer) => dense(tape, x, layer),
    batchNorm: (x, norm) => batchNorm(tape, x, norm),
    layerNorm: (x, weight, bias, epsilon) => layerNorm(tape, x, weight, bias, epsilon),
    dropout: (x, rate) => dropout(tape, x, rate),
    noise: (x, deviation) => noise(tape, x, deviation),
    lstm: (x, layer, initial) => lstm(tape, x, layer, initial),
    attention: (query, key, value, options) => attention(tape, query, key, value, options),

    rows: (x, index) => rows(tape, x, index),
    sumByIndex: (x, index, count) => sumByIndex(tape, x, index, count),
    segmentSum: (x, offsets) => segmentSum(tape, x, offsets),
    segmentRepeat: (x, offsets) => segmentRepeat(tape, x, offsets),
    segmentRegression: (x, y, offsets, ridge) => segmentRegression(tape, x, y, offsets, ridge),

    rowDot: (a, b) => rowDot(tape, a, b),
    binary: (kind, a, b, broadcast) => binary(tape, kind, a, b, broadcast),
    where: (mask, a, b) => where(tape, mask, a, b),
    scale: (x, factor, offset) => unary(tape, 'scale', x, factor, offset),
    unary: (kind, x) => unary(tape, kind, x),
    clip: (x, low, high) => unary(tape, 'clip', x, low, high),
    softmax: (x, mask) => softmax(tape, x, mask),
    logSumExp: (x) => logSumExp(tape, x),

    reduce: (kind, x, axis) => reduce(tape, x, axis, kind === 'mean'),
    concat: (xs) => concat(tape, xs),
    slice: (x, from, to, axis) => slice(tape, x, from, to, axis),
    transpose: (x, permutation) => transpose(tape, x, permutation),
    reshape: (x, shape) => tape.view(x, shape),

    loss: (kind, x, target, weights) => loss(tape, kind, x, target, weights),
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
