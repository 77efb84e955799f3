import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { EmbeddedEngine, typescriptMachine, wasmMachine, type Engine } from '@ml4t/core/engine';
import type { NamedValues, Ops, Parameters, Tensor } from '@ml4t/core/nn';
import { describe, expect, it } from '@jest/globals';
import { headWeights } from '../../src/heads/heads.ts';
import { parseLSTMPortfolioConfig } from '../../src/lstm/config.ts';
import { lstmNetwork } from '../../src/lstm/model.ts';
import {
  portfolioObjective,
  portfolioReturns,
  referenceConventions,
  sharpeRatioOf,
} from '../../src/objective/index.ts';

type Nested = readonly (number | Nested)[];
interface Golden {
  readonly features: Nested;
  readonly returns: Nested;
  readonly vol_scale: Nested;
  readonly mask: boolean[][][];
  readonly costs: number[];
  readonly group_ids: number[];
  readonly init: Record<string, Nested>;
  readonly first_weights: Nested;
  readonly first_loss: number;
  readonly first_grad: Record<string, Nested>;
  readonly history: readonly { step: number; validation_sharpe_pool: number }[];
  readonly final: Record<string, Nested>;
  readonly final_weights: Nested;
}

const path = join(import.meta.dirname ?? __dirname, 'golden', 'portfolio-lstm.json');
const golden = JSON.parse(readFileSync(path, 'utf8')) as Golden;
const numbers = (x: Nested): number[] => x.flatMap((entry) => (typeof entry === 'number' ? [entry] : numbers(entry)));
const flat = (x: Nested): Float64Array => Float64Array.from(numbers(x));
const maskValues = Float64Array.from(golden.mask.flat(2), Number);
const [B, T, N, F] = [3, 9, 4, 5];
const parsed = parseLSTMPortfolioConfig({
  hiddenDim: 6,
  assetEmbeddingDim: 3,
  groupEmbeddingDim: 2,
  groupEmbedding: true,
  costInContext: true,
  vvsnHiddenDim: 5,
  dropout: 0,
  turnoverPenalty: 0.001,
  sharpeEps: 1e-8,
});
const config = { ...parsed, annualizationFactor: 252 };
const network = lstmNetwork(config);
const conventions = { ...referenceConventions, turnoverPenalty: 0.001 };
const specs = network.parameters({ nFeatures: F, nAssets: N, nGroups: 2 });

/** Our names to those of the reference; its feature embeddings are (F, d), ours (d, F). */
const names: Record<string, string> = {
  'context.asset': 'context_encoder.asset_embedding.weight',
  'context.group': 'context_encoder.group_embedding.weight',
  'film.weight': 'film.projection.weight',
  'film.bias': 'film.projection.bias',
  'selection.weight': 'variable_selection.feature_weight',
  'selection.bias': 'variable_selection.feature_bias',
  'selection.hidden.weight': 'variable_selection.selector.0.weight',
  'selection.hidden.bias': 'variable_selection.selector.0.bias',
  'selection.gates.weight': 'variable_selection.selector.3.weight',
  'selection.gates.bias': 'variable_selection.selector.3.bias',
  'selectionNorm.weight': 'variable_selection.output_norm.weight',
  'selectionNorm.bias': 'variable_selection.output_norm.bias',
  'lstm.0.inputWeight': 'lstm.weight_ih_l0',
  'lstm.0.recurrentWeight': 'lstm.weight_hh_l0',
  'lstm.0.inputBias': 'lstm.bias_ih_l0',
  'lstm.0.recurrentBias': 'lstm.bias_hh_l0',
  'initial.0.hidden.weight': 'h0_projection.weight',
  'initial.0.hidden.bias': 'h0_projection.bias',
  'initial.0.cell.weight': 'c0_projection.weight',
  'initial.0.cell.bias': 'c0_projection.bias',
  'outputNorm.weight': 'output_norm.weight',
  'outputNorm.bias': 'output_norm.bias',
  'output.weight': 'output_head.weight',
  'output.bias': 'output_head.bias',
};

function ours(arrays: Record<string, Nested>, name: string): Float64Array {
  const theirs = arrays[names[name]] as number[][];
  if (name !== 'selection.weight' && name !== 'selection.bias') return flat(theirs);
  return Float64Array.from(theirs[0].flatMap((_, d) => theirs.map((row) => row[d])));
}

function weightsOf(ops: Ops, params: Parameters): Tensor {
  const mask = ops.constant(maskValues, [B, T, N]);
  const scores = network.scores(ops, params, {
    features: ops.constant(flat(golden.features), [B, T, N, F]),
    mask,
    assets: Int32Array.of(0, 1, 2, 3),
    groupIds: Int32Array.from(golden.group_ids),
    costs: ops.constant(golden.costs, [N, 1]),
    adjacency: undefined,
  });
  return headWeights(ops, scores, mask, config);
}

function netOf(ops: Ops, params: Parameters): Tensor {
  return portfolioReturns(
    ops,
    {
      weights: weightsOf(ops, params),
      mask: ops.constant(maskValues, [B, T, N]),
      forwardReturns: ops.constant(flat(golden.returns), [B, T, N]),
      volScale: ops.constant(flat(golden.vol_scale), [B, T, N]),
      costs: ops.constant(golden.costs, [N]),
    },
    conventions,
  ).net;
}

/** Largest difference over the largest entry expected. */
function distance(found: ArrayLike<number>, expected: ArrayLike<number>): number {
  expect(found.length).toBe(expected.length);
  const scale = Math.max(...Array.from(expected, Math.abs));
  return Math.max(...Array.from(found, (value, i) => Math.abs(value - expected[i]))) / scale;
}

const engines: [string, () => Engine, number, number][] = [
  ['float64 tape', () => new EmbeddedEngine(typescriptMachine('float64')), 1e-10, 1e-7],
  ['WebAssembly', () => new EmbeddedEngine(wasmMachine(1)), 2e-5, 2e-3],
];

describe('agreement with the reference', () => {
  it('has its arrays', () => {
    expect(Object.keys(specs).sort()).toEqual(Object.keys(names).sort());
    for (const [name, { shape }] of Object.entries(specs))
      expect([name, ours(golden.init, name).length]).toEqual([name, shape.reduce((a, b) => a * b, 1)]);
  });

  it.each(engines)('%s: forward, gradients and a path of 15 steps', async (_, create, pass, walk) => {
    const engine = create();
    const initial: NamedValues[] = Object.entries(specs).map(([name, { shape }]) => ({
      name,
      shape,
      values: ours(golden.init, name),
      state: false,
    }));
    const parameters = engine.parameters(initial);
    const read = async () => {
      const out = await engine.evaluate((ops) => {
        const net = netOf(ops, parameters.tensors);
        return { weights: weightsOf(ops, parameters.tensors), sharpe: sharpeRatioOf(ops, net, config) };
      });
      return { weights: out.weights, sharpe: out.sharpe[0] };
    };
    expect(distance((await read()).weights, flat(golden.first_weights))).toBeLessThan(pass);
    const optimizer = engine.optimizer(parameters, { kind: 'adamw', learningRate: 0.01, weightDecay: 1e-4 });
    for (let step = 1; step <= 15; step++) {
      const loss = await optimizer.accumulate((ops) =>
        ops.scale(portfolioObjective(ops, netOf(ops, parameters.tensors), config).objective, -1),
      );
      if (step === 1) {
        expect(Math.abs(loss / golden.first_loss - 1)).toBeLessThan(pass);
        const gradients = await optimizer.gradients();
        const largest = Math.max(...Object.values(golden.first_grad).flatMap((g) => Array.from(flat(g), Math.abs)));
        for (const name of Object.keys(names)) {
          const error = Math.max(
            ...Array.from(ours(golden.first_grad, name), (value, i) => Math.abs(gradients[name][i] - value)),
          );
          expect([name, error / largest < pass]).toEqual([name, true]);
        }
      }
      await optimizer.apply({ clip: 1 });
      const seen = golden.history.find((entry) => entry.step === step);
      if (seen) expect(Math.abs((await read()).sharpe / seen.validation_sharpe_pool - 1)).toBeLessThan(walk);
    }
    const final = await parameters.read();
    for (const name of Object.keys(names))
      expect([name, distance(final[name], ours(golden.final, name)) < walk]).toEqual([name, true]);
    expect(distance((await read()).weights, flat(golden.final_weights))).toBeLessThan(walk);
    await engine.dispose();
  });
});
