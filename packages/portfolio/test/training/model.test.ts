import { DataError, type PortfolioSequenceBatch } from '@ml4t/core';
import type { FloatArray } from '@ml4t/core/authoring';
import { describe, expect, it } from '@jest/globals';
import { DeepPortfolioModel, LinearFeaturePortfolioModel, LSTMPortfolioModel } from '../../src/index.ts';
import { evaluatePortfolio, defaultConventions } from '../../src/objective/entry.ts';
import { models } from './models.ts';
import { edited, rebuilt, smallBatch } from './small-batch.ts';

const batch = smallBatch(1);
const { nWindows: B, nSteps: T, nAssets: N, nFeatures: F } = batch;
const weightsOf = async (
  model: LSTMPortfolioModel | DeepPortfolioModel,
  on: PortfolioSequenceBatch,
  checkpoint?: string,
) => (await model.predict(on, checkpoint === undefined ? {} : { checkpoint })).weights;

const kinds = [
  ['LSTM', models.lstm],
  ['deep', models.deep],
  ['deep with a graph', (changes = {}) => new DeepPortfolioModel({ ...models.deep(changes).config, graph: true })],
  [
    'deep, blocks of the reference',
    (changes = {}) => new DeepPortfolioModel({ ...models.deep(changes).config, block: 'reference', graph: true }),
  ],
] as const;

describe.each(kinds)('%s', (_, create) => {
  it('does not look ahead: past weights do not change with the future', async () => {
    const model = create();
    await model.fit(batch);
    const before = await weightsOf(model, batch);
    const from = 3;
    const later = edited(batch, ({ features, forwardReturns, volScale }) => {
      for (let cell = 0; cell < B * T * N; cell++) {
        const step = Math.floor(cell / N) % T;
        if (step >= from - 1) forwardReturns[cell] += 0.05;
        if (step < from) continue;
        volScale[cell] *= 2;
        for (let f = 0; f < F; f++) features[cell * F + f] += 1 + f;
      }
    });
    const after = await weightsOf(model, later);
    const changed = Array.from({ length: T }, () => 0);
    after.forEach((w, cell) => (changed[Math.floor(cell / N) % T] += Number(w !== before[cell])));
    expect(changed.slice(0, from)).toEqual([0, 0, 0]);
    expect(Math.min(...changed.slice(from))).toBeGreaterThan(0);
  });

  it('never reads what lies under a false mask, fitting or predicting', async () => {
    const fits = [Number.NaN, 0, 1e6].map(async (hidden) => {
      const on = smallBatch(1, { hidden });
      const model = create();
      const { trainMetrics, history } = await model.fit(on);
      return { trainMetrics, history, weights: await weightsOf(model, on) };
    });
    const [first, ...others] = await Promise.all(fits);
    for (const other of others) expect(other).toEqual(first);
    first.weights.forEach((w, cell) => expect(w === 0).toBe(batch.mask[cell] === 0));
  });

  it('learns a signal', async () => {
    const [train, test] = [smallBatch(5, { nWindows: 40 }), smallBatch(6, { nWindows: 20 })];
    const model = create({ nSteps: 60, evalEvery: 20, dropout: 0, gammaCost: 0 });
    const { history } = await model.fit(train);
    expect(history[history.length - 1].metrics.objective).toBeGreaterThan(history[0].metrics.objective);
    const { weights } = await model.predict(test);
    const { gross } = evaluatePortfolio({ ...test, volScale: undefined }, weights, {
      ...defaultConventions,
      budget: 'none',
    });
    // The signal's correlation with the next return is .55; a portfolio of four assets on it earns far more than its error.
    const mean = gross.reduce((a, b) => a + b, 0) / gross.length;
    const sd = Math.sqrt(gross.reduce((a, g) => a + (g - mean) ** 2, 0) / gross.length);
    expect((mean / sd) * Math.sqrt(gross.length)).toBeGreaterThan(4);
  });
});

describe('what predict gives', () => {
  it('is holdings: head weights under volatility scale and budget', async () => {
    const bounded = models.lstm();
    await bounded.fit(batch);
    const w = await weightsOf(bounded, batch);
    for (let row = 0; row < B * T; row++) {
      const available = batch.mask.subarray(row * N, (row + 1) * N).reduce((a, b) => a + b, 0);
      for (let i = 0; i < N; i++) {
        const cell = row * N + i;
        const limit = batch.mask[cell] ? (batch.volScale?.[cell] ?? 1) / available : 0;
        expect(Math.abs(w[cell])).toBeLessThanOrEqual(limit + 1e-12);
      }
    }
  });

  it('sums to the exposures of its head where nothing is scaled', async () => {
    const plain = smallBatch(1, { available: 1 });
    const sums = (w: Float64Array) =>
      Array.from({ length: B * T }, (_, row) => w.subarray(row * N, (row + 1) * N).reduce((a, b) => a + b, 0));
    const longOnly = models.lstm({ head: 'long-only', volatilityScaling: 'none' });
    await longOnly.fit(plain);
    const w = await weightsOf(longOnly, plain);
    sums(w).forEach((sum) => expect(sum).toBeCloseTo(1, 6));
    expect(Math.min(...w)).toBeGreaterThanOrEqual(0);
    const longShort = models.lstm({
      head: 'long-short',
      volatilityScaling: 'none',
      grossExposure: 2,
      netExposure: 0.5,
    });
    await longShort.fit(plain);
    const ls = await weightsOf(longShort, plain);
    sums(ls).forEach((sum) => expect(sum).toBeCloseTo(0.5, 5));
    sums(ls.map(Math.abs)).forEach((sum) => expect(sum).toBeCloseTo(2, 5));
  });

  it('needs no returns, which nobody has for today', async () => {
    const model = models.deep();
    await model.fit(batch);
    const today = rebuilt(batch, {});
    const { forwardReturns, ...rest } = { ...today };
    expect(forwardReturns).toBeDefined();
    const without = rebuilt({ ...rest, forwardReturns: undefined } as unknown as PortfolioSequenceBatch, {});
    expect(without.forwardReturns).toBeUndefined();
    expect(await weightsOf(model, without)).toEqual(await weightsOf(model, batch));
  });

  it('is the mean of the weights of the members, in the order of their seeds', async () => {
    const ensemble = models.lstm({ ensembleSize: 2, seed: 7 });
    await ensemble.fit(batch);
    const single = await Promise.all(
      [7, 8].map(async (seed) => {
        const model = models.lstm({ seed });
        await model.fit(batch);
        return weightsOf(model, batch);
      }),
    );
    const together = await weightsOf(ensemble, batch);
    together.forEach((w, cell) => expect(w).toBeCloseTo((single[0][cell] + single[1][cell]) / 2, 12));
  });

  it('does not depend on the number of threads', async () => {
    const results = await Promise.all(
      [1, 2].map(async (threads) => {
        const model = models.deep({ threads });
        await model.fit(batch);
        return weightsOf(model, batch);
      }),
    );
    expect(results[1]).toEqual(results[0]);
  });
});

describe('checkpoints', () => {
  const config = { nSteps: 10, evalEvery: 4, checkpointAt: [3, 8], validationShare: 0.3 };

  it('are the steps asked for, the last and the best by validation, which is the default', async () => {
    const model = models.lstm(config);
    const summary = await model.fit(batch);
    expect(summary.checkpoints).toEqual(['step-3', 'step-8', 'best', 'last']);
    expect(summary.defaultCheckpoint).toBe('best');
    expect(summary.history.map(({ step }) => step)).toEqual([3, 4, 8, 10]);
    expect(summary.iterations).toBe(10);
    const sharpes = summary.history.map(({ metrics }) => metrics.validationSharpe);
    expect(sharpes.every(Number.isFinite)).toBe(true);
    expect((await model.predict(batch)).checkpoint).toBe('best');
    expect(await weightsOf(model, batch, 'step-3')).not.toEqual(await weightsOf(model, batch, 'last'));
    await expect(model.predict(batch, { checkpoint: 'step-4' })).rejects.toThrow(/step-3, step-8, best, last/);
  });

  it('at the same step are the same, wherever else training is evaluated', async () => {
    // Dropout draws from the stretch's own key.
    const [one, other] = [4, 2].map((evalEvery) => models.lstm({ ...config, evalEvery, dropout: 0 }));
    await one.fit(batch);
    await other.fit(batch);
    expect(await weightsOf(one, batch, 'step-8')).toEqual(await weightsOf(other, batch, 'step-8'));
  });

  it('are the last by default without a validation', async () => {
    const summary = await models.lstm({ validationShare: 0 }).fit(batch);
    expect(summary.defaultCheckpoint).toBe('last');
    expect(summary.validationMetrics).toBeUndefined();
  });

  it('are kept where they are the default', async () => {
    expect(() => models.lstm({ defaultCheckpoint: 13 })).toThrow(/defaultCheckpoint.*up to nSteps, 12/);
    const model = models.lstm({ defaultCheckpoint: 5 });
    expect((await model.fit(smallBatch(1))).defaultCheckpoint).toBe('step-5');
    expect((await model.predict(smallBatch(2))).checkpoint).toBe('step-5');
  });
});

describe('early stopping', () => {
  it('compares smoothed with smoothed: a criterion that keeps rising never stops training', async () => {
    const rising = smallBatch(5, { nWindows: 40 });
    const model = models.lstm({ nSteps: 40, evalEvery: 4, patience: 2, dropout: 0, gammaCost: 0 });
    const summary = await model.fit(rising, { validation: rising });
    expect(summary.stopReason).toBe('max-iterations');
  });

  it('stops when validation does not improve, and keeps the best', async () => {
    const model = models.lstm({ nSteps: 200, evalEvery: 2, patience: 2, metricMinDelta: 100 });
    const summary = await model.fit(batch);
    expect(summary.stopReason).toBe('early-stopping');
    expect(summary.iterations).toBe(6);
    expect(await weightsOf(model, batch)).toEqual(await weightsOf(model, batch, 'best'));
  });
});

describe('features', () => {
  it.each([
    ['LSTM', () => models.lstm()],
    ['linear', () => new LinearFeaturePortfolioModel()],
  ])('in float32 are the same numbers in float64: %s', async (_, create) => {
    const narrow = Float32Array.from(batch.features);
    const weights = async (features: FloatArray): Promise<Float64Array> => {
      const other = rebuilt(batch, { features });
      expect(other.features).toBe(features);
      const model = create();
      await model.fit(other);
      return (await model.predict(other.slice(0, 2))).weights;
    };
    expect(await weights(narrow)).toEqual(await weights(Float64Array.from(narrow)));
  });
});

describe('assets', () => {
  const order = [2, 0, 3];
  const pick = (values: FloatArray | Uint8Array | undefined, width = 1): Float64Array =>
    Float64Array.from({ length: B * T * order.length * width }, (_, i) => {
      const [row, rest] = [Math.floor(i / (order.length * width)), i % (order.length * width)];
      return values?.[(row * N + order[Math.floor(rest / width)]) * width + (rest % width)] ?? 0;
    });
  const some = (assetIds: readonly string[]) =>
    rebuilt(batch, {
      features: pick(batch.features, F),
      shape: [B, T, order.length, F],
      forwardReturns: pick(batch.forwardReturns),
      volScale: pick(batch.volScale),
      mask: Uint8Array.from(pick(batch.mask)),
      costs: order.map((i) => batch.costs?.[i] ?? 0),
      groupIds: order.map((i) => batch.groupIds?.[i] ?? 0),
      adjacency: new Float64Array(9).fill(1),
      assetIds,
    });

  it('are known by name, in any order and number', async () => {
    const model = models.lstm({ head: 'bounded' });
    await model.fit(batch);
    const all = await weightsOf(model, batch);
    const few = await weightsOf(model, some(order.map((i) => batch.assetIds[i])));
    // Budgets differ with the number of assets: compare what the network says, volatility scale included.
    for (let row = 0; row < B * T; row++) {
      const count = (mask: Uint8Array, n: number) => mask.subarray(row * n, (row + 1) * n).reduce((a, b) => a + b, 0);
      const [nAll, nFew] = [count(batch.mask, N), count(some(['a', 'b', 'c']).mask, 3)];
      order.forEach((i, j) => expect(few[row * 3 + j] * nFew).toBeCloseTo(all[row * N + i] * nAll, 6));
    }
  });

  it('never seen are an error that names them, unless the model does not tell assets apart', async () => {
    const strangers = some(['a2', 'new', 'a3']);
    const model = models.lstm();
    await model.fit(batch);
    await expect(model.predict(strangers)).rejects.toThrow(DataError);
    await expect(model.predict(strangers)).rejects.toThrow(/found new\./);
    const anonymous = models.lstm({ assetEmbeddingDim: 0 });
    await anonymous.fit(batch);
    expect((await anonymous.predict(strangers)).weights.some((w) => w !== 0)).toBe(true);
  });

  it('need what the configuration looks at', async () => {
    const model = models.lstm({ groupEmbedding: true });
    const { costs, adjacency } = batch;
    const { groupIds, ...rest } = { ...batch };
    expect(groupIds).toBeDefined();
    await expect(
      model.fit(
        rebuilt({ ...rest, groupIds: undefined } as unknown as PortfolioSequenceBatch, {
          costs: Array.from(costs ?? []),
          adjacency: adjacency ?? [],
        }),
      ),
    ).rejects.toThrow(/groupIds/);
  });
});
