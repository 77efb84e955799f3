import { ConfigError, NotFittedError, PersistentPanelBatch, Random } from '@ml4t/core';
import { describe, expect, it } from '@jest/globals';
import { PCAModel } from '../../src/index.ts';
import { days, largestDifference } from '../golden/load.ts';

/** r = b'f + noise with N assets on T dates; factors with means, so that premia are not zero. */
function panel(options: { seed: number; t?: number; n?: number; k?: number; noise?: number }): PersistentPanelBatch {
  const { seed, t = 60, n = 30, k = 2, noise = 0.01 } = options;
  const random = new Random(seed);
  const b = Array.from({ length: n * k }, () => random.normal());
  const returns = new Float64Array(t * n);
  for (let date = 0; date < t; date++) {
    const f = Array.from({ length: k }, (_, j) => 0.02 + (0.1 / (j + 1)) * random.normal());
    for (let i = 0; i < n; i++)
      returns[date * n + i] = f.reduce((sum, x, j) => sum + x * b[i * k + j], noise * random.normal());
  }
  return new PersistentPanelBatch({ timestamps: days(t), assetIds: ids(n), returns });
}
const ids = (n: number): string[] => Array.from({ length: n }, (_, i) => `a${i}`);
const withGaps = (batch: PersistentPanelBatch, share: number, seed: number): PersistentPanelBatch => {
  const random = new Random(seed);
  return new PersistentPanelBatch({
    timestamps: batch.timestamps,
    assetIds: batch.assetIds,
    returns: batch.returns.map((value) => (random.uniform() < share ? Number.NaN : value)),
  });
};

describe('PCAModel', () => {
  it('has factors whose means are premia, not zero', async () => {
    const model = new PCAModel({ nFactors: 2 });
    const batch = panel({ seed: 1 });
    await model.fit(batch);
    const { factorReturns } = await model.extract(batch);
    const mean = factorReturns.reduce((sum, f, i) => sum + (i % 2 === 0 ? f : 0), 0) / batch.nDates;
    expect(mean).toBeGreaterThan(0.01);
  });

  it('takes the cheaper eigenproblem without a difference', async () => {
    // More assets than dates goes through the T x T problem; a copy with more dates through the N x N one. The same
    // panel cannot be both, so compare against the singular values' own identity: loadings orthonormal, residual minimal.
    const wide = panel({ seed: 2, t: 20, n: 50, noise: 0.2 });
    const model = new PCAModel({ nFactors: 3 });
    const { trainMetrics } = await model.fit(wide);
    const loadings = model.loadings;
    for (let a = 0; a < 3; a++)
      for (let b = 0; b <= a; b++) {
        let inner = 0;
        for (let i = 0; i < 50; i++) inner += loadings[i * 3 + a] * loadings[i * 3 + b];
        expect(Math.abs(inner - (a === b ? 1 : 0))).toBeLessThan(1e-12);
      }
    // The explained share is also the share of the eigenvalues' sum, computed here from the demeaned panel itself.
    const means = model.assetMeans;
    let total = 0;
    let explained = 0;
    for (let t = 0; t < 20; t++) {
      const centred = Array.from({ length: 50 }, (_, i) => wide.returns[t * 50 + i] - means[i]);
      total += centred.reduce((sum, x) => sum + x * x, 0);
      for (let j = 0; j < 3; j++) explained += centred.reduce((sum, x, i) => sum + x * loadings[i * 3 + j], 0) ** 2;
    }
    expect(trainMetrics.explainedVarianceRatio).toBeCloseTo(explained / total, 10);
  });

  it('extracts subsets and other orders by id, and names assets it does not know', async () => {
    const batch = panel({ seed: 3, noise: 0.001 });
    const model = new PCAModel({ nFactors: 2 });
    await model.fit(batch);
    const all = await model.extract(batch);
    const part = await model.extract(batch.selectAssets(['a7', 'a3', 'a20', 'a11']));
    expect([...part.betas.subarray(0, 2)]).toEqual([...all.betas.subarray(14, 16)]);
    // Four assets with little noise pin two factors down to about noise / sqrt(4) over loadings near .2.
    expect(largestDifference(part.factorReturns, all.factorReturns)).toBeLessThan(0.05);
    const renamed = new PersistentPanelBatch({
      timestamps: batch.timestamps,
      assetIds: [...ids(29), 'newcomer'],
      returns: batch.returns,
    });
    await expect(model.extract(renamed)).rejects.toThrow('found newcomer');
  });

  it('factor returns do not shrink with gaps', async () => {
    const batch = panel({ seed: 4, noise: 0.001 });
    const model = new PCAModel({ nFactors: 2 });
    await model.fit(batch);
    const [full, gaps] = [await model.extract(batch), await model.extract(withGaps(batch, 0.4, 1))];
    const size = (x: Float64Array): number => Math.sqrt(x.reduce((sum, f) => sum + f * f, 0));
    expect(size(gaps.factorReturns) / size(full.factorReturns)).toBeCloseTo(1, 2);
  });

  it('expectation-maximisation recovers a low-rank panel from half of it', async () => {
    const batch = panel({ seed: 5, noise: 0 });
    const gaps = withGaps(batch, 0.5, 2);
    const model = new PCAModel({ nFactors: 2, tol: 1e-12, maxIter: 20000 });
    const summary = await model.fit(gaps);
    expect(summary.stopReason).toBe('converged');
    expect(model.isFitted).toBe(true);
    // Loadings span what the complete panel's do: demeaned rank two is exact, so only the stopping rule is left.
    const complete = new PCAModel({ nFactors: 2 });
    await complete.fit(batch);
    const [a, b] = [model.loadings, complete.loadings];
    for (let j = 0; j < 2; j++) {
      let projected = 0;
      for (let l = 0; l < 2; l++) {
        let inner = 0;
        for (let i = 0; i < 30; i++) inner += a[i * 2 + j] * b[i * 2 + l];
        projected += inner * inner;
      }
      expect(1 - projected).toBeLessThan(1e-6);
    }
  });

  it('says what is wrong', async () => {
    const batch = panel({ seed: 6, t: 10, n: 5 });
    await expect(new PCAModel({ nFactors: 6 }).fit(batch)).rejects.toThrow(ConfigError);
    await expect(new PCAModel().extract(batch)).rejects.toThrow(NotFittedError);
  });
});

describe('no look-ahead', () => {
  it('factor returns of a date depend on that date alone', async () => {
    const batch = panel({ seed: 7 });
    const model = new PCAModel({ nFactors: 2 });
    await model.fit(batch.slice(0, 30));
    const before = await model.extract(batch.slice(30));
    const disturbed = new PersistentPanelBatch({
      timestamps: batch.timestamps,
      assetIds: batch.assetIds,
      returns: batch.returns.map((value, cell) => (cell >= 45 * 30 ? -value : value)),
    });
    const after = await model.extract(disturbed.slice(30));
    expect(after.factorReturns.subarray(0, 30)).toEqual(before.factorReturns.subarray(0, 30));
    expect(after.factorReturns.subarray(30)).not.toEqual(before.factorReturns.subarray(30));
  });
});
