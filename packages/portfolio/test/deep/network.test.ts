import { Random } from '@ml4t/core';
import { EmbeddedEngine, typescriptMachine, wasmMachine, type Engine } from '@ml4t/core/engine';
import { initialValues, type NamedValues, type Ops, type Tensor } from '@ml4t/core/nn';
import { describe, expect, it } from '@jest/globals';
import { attentionBlock, attentionBlockParameters } from '../../src/deep/blocks.ts';
import { parseDeepPortfolioConfig, type DeepPortfolioConfigInput } from '../../src/deep/config.ts';
import { deepNetwork } from '../../src/deep/model.ts';
import { headWeightsOf } from '../../src/training/predict.ts';
import { portfolioLoss } from '../../src/training/loss.ts';
import { inputScale, networkSizes, windowSource } from '../../src/training/windows.ts';
import { edited, rebuilt, smallBatch } from '../training/small-batch.ts';

const batch = smallBatch(2, { nWindows: 2, nSteps: 5, available: 0.9 });
const { nSteps: T, nAssets: N, nFeatures: F } = batch;
const base = {
  dModel: 4,
  assetEmbeddingDim: 2,
  vvsnHiddenDim: 3,
  dropout: 0,
  graph: true,
  inputScaling: 'none',
} as const;

function setUp(changes: DeepPortfolioConfigInput, on = batch) {
  const config = { ...parseDeepPortfolioConfig({ ...base, ...changes }), annualizationFactor: 252 };
  const network = deepNetwork(config);
  const values = initialValues(network.parameters(networkSizes(on)), 3).map((entry) => ({
    ...entry,
    // Gates near zero hide what lies behind them.
    values: entry.name.endsWith('.gate') ? Float64Array.of(0.8) : entry.values,
  }));
  const assets = Int32Array.from({ length: N }, (_, i) => i);
  const source = windowSource(on, inputScale(on, network.standardizes), assets, 'window');
  return { config, network, values, source };
}

async function weightsOf(engine: Engine, changes: DeepPortfolioConfigInput, on = batch): Promise<Float64Array> {
  const { config, network, values, source } = setUp(changes, on);
  return headWeightsOf({ engine, network, config }, engine.parameters(values).tensors, source);
}

describe.each(['deepm', 'reference'] as const)('the %s network', (block) => {
  it('has the gradients of its finite differences, in every array', async () => {
    const { config, network, values, source } = setUp({ block });
    const engine = new EmbeddedEngine(typescriptMachine('float64'));
    const run = async (given: readonly NamedValues[]) => {
      const parameters = engine.parameters(given);
      const optimizer = engine.optimizer(parameters);
      const loss = await optimizer.accumulate((ops) =>
        portfolioLoss(ops, parameters.tensors, network, config, source, Int32Array.of(0, 1)),
      );
      const gradients = await optimizer.gradients();
      optimizer.release();
      parameters.release();
      return { loss, gradients };
    };
    const { gradients } = await run(values);
    // Softmax does not see a constant added to all logits, so key biases have no gradient; every other array has.
    for (const [name, gradient] of Object.entries(gradients))
      expect([name, Math.max(...gradient.map(Math.abs)) > 1e-9]).toEqual([name, !name.endsWith('.key.bias')]);
    const h = 1e-6;
    for (const seed of [1, 2, 3, 4]) {
      // Along a random direction in which every array weighs the same.
      const random = new Random(seed);
      const directions = values.map(({ name, values: { length } }) => {
        const size = Math.hypot(...gradients[name]);
        return Float64Array.from({ length }, () => random.normal() / Math.max(size, 1e-3));
      });
      const expected = values.reduce(
        (sum, { name }, a) => sum + directions[a].reduce((dot, d, i) => dot + d * gradients[name][i], 0),
        0,
      );
      const along = async (by: number) =>
        (
          await run(
            values.map((entry, a) => ({ ...entry, values: entry.values.map((x, i) => x + by * directions[a][i]) })),
          )
        ).loss;
      const difference = ((await along(h)) - (await along(-h))) / (2 * h);
      expect(Math.abs(difference - expected) / Math.max(1, Math.abs(expected))).toBeLessThan(1e-5);
    }
  });
});

describe('what an asset sees of the others', () => {
  const engine = new EmbeddedEngine(typescriptMachine('float64'));
  const full = smallBatch(2, { nWindows: 2, nSteps: 5, available: 1 });
  /** Steps on which the weight of asset 0 changes when the features of asset 1 change at step 1. */
  const seenAt = async (changes: DeepPortfolioConfigInput): Promise<number[]> => {
    const before = await weightsOf(engine, changes, full);
    const moved = edited(full, ({ features }) => {
      for (let b = 0; b < 2; b++) for (let f = 0; f < F; f++) features[((b * T + 1) * N + 1) * F + f] += 1;
    });
    const after = await weightsOf(engine, changes, moved);
    return Array.from({ length: T }, (_, t) => t).filter((t) => after[t * N] !== before[t * N]);
  };

  it('lags a date behind, along the graph as well', async () => {
    expect(await seenAt({})).toEqual([2, 3, 4]);
    expect(await seenAt({ graph: false })).toEqual([2, 3, 4]);
  });

  it('lags as configured', async () => {
    expect(await seenAt({ crossAttentionLag: 0 })).toEqual([1, 2, 3, 4]);
    expect(await seenAt({ crossAttentionLag: 3 })).toEqual([4]);
  });

  it('is of the date itself along the graph in the blocks of the reference', async () => {
    expect(await seenAt({ block: 'reference' })).toEqual([1, 2, 3, 4]);
    expect(await seenAt({ block: 'reference', graph: false })).toEqual([2, 3, 4]);
  });

  it('depends on the strength of an edge in the paper, on whether there is one in the reference', async () => {
    const weaker = rebuilt(full, {
      adjacency: (full.adjacency ?? new Float64Array()).map((a) => a / 3 ** Math.ceil(a)),
    });
    const half = rebuilt(full, { adjacency: (full.adjacency ?? new Float64Array()).map((a) => (a > 0.7 ? 0.1 : a)) });
    for (const on of [weaker, half])
      expect(await weightsOf(engine, { block: 'reference' }, on)).toEqual(
        await weightsOf(engine, { block: 'reference' }, full),
      );
    // The same factor on all edges of a row changes nothing, as attention is relative.
    const same = await weightsOf(engine, {}, weaker);
    (await weightsOf(engine, {}, full)).forEach((w, i) => expect(same[i]).toBeCloseTo(w, 12));
    expect(await weightsOf(engine, {}, half)).not.toEqual(await weightsOf(engine, {}, full));
  });

  it('is nothing for an asset without edges', async () => {
    const alone = rebuilt(full, { adjacency: new Float64Array(N * N) });
    const weights = await weightsOf(engine, {}, alone);
    expect(weights.every(Number.isFinite)).toBe(true);
  });
});

describe('a block of attention on many windows', () => {
  it('is the same as on a few at a time, and holds little more', async () => {
    const config = parseDeepPortfolioConfig({ ...base, dModel: 4 });
    const specs = attentionBlockParameters('block', config, true);
    const shape = [150_000, 4, 4];
    const half = shape[0] / 2;
    const random = new Random(1);
    const numbers = Float32Array.from({ length: 16 * shape[0] }, () => 2 * random.uniform() - 1);
    const run = async (parts: (ops: Ops, block: (x: Tensor) => Tensor) => Tensor) => {
      const engine = new EmbeddedEngine(wasmMachine(1));
      const parameters = engine.parameters(initialValues(specs, 2));
      const optimizer = engine.optimizer(parameters);
      const block = (ops: Ops) => (x: Tensor) =>
        ops.mean(
          ops.square(attentionBlock(ops, parameters.tensors, 'block', x, { heads: 2, causal: true }, config)),
          'all',
        );
      const loss = await optimizer.accumulate((ops) => parts(ops, block(ops)));
      const gradients = await optimizer.gradients();
      const bytes = engine.memory().reservedBytes;
      await engine.dispose();
      return { loss, gradients, bytes };
    };
    const whole = await run((ops, block) => block(ops.constant(numbers, shape)));
    const halves = await run((ops, block) => {
      const [first, second] = [0, 1].map((k) =>
        block(ops.constant(numbers.subarray(16 * half * k, 16 * half * (k + 1)), [half, 4, 4])),
      );
      return ops.scale(ops.add(first, second), 0.5);
    });
    expect(whole.loss).toBeCloseTo(halves.loss, 5);
    for (const [name, values] of Object.entries(whole.gradients))
      values.forEach((value, i) => expect([name, value]).toEqual([name, expect.closeTo(halves.gradients[name][i], 5)]));
    expect(whole.bytes).toBeLessThan(0.6 * halves.bytes);
  });
});
