import type { Ops, Parameters, Tensor } from '../../src/nn/index.ts';
import type { Case } from '../../src/testing/engine/cases.ts';

/** Cases at sizes that fill several chunks and do not divide by the vector or block widths. */
export const largeCases: Case[] = [
  {
    name: 'large dense chain with batch norm and dropout',
    inputs: {
      x: { shape: [900, 37], fixed: true },
      w1: { shape: [35, 37] },
      b1: { shape: [35] },
      g1: { shape: [35] },
      o1: { shape: [35] },
      m1: { shape: [35], fixed: true },
      v1: { shape: [35], fixed: true, values: (_, n) => new Array<number>(n).fill(1) },
      w2: { shape: [14, 35] },
      b2: { shape: [14] },
      w3: { shape: [3, 14] },
    },
    run(ops: Ops, t: Parameters): Tensor {
      const norm = { weight: t.g1, bias: t.o1, runningMean: t.m1, runningVariance: t.v1 };
      const h1 = ops.dense(t.x, { weight: t.w1, bias: t.b1, norm, activation: 'silu', dropout: 0.2 });
      const h2 = ops.dense(h1, { weight: t.w2, bias: t.b2, activation: 'tanh' });
      return ops.meanSquaredError(ops.linear(h2, t.w3), ops.slice(t.x, 0, 3));
    },
  },
  {
    name: 'wide layer',
    inputs: { x: { shape: [210, 270] }, w: { shape: [75, 270] }, b: { shape: [75] } },
    run: (ops: Ops, t: Parameters): Tensor =>
      ops.scale(ops.dense(t.x, { weight: t.w, bias: t.b, activation: 'tanh' }), 0.1),
  },
  {
    // Inputs and outputs so many that the sum over rows copies panels of both.
    name: 'very wide layer',
    inputs: { x: { shape: [70, 519] }, w: { shape: [134, 519] } },
    run: (ops: Ops, t: Parameters): Tensor => ops.scale(ops.sum(ops.square(ops.linear(t.x, t.w))), 1e-4),
  },
  {
    name: 'large lstm',
    inputs: {
      x: { shape: [150, 7, 9] },
      wi: { shape: [44, 9] },
      wh: { shape: [44, 11] },
      bi: { shape: [44] },
      bh: { shape: [44] },
      h0: { shape: [150, 11] },
    },
    run(ops: Ops, t: Parameters): Tensor {
      const layer = { inputWeight: t.wi, recurrentWeight: t.wh, inputBias: t.bi, recurrentBias: t.bh };
      const { output, cell } = ops.lstm(t.x, layer, { hidden: t.h0, cell: ops.scale(t.h0, 0.5) });
      return ops.add(ops.mean(ops.square(output)), ops.mean(ops.abs(cell)));
    },
  },
  {
    name: 'large attention',
    inputs: {
      x: { shape: [60, 21, 12] },
      m: {
        shape: [60, 21],
        fixed: true,
        values: (g, n) => Array.from({ length: n }, () => (g.uniform() < 0.8 ? 1 : 0)),
      },
    },
    run(ops: Ops, t: Parameters): Tensor {
      const y = ops.attention(t.x, t.x, t.x, { heads: 2, keyMask: t.m, lag: { steps: 2, period: 10 } });
      return ops.mean(
        ops.abs(
          ops.layerNorm(
            ops.add(y, t.x),
            ops.constant(new Array(12).fill(1), [12]),
            ops.constant(new Array(12).fill(0), [12]),
          ),
        ),
      );
    },
  },
  {
    name: 'large elementwise and reductions',
    inputs: { x: { shape: [700, 33] }, y: { shape: [33] } },
    run(ops: Ops, t: Parameters): Tensor {
      const z = ops.maximum(ops.mul(ops.sigmoid(t.x), t.y), ops.scale(t.x, 0.1));
      return ops.mean(ops.logSumExp(ops.dropout(ops.noise(z, 0.3), 0.1)));
    },
  },
];
