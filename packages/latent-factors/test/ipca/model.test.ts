import {
  AbortedError,
  ConfigError,
  CrossSectionBatch,
  DataError,
  NotFittedError,
  NotIdentifiedError,
} from '@ml4t/core';
import { gram, matrix, multiply, thinSvd } from '@ml4t/core/linalg';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { IPCAModel } from '../../src/index.ts';
import { largestDifference } from '../golden/load.ts';
import { plantedPanel } from './planted-panel.ts';

const exact = { tol: 1e-11, factorRidge: 0, gammaRidge: 0 };

/** Largest sine of the principal angles between two column spaces. */
function subspaceDistance(a: Float64Array, b: Float64Array, k: number): number {
  const basis = (x: Float64Array) => thinSvd(matrix(x.length / k, k, x)).u;
  const { singularValues } = thinSvd(multiply(basis(a), basis(b), { transposeA: true }));
  return Math.sqrt(Math.max(0, 1 - Math.min(...singularValues) ** 2));
}

/** The same panel with other rows: `keep` selects, `change` edits copies of the values. */
function edited(
  batch: CrossSectionBatch,
  change: (columns: { characteristics: Float64Array; returns: Float64Array }) => void,
): CrossSectionBatch {
  const characteristics = Float64Array.from(batch.characteristics);
  const returns = batch.requireReturns('this test').slice();
  change({ characteristics, returns });
  return new CrossSectionBatch({ ...batch, characteristics, returns });
}

describe('estimation', () => {
  it('recovers a planted model without noise', async () => {
    const { batch, gamma } = plantedPanel({ seed: 1 });
    const model = new IPCAModel({ nFactors: 2, ...exact });
    const summary = await model.fit(batch);
    expect(summary.converged).toBe(true);
    expect(1 - summary.trainMetrics.totalR2).toBeLessThan(1e-12);
    expect(subspaceDistance(model.gamma, gamma, 2)).toBeLessThan(1e-7);
    const { factorReturns, index } = await model.extract(batch);
    const fitted = (await model.extract(batch)).fittedReturns();
    expect(largestDifference(fitted, batch.requireReturns('this test'))).toBeLessThan(1e-9);
    expect(factorReturns).toHaveLength(index.nDates * 2);
  });

  it.each(['instruments', 'gamma'] as const)(
    "identifies: Gamma orthonormal in the units of '%s', diagonal descending second moment, non-negative means",
    async (normalization) => {
      const { batch } = plantedPanel({ seed: 2, k: 3, noise: 0.05, missingShare: 0.2 });
      const model = new IPCAModel({ nFactors: 3, normalization });
      await model.fit(batch);
      const squares = new Float64Array(5);
      batch.characteristics.forEach((value, at) => (squares[at % 5] += value * value));
      const scale = [1, ...squares.map((sum) => Math.sqrt(sum / batch.nRows))];
      const units = normalization === 'gamma' ? scale.map(() => 1) : scale;
      const inner = gram(
        matrix(
          6,
          3,
          model.gamma.map((value, at) => value * units[Math.floor(at / 3)]),
        ),
      );
      expect(largestDifference(inner.data, [1, 0, 0, 0, 1, 0, 0, 0, 1])).toBeLessThan(1e-12);
      const { factorReturns } = await model.extract(batch);
      const moments = gram(matrix(batch.nDates, 3, factorReturns)).data;
      // The factors are regressed again from exposures, so that the diagonal is exact up to the relative ridge of 1e-8.
      expect(Math.max(Math.abs(moments[1]), Math.abs(moments[2]), Math.abs(moments[5]))).toBeLessThan(
        1e-7 * moments[0],
      );
      expect(moments[0]).toBeGreaterThan(moments[4]);
      expect(moments[4]).toBeGreaterThan(moments[8]);
      for (let j = 0; j < 3; j++) {
        let mean = 0;
        for (let t = 0; t < batch.nDates; t++) mean += factorReturns[t * 3 + j];
        expect(mean).toBeGreaterThanOrEqual(0);
      }
    },
  );

  it('reaches the same optimum with and without acceleration, with fewer iterations', async () => {
    const { batch } = plantedPanel({ seed: 3, p: 10, k: 3, noise: 0.4, correlation: 0.9, missingShare: 0.3 });
    const plain = new IPCAModel({ nFactors: 3, acceleration: 'none', tol: 1e-9 });
    const fast = new IPCAModel({ nFactors: 3, tol: 1e-9 });
    const [slow, quick] = [await plain.fit(batch), await fast.fit(batch)];
    expect(slow.converged && quick.converged).toBe(true);
    expect(subspaceDistance(plain.gamma, fast.gamma, 3)).toBeLessThan(1e-6);
    expect(Math.abs(slow.trainMetrics.totalR2 - quick.trainMetrics.totalR2)).toBeLessThan(1e-12);
    expect(quick.iterations).toBeLessThan(slow.iterations / 2);
  });

  it('does not depend on the scale of returns', async () => {
    const { batch } = plantedPanel({ seed: 4, noise: 0.1 });
    const small = edited(batch, ({ returns }) => returns.forEach((value, i) => (returns[i] = value * 1e-4)));
    const [a, b] = [new IPCAModel({ nFactors: 2 }), new IPCAModel({ nFactors: 2 })];
    const [first, second] = [await a.fit(batch), await b.fit(small)];
    expect(second.iterations).toBe(first.iterations);
    expect(largestDifference(a.gamma, b.gamma)).toBeLessThan(1e-9);
  });

  it('does not depend on the order of assets within a date', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 1000 }), async (seed) => {
        const { batch } = plantedPanel({ seed, nDates: 20, nAssets: 25, noise: 0.1, missingShare: 0.2 });
        const p = batch.nCharacteristics;
        const reversed = { c: batch.characteristics.slice(), r: batch.requireReturns('this test').slice() };
        const assetIndex = batch.index.assetIndex.slice();
        for (let t = 0; t < batch.nDates; t++) {
          const [from, to] = [batch.index.rowOffsets[t], batch.index.rowOffsets[t + 1]];
          for (let row = from; row < to; row++) {
            const source = to - 1 - (row - from);
            reversed.c.set(batch.characteristics.subarray(source * p, (source + 1) * p), row * p);
            reversed.r[row] = batch.requireReturns('this test')[source];
            assetIndex[row] = batch.index.assetIndex[source];
          }
        }
        const other = CrossSectionBatch.fromArrays({
          ...batch.index,
          assetIndex,
          characteristicNames: batch.characteristicNames,
          characteristics: reversed.c,
          returns: reversed.r,
        });
        const [a, b] = [new IPCAModel({ nFactors: 2, tol: 1e-10 }), new IPCAModel({ nFactors: 2, tol: 1e-10 })];
        await a.fit(batch);
        await b.fit(other);
        expect(subspaceDistance(a.gamma, b.gamma, 2)).toBeLessThan(1e-7);
      }),
      { numRuns: 10 },
    );
  });

  it('leaves rows out whose characteristic or return is missing, and says so', async () => {
    const { batch } = plantedPanel({ seed: 5, noise: 0.1 });
    const p = batch.nCharacteristics;
    const drop = new Set([3, 100, 101, 500]);
    const withNaN = edited(batch, ({ characteristics, returns }) => {
      for (const row of drop) {
        if (row % 2 === 0) characteristics[row * p + 1] = Number.NaN;
        else returns[row] = Number.NaN;
      }
    });
    const keep = Array.from({ length: batch.nRows }, (_, row) => row).filter((row) => !drop.has(row));
    const without = CrossSectionBatch.fromArrays({
      timestamps: batch.timestamps,
      assetIds: batch.assetIds,
      rowOffsets: batch.index.rowOffsets.map((offset) => offset - [...drop].filter((row) => row < offset).length),
      assetIndex: Int32Array.from(keep, (row) => batch.index.assetIndex[row]),
      characteristicNames: batch.characteristicNames,
      characteristics: Float64Array.from(
        keep.flatMap((row) => [...batch.characteristics.subarray(row * p, row * p + p)]),
      ),
      returns: Float64Array.from(keep, (row) => batch.requireReturns('this test')[row]),
    });
    const [a, b] = [new IPCAModel({ nFactors: 2 }), new IPCAModel({ nFactors: 2 })];
    const summary = await a.fit(withNaN);
    await b.fit(without);
    expect(largestDifference(a.gamma, b.gamma)).toBeLessThan(1e-12);
    expect(summary.notes.join(' ')).toContain('4 rows with a missing characteristic or return');
    const { betas } = await a.extract(withNaN);
    expect(Number.isNaN(betas[100 * 2])).toBe(true);
    expect(Number.isNaN(betas[3 * 2])).toBe(false);
  });

  it('gives dates with fewer usable rows than factors no factor return', async () => {
    const { batch } = plantedPanel({ seed: 6, noise: 0.1 });
    const thin = edited(batch, ({ returns }) => returns.fill(Number.NaN, 60 + 1, 120));
    const model = new IPCAModel({ nFactors: 2 });
    const summary = await model.fit(thin);
    const { factorReturns } = await model.extract(thin);
    expect(Number.isNaN(factorReturns[2])).toBe(true);
    expect(Number.isFinite(factorReturns[0])).toBe(true);
    expect(summary.trainMetrics.dates).toBe(39);
  });

  it('is the same to the bit on every fit and leaves its input alone', async () => {
    const { batch } = plantedPanel({ seed: 7, noise: 0.2, missingShare: 0.1 });
    const before = batch.characteristics.slice();
    const fits = await Promise.all(
      [0, 1].map(async () => {
        const model = new IPCAModel({ nFactors: 2 });
        await model.fit(batch);
        return model.gamma;
      }),
    );
    expect(fits[0]).toEqual(fits[1]);
    expect(batch.characteristics).toEqual(before);
  });
});

describe('no look-ahead', () => {
  it('exposures of a date depend on its own characteristics, factor returns on its own rows', async () => {
    const { batch } = plantedPanel({ seed: 8, noise: 0.1 });
    const model = new IPCAModel({ nFactors: 2 });
    await model.fit(batch.slice(0, 20));
    const state = await model.extract(batch.slice(20));
    const cut = batch.index.rowOffsets[30];
    const disturbed = edited(batch, ({ characteristics, returns }) => {
      for (let row = cut; row < batch.nRows; row++) returns[row] += 1;
      for (let i = cut * batch.nCharacteristics; i < characteristics.length; i++) characteristics[i] *= -3;
    });
    const other = await model.extract(disturbed.slice(20));
    const rows = cut - batch.index.rowOffsets[20];
    expect(other.betas.subarray(0, rows * 2)).toEqual(state.betas.subarray(0, rows * 2));
    expect(other.factorReturns.subarray(0, 20)).toEqual(state.factorReturns.subarray(0, 20));
    expect(other.factorReturns.subarray(20)).not.toEqual(state.factorReturns.subarray(20));
  });

  it('extracts exposures where returns are not known yet', async () => {
    const { batch } = plantedPanel({ seed: 9, noise: 0.1 });
    const model = new IPCAModel({ nFactors: 2 });
    await model.fit(batch);
    const blind = await model.extract(batch.withoutReturns());
    expect(blind.betas).toEqual((await model.extract(batch)).betas);
    expect(blind.factorReturns.every(Number.isNaN)).toBe(true);
  });
});

describe('errors', () => {
  const { batch } = plantedPanel({ seed: 10, noise: 0.1 });

  it('name the field, what was expected and the remedy', async () => {
    await expect(new IPCAModel({ nFactors: 7 }).fit(batch)).rejects.toThrow(
      'IPCAConfig.nFactors: expected at most 6, the number of instruments, found 7',
    );
    await expect(new IPCAModel().extract(batch)).rejects.toThrow(NotFittedError);
    await expect(new IPCAModel().save('nowhere')).rejects.toThrow(NotFittedError);
    await expect(new IPCAModel().fit(batch.withoutReturns())).rejects.toThrow(DataError);
    // @ts-expect-error a misspelt key is a type error too
    expect(() => new IPCAModel({ nfactors: 2 })).toThrow('Did you mean nFactors?');
    expect(() => new IPCAModel({ nFactors: -1 })).toThrow(ConfigError);
  });

  it('names an instrument that is a combination of others, unless a ridge decides', async () => {
    const p = batch.nCharacteristics;
    const collinear = edited(batch, ({ characteristics }) => {
      for (let row = 0; row < batch.nRows; row++) characteristics[row * p + 2] = 1 - characteristics[row * p];
    });
    const strict = new IPCAModel({ nFactors: 2, gammaRidge: 0 });
    await expect(strict.fit(collinear)).rejects.toThrow(NotIdentifiedError);
    await expect(strict.fit(collinear)).rejects.toThrow('instrument 3 (c2) to be a combination of those before it');
    const ridged = new IPCAModel({ nFactors: 2 });
    expect((await ridged.fit(collinear)).converged).toBe(true);
  });

  it('refuses characteristics that are not those of the fit', async () => {
    const model = new IPCAModel({ nFactors: 2 });
    await model.fit(batch);
    const renamed = batch.withCharacteristics(batch.characteristics, ['c0', 'c1', 'c2', 'c3', 'size']);
    await expect(model.extract(renamed)).rejects.toThrow('found no c4');
  });

  it('an aborted refit leaves the earlier fit', async () => {
    const model = new IPCAModel({ nFactors: 2 });
    await model.fit(batch);
    const { gamma } = model;
    const controller = new AbortController();
    const refit = model.fit(plantedPanel({ seed: 11 }).batch, {
      signal: controller.signal,
      onProgress: () => controller.abort(),
    });
    await expect(refit).rejects.toThrow(AbortedError);
    expect(model.gamma).toEqual(gamma);
  });
});
