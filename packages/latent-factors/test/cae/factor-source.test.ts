import { describe, expect, it } from '@jest/globals';
import { ConfigError, CrossSectionBatch, NotIdentifiedError } from '@ml4t/core';
import { simulateConditionalFactorPanel } from '@ml4t/core/simulate';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CAEModel, regressionPortfolios, type CAEConfigInput } from '../../src/index.ts';
import { quick, smallPanel, withGaps } from './panel.ts';

const { batch } = smallPanel(1);

async function fitted(config: CAEConfigInput, on: CrossSectionBatch = batch): Promise<CAEModel> {
  const model = new CAEModel({ ...quick, ...config });
  await model.fit(on);
  return model;
}

describe("factors: 'auto'", () => {
  it('is the regression where cross-sections are wide for the factors, to the bit, and says why', async () => {
    const [auto, regression] = [await fitted({}), await fitted({ factors: 'regression' })];
    expect(await auto.extract(batch)).toEqual(await regression.extract(batch));
    expect(auto.fitSummary.notes.join()).toMatch(
      /'auto' became 'regression': the median date has 40 complete rows for 2/,
    );
    expect(regression.fitSummary.notes.join()).not.toMatch(/auto/);
  });

  it('is the factor network where they are narrow, counting complete rows alone', async () => {
    const narrow = simulateConditionalFactorPanel({ seed: 1, nDates: 30, nAssets: 19, nCharacteristics: 5 }).batch;
    const [auto, managed] = [await fitted({}, narrow), await fitted({ factors: 'managed' }, narrow)];
    expect(await auto.extract(narrow)).toEqual(await managed.extract(narrow));
    expect(auto.fitSummary.notes.join()).toMatch(/'auto' became 'managed': the median date has 19 complete rows/);
    // 40 rows a date, of which every fifth has no return and every seventh a gap.
    const gaps = await fitted({ nFactors: 3 }, withGaps(batch));
    expect(gaps.fitSummary.notes.join()).toMatch(/'managed': the median date has 2\d complete rows for 3/);
  });

  it('leaves portfolios that are given, and mini-batches of rows, to the factor network', async () => {
    const given = new CAEModel(quick);
    const summary = await given.fit(batch, { managedPortfolios: regressionPortfolios(batch, { ridge: 0.1 }) });
    expect(summary.notes.join()).toMatch(/'managed': portfolios were given/);
    expect((await fitted({ batching: 'rows' })).fitSummary.notes.join()).toMatch(/'managed': mini-batches/);
  });

  it.each([
    ['regression', batch],
    ['managed', batch.slice(0, 20)],
  ] as const)('is what it was when it is loaded: %s', async (factors, on) => {
    const model = await fitted({ nFactors: factors === 'managed' ? 5 : 2 }, on);
    expect(model.fitSummary.notes.join()).toContain(`became '${factors}'`);
    const folder = await mkdtemp(join(tmpdir(), 'ml4t-'));
    try {
      await model.save(join(folder, 'cae'));
      const loaded = await CAEModel.load(join(folder, 'cae'));
      expect(await loaded.extract(on)).toEqual(await model.extract(on));
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

describe('mini-batches', () => {
  it('of one row, which batch normalisation takes for their own mean, are refused', async () => {
    const one: CAEConfigInput = { ...quick, batching: 'rows', batchSize: 1 };
    await expect(new CAEModel(one).fit(batch)).rejects.toThrow(ConfigError);
    await expect(new CAEModel(one).fit(batch)).rejects.toThrow(/batchSize: expected mini-batches of at least 2/);
    // Twos of an odd number of rows, which are spread evenly: one is left alone.
    const odd = batch.withReturns(batch.requireReturns('test').map((r, row) => (row === 7 ? Number.NaN : r)));
    await expect(new CAEModel({ ...one, batchSize: 2 }).fit(odd)).rejects.toThrow(/1199 rows one of a single row/);
    // Without hidden layers there is none.
    const linear = await fitted({ ...one, hiddenUnits: 'CA0', nEpochs: 1, ensembleSize: 1 }, batch.slice(0, 4));
    expect(linear.fitSummary.trainMetrics.totalR2).toBeGreaterThan(0);
  });

  it('of single rows do not come of dates with one row either', async () => {
    const kept = batch.returns?.map((r, row) => (row >= 40 && row < 79 ? Number.NaN : r));
    const thin = batch.withReturns(kept ?? new Float64Array(0));
    const notes = (await fitted({ factors: 'managed', batchSize: 20 }, thin)).fitSummary.notes.join();
    expect(notes).toMatch(/1 dates without enough complete rows took no part/);
  });
});

describe('returns that do not vary', () => {
  it.each([0, 0.001, -3])('%p everywhere, but for rounding, are refused', async (value) => {
    const still = batch.withReturns(
      Float64Array.from({ length: batch.nRows }, (_, i) => value * (1 + (i % 2) * 2e-16)),
    );
    for (const factors of ['managed', 'regression'] as const)
      await expect(new CAEModel({ ...quick, factors }).fit(still)).rejects.toThrow(NotIdentifiedError);
  });

  it('labels of one class neither', async () => {
    const returns = new Float64Array(batch.nRows).fill(1);
    const labels = new CrossSectionBatch({ ...batch, returns, factorReturns: batch.requireReturns('test') });
    await expect(new CAEModel({ ...quick, taskType: 'classification' }).fit(labels)).rejects.toThrow(
      NotIdentifiedError,
    );
  });
});
