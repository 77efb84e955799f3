import type { CounterRandom, Ops, Parameters, Tensor } from '../../nn/index.ts';
import type { Case, Input } from './cases.ts';

/**
 * Pair cases of random shape: a recipe draws sizes, masks and ragged dates and returns a case as in `cases.ts`.
 * Every operation of the vocabulary is called by a case of one table or the other; a test counts.
 */
export interface Recipe {
  readonly name: string;
  readonly draw: (generator: CounterRandom) => Omit<Case, 'name'>;
}

const size = (g: CounterRandom, from: number, to: number) => from + g.integer(to - from + 1);
const normal = (...shape: number[]): Input => ({ shape });
const data = (...shape: number[]): Input => ({ shape, fixed: true });
const mask = (share: number, ...shape: number[]): Input => ({
  shape,
  fixed: true,
  values: (g, n) => Array.from({ length: n }, () => (g.uniform() < share ? 1 : 0)),
});
const ones = (n: number): Input => ({ shape: [n], fixed: true, values: () => new Array<number>(n).fill(1) });
const zeros = (n: number): Input => ({ shape: [n], fixed: true, values: () => new Array<number>(n).fill(0) });

/** Dates of 0 to `most` rows, at least one row in all. */
function ragged(g: CounterRandom, dates: number, most: number): Int32Array {
  const offsets = new Int32Array(dates + 1);
  for (let t = 0; t < dates; t++) offsets[t + 1] = offsets[t] + g.integer(most + 1);
  if (offsets[dates] === 0) offsets[dates] = 1;
  return offsets;
}

export const recipes: Recipe[] = [
  {
    name: 'dense, every option by chance',
    draw(g) {
      const [rows, inputs, outputs] = [size(g, 8, 60), size(g, 1, 12), size(g, 1, 14)];
      const activation = (['identity', 'relu', 'tanh', 'sigmoid', 'silu', 'gelu'] as const)[g.integer(6)];
      const [normed, biased] = [g.uniform() < 0.6, g.uniform() < 0.6];
      const dropout = g.uniform() < 0.5 ? g.uniform(0.1, 0.6) : 0;
      return {
        inputs: {
          x: normal(rows, inputs),
          w: normal(outputs, inputs),
          ...(biased ? { b: normal(outputs) } : {}),
          gain: normal(outputs),
          offset: normal(outputs),
          mean: zeros(outputs),
          variance: ones(outputs),
        },
        run: (ops, t) =>
          ops.dense(t.x, {
            weight: t.w,
            ...(biased ? { bias: t.b } : {}),
            ...(normed
              ? {
                  norm: {
                    weight: t.gain,
                    bias: t.offset,
                    runningMean: t.mean,
                    runningVariance: t.variance,
                    momentum: 0.3,
                  },
                }
              : {}),
            activation,
            dropout,
          }),
      };
    },
  },
  {
    name: 'a deep chain with noise, dropout and layer norm',
    draw(g) {
      const [rows, n] = [size(g, 5, 40), size(g, 2, 9)];
      return {
        inputs: { x: normal(rows, n), w: normal(n, n), b: normal(n), gain: normal(n), offset: normal(n) },
        run(ops, t) {
          const h = ops.noise(ops.linear(t.x, t.w, t.b), 0.4);
          const z = ops.dropout(ops.layerNorm(h, t.gain, t.offset, 1e-3), 0.3);
          return ops.dropout(ops.gelu(ops.add(ops.linear(z, t.w), t.x)), 0.2);
        },
      };
    },
  },
  {
    name: 'two norms that share their running statistics',
    draw(g) {
      const [rows, n] = [size(g, 8, 30), size(g, 2, 6)];
      return {
        inputs: { x: normal(rows, n), mean: zeros(n), variance: ones(n) },
        run(ops, t) {
          const norm = { runningMean: t.mean, runningVariance: t.variance };
          return ops.batchNorm(ops.exp(ops.batchNorm(t.x, norm)), norm);
        },
      };
    },
  },
  {
    name: 'lstm of random shape',
    draw(g) {
      const [S, T, F, H] = [size(g, 1, 9), size(g, 1, 7), size(g, 1, 6), size(g, 1, 8)];
      const started = g.uniform() < 0.5;
      return {
        inputs: {
          x: normal(S, T, F),
          wi: normal(4 * H, F),
          wh: normal(4 * H, H),
          bi: normal(4 * H),
          bh: normal(4 * H),
          h0: normal(S, H),
          c0: normal(S, H),
        },
        run(ops, t) {
          const layer = { inputWeight: t.wi, recurrentWeight: t.wh, inputBias: t.bi, recurrentBias: t.bh };
          const { output, hidden, cell } = ops.lstm(t.x, layer, started ? { hidden: t.h0, cell: t.c0 } : undefined);
          return ops.add(output, ops.mean(ops.mul(hidden, cell)));
        },
      };
    },
  },
  {
    name: 'attention of random shape',
    draw(g) {
      const [runs, period, Q, heads, d] = [size(g, 1, 3), size(g, 1, 4), size(g, 1, 6), size(g, 1, 3), size(g, 1, 4)];
      const [masked, biased, causal] = [g.uniform() < 0.7, g.uniform() < 0.5, g.uniform() < 0.5];
      const K = causal ? Q : size(g, 1, 7);
      const [B, D] = [runs * period, heads * d];
      const steps = g.integer(period + 1);
      return {
        inputs: {
          q: normal(B, Q, D),
          k: normal(B, K, D),
          v: normal(B, K, D),
          keys: mask(0.7, B, K),
          edges: {
            shape: [Q, K],
            fixed: true,
            values: (draw, n) =>
              Array.from({ length: n }, () => (draw.uniform() < 0.3 ? -Infinity : Math.log(draw.uniform()))),
          },
        },
        run: (ops, t) =>
          ops.add(
            ops.attention(t.q, t.k, t.v, {
              heads,
              causal,
              ...(masked ? { keyMask: t.keys } : {}),
              ...(biased ? { bias: t.edges } : {}),
              lag: { steps, period },
            }),
            ops.scale(t.q, 0.1),
          ),
      };
    },
  },
  {
    name: 'rows and sumByIndex, some rows often, some never',
    draw(g) {
      const [table, taken, width] = [size(g, 2, 30), size(g, 1, 80), size(g, 1, 5)];
      const hot = g.integer(table);
      const index = Int32Array.from({ length: taken }, () => (g.uniform() < 0.5 ? hot : g.integer(table)));
      return {
        inputs: { x: normal(table, width) },
        run: (ops, t) => ops.sumByIndex(ops.square(ops.rows(t.x, index)), index, table),
      };
    },
  },
  {
    name: 'segmentSum and segmentRepeat over ragged dates',
    draw(g) {
      const offsets = ragged(g, size(g, 1, 12), 9);
      const [n, a, b] = [offsets[offsets.length - 1], size(g, 1, 3), size(g, 1, 3)];
      return {
        inputs: { x: normal(n, a, b) },
        run: (ops, t) => ops.mul(t.x, ops.segmentRepeat(ops.segmentSum(t.x, offsets), offsets)),
      };
    },
  },
  {
    name: 'segmentRegression over ragged dates',
    draw(g) {
      const K = size(g, 1, 5);
      const counts = Array.from({ length: size(g, 1, 6) }, () => (g.uniform() < 0.2 ? 0 : K + 3 + g.integer(20)));
      const offsets = Int32Array.from([0, ...counts.map((_, t) => counts.slice(0, t + 1).reduce((a, b) => a + b, 0))]);
      const n = offsets[offsets.length - 1];
      if (n === 0) return { inputs: { x: normal(2) }, run: (ops, t) => ops.square(t.x) };
      return {
        inputs: { x: normal(n, K), y: normal(n) },
        run(ops, t) {
          const f = ops.segmentRegression(t.x, t.y, offsets, 0.02);
          return ops.sub(ops.rowDot(t.x, ops.segmentRepeat(f, offsets)), t.y);
        },
      };
    },
  },
  ...(['add', 'sub', 'mul', 'div', 'maximum'] as const).map((kind): Recipe => ({
    name: `${kind}, a broadcast by chance`,
    draw(g) {
      const shape = Array.from({ length: size(g, 1, 4) }, () => size(g, 1, 5));
      const ways = [shape, shape.slice(g.integer(shape.length)), [...shape.slice(0, -1), 1], []];
      const other = ways[g.integer(ways.length)];
      const away: Input = {
        shape: other,
        values: (draw, n) => Array.from({ length: n }, () => (draw.uniform() < 0.5 ? -1 : 1) * draw.uniform(0.5, 2)),
      };
      return { inputs: { a: normal(...shape), b: away }, run: (ops, t) => ops[kind](t.a, t.b) };
    },
  })),
  {
    name: 'softmax and where under random masks',
    draw(g) {
      const shape = [size(g, 1, 6), size(g, 1, 5), size(g, 1, 7)];
      return {
        inputs: { x: normal(...shape), y: normal(...shape), keep: mask(0.5, ...shape) },
        run: (ops, t) => ops.mul(ops.softmax(t.x, t.keep), ops.where(t.keep, t.y, ops.abs(t.y))),
      };
    },
  },
  {
    name: 'what a mask hides may be anything',
    draw(g) {
      const [rows, n] = [size(g, 2, 6), size(g, 2, 6)];
      const holes = Array.from({ length: rows * n }, () => (g.uniform() < 0.6 ? 1 : 0));
      const numbers = (draw: CounterRandom) =>
        holes.map((keep, i) => (keep ? draw.uniform(0.5, 2) : [NaN, -1, 0, Infinity][i % 4]));
      const targets = numbers(g);
      return {
        inputs: { x: { shape: [rows, n], values: numbers } },
        run(ops, t) {
          const y = ops.constant(targets, [rows, n]);
          const keep = ops.constant(holes, [rows, n]);
          const made = [ops.log(t.x), ops.sqrt(t.x), ops.div(t.x, t.x), ops.mul(t.x, t.x), ops.exp(t.x)];
          const kept = made.map((x) => ops.where(keep, x, 0));
          const losses = [
            ops.meanSquaredError(t.x, y, keep),
            ops.binaryCrossEntropy(t.x, ops.where(keep, ops.sigmoid(y), NaN), keep),
          ];
          const total = losses.reduce((a, b) => ops.add(a, b));
          return ops.add(ops.concat([...kept, ops.softmax(t.x, keep)]), total);
        },
      };
    },
  },
  {
    name: 'attention whose hidden keys hold NaN',
    draw(g) {
      const [B, K, D] = [size(g, 1, 4), size(g, 2, 6), 4];
      const seen = Array.from({ length: B * K }, () => (g.uniform() < 0.6 ? 1 : 0));
      const holed: Input = {
        shape: [B, K, D],
        values: (draw, n) => Array.from({ length: n }, (_, i) => (seen[Math.floor(i / D)] ? draw.normal() : NaN)),
      };
      return {
        inputs: { q: normal(B, 3, D), k: holed, v: holed },
        run: (ops, t) => ops.attention(t.q, t.k, t.v, { heads: 2, keyMask: ops.constant(seen, [B, K]) }),
      };
    },
  },
  {
    name: 'reductions over any axis',
    draw(g) {
      const shape = Array.from({ length: size(g, 1, 4) }, () => size(g, 1, 5));
      const axis = g.integer(shape.length);
      return {
        inputs: { x: normal(...shape) },
        run: (ops, t) =>
          ops.mul(
            ops.add(ops.sum(t.x, axis - shape.length), ops.mean(ops.square(t.x), axis)),
            ops.sub(ops.mean(ops.logSumExp(t.x)), ops.sum(t.x)),
          ),
      };
    },
  },
  {
    name: 'slices, transposes, reshapes and joins',
    draw(g) {
      const shape = Array.from({ length: size(g, 2, 4) }, () => size(g, 2, 5));
      const axis = g.integer(shape.length);
      const from = g.integer(shape[axis]);
      const to = from + 1 + g.integer(shape[axis] - from);
      const order = Array.from(g.permutation(shape.length));
      return {
        inputs: { x: normal(...shape) },
        run(ops, t) {
          const flat = (x: Tensor) => ops.reshape(x, [x.shape.reduce((a, b) => a * b, 1)]);
          const parts = [ops.slice(t.x, from, to, axis), ops.transpose(ops.tanh(t.x), order), ops.detach(t.x)];
          return ops.square(ops.concat([...parts.map(flat), flat(parts[0])]));
        },
      };
    },
  },
  {
    name: 'elementwise functions far from zero',
    draw(g) {
      const n = size(g, 20, 60);
      const wide: Input = { shape: [n], values: (draw) => Array.from({ length: n }, () => draw.uniform(-12, 12)) };
      const kinds = ['tanh', 'sigmoid', 'relu', 'silu', 'gelu', 'softplus', 'abs', 'square'] as const;
      return {
        inputs: { x: wide },
        run: (ops: Ops, t: Parameters) =>
          ops.concat([...kinds.map((kind) => ops[kind](t.x)), ops.clip(t.x, -3, 5), ops.scale(t.x, -2, 1)]),
      };
    },
  },
  {
    name: 'losses, weighted by chance',
    draw(g) {
      const shape = [size(g, 1, 9), size(g, 1, 9)];
      const weighted = g.uniform() < 0.5;
      return {
        inputs: { x: normal(...shape), y: data(...shape), hit: mask(0.5, ...shape), w: mask(0.8, ...shape) },
        run: (ops, t) =>
          ops.add(
            ops.meanSquaredError(t.x, t.y, weighted ? t.w : undefined),
            ops.binaryCrossEntropy(ops.scale(t.x, 4), t.hit, weighted ? t.w : undefined),
          ),
      };
    },
  },
];
