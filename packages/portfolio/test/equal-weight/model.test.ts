import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DataError } from '@ml4t/core';
import { describe, expect, it } from '@jest/globals';
import { EqualWeightPortfolioModel } from '../../src/index.ts';
import { defaultConventions, evaluatePortfolio, sharpeRatioOfReturns } from '../../src/objective/entry.ts';
import { rebuilt, smallBatch } from '../training/small-batch.ts';

const batch = smallBatch(1);
const n = batch.nAssets;

describe('EqualWeightPortfolioModel', () => {
  it('holds 1 / N_t of each asset that can be held, scaled where the batch has scales', async () => {
    const [scaled, plain] = [
      new EqualWeightPortfolioModel(),
      new EqualWeightPortfolioModel({ volatilityScaling: 'none' }),
    ];
    await expect(plain.predict(batch)).rejects.toMatchObject({ code: 'not-fitted' });
    await Promise.all([scaled.fit(batch), plain.fit(batch)]);
    const [v, w] = [(await scaled.predict(batch)).weights, (await plain.predict(batch)).weights];
    w.forEach((weight, cell) => {
      const row = Math.floor(cell / n) * n;
      const available = batch.mask.subarray(row, row + n).reduce((a, b) => a + b, 0);
      expect(weight).toBe(batch.mask[cell] ? 1 / available : 0);
      expect(v[cell]).toBeCloseTo(batch.mask[cell] ? (batch.volScale?.[cell] ?? 1) / available : 0, 14);
    });
  });

  it('reports what that earned after costs', async () => {
    const { trainMetrics, validationMetrics, converged } = await new EqualWeightPortfolioModel({
      gammaCost: 1,
      volatilityScaling: 'none',
    }).fit(batch, { validation: smallBatch(2) });
    const weights = new Float64Array(batch.mask.length).fill(1);
    const { net } = evaluatePortfolio(batch, weights, {
      ...defaultConventions,
      gammaCost: 1,
      volatilityScaling: 'none',
    });
    expect(trainMetrics.sharpe).toBeCloseTo(
      sharpeRatioOfReturns(net, { annualizationFactor: 252, sharpeEps: 1e-12 }),
      10,
    );
    expect(validationMetrics?.sharpe).not.toBe(trainMetrics.sharpe);
    expect(converged).toBe(true);
  });

  it('is saved and loaded, refuses batches without returns, and can be aborted', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'ml4t-'));
    try {
      const model = new EqualWeightPortfolioModel();
      const summary = await model.fit(batch);
      await model.save(join(folder, 'model'));
      const loaded = await EqualWeightPortfolioModel.load(join(folder, 'model'));
      expect(loaded.fitSummary).toEqual(summary);
      expect((await loaded.predict(batch)).weights).toEqual((await model.predict(batch)).weights);
      await expect(model.fit(rebuilt(batch, { forwardReturns: undefined } as never))).rejects.toThrow(DataError);
      await expect(model.fit(batch, { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'aborted' });
      expect(model.fitSummary).toBe(summary);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
