import {
  attentionLayer,
  attentionParameters,
  film,
  geluAdapter,
  geluAdapterParameters,
  CounterRandom,
  initialStateLayer,
  initialStateParameters,
  layerNormParameters,
  lstmLayer,
  lstmParameters,
  residualNorm,
  swigluAdapter,
  swigluAdapterParameters,
  variableSelection,
  variableSelectionLayer,
  variableSelectionParameters,
} from '../../nn/index.ts';
import type { Activation, Ops, Parameters, ParameterSpecs, Tensor } from '../../nn/index.ts';

/**
 * One entry an operation and way of using it: every test of operations (finite differences, WebAssembly against
 * TypeScript, tfjs against both) goes through this list. Inputs are standard normal and differentiated unless said
 * otherwise; the loss is the sum of the result times fixed numbers, so that every element of the gradient counts.
 */
export interface Case {
  readonly name: string;
  readonly inputs: Readonly<Record<string, Input>>;
  readonly run: (ops: Ops, t: Parameters) => Tensor;
}

export interface Input {
  readonly shape: readonly number[];
  /** Default: standard normal. */
  readonly values?: (generator: CounterRandom, size: number) => number[];
  /** State of a batch norm, or data: not differentiated. */
  readonly fixed?: boolean;
}

const normal = (...shape: number[]): Input => ({ shape });
const positive = (...shape: number[]): Input => ({
  shape,
  values: (g, n) => Array.from({ length: n }, () => g.uniform(0.5, 2)),
});
const data = (...shape: number[]): Input => ({ shape, fixed: true });
const weights = (...shape: number[]): Input => ({ ...positive(...shape), fixed: true });
/** Zeros and ones, about 70 % ones. */
const mask = (...shape: number[]): Input => ({
  shape,
  fixed: true,
  values: (g, n) => Array.from({ length: n }, () => (g.uniform() < 0.7 ? 1 : 0)),
});
const running = (n: number): Record<string, Input> => ({
  mean: { shape: [n], fixed: true, values: () => Array.from({ length: n }, (_, i) => 0.1 * i) },
  variance: { shape: [n], fixed: true, values: () => Array.from({ length: n }, (_, i) => 1 + 0.2 * i) },
});

const activations: Activation[] = ['identity', 'relu', 'tanh', 'sigmoid', 'silu', 'gelu'];
const offsets = Int32Array.of(0, 4, 4, 9, 17, 20);

const lstmInputs = (S: number, T: number, F: number, H: number) => ({
  x: normal(S, T, F),
  wi: normal(4 * H, F),
  wh: normal(4 * H, H),
  bi: normal(4 * H),
  bh: normal(4 * H),
});
const lstmOf = (t: Parameters) => ({ inputWeight: t.wi, recurrentWeight: t.wh, inputBias: t.bi, recurrentBias: t.bh });

/** The arrays of layers, as inputs. */
const arraysOf = (...specs: ParameterSpecs[]): Record<string, Input> =>
  Object.fromEntries(specs.flatMap((spec) => Object.entries(spec).map(([name, { shape }]) => [name, { shape }])));

/** Sums tensors of any shapes into one by flattening and joining. */
function together(ops: Ops, ...tensors: Tensor[]): Tensor {
  return ops.concat(tensors.map((t) => ops.reshape(t, [t.shape.reduce((a, b) => a * b, 1)])));
}

export const cases: Case[] = [
  {
    name: 'linear over two leading axes',
    inputs: { x: normal(3, 5, 7), w: normal(6, 7), b: normal(6) },
    run: (ops, t) => ops.linear(t.x, t.w, t.b),
  },
  {
    name: 'linear without bias, wide and odd',
    inputs: { x: normal(11, 37), w: normal(29, 37) },
    run: (ops, t) => ops.linear(t.x, t.w),
  },
  {
    name: 'linear, one output, weights shared twice',
    inputs: { x: normal(9, 4), w: normal(1, 4), b: normal(1) },
    run: (ops, t) => ops.add(ops.linear(t.x, t.w, t.b), ops.linear(ops.square(t.x), t.w, t.b)),
  },
  ...activations.map((activation): Case => ({
    name: `dense ${activation}`,
    inputs: { x: normal(13, 6), w: normal(9, 6), b: normal(9) },
    run: (ops, t) => ops.dense(t.x, { weight: t.w, bias: t.b, activation }),
  })),
  ...activations.map((activation): Case => ({
    name: `dense with batch norm and dropout, ${activation}`,
    inputs: {
      x: normal(33, 6),
      w: normal(10, 6),
      b: normal(10),
      gain: positive(10),
      offset: normal(10),
      ...running(10),
    },
    run: (ops, t) =>
      ops.dense(t.x, {
        weight: t.w,
        bias: t.b,
        norm: { weight: t.gain, bias: t.offset, runningMean: t.mean, runningVariance: t.variance },
        activation,
        dropout: 0.3,
      }),
  })),
  {
    name: 'dense with dropout alone',
    inputs: { x: normal(20, 6), w: normal(5, 6), b: normal(5) },
    run: (ops, t) => ops.dense(t.x, { weight: t.w, bias: t.b, activation: 'tanh', dropout: 0.5 }),
  },
  {
    name: 'dense with dropout alone, relu',
    inputs: { x: normal(20, 6), w: normal(5, 6), b: normal(5) },
    run: (ops, t) => ops.dense(t.x, { weight: t.w, bias: t.b, activation: 'relu', dropout: 0.3 }),
  },
  {
    // Where the pre-activation is 0 or next to it, the output says neither what dropout kept nor what the sigmoid is.
    name: 'dense silu with dropout at zero',
    inputs: {
      x: { shape: [30, 6], values: (g, n) => Array.from({ length: n }, (_, i) => (i % 4 === 3 ? g.normal() : 0)) },
      w: { shape: [5, 6], values: (_, n) => Array.from({ length: n }, (_, i) => [0, 1e-38, 1, -1e-35, 0.5][i % 5]) },
    },
    run: (ops, t) => ops.dense(t.x, { weight: t.w, activation: 'silu', dropout: 0.4 }),
  },
  ...(['relu', 'tanh'] as const).flatMap((activation) =>
    [0, 0.3].map((dropout): Case => ({
      name: `dense by date, ${activation}, dropout ${dropout}`,
      inputs: { x: normal(20, 6), w: normal(9, 6), b: normal(9), d: normal(5, 9) },
      run: (ops, t) =>
        ops.dense(t.x, { weight: t.w, bias: t.b, activation, dropout, byDate: { values: t.d, offsets } }),
    })),
  ),
  {
    name: 'dense by date without bias, with batch norm',
    inputs: { x: normal(20, 6), w: normal(10, 6), d: normal(5, 10), gain: positive(10), ...running(10) },
    run: (ops, t) =>
      ops.dense(t.x, {
        weight: t.w,
        norm: { weight: t.gain, runningMean: t.mean, runningVariance: t.variance },
        activation: 'silu',
        byDate: { values: t.d, offsets },
      }),
  },
  {
    name: 'dense chain',
    inputs: { x: normal(21, 9), w1: normal(8, 9), b1: normal(8), w2: normal(3, 8), b2: normal(3) },
    run: (ops, t) =>
      ops.dense(ops.dense(t.x, { weight: t.w1, bias: t.b1, activation: 'relu' }), { weight: t.w2, bias: t.b2 }),
  },
  {
    name: 'batchNorm',
    inputs: { x: normal(17, 5), gain: positive(5), offset: normal(5), ...running(5) },
    run: (ops, t) =>
      ops.batchNorm(t.x, { weight: t.gain, bias: t.offset, runningMean: t.mean, runningVariance: t.variance }),
  },
  {
    name: 'batchNorm without gain',
    inputs: { x: normal(3, 6, 5), ...running(5) },
    run: (ops, t) => ops.batchNorm(t.x, { runningMean: t.mean, runningVariance: t.variance, epsilon: 1e-3 }),
  },
  {
    name: 'layerNorm',
    inputs: { x: normal(4, 3, 7), w: normal(7), b: normal(7) },
    run: (ops, t) => ops.layerNorm(t.x, t.w, t.b),
  },
  { name: 'dropout', inputs: { x: normal(40) }, run: (ops, t) => ops.dropout(t.x, 0.4) },
  { name: 'noise', inputs: { x: normal(40) }, run: (ops, t) => ops.noise(t.x, 0.5) },
  {
    name: 'lstm, all three results',
    inputs: lstmInputs(3, 4, 5, 6),
    run: (ops, t) => {
      const { output, hidden, cell } = ops.lstm(t.x, lstmOf(t));
      return together(ops, output, hidden, cell);
    },
  },
  {
    name: 'lstm with an initial state',
    inputs: { ...lstmInputs(5, 3, 3, 4), h0: normal(5, 4), c0: normal(5, 4) },
    run: (ops, t) => {
      const { output, cell } = ops.lstm(t.x, lstmOf(t), { hidden: t.h0, cell: t.c0 });
      return together(ops, output, cell);
    },
  },
  {
    name: 'lstm, last state only',
    inputs: lstmInputs(2, 5, 1, 3),
    run: (ops, t) => ops.lstm(t.x, lstmOf(t)).hidden,
  },
  {
    name: 'attention, two heads',
    inputs: { q: normal(3, 4, 6), k: normal(3, 5, 6), v: normal(3, 5, 6) },
    run: (ops, t) => ops.attention(t.q, t.k, t.v, { heads: 2 }),
  },
  {
    name: 'attention, causal with a key mask',
    inputs: { q: normal(4, 6, 4), k: normal(4, 6, 4), v: normal(4, 6, 4), keys: mask(4, 6) },
    run: (ops, t) => ops.attention(t.q, t.k, t.v, { causal: true, keyMask: t.keys }),
  },
  {
    name: 'attention to itself, lagged, with edge strengths',
    inputs: {
      x: normal(6, 4, 8),
      edges: {
        shape: [4, 4],
        fixed: true,
        values: (g, n) =>
          Array.from({ length: n }, (_, i) => (i % 4 === 1 || i < 4 ? -Infinity : Math.log(g.uniform()))),
      },
      keys: mask(6, 4),
    },
    run: (ops, t) =>
      ops.attention(t.x, t.x, t.x, { heads: 2, bias: t.edges, keyMask: t.keys, lag: { steps: 1, period: 3 } }),
  },
  {
    name: 'variable selection',
    inputs: { x: normal(4, 3, 5), logits: normal(4, 3, 5), w: normal(6, 5), b: normal(6, 5) },
    run: (ops, t) => variableSelection(ops, t.x, t.logits, t.w, t.b),
  },
  {
    name: 'film',
    inputs: { x: normal(2, 3, 4, 5), gain: normal(4, 5), offset: normal(4, 5) },
    run: (ops, t) => film(ops, t.x, t.gain, t.offset),
  },
  {
    name: 'variable selection with gates from a context',
    inputs: {
      x: normal(3, 4, 5),
      context: normal(3, 4, 2),
      ...arraysOf(variableSelectionParameters('select', { features: 5, context: 2, hidden: 6, width: 7 })),
    },
    run: (ops, t) => variableSelectionLayer(ops, t, 'select', t.x, t.context, { dropout: 0.2 }),
  },
  {
    name: 'variable selection without a context',
    inputs: {
      x: normal(9, 3),
      ...arraysOf(variableSelectionParameters('select', { features: 3, context: 0, hidden: 4, width: 5 })),
    },
    run: (ops, t) => variableSelectionLayer(ops, t, 'select', t.x, undefined, { activation: 'relu' }),
  },
  {
    name: 'lstm with its initial state from a context',
    inputs: {
      x: normal(6, 3, 4),
      context: normal(6, 3),
      ...arraysOf(initialStateParameters('start', 3, 5), lstmParameters('lstm', 4, 5)),
    },
    run: (ops, t) => ops.lstm(t.x, lstmLayer(t, 'lstm'), initialStateLayer(ops, t, 'start', t.context)).output,
  },
  {
    name: 'causal attention with projections, residual and norm',
    inputs: {
      x: normal(3, 5, 8),
      keys: mask(3, 5),
      ...arraysOf(attentionParameters('attention', 8), layerNormParameters('norm', 8)),
    },
    run(ops, t) {
      const options = { heads: 2, causal: true, keyMask: t.keys };
      return residualNorm(ops, t, 'norm', t.x, attentionLayer(ops, t, 'attention', t.x, t.x, options));
    },
  },
  {
    name: 'attention with projections to other keys, lagged',
    inputs: { x: normal(6, 3, 4), memory: normal(6, 5, 4), ...arraysOf(attentionParameters('attention', 4)) },
    run: (ops, t) => attentionLayer(ops, t, 'attention', t.x, t.memory, { lag: { steps: 1, period: 3 } }),
  },
  {
    name: 'gelu adapter',
    inputs: { x: normal(4, 3, 5), ...arraysOf(geluAdapterParameters('adapter', 5, 9)) },
    run: (ops, t) => geluAdapter(ops, t, 'adapter', t.x, 0.2),
  },
  {
    name: 'swiglu adapter',
    inputs: { x: normal(4, 3, 5), ...arraysOf(swigluAdapterParameters('adapter', 5, 9)) },
    run: (ops, t) => swigluAdapter(ops, t, 'adapter', t.x, 0.2),
  },
  {
    name: 'rows (embedding)',
    inputs: { table: normal(5, 3) },
    run: (ops, t) => ops.rows(t.table, Int32Array.of(4, 0, 0, 2, 4, 4)),
  },
  {
    name: 'sumByIndex',
    inputs: { x: normal(7, 3) },
    run: (ops, t) => ops.sumByIndex(t.x, Int32Array.of(1, 0, 3, 1, 1, 5, 3), 6),
  },
  { name: 'segmentSum', inputs: { x: normal(20, 3) }, run: (ops, t) => ops.segmentSum(t.x, offsets) },
  { name: 'segmentRepeat', inputs: { x: normal(5, 3) }, run: (ops, t) => ops.segmentRepeat(t.x, offsets) },
  {
    name: 'segmentRegression',
    inputs: { x: normal(20, 3), y: normal(20) },
    run: (ops, t) => ops.segmentRegression(t.x, t.y, offsets, 0.05),
  },
  {
    name: 'segmentRegression profiled out of a loss',
    inputs: { x: normal(20, 2), w: normal(3, 2), y: data(20) },
    run: (ops, t) => {
      const beta = ops.linear(t.x, t.w);
      const factors = ops.segmentRegression(beta, t.y, offsets, 0.01);
      return ops.sub(ops.rowDot(beta, ops.segmentRepeat(factors, offsets)), t.y);
    },
  },
  { name: 'rowDot', inputs: { a: normal(6, 4), b: normal(6, 4) }, run: (ops, t) => ops.rowDot(t.a, t.b) },
  { name: 'rowDot with itself', inputs: { a: normal(6, 4) }, run: (ops, t) => ops.rowDot(t.a, t.a) },
  ...(['add', 'sub', 'mul', 'div', 'maximum'] as const).flatMap((kind): Case[] =>
    Object.entries({
      'same shape': [3, 4, 5],
      'last axes': [4, 5],
      'one row': [5],
      'number a row': [3, 4, 1],
      scalar: [],
    }).map(([broadcast, shape]): Case => ({
      name: `${kind}, ${broadcast}`,
      inputs: { a: normal(3, 4, 5), b: kind === 'div' ? positive(...shape) : normal(...shape) },
      run: (ops, t) => ops[kind](t.a, t.b),
    })),
  ),
  {
    name: 'where, two tensors',
    inputs: { a: normal(4, 5), b: normal(4, 5), keep: mask(4, 5) },
    run: (ops, t) => ops.where(t.keep, t.a, t.b),
  },
  {
    name: 'where with a number',
    inputs: { a: normal(4, 5), keep: mask(4, 5) },
    run: (ops, t) => ops.where(t.keep, t.a, -2),
  },
  { name: 'scale', inputs: { x: normal(9) }, run: (ops, t) => ops.scale(t.x, -3, 2) },
  ...(['abs', 'square', 'exp', 'tanh', 'sigmoid', 'relu', 'silu', 'gelu', 'softplus'] as const).map((kind): Case => ({
    name: kind,
    inputs: { x: normal(3, 50) },
    run: (ops, t) => ops[kind](ops.scale(t.x, 2)),
  })),
  ...(['sqrt', 'log'] as const).map((kind): Case => ({
    name: kind,
    inputs: { x: positive(30) },
    run: (ops, t) => ops[kind](t.x),
  })),
  { name: 'clip', inputs: { x: normal(30) }, run: (ops, t) => ops.clip(t.x, -0.5, 1) },
  { name: 'softmax', inputs: { x: normal(4, 6) }, run: (ops, t) => ops.softmax(t.x) },
  {
    name: 'softmax with a mask',
    inputs: { x: normal(6, 5), keep: mask(6, 5) },
    run: (ops, t) => ops.softmax(t.x, t.keep),
  },
  { name: 'logSumExp', inputs: { x: normal(4, 6) }, run: (ops, t) => ops.logSumExp(t.x) },
  { name: 'sum over all', inputs: { x: normal(4, 6) }, run: (ops, t) => ops.sum(t.x) },
  { name: 'mean over all', inputs: { x: normal(4, 6) }, run: (ops, t) => ops.mean(t.x) },
  { name: 'sum, first axis', inputs: { x: normal(3, 4, 5) }, run: (ops, t) => ops.sum(t.x, 0) },
  { name: 'mean, middle axis', inputs: { x: normal(3, 4, 5) }, run: (ops, t) => ops.mean(t.x, 1) },
  { name: 'sum, last axis', inputs: { x: normal(3, 4, 5) }, run: (ops, t) => ops.sum(t.x, -1) },
  {
    name: 'concat',
    inputs: { a: normal(3, 2, 4), b: normal(3, 2, 1), c: normal(3, 2, 3) },
    run: (ops, t) => ops.concat([t.a, t.b, t.c, t.a]),
  },
  {
    name: 'a product over a join of data and activations, read again elsewhere',
    inputs: { data: data(7, 3), more: data(7, 5), x: normal(7, 4), y: normal(7, 2), w: normal(6, 19), v: normal(6, 4) },
    run(ops, t) {
      const h = ops.linear(t.x, t.v);
      const joined = ops.concat([t.data, h, t.y, ops.slice(t.more, 0, 3), ops.slice(t.more, 0, 5)]);
      const z = ops.dense(joined, { weight: t.w, activation: 'tanh' });
      return ops.add(ops.add(z, ops.slice(joined, 3, 9)), ops.linear(joined, t.w));
    },
  },
  { name: 'slice, last axis', inputs: { x: normal(3, 7) }, run: (ops, t) => ops.slice(t.x, 2, 5) },
  { name: 'slice, middle axis', inputs: { x: normal(3, 7, 2) }, run: (ops, t) => ops.slice(t.x, 1, 7, 1) },
  { name: 'transpose', inputs: { x: normal(2, 3, 4, 5) }, run: (ops, t) => ops.transpose(t.x, [2, 0, 3, 1]) },
  {
    name: 'transpose in blocks',
    inputs: { x: normal(3, 4, 2, 5) },
    run: (ops, t) => ops.transpose(ops.transpose(t.x, [0, 2, 1, 3]), [1, 0, 2, 3]),
  },
  { name: 'transpose to the same order', inputs: { x: normal(3, 4) }, run: (ops, t) => ops.transpose(t.x, [0, 1]) },
  {
    name: 'recompute, one inside the other',
    inputs: { x: normal(5, 4), w: normal(3, 4) },
    run: (ops, t) => {
      const inner = (): Tensor =>
        ops.tanh(
          ops.mul(
            t.x,
            ops.recompute(() => ops.silu(ops.scale(t.x, 0.5))),
          ),
        );
      const outer = ops.recompute(() => ops.reshape(ops.linear(ops.recompute(inner), t.w), [3, 5]));
      return ops.concat([outer, ops.recompute(() => ops.reshape(ops.slice(t.x, 0, 3), [3, 5]))]);
    },
  },
  {
    name: 'recomputeParts, of a view, with weights that every part shares',
    inputs: { x: normal(6, 5), w: normal(5, 5) },
    run: (ops, t) => {
      const x = ops.reshape(t.x, [5, 2, 3]);
      const block = (part: Tensor): Tensor => {
        const flat = ops.reshape(part, [2 * part.shape[0], 3]);
        const wide = ops.concat([flat, ops.tanh(ops.slice(flat, 1, 3))]);
        return ops.reshape(ops.linear(ops.silu(wide), t.w), [part.shape[0], 10]);
      };
      const seen = ops.recomputeParts(ops.square(x), 2, block);
      return ops.concat([seen, ops.recomputeParts(x, 3, (part) => ops.reshape(part, [part.shape[0], 6]))]);
    },
  },
  {
    name: 'reshape and detach',
    inputs: { x: normal(4, 6) },
    run: (ops, t) => ops.mul(ops.reshape(t.x, [3, 8]), ops.detach(ops.reshape(t.x, [3, 8]))),
  },
  {
    name: 'meanSquaredError',
    inputs: { x: normal(4, 6), y: data(4, 6) },
    run: (ops, t) => ops.meanSquaredError(t.x, t.y),
  },
  {
    name: 'meanSquaredError with weights',
    inputs: { x: normal(4, 6), y: data(4, 6), w: mask(4, 6) },
    run: (ops, t) => ops.meanSquaredError(t.x, t.y, t.w),
  },
  {
    name: 'binaryCrossEntropy',
    inputs: { x: normal(40), y: mask(40), w: weights(40) },
    run: (ops, t) => ops.binaryCrossEntropy(t.x, t.y, t.w),
  },
];

/** Cases whose gradient is not that of their value: a detached factor is a constant to the gradient. */
export const notADerivative = new Set(['reshape and detach']);
