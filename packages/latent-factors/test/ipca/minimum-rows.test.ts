import { CrossSectionBatch, NotIdentifiedError } from '@ml4t/core';
import { saveArtifact } from '@ml4t/core/persist';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { IPCAModel, LatentFactorForecastPipeline } from '../../src/index.ts';
import { minimumRows } from '../../src/minimum-rows.ts';
import { plantedPanel } from './planted-panel.ts';

/** The panel with only `rows` returns known on every `every`-th date. */
function thinned(batch: CrossSectionBatch, rows: number, every: number): CrossSectionBatch {
  const returns = batch.requireReturns('this test').slice();
  for (let t = 0; t < batch.nDates; t += every)
    returns.fill(Number.NaN, batch.index.rowOffsets[t] + rows, batch.index.rowOffsets[t + 1]);
  return batch.withReturns(returns);
}

const missingDates = (factors: Float64Array, k: number): number[] =>
  Array.from({ length: factors.length / k }, (_, t) => t).filter((t) => Number.isNaN(factors[t * k]));

describe('the least number of rows', () => {
  it('is max(2K, K + 10), or half of the median date where the panel is small, never below K', () => {
    expect(minimumRows(3, [3, 100, 200, 100])).toBe(13);
    expect(minimumRows(15, [100, 100])).toBe(30);
    expect(minimumRows(3, [12, 12, 11])).toBe(6);
    expect(minimumRows(3, [1, 4, 1, 4])).toBe(3);
    expect(minimumRows(0, [4])).toBe(1);
    expect(minimumRows(2, [])).toBe(2);
    // Dates without rows say nothing of the size of a panel.
    expect(minimumRows(3, [0, 0, 0, 200, 200])).toBe(13);
  });

  it('lies between K and max(2K, K + 10), and lets half of the dates of any panel in that has K rows on each', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 20 }),
        fc.array(fc.integer({ min: 0, max: 3000 }), { minLength: 1, maxLength: 40 }),
        (k, sizes) => {
          const counts = sizes.map((size) => k + size);
          const least = minimumRows(k, counts);
          expect(least).toBeGreaterThanOrEqual(k);
          expect(least).toBeLessThanOrEqual(Math.max(2 * k, k + 10));
          expect(counts.filter((count) => count >= least).length).toBeGreaterThanOrEqual(counts.length / 2);
        },
      ),
    );
  });
});

describe('dates with few rows', () => {
  const { batch } = plantedPanel({ seed: 1, nDates: 60, nAssets: 60, p: 4, k: 3, noise: 0.2 });

  it('move neither fit, premia nor R2: the fit is that of the other dates', async () => {
    for (const rows of [3, 4, 7]) {
      const thin = thinned(batch, rows, 10);
      const without = thinned(batch, 0, 10);
      const pipelines = [thin, without].map(
        () => new LatentFactorForecastPipeline({ model: new IPCAModel({ nFactors: 3 }) }),
      );
      const summaries = [await pipelines[0].fit(thin), await pipelines[1].fit(without)];
      expect(summaries[0].trainMetrics).toEqual(summaries[1].trainMetrics);
      expect(summaries[0].trainMetrics.dates).toBe(54);
      expect(summaries[0].notes[0]).toBe('6 dates have fewer complete rows than 13 (minimumRows) and took no part.');
      const premia = await Promise.all(
        pipelines.map(async (each) => (await each.predict(batch)).factorForecast.premia),
      );
      expect(premia[0]).toEqual(premia[1]);
    }
  });

  it('get no factor return from `extract` either, on panels of any size, and by a number of one’s own', async () => {
    const model = new IPCAModel({ nFactors: 3 });
    await model.fit(batch);
    const { factorReturns } = await model.extract(thinned(batch, 12, 20));
    expect(missingDates(factorReturns, 3)).toEqual([0, 20, 40]);
    const lenient = new IPCAModel({ nFactors: 3, minimumRows: 3 });
    await lenient.fit(batch);
    expect(missingDates((await lenient.extract(thinned(batch, 3, 20))).factorReturns, 3)).toEqual([]);
    expect(missingDates((await lenient.extract(thinned(batch, 2, 20))).factorReturns, 3)).toEqual([0, 20, 40]);
    expect(() => new IPCAModel({ nFactors: 3, minimumRows: 2 })).toThrow('minimumRows');
  });

  it('are said by number when too few dates are left', async () => {
    const strict = new IPCAModel({ nFactors: 3, minimumRows: 61 });
    await expect(strict.fit(batch)).rejects.toThrow(NotIdentifiedError);
    await expect(strict.fit(batch)).rejects.toThrow(
      '61 complete rows or more, found 0 of 60 dates; the largest has 60',
    );
    await expect(strict.fit(batch)).rejects.toThrow('Lower minimumRows');
  });

  it('count the same in a stream', async () => {
    const thin = thinned(batch, 4, 10);
    const [whole, streamed] = [new IPCAModel({ nFactors: 3 }), new IPCAModel({ nFactors: 3 })];
    await whole.fit(thin);
    await streamed.fitStream([thin.slice(0, 25), thin.slice(25)]);
    expect(streamed.gamma).toEqual(whole.gamma);
  });

  it('of an artifact from before minimumRows keep the factors that they had', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'ipca-'));
    try {
      const path = join(folder, 'model');
      const now = new IPCAModel({ nFactors: 3, normalization: 'gamma' });
      const record = await now.fit(batch);
      const config = Object.fromEntries(Object.entries(now.config).filter(([key]) => key !== 'normalization'));
      await saveArtifact(path, {
        modelType: 'ipca',
        formatVersion: 1,
        packageVersion: '0.1.0',
        config,
        state: { instrumentNames: now.instrumentNames, preSpecifiedNames: [] },
        record,
        arrays: { gamma: { shape: [5, 3], data: now.gamma } },
      });
      const loaded = await IPCAModel.load(path);
      expect(loaded.config.normalization).toBe('gamma');
      expect(loaded.gamma).toEqual(now.gamma);
      const { betas, factorReturns } = await loaded.extract(thinned(batch, 3, 20));
      expect(missingDates(factorReturns, 3)).toEqual([]);
      expect(betas).toEqual((await now.extract(batch)).betas);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
