import { ConfigError, EngineError, ShapeError } from '../errors.ts';
import type { BatchNorm, Dense, Lstm, LstmState, Ops, Tensor } from '../nn/index.ts';
import type { BinaryKind, LossKind, RawDense, RawLstm, RawLstmState, RawNorm, RawOps, UnaryKind } from './raw-ops.ts';
import {
  broadcastOf,
  requireCount,
  requireIndex,
  requireOffsets,
  requirePartLength,
  requireRank,
  requireShape,
  requireShare,
  resolveAxis,
  shapeText,
  sizeOf,
} from './shapes.ts';

/**
 * The vocabulary of `@ml4t/core/nn` over an engine's raw operations: every tensor is read under a name that an error can show, every
 * shape, index and share is checked and every default filled in, here and nowhere else.
 *
 * The operations throw ShapeError and ConfigError that name the argument, EngineError for a tensor of an earlier step.
 */
export function checkedOps<T extends Tensor>(raw: RawOps<T>): Ops {
  const read = (tensor: Tensor, field: string): T => ownTensor(raw, tensor, field);
  const maybe = (tensor: Tensor | undefined, field: string): T | undefined =>
    tensor ? read(tensor, field) : undefined;
  const one = (kind: UnaryKind) => (x: Tensor) => raw.unary(kind, read(x, `${kind}.x`));
  const two = (kind: BinaryKind) => (a: Tensor, b: Tensor) => {
    const [left, right] = [read(a, `${kind}.a`), read(b, `${kind}.b`)];
    return raw.binary(kind, left, right, broadcastOf(kind, left.shape, right.shape));
  };
  const lossOf = (kind: LossKind, first: string) => (x: Tensor, target: Tensor, weights?: Tensor) => {
    const input = read(x, `${kind}.${first}`);
    const wish = read(target, `${kind}.target`);
    const shares = maybe(weights, `${kind}.weights`);
    requireShape(`${kind}.target`, wish.shape, input.shape);
    if (shares) requireShape(`${kind}.weights`, shares.shape, input.shape);
    return raw.loss(kind, input, wish, shares);
  };
  const reduceOf =
    (kind: 'sum' | 'mean'): Ops['sum'] =>
    (x, axis = 'all') => {
      const input = read(x, `${kind}.x`);
      return raw.reduce(
        kind,
        input,
        axis === 'all' ? undefined : resolveAxis(`${kind}.axis`, axis, input.shape.length),
      );
    };

  /** Weight and bias of a product with x; returns the number of outputs. */
  const requireProduct = (x: T, weight: T, bias: T | undefined): number => {
    const [outputs] = weight.shape;
    requireShape('linear.weight', weight.shape, [outputs, lastOf(x.shape)]);
    if (bias) requireShape('linear.bias', bias.shape, [outputs]);
    return outputs;
  };
  const readNorm = (norm: BatchNorm, features: number): RawNorm<T> => {
    const vectors = {
      weight: maybe(norm.weight, 'batchNorm.weight'),
      bias: maybe(norm.bias, 'batchNorm.bias'),
      runningMean: read(norm.runningMean, 'batchNorm.runningMean'),
      runningVariance: read(norm.runningVariance, 'batchNorm.runningVariance'),
    };
    for (const [name, vector] of Object.entries(vectors))
      if (vector) requireShape(`batchNorm.${name}`, vector.shape, [features]);
    return { ...vectors, momentum: norm.momentum ?? 0.1, epsilon: norm.epsilon ?? 1e-5 };
  };
  const readDense = (x: T, layer: Dense): RawDense<T> => {
    const weight = read(layer.weight, 'dense.weight');
    const bias = maybe(layer.bias, 'dense.bias');
    const { activation = 'identity', dropout = 0 } = layer;
    requireShare('dense.dropout', dropout);
    const outputs = requireProduct(x, weight, bias);
    const norm = layer.norm && readNorm(layer.norm, outputs);
    if (!layer.byDate) return { weight, bias, norm, activation, dropout, byDate: undefined };
    const { offsets } = layer.byDate;
    const values = read(layer.byDate.values, 'dense.byDate.values');
    requireOffsets('dense.byDate.offsets', offsets, sizeOf(x.shape) / lastOf(x.shape));
    requireShape('dense.byDate.values', values.shape, [offsets.length - 1, outputs]);
    return { weight, bias, norm, activation, dropout, byDate: { values, offsets } };
  };
  const readLstm = (x: T, layer: Lstm): RawLstm<T> => {
    const own = {
      inputWeight: read(layer.inputWeight, 'lstm.inputWeight'),
      recurrentWeight: read(layer.recurrentWeight, 'lstm.recurrentWeight'),
      inputBias: read(layer.inputBias, 'lstm.inputBias'),
      recurrentBias: read(layer.recurrentBias, 'lstm.recurrentBias'),
    };
    requireRank('lstm.x', x.shape, 3, '(sequences, time, features)');
    const hidden = own.recurrentWeight.shape[1];
    requireShape('lstm.inputWeight', own.inputWeight.shape, [4 * hidden, x.shape[2]]);
    requireShape('lstm.recurrentWeight', own.recurrentWeight.shape, [4 * hidden, hidden]);
    requireShape('lstm.inputBias', own.inputBias.shape, [4 * hidden]);
    requireShape('lstm.recurrentBias', own.recurrentBias.shape, [4 * hidden]);
    return own;
  };
  const readState = (initial: LstmState, shape: readonly number[]): RawLstmState<T> => {
    const own = { hidden: read(initial.hidden, 'lstm.initial.hidden'), cell: read(initial.cell, 'lstm.initial.cell') };
    requireShape('lstm.initial.hidden', own.hidden.shape, shape);
    requireShape('lstm.initial.cell', own.cell.shape, shape);
    return own;
  };

  return {
    get training() {
      return raw.training;
    },
    constant(values, shape) {
      if (typeof values !== 'function') requireCount(values.length, shape);
      return raw.constant(values, shape);
    },
    detach: (x) => raw.detach(read(x, 'detach.x')),
    recompute: (run) => raw.recompute(() => read(run(), 'recompute.run')),
    recomputeParts(x, length, run) {
      requirePartLength(length);
      return raw.recomputeParts(read(x, 'recomputeParts.x'), length, (part) => {
        const value = read(run(part), 'recomputeParts.run');
        requireShape('recomputeParts.run', value.shape.slice(0, 1), part.shape.slice(0, 1));
        return value;
      });
    },

    linear(x, weight, bias) {
      const [input, W, b] = [read(x, 'linear.x'), read(weight, 'linear.weight'), maybe(bias, 'linear.bias')];
      requireProduct(input, W, b);
      return raw.linear(input, W, b);
    },
    dense(x, layer) {
      const input = read(x, 'dense.x');
      return raw.dense(input, readDense(input, layer));
    },
    batchNorm(x, norm) {
      const input = read(x, 'batchNorm.x');
      return raw.batchNorm(input, readNorm(norm, lastOf(input.shape)));
    },
    layerNorm(x, weight, bias, epsilon = 1e-5) {
      const [input, gain, offset] = [
        read(x, 'layerNorm.x'),
        read(weight, 'layerNorm.weight'),
        read(bias, 'layerNorm.bias'),
      ];
      requireShape('layerNorm.weight', gain.shape, [lastOf(input.shape)]);
      requireShape('layerNorm.bias', offset.shape, [lastOf(input.shape)]);
      return raw.layerNorm(input, gain, offset, epsilon);
    },
    dropout(x, rate) {
      const input = read(x, 'dropout.x');
      requireShare('dropout.rate', rate);
      return raw.training && rate !== 0 ? raw.dropout(input, rate) : input;
    },
    noise(x, deviation) {
      const input = read(x, 'noise.x');
      return raw.training && deviation !== 0 ? raw.noise(input, deviation) : input;
    },
    lstm(x, layer, initial) {
      const input = read(x, 'lstm.x');
      const own = readLstm(input, layer);
      return raw.lstm(input, own, initial && readState(initial, [input.shape[0], own.recurrentWeight.shape[1]]));
    },
    attention(query, key, value, options = {}) {
      const [q, k, v] = [read(query, 'attention.query'), read(key, 'attention.key'), read(value, 'attention.value')];
      const { heads = 1, causal = false, lag = { steps: 0, period: 1 } } = options;
      const keyMask = maybe(options.keyMask, 'attention.keyMask');
      const bias = maybe(options.bias, 'attention.bias');
      requireRank('attention.query', q.shape, 3, '(batch, queries, width)');
      const [batch, queries, width] = q.shape;
      const keys = k.shape[1];
      requireShape('attention.key', k.shape, [batch, keys, width]);
      requireShape('attention.value', v.shape, [batch, keys, width]);
      if (keyMask) requireShape('attention.keyMask', keyMask.shape, [batch, keys]);
      if (bias) requireShape('attention.bias', bias.shape, [queries, keys]);
      requireHeads(heads, width);
      if (causal && queries !== keys)
        throw new ShapeError({
          field: 'attention.causal',
          expected: 'as many keys as queries',
          found: `${queries} queries and ${keys} keys`,
          remedy: 'Causal attention is over one and the same sequence.',
        });
      requireLag(lag, batch);
      return raw.attention(q, k, v, { heads, causal, keyMask, bias, lag });
    },

    rows(x, index) {
      const input = read(x, 'rows.x');
      requireIndex('rows.index', index, input.shape[0]);
      return raw.rows(input, index);
    },
    sumByIndex(x, index, count) {
      const input = read(x, 'sumByIndex.x');
      requireIndex('sumByIndex.index', index, count);
      requireShape('sumByIndex.index', [index.length], input.shape.slice(0, 1));
      return raw.sumByIndex(input, index, count);
    },
    segmentSum(x, offsets) {
      const input = read(x, 'segmentSum.x');
      requireOffsets('segmentSum.offsets', offsets, input.shape[0]);
      return raw.segmentSum(input, offsets);
    },
    segmentRepeat(x, offsets) {
      const input = read(x, 'segmentRepeat.x');
      requireOffsets('segmentRepeat.offsets', offsets, offsets[offsets.length - 1]);
      requireShape('segmentRepeat.offsets', [offsets.length - 1], input.shape.slice(0, 1));
      return raw.segmentRepeat(input, offsets);
    },
    segmentRegression(x, y, offsets, ridge) {
      if (!(ridge >= 0))
        throw new ConfigError({
          field: 'segmentRegression.ridge',
          expected: 'a number of at least 0',
          found: String(ridge),
          remedy: "It is relative to the mean diagonal of X'X; 1e-3 is a start.",
        });
      const [input, target] = [read(x, 'segmentRegression.x'), read(y, 'segmentRegression.y')];
      requireRank('segmentRegression.x', input.shape, 2, '(rows, K)');
      requireShape('segmentRegression.y', target.shape, [input.shape[0]]);
      requireOffsets('segmentRegression.offsets', offsets, input.shape[0]);
      return raw.segmentRegression(input, target, offsets, ridge);
    },

    rowDot(a, b) {
      const [left, right] = [read(a, 'rowDot.a'), read(b, 'rowDot.b')];
      requireShape('rowDot.b', right.shape, left.shape);
      return raw.rowDot(left, right);
    },
    add: two('add'),
    sub: two('sub'),
    mul: two('mul'),
    div: two('div'),
    maximum: two('maximum'),
    where(mask, a, b) {
      const [chosen, first] = [read(mask, 'where.mask'), read(a, 'where.a')];
      const second = typeof b === 'number' ? b : read(b, 'where.b');
      requireShape('where.mask', chosen.shape, first.shape);
      if (typeof second !== 'number') requireShape('where.b', second.shape, first.shape);
      return raw.where(chosen, first, second);
    },
    scale: (x, factor, offset = 0) => raw.scale(read(x, 'scale.x'), factor, offset),
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
    clip: (x, low, high) => raw.clip(read(x, 'clip.x'), low, high),
    softmax(x, mask) {
      const [input, taken] = [read(x, 'softmax.x'), maybe(mask, 'softmax.mask')];
      if (taken) requireShape('softmax.mask', taken.shape, input.shape);
      return raw.softmax(input, taken);
    },
    logSumExp: (x) => raw.logSumExp(read(x, 'logSumExp.x')),

    sum: reduceOf('sum'),
    mean: reduceOf('mean'),
    concat(xs) {
      const parts = xs.map((x, i) => read(x, `concat[${i}]`));
      const lead = parts[0].shape.slice(0, -1);
      for (const [i, x] of parts.entries()) requireShape(`concat[${i}] leading axes`, x.shape.slice(0, -1), lead);
      return raw.concat(parts);
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
      return raw.slice(input, from, to, at);
    },
    transpose(x, permutation) {
      const input = read(x, 'transpose.x');
      const rank = input.shape.length;
      const isPermutation = permutation.length === rank && new Set(permutation).size === rank;
      if (!isPermutation || permutation.some((p) => !(p >= 0 && p < rank)))
        throw new ShapeError({
          field: 'transpose.permutation',
          expected: `each of the axes 0 .. ${rank - 1} once`,
          found: permutation.join(', '),
          remedy: 'List the axes of x in the order of the result.',
        });
      return raw.transpose(input, permutation);
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
      return raw.reshape(input, shape);
    },

    meanSquaredError: lossOf('meanSquaredError', 'x'),
    binaryCrossEntropy: lossOf('binaryCrossEntropy', 'logits'),
  };
}

/** The engine's own view of a tensor that it is given. Throws ShapeError for what is none of its tensors, EngineError for one that is gone. */
export function ownTensor<T extends Tensor>(engine: Pick<RawOps<T>, 'originOf'>, tensor: Tensor, field: string): T {
  const found: unknown = tensor;
  const origin = typeof found === 'object' && found !== null ? engine.originOf(found) : 'foreign';
  if (origin === 'own') return tensor as T;
  if (origin === 'foreign')
    throw new ShapeError({
      field,
      expected: 'a tensor of this engine',
      found: found === undefined ? 'undefined' : 'something else',
      remedy: 'Check the name of the parameter, and that the tensor was made by this engine.',
    });
  throw new EngineError({
    field,
    expected: 'a tensor of the step under way',
    found: 'one of an earlier step, whose memory is used again',
    remedy: 'Make long-lived tensors with engine.tensor(values, shape).',
  });
}

const lastOf = (shape: readonly number[]): number => shape[shape.length - 1];

function requireHeads(heads: number, width: number): void {
  if (width % heads !== 0)
    throw new ConfigError({
      field: 'attention.heads',
      expected: `a divisor of the width ${width}`,
      found: String(heads),
      remedy: 'Choose a width that the heads share evenly.',
    });
}

function requireLag({ steps, period }: { readonly steps: number; readonly period: number }, batch: number): void {
  if (batch % period !== 0 || steps < 0)
    throw new ConfigError({
      field: 'attention.lag',
      expected: `steps >= 0 and a period that divides the ${batch} batches`,
      found: `steps ${steps}, period ${period}`,
      remedy: 'The period is the number of consecutive dates in a window.',
    });
}
