import { CrossSectionBatch, PersistentPanelBatch, Random } from '@ml4t/core';
import { describe, expect, it } from '@jest/globals';
import type { PartSpecification } from '@ml4t/core/experiment';
import { family } from '../../src/experiment/index.ts';
import { panelOf, predictionWindows, windowsSchema } from '../../src/experiment/panel-windows.ts';

const [nDates, nAssets] = [60, 5];

/**
 * Daily rows of a panel whose first characteristic is a noisy view of the next return; some rows are not there. With `known`,
 * everything that is not known on that date is another: later characteristics, and returns that are realised after it.
 */
function panel(known = nDates, returnHorizon = 1): CrossSectionBatch {
  const random = new Random(1);
  const cells = Array.from({ length: nDates * nAssets }, (_, cell) => cell);
  const earned = cells.map(() => 0.01 * random.normal());
  const views = earned.map(
    (r, cell) => 100 * r + random.normal() + (cell >= (known + 1) * nAssets ? 5 * random.normal() : 0),
  );
  const returns = earned.map((r, cell) => (cell >= (known - returnHorizon + 1) * nAssets ? 3 * r + 0.01 : r));
  const rows = cells.filter((cell) => cell % 17 !== 3);
  return CrossSectionBatch.fromRows({
    timestamps: rows.map((cell) => Date.UTC(2020, 0, 1 + Math.floor(cell / nAssets))),
    assets: rows.map((cell) => `asset ${cell % nAssets}`),
    characteristics: { view: rows.map((cell) => views[cell]), noise: rows.map((cell) => (cell % 7) / 7) },
    returns: rows.map((cell) => returns[cell]),
    returnLag: 0,
    returnHorizon,
  });
}

const windows = { length: 6, warmUp: 2, volatility: { target: 0.1, periodsPerYear: 252, span: 4 }, cost: 0.001 };

async function weightsOf(
  batch: CrossSectionBatch,
  model: PartSpecification,
): Promise<{ readonly weight: Float64Array; readonly test: CrossSectionBatch }> {
  const estimator = family.createEstimator(model, undefined);
  const test = batch.slice(42);
  const gap = batch.realisationLag - 1;
  await estimator.fit(batch.slice(0, 30 - 2 * gap), { validation: batch.slice(30 - gap, 42 - gap) });
  const { columns } = await estimator.predict(test);
  return { weight: columns.weight, test };
}

const linear = { type: 'linear-portfolio', config: { nSteps: 10, evalEvery: 5, windows } };

describe('portfolio models on the rows of a panel', () => {
  it('hold something on every test date, and what is asked for under constraints', async () => {
    const constraints = {
      scaling: 'none',
      grossExposure: 0.8,
      maxAbsWeight: 0.3,
      turnoverLimit: 0.5,
      turnoverPolicy: 'least',
    };
    const { weight, test } = await weightsOf(panel(), { ...linear, config: { ...linear.config, constraints } });
    for (let t = 0; t < test.nDates; t++) {
      const held = weight.subarray(test.index.rowOffsets[t], test.index.rowOffsets[t + 1]);
      const sizes = held.map(Math.abs);
      expect(Math.max(...sizes)).toBeGreaterThan(0);
      expect(Math.max(...sizes)).toBeLessThanOrEqual(0.3 + 1e-12);
      expect(sizes.reduce((a, b) => a + b, 0)).toBeLessThanOrEqual(0.8 + 1e-12);
      expect(Math.abs(held.reduce((a, b) => a + b, 0))).toBeLessThan(1e-12);
    }
  });

  it.each([
    { ...linear, horizon: 1 },
    { ...linear, horizon: 5 },
    { type: 'equal-weight', config: { windows }, horizon: 1 },
    { type: 'equal-weight', config: { windows }, horizon: 5 },
  ])(
    'do not look ahead: weights up to a date stay when everything after it changes ($type, returns over $horizon dates)',
    async ({ horizon, ...model }) => {
      const before = await weightsOf(panel(nDates, horizon), model);
      for (const known of [42, 50]) {
        const after = await weightsOf(panel(known, horizon), model);
        const rows = before.test.index.rowOffsets[known - 42 + 1];
        expect(after.weight.subarray(0, rows)).toEqual(before.weight.subarray(0, rows));
        expect(after.weight.subarray(rows)).not.toEqual(before.weight.subarray(rows));
      }
    },
  );

  it('look back on validation dates too: volatilities are of the last returns that are known', async () => {
    // Only the returns of validation dates 38 and 39 are others, and equal weights learn nothing from them.
    const others = (batch: CrossSectionBatch): CrossSectionBatch => {
      const { rowOffsets } = batch.index;
      const returns = batch
        .requireReturns('this test')
        .map((value, row) => (row >= rowOffsets[38] && row < rowOffsets[40] ? 5 * value : value));
      return batch.withReturns(returns);
    };
    const model = { type: 'equal-weight', config: { windows } };
    const [before, after] = [await weightsOf(panel(), model), await weightsOf(others(panel()), model)];
    const first = before.test.index.rowOffsets[1];
    expect(after.weight.subarray(0, first)).not.toEqual(before.weight.subarray(0, first));
  });

  it('give each date the weights of the window in which most dates go before it', () => {
    const grid = panelOf([panel()]);
    expect(grid).toBeInstanceOf(PersistentPanelBatch);
    const { timestamps, nWindows, forwardReturns } = predictionWindows(grid, windowsSchema.parse(windows)).batch;
    expect(forwardReturns).toBeUndefined();
    // Windows of six dates, each starting four dates after the one before, the last ending on the last date.
    expect(timestamps[nWindows * 6 - 1]).toBe(grid.timestamps[nDates - 1]);
    expect(timestamps[6] - timestamps[0]).toBe(4 * 86_400_000);
  });

  it('say what is wrong with their windows and constraints', async () => {
    const make = (config: object) => () =>
      family.createEstimator({ type: 'linear-portfolio', config: { ...config } }, undefined);
    expect(make({ windows: { lenght: 5 } })).toThrow(/linear-portfolio\.windows\.lenght.*Did you mean length/);
    expect(make({ windows: { length: 5, warmUp: 5 } })).toThrow(/warmUp/);
    expect(make({ constraints: { maxAbsWeight: -1 } })).toThrow(/maxAbsWeight/);
    expect(make({ hiddenDim: 4 })).toThrow(/hiddenDim/);
    const schema = family.models[1].configJsonSchema() as { properties: object };
    expect(Object.keys(schema.properties)).toEqual(expect.arrayContaining(['windows', 'constraints', 'gammaCost']));
  });
});
