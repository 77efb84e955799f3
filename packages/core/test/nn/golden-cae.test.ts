import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { EmbeddedEngine, typescriptMachine, wasmMachine } from '../../src/engine/index.ts';
import type { Engine } from '../../src/engine/index.ts';
import type { NamedValues, Ops, Parameters, Tensor } from '../../src/nn/index.ts';
import { distance } from '../../src/testing/engine/run-case.ts';

type Nested = number | Nested[];
interface Golden {
  characteristics: number[][][];
  returns: (number | null)[][];
  mask: (boolean | number)[][];
  managed_portfolios: number[][];
  init: Record<string, Nested>;
  first_forward_train: number[];
  first_grad: Record<string, Nested>;
  losses: number[];
  final: Record<string, Nested>;
  eval_betas: number[][];
  eval_factors: number[][];
  eval_fit: number[];
}

const golden = JSON.parse(readFileSync(new URL('golden/nn_cae.json', import.meta.url), 'utf8')) as Golden;
const flat = (values: Nested): number[] => (typeof values === 'number' ? [values] : values.flat(10).map(Number));
const shapeOf = (values: Nested): number[] =>
  typeof values === 'number' ? [] : [values.length, ...shapeOf(values[0])];

const rows = golden.mask.flatMap((date, t) => date.flatMap((present, i) => (present ? [[t, i]] : [])));
const date = Int32Array.from(rows, ([t]) => t);
const characteristics = rows.flatMap(([t, i]) => golden.characteristics[t][i]);
const returns = rows.map(([t, i]) => Number(golden.returns[t][i]));

const parameters = (): NamedValues[] =>
  Object.entries(golden.init)
    .filter(([name]) => !name.endsWith('num_batches_tracked'))
    .map(([name, values]) => ({
      name,
      shape: shapeOf(values),
      values: Float64Array.from(flat(values)),
      state: name.includes('running'),
    }));

function forward(ops: Ops, p: Parameters): { betas: Tensor; factors: Tensor; fit: Tensor } {
  let h: Tensor = ops.constant(characteristics, [rows.length, 5]);
  for (const [linear, norm] of [
    [0, 1],
    [3, 4],
  ])
    h = ops.dense(h, {
      weight: p[`beta_net.network.${linear}.weight`],
      bias: p[`beta_net.network.${linear}.bias`],
      norm: {
        weight: p[`beta_net.network.${norm}.weight`],
        bias: p[`beta_net.network.${norm}.bias`],
        runningMean: p[`beta_net.network.${norm}.running_mean`],
        runningVariance: p[`beta_net.network.${norm}.running_var`],
      },
      activation: 'relu',
    });
  const betas = ops.linear(h, p['beta_net.network.6.weight'], p['beta_net.network.6.bias']);
  const factors = ops.linear(ops.constant(flat(golden.managed_portfolios), [6, 6]), p['factor_net.linear.weight']);
  return { betas, factors, fit: ops.rowDot(betas, ops.rows(factors, date)) };
}

function loss(ops: Ops, p: Parameters): Tensor {
  const error = ops.meanSquaredError(forward(ops, p).fit, ops.constant(returns, [rows.length]));
  const penalty = ops.add(
    ops.sum(ops.abs(p['beta_net.network.0.weight'])),
    ops.sum(ops.abs(p['beta_net.network.3.weight'])),
  );
  return ops.add(error, ops.scale(penalty, 1e-3));
}

// [engine, one pass, path of 30 steps]: argued in golden/README.md.
const engines: [string, () => Engine, number, number][] = [
  ['float64 tape', () => new EmbeddedEngine(typescriptMachine('float64')), 1e-10, 1e-7],
  ['WebAssembly', () => new EmbeddedEngine(wasmMachine(1)), 2e-5, 2e-3],
];

describe.each(engines)('conditional autoencoder against PyTorch: %s', (_, create, pass, path) => {
  const engine = create();
  const set = engine.parameters(parameters());
  const optimizer = engine.optimizer(set, { learningRate: 0.01 });

  it('first forward pass, gradients, 30 steps of Adam, evaluation', async () => {
    const p = set.tensors;
    const losses: number[] = [];
    for (let step = 0; step < 30; step++) {
      losses.push(await optimizer.accumulate((ops) => loss(ops, p)));
      if (step === 0) {
        const gradients = await optimizer.gradients();
        const scale = Math.max(...Object.values(golden.first_grad).flatMap((g) => flat(g).map(Math.abs)));
        for (const [name, expected] of Object.entries(golden.first_grad))
          expect([name, distance(gradients[name], flat(expected), scale) < pass]).toEqual([name, true]);
      }
      expect((await optimizer.apply()).applied).toBe(true);
    }
    expect(distance(losses, golden.losses)).toBeLessThan(path);
    const final = await set.read();
    for (const name of set.names)
      expect([name, distance(final[name], flat(golden.final[name]), 0.1) < path * 5]).toEqual([name, true]);

    const evaluated = await engine.evaluate((ops) => forward(ops, p));
    expect(distance(evaluated.betas, flat(golden.eval_betas))).toBeLessThan(path * 5);
    expect(distance(evaluated.factors, flat(golden.eval_factors))).toBeLessThan(path * 5);
    expect(distance(evaluated.fit, golden.eval_fit)).toBeLessThan(path * 5);
    await engine.dispose();
  });
});
