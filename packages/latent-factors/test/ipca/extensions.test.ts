import { CrossSectionBatch, DataError, NotIdentifiedError, Random } from '@ml4t/core';
import { describe, expect, it } from '@jest/globals';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { IPCAModel, type FactorReturnSeries } from '../../src/index.ts';
import { largestDifference } from '../golden/load.ts';
import { plantedPanel } from './planted-panel.ts';

/** The panel with `add(z, t)` added to every return, z = (1, characteristics). */
function shifted(batch: CrossSectionBatch, add: (z: readonly number[], t: number) => number): CrossSectionBatch {
  const returns = batch.requireReturns('this test').slice();
  const p = batch.nCharacteristics;
  for (let t = 0; t < batch.nDates; t++)
    for (let row = batch.index.rowOffsets[t]; row < batch.index.rowOffsets[t + 1]; row++)
      returns[row] += add([1, ...batch.characteristics.subarray(row * p, (row + 1) * p)], t);
  return batch.withReturns(returns);
}
const exact = { tol: 1e-11, factorRidge: 0, gammaRidge: 0 };

describe('intercept', () => {
  it('recovers a planted Gamma_alpha and puts it into forecasts', async () => {
    const { batch } = plantedPanel({ seed: 1, nDates: 60 });
    const alpha = [0.01, 0, 0.02, 0, 0, -0.015];
    const model = new IPCAModel({ nFactors: 2, intercept: true, normalization: 'gamma', ...exact });
    const summary = await model.fit(shifted(batch, (z) => z.reduce((sum, x, l) => sum + x * alpha[l], 0)));
    expect(1 - summary.trainMetrics.totalR2).toBeLessThan(1e-12);
    // What lies in the span of Gamma_beta is a factor mean, not an alpha: compare the part orthogonal to it.
    const gamma = model.gamma;
    const orthogonal = alpha.slice();
    for (let j = 0; j < 2; j++) {
      const inner = alpha.reduce((sum, a, l) => sum + a * gamma[l * 3 + j], 0);
      for (let l = 0; l < 6; l++) orthogonal[l] -= inner * gamma[l * 3 + j];
    }
    expect(largestDifference(model.gammaAlpha ?? [], orthogonal)).toBeLessThan(1e-8);
    const state = await model.extract(batch);
    expect(state.nFactors).toBe(2);
    expect(state.alphas).toHaveLength(batch.nRows);
  });
});

describe('pre-specified factors', () => {
  const { batch } = plantedPanel({ seed: 2, nDates: 60 });
  const random = new Random(5);
  const observed: FactorReturnSeries = {
    names: ['market'],
    timestamps: batch.timestamps,
    values: Float64Array.from({ length: 60 }, () => 0.01 + 0.05 * random.normal()),
  };
  const delta = [1, 0.5, 0, -0.5, 0, 0.2];
  const panel = shifted(batch, (z, t) => observed.values[t] * z.reduce((sum, x, l) => sum + x * delta[l], 0));

  it('are explained beside the latent ones, and alone', async () => {
    const both = new IPCAModel({ nFactors: 2, ...exact });
    const summary = await both.fit(panel, { preSpecifiedFactors: observed });
    expect(1 - summary.trainMetrics.totalR2).toBeLessThan(1e-12);
    const alone = new IPCAModel({ nFactors: 0, ...exact });
    const only = await alone.fit(
      shifted(
        batch.withReturns(new Float64Array(batch.nRows)),
        (z, t) => observed.values[t] * z.reduce((sum, x, l) => sum + x * delta[l], 0),
      ),
      { preSpecifiedFactors: observed },
    );
    expect(only.stopReason).toBe('closed-form');
    expect(largestDifference(alone.gamma, delta)).toBeLessThan(1e-10);
  });

  it('are named, aligned by date, and needed for the latent factor returns only', async () => {
    const model = new IPCAModel({ nFactors: 2 });
    await model.fit(panel, { preSpecifiedFactors: observed });
    expect(model.factorNames).toEqual(['factor1', 'factor2', 'market']);
    const reversed: FactorReturnSeries = {
      names: ['market'],
      timestamps: observed.timestamps.slice().reverse(),
      values: observed.values.slice().reverse(),
    };
    const state = await model.extract(panel, { preSpecifiedFactors: observed });
    expect((await model.extract(panel, { preSpecifiedFactors: reversed })).factorReturns).toEqual(state.factorReturns);
    const blind = await model.extract(panel);
    expect(blind.betas).toEqual(state.betas);
    expect(blind.factorReturns.every(Number.isNaN)).toBe(true);
    await expect(model.extract(panel, { preSpecifiedFactors: { ...observed, names: ['size'] } })).rejects.toThrow(
      DataError,
    );
  });

  it('must cover every training date', async () => {
    const short = { ...observed, timestamps: observed.timestamps.slice(0, 59), values: observed.values.slice(0, 59) };
    await expect(new IPCAModel().fit(panel, { preSpecifiedFactors: short })).rejects.toThrow('found no such date');
  });

  it('survive save and load, with an intercept', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'ipca-'));
    try {
      const model = new IPCAModel({ nFactors: 2, intercept: true });
      await model.fit(panel, { preSpecifiedFactors: observed });
      await model.save(join(folder, 'model'));
      const loaded = await IPCAModel.load(join(folder, 'model'));
      expect(loaded.gamma).toEqual(model.gamma);
      expect(loaded.factorNames).toEqual(model.factorNames);
      expect(loaded.fitSummary).toEqual(model.fitSummary);
      const options = { preSpecifiedFactors: observed };
      expect((await loaded.extract(panel, options)).alphas).toEqual((await model.extract(panel, options)).alphas);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

describe('weights', () => {
  it('zero leaves a date out, equal weights change nothing, and dates can count the same', async () => {
    const { batch } = plantedPanel({ seed: 3, noise: 0.2, missingShare: 0.4 });
    const fit = async (config: object, dateWeights?: Float64Array, panel = batch): Promise<Float64Array> => {
      const model = new IPCAModel({ nFactors: 2, tol: 1e-10, ...config });
      await model.fit(panel, { dateWeights });
      return model.gamma;
    };
    const plain = await fit({});
    expect(largestDifference(await fit({}, new Float64Array(40).fill(7)), plain)).toBeLessThan(1e-8);
    const withoutLast = await fit({}, undefined, batch.slice(0, 39));
    const zero = new Float64Array(40).fill(1);
    zero[39] = 0;
    expect(largestDifference(await fit({}, zero), withoutLast)).toBeLessThan(1e-8);
    const counts = Array.from({ length: 40 }, (_, t) => batch.index.rowOffsets[t + 1] - batch.index.rowOffsets[t]);
    const byHand = await fit(
      {},
      Float64Array.from(counts, (n) => 1 / n),
    );
    expect(largestDifference(await fit({ weighting: 'dates' }), byHand)).toBeLessThan(1e-8);
    expect(largestDifference(byHand, plain)).toBeGreaterThan(1e-4);
    await expect(fit({}, new Float64Array(40).fill(-1))).rejects.toThrow(DataError);
  });
});

describe('warm start', () => {
  it('refits in fewer iterations to the same place', async () => {
    const { batch } = plantedPanel({
      seed: 4,
      nDates: 80,
      p: 10,
      k: 3,
      noise: 0.4,
      correlation: 0.9,
      missingShare: 0.3,
    });
    const config = { nFactors: 3, tol: 1e-8, acceleration: 'none' as const };
    const [cold, warm] = [new IPCAModel(config), new IPCAModel({ ...config, warmStart: true })];
    await warm.fit(batch.slice(0, 79));
    const [first, second] = [await cold.fit(batch), await warm.fit(batch)];
    expect(second.iterations).toBeLessThan(first.iterations);
    expect(largestDifference(warm.gamma, cold.gamma)).toBeLessThan(1e-5);
  });
});

describe('streams', () => {
  const { batch } = plantedPanel({ seed: 5, noise: 0.2, missingShare: 0.2 });
  async function* parts(size: number): AsyncGenerator<CrossSectionBatch> {
    for (let t = 0; t < batch.nDates; t += size) yield batch.slice(t, Math.min(t + size, batch.nDates));
  }

  it('give the bits of the whole panel', async () => {
    const [whole, streamed] = [new IPCAModel({ nFactors: 2 }), new IPCAModel({ nFactors: 2 })];
    const summary = await whole.fit(batch);
    const other = await streamed.fitStream(parts(7));
    expect(streamed.gamma).toEqual(whole.gamma);
    expect(other.trainMetrics).toEqual(summary.trainMetrics);
  });

  it('must go on in time, and hold something', async () => {
    const model = new IPCAModel({ nFactors: 2 });
    await expect(model.fitStream([batch.slice(10, 20), batch.slice(0, 10)])).rejects.toThrow('parts[1]');
    await expect(model.fitStream([])).rejects.toThrow(DataError);
  });
});

describe('elastic net', () => {
  it('drops instruments that carry nothing, and says when it would drop all', async () => {
    const random = new Random(6);
    const { batch } = plantedPanel({ seed: 6, nDates: 60, p: 3, k: 1, noise: 0.05 });
    // Five more characteristics that are noise.
    const p = batch.nCharacteristics;
    const wide = new Float64Array(batch.nRows * (p + 5));
    for (let row = 0; row < batch.nRows; row++) {
      wide.set(batch.characteristics.subarray(row * p, (row + 1) * p), row * (p + 5));
      for (let j = p; j < p + 5; j++) wide[row * (p + 5) + j] = random.normal();
    }
    const names = [...batch.characteristicNames, 'n0', 'n1', 'n2', 'n3', 'n4'];
    const panel = batch.withCharacteristics(wide, names);
    const model = new IPCAModel({ nFactors: 1, elasticNet: { alpha: 3e-4, l1Ratio: 1 } });
    await model.fit(panel);
    expect([...model.gamma.subarray(4)]).toEqual([0, 0, 0, 0, 0]);
    expect(model.gamma.subarray(0, 4).some((x) => x !== 0)).toBe(true);
    const crushed = new IPCAModel({ nFactors: 1, elasticNet: { alpha: 10, l1Ratio: 1 } });
    await expect(crushed.fit(panel)).rejects.toThrow(NotIdentifiedError);
  });
});
