import { CrossSectionBatch } from '@ml4t/core';
import { EmbeddedEngine, typescriptMachine, wasmMachine, type Engine, type Snapshot } from '@ml4t/core/engine';
import { describe, expect, it } from '@jest/globals';
import { namedValues } from '@ml4t/core/nn';
import {
  networkBetas,
  networkFactors,
  networkFit,
  networkLoss,
  networkParameters,
  type NetworkBatch,
} from '../../src/cae/network.ts';
import { regressionPortfolios } from '../../src/index.ts';
import { days, flat, golden } from '../golden/load.ts';

interface NetworkGolden {
  readonly characteristics: number[][][];
  readonly returns: (number | null)[][];
  readonly mask: (boolean | number)[][];
  readonly managed_portfolios: number[][];
  readonly init: Record<string, unknown>;
  readonly first_forward_train: number[];
  readonly first_grad: Record<string, unknown>;
  readonly losses: number[];
  readonly final: Record<string, unknown>;
  readonly eval_betas: number[][];
  readonly eval_factors: number[][];
  readonly eval_fit: number[];
}

/** Names of the reference's arrays, by ours. */
const reference: Record<string, string> = { 'factorNetwork.weight': 'factor_net.linear.weight' };
[
  ['betaNetwork.hidden.0', 0],
  ['betaNetwork.hidden.1', 3],
  ['betaNetwork.output', 6],
].forEach(([ours, layer]) => {
  for (const part of ['weight', 'bias']) reference[`${ours}.${part}`] = `beta_net.network.${layer}.${part}`;
});
[
  ['betaNetwork.hidden.0.norm', 1],
  ['betaNetwork.hidden.1.norm', 4],
].forEach(([ours, layer]) => {
  for (const [part, theirs] of [
    ['weight', 'weight'],
    ['bias', 'bias'],
    ['runningMean', 'running_mean'],
    ['runningVariance', 'running_var'],
  ])
    reference[`${ours}.${part}`] = `beta_net.network.${layer}.${theirs}`;
});

const g = golden<NetworkGolden>('nn_cae');
const shape = { characteristics: 5, hiddenUnits: [6, 4], factors: 2, portfolios: 6, gain: false };
const cells = g.mask.flatMap((date, t) => date.flatMap((present, i) => (present ? [[t, i]] : [])));
const characteristics = cells.flatMap(([t, i]) => g.characteristics[t][i]);
const returns = cells.map(([t, i]) => Number(g.returns[t][i]));
const initial: Snapshot = Object.fromEntries(
  Object.entries(reference).map(([ours, name]) => [ours, flat(g.init[name])]),
);

/** Largest difference, relative to the largest expected magnitude or to `floor`. */
function distance(found: ArrayLike<number>, expected: ArrayLike<number>, floor = 0): number {
  expect(found.length).toBe(expected.length);
  let [difference, scale] = [0, floor];
  for (let i = 0; i < expected.length; i++) {
    difference = Math.max(difference, Math.abs(found[i] - expected[i]));
    scale = Math.max(scale, Math.abs(expected[i]));
  }
  return difference / scale;
}

// Tolerances: one pass in float64 differs by rounding alone, amplified by the normalisation: 1e-10; thirty steps of Adam multiply
// differences of near-zero gradients by up to 1/sqrt(v): 1e-7. In float32 one pass sums 81 rows at 6e-8 each, and the
// batch variance cancels two digits: 2e-5; Adam's path then moves entries with small gradients by its own step size: 2e-3.
const engines: [string, () => Engine, number, number][] = [
  ['float64 twin', () => new EmbeddedEngine(typescriptMachine('float64')), 1e-10, 1e-7],
  ['float32 WebAssembly', () => new EmbeddedEngine(wasmMachine(1)), 2e-5, 2e-3],
];

describe.each(engines)(
  'the network of CAEModel against the reference, from its initial weights: %s',
  (_, create, pass, path) => {
    it('first fit and gradients, thirty losses, final weights, evaluation', async () => {
      const engine = create();
      const parameters = engine.parameters(namedValues(networkParameters(shape), initial));
      const p = parameters.tensors;
      const targets = engine.tensor(returns, [returns.length]);
      const data = {
        characteristics: { values: Float64Array.from(characteristics), width: 5 },
        targets,
        regressands: targets,
        portfolios: engine.tensor(Array.from(flat(g.managed_portfolios)), [6, 6]),
      };
      const batch: NetworkBatch = {
        data,
        rows: Int32Array.from(cells.keys()),
        panelRows: Int32Array.from(cells.keys()),
        dates: Int32Array.from(cells, ([t]) => t),
        offsets: new Int32Array(0),
      };
      const terms = { task: 'regression', lambdaL1: 1e-3, l1Weights: 'hidden', factorRidge: 0 } as const;
      const optimizer = engine.optimizer(parameters, { learningRate: 0.01 });
      const losses: number[] = [];
      for (let step = 0; step < 30; step++) {
        losses.push(await optimizer.accumulate((ops) => networkLoss(ops, p, shape, terms, batch)));
        if (step === 0) {
          const gradients = await optimizer.gradients();
          const scale = Math.max(...Object.values(g.first_grad).flatMap((values) => [...flat(values)].map(Math.abs)));
          for (const name of Object.keys(gradients))
            expect([name, distance(gradients[name], flat(g.first_grad[reference[name]]), scale) < pass]).toEqual([
              name,
              true,
            ]);
        }
        await optimizer.apply();
      }
      expect(distance(losses, g.losses)).toBeLessThan(path);
      const final = await parameters.read();
      for (const name of parameters.names)
        expect([name, distance(final[name], flat(g.final[reference[name]]), 0.1) < 5 * path]).toEqual([name, true]);
      const evaluated = await engine.evaluate((ops) => ({
        betas: networkBetas(ops, p, 2, ops.constant(characteristics, [cells.length, 5])),
        factors: networkFactors(ops, p, data.portfolios),
        fit: networkFit(ops, p, shape, 0, batch),
      }));
      expect(distance(evaluated.betas, flat(g.eval_betas))).toBeLessThan(5 * path);
      expect(distance(evaluated.factors, flat(g.eval_factors))).toBeLessThan(5 * path);
      expect(distance(evaluated.fit, g.eval_fit)).toBeLessThan(5 * path);
      await engine.dispose();
    });

    it('the very first fit, with statistics of the batch', async () => {
      // Seen through the loss against zero targets, which is the mean square of the fit, and against the fit itself.
      const engine = create();
      const parameters = engine.parameters(namedValues(networkParameters(shape), initial));
      const targets = engine.tensor(g.first_forward_train, [cells.length]);
      const batch: NetworkBatch = {
        data: {
          characteristics: { values: Float64Array.from(characteristics), width: 5 },
          targets,
          regressands: targets,
          portfolios: engine.tensor(Array.from(flat(g.managed_portfolios)), [6, 6]),
        },
        rows: Int32Array.from(cells.keys()),
        panelRows: Int32Array.from(cells.keys()),
        dates: Int32Array.from(cells, ([t]) => t),
        offsets: new Int32Array(0),
      };
      const terms = { task: 'regression', lambdaL1: 0, l1Weights: 'all', factorRidge: 0 } as const;
      const loss = await engine
        .optimizer(parameters)
        .accumulate((ops) => networkLoss(ops, parameters.tensors, shape, terms, batch));
      const size = g.first_forward_train.reduce((sum, fit) => sum + fit * fit, 0) / cells.length;
      // A root mean square difference of the order of `pass`, relative to the fit's own.
      expect(Math.sqrt(loss / size)).toBeLessThan(pass * 10);
      await engine.dispose();
    });
  },
);

describe('regression portfolios against the reference', () => {
  const m = golden<{
    characteristics: number[][][];
    returns: (number | null)[][];
    ml4t_float32: number[][];
    reference_float64: number[][];
  }>('managed_portfolios');
  const batch = CrossSectionBatch.fromDense({
    timestamps: days(8),
    characteristics: flat(m.characteristics),
    shape: [8, 25, 5],
    returns: flat(m.returns),
    returnLag: 0,
    mask: new Uint8Array(8 * 25).fill(1),
  });

  it('agrees with float64 least squares to rounding, and with the float32 of the reference to its digits', () => {
    const found = regressionPortfolios(batch);
    expect(found.names.at(-1)).toBe('constant');
    const expected = flat(m.reference_float64);
    for (let t = 0; t < 8; t++) {
      const own = found.values.subarray(t * 6, (t + 1) * 6);
      const theirs = expected.subarray(t * 6, (t + 1) * 6);
      // Where the reference has zeros for want of a single row, this library says that it does not know.
      if (theirs.every((x) => x === 0)) expect(own.every(Number.isNaN)).toBe(true);
      // Condition numbers below 1e3 here: Cholesky on the moments keeps ten digits.
      else expect(distance(own, theirs)).toBeLessThan(1e-10);
      if (!theirs.every((x) => x === 0))
        expect(distance(own, flat(m.ml4t_float32).subarray(t * 6, (t + 1) * 6))).toBeLessThan(1e-5);
    }
  });
});
