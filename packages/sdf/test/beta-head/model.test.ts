import { AbortedError, NotFittedError, StochasticDiscountFactorState, type CrossSectionBatch } from '@ml4t/core';
import { describe, expect, it } from '@jest/globals';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { StochasticDiscountFactorBetaNetworkHead } from '../../src/index.ts';
import { smallPanel } from '../small.ts';

const batch = smallPanel({ nDates: 60, nAssets: 40 });
const [train, test] = [batch.slice(0, 45), batch.slice(45)];
const small = {
  contextTransform: 'levels' as const,
  hiddenDim: 8,
  nEpochs: 40,
  learningRate: 0.01,
  threads: 1,
  dropout: 0,
};

/** The state whose weights are the first characteristic over N_t: the portfolio on the panel's one premium. */
function stateOf(on: CrossSectionBatch): StochasticDiscountFactorState {
  const { rowOffsets } = on.index;
  const returns = on.requireReturns('test');
  const weights = on.characteristic('c1');
  const sdfValues = new Float64Array(on.nDates);
  for (let t = 0; t < on.nDates; t++) {
    let sum = 0;
    for (let row = rowOffsets[t]; row < rowOffsets[t + 1]; row++) {
      weights[row] /= rowOffsets[t + 1] - rowOffsets[t];
      sum += weights[row] * returns[row];
    }
    sdfValues[t] = 1 - sum;
  }
  return new StochasticDiscountFactorState({ index: on.index, weights, sdfValues });
}

describe('StochasticDiscountFactorBetaNetworkHead', () => {
  it('finds exposures that go with the characteristic that is priced, and no others', async () => {
    const head = new StochasticDiscountFactorBetaNetworkHead(small);
    await head.fit({ batch: train, state: stateOf(train) });
    const { signals, unit } = await head.predict(test.withoutReturns());
    expect(unit).toBe('score');
    const correlation = (name: string): number => {
      const c = test.characteristic(name);
      const mean = (x: Float64Array): number => x.reduce((a, b) => a + b, 0) / x.length;
      const [ms, mc] = [mean(signals), mean(c)];
      const cross = signals.reduce((sum, s, row) => sum + (s - ms) * (c[row] - mc), 0);
      const size = (x: Float64Array, m: number): number => Math.sqrt(x.reduce((sum, v) => sum + (v - m) ** 2, 0));
      return cross / (size(signals, ms) * size(c, mc));
    };
    expect(correlation('c1')).toBeGreaterThan(0.7);
    expect(Math.abs(correlation('c2'))).toBeLessThan(0.4);
    expect(head.fitSummary.trainMetrics.explainedVariation).toBeGreaterThan(0.1);
  });

  it('uses its best epoch by validation, and keeps what it saved', async () => {
    const head = new StochasticDiscountFactorBetaNetworkHead({ ...small, nEpochs: 6, checkpointInterval: 2 });
    await expect(head.predict(test)).rejects.toThrow(NotFittedError);
    const summary = await head.fit(
      { batch: train, state: stateOf(train) },
      { validation: { batch: test, state: stateOf(test) } },
    );
    expect(summary.defaultCheckpoint).toBe('best');
    expect(head.checkpoints).toEqual(expect.arrayContaining(['epoch-2', 'epoch-4', 'epoch-6', 'best', 'last']));
    const folder = await mkdtemp(join(tmpdir(), 'ml4t-beta-'));
    try {
      const path = join(folder, 'head.ml4t');
      await head.save(path);
      const loaded = await StochasticDiscountFactorBetaNetworkHead.load(path);
      expect(loaded.factorScale).toBe(head.factorScale);
      for (const checkpoint of head.checkpoints)
        expect((await loaded.predict(test, { checkpoint })).signals).toEqual(
          (await head.predict(test, { checkpoint })).signals,
        );
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });

  it('keeps an earlier fit when a refit is aborted or fails', async () => {
    const head = new StochasticDiscountFactorBetaNetworkHead({ ...small, nEpochs: 3 });
    await head.fit({ batch: train, state: stateOf(train) });
    const { signals } = await head.predict(test);
    const other = { batch: test, state: stateOf(test) };
    await expect(head.fit(other, { signal: AbortSignal.abort() })).rejects.toThrow(AbortedError);
    await expect(head.fit({ batch: train, state: stateOf(test) })).rejects.toThrow(/state extracted on it/);
    expect((await head.predict(test)).signals).toEqual(signals);
  });

  it('keeps the epochs that an aborted first fit finished', async () => {
    const head = new StochasticDiscountFactorBetaNetworkHead(small);
    const controller = new AbortController();
    const options = {
      signal: controller.signal,
      onProgress: ({ step }: { step: number }) => step === 3 && controller.abort(),
    };
    await expect(head.fit({ batch: train, state: stateOf(train) }, options)).rejects.toThrow(AbortedError);
    expect(head.fitSummary).toMatchObject({ stopReason: 'aborted', iterations: 3, defaultCheckpoint: 'last' });
    const shorter = new StochasticDiscountFactorBetaNetworkHead({ ...small, nEpochs: 3 });
    await shorter.fit({ batch: train, state: stateOf(train) });
    expect((await head.predict(test)).signals).toEqual((await shorter.predict(test)).signals);
  });
});
