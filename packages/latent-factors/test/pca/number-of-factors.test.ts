import { ConfigError, DataError, PersistentPanelBatch, Random } from '@ml4t/core';
import { simulateStaticFactorPanel } from '@ml4t/core/simulate';
import { describe, expect, it } from '@jest/globals';
import { PCAModel, numberOfFactors } from '../../src/index.ts';
import { days } from '../golden/load.ts';

/** Planted factors of the given standard deviations, loadings N(0, 1), residuals of variance one with a given correlation between neighbours. */
function planted(seed: number, { n = 100, dates = 200, sds = [1, 1, 1], correlation = 0 }): PersistentPanelBatch {
  const random = new Random(seed);
  const k = sds.length;
  const loadings = Float64Array.from({ length: n * k }, () => random.normal());
  const returns = new Float64Array(n * dates);
  for (let t = 0; t < dates; t++) {
    const f = sds.map((sd) => sd * random.normal());
    let residual = random.normal();
    for (let i = 0; i < n; i++) {
      residual = correlation * residual + Math.sqrt(1 - correlation ** 2) * random.normal();
      returns[t * n + i] = f.reduce((sum, value, j) => sum + loadings[i * k + j] * value, residual);
    }
  }
  return new PersistentPanelBatch({
    timestamps: days(dates),
    assetIds: Array.from({ length: n }, (_, i) => `a${i}`),
    returns,
  });
}
const seeds = [1, 2, 3, 4, 5];
const all = (k: number): object => ({
  icp1: k,
  icp2: k,
  icp3: k,
  eigenvalueRatio: k,
  growthRatio: k,
  onatski: k,
});

describe('numberOfFactors', () => {
  it.each(seeds)('recovers three strong factors by every method at N = 100, T = 200 (seed %i)', (seed) => {
    expect(numberOfFactors(planted(seed, {})).estimates).toEqual(all(3));
  });

  it.each(seeds)('finds none in noise by every method (seed %i)', (seed) => {
    expect(numberOfFactors(planted(seed, { sds: [] })).estimates).toEqual(all(0));
  });

  it('recovers them through the T x T problem, too', () => {
    expect(numberOfFactors(planted(6, { n: 200, dates: 100 })).estimates).toEqual(all(3));
  });

  it('takes eigenvalues whose tail sums are the residuals of PCA, and the criteria of the papers', async () => {
    const [n, dates] = [30, 60];
    const panel = planted(7, { n, dates });
    const { criteria, eigenvalues } = numberOfFactors(panel, { maxFactors: 5 });
    const penalty = ((n + dates) / (n * dates)) * Math.log(30);
    const v: number[] = [];
    for (const k of [1, 2, 3, 4]) {
      const model = new PCAModel({ nFactors: k });
      await model.fit(panel);
      const loadings = model.loadings;
      const means = model.assetMeans;
      let squares = 0;
      for (let t = 0; t < dates; t++) {
        const deviation = Array.from({ length: n }, (_, i) => panel.returns[t * n + i] - means[i]);
        const f = Array.from({ length: k }, (_, j) =>
          deviation.reduce((sum, value, i) => sum + value * loadings[i * k + j], 0),
        );
        for (let i = 0; i < n; i++)
          squares += (deviation[i] - f.reduce((sum, value, j) => sum + value * loadings[i * k + j], 0)) ** 2;
      }
      v[k] = squares / (n * dates);
      expect(criteria.icp2[k]).toBeCloseTo(Math.log(v[k]) + k * penalty, 10);
    }
    expect(criteria.icp1[2] - criteria.icp1[0]).toBeCloseTo(
      Math.log(v[2] / eigenvalues.reduce((sum, value) => sum + value, 0)) +
        ((2 * (n + dates)) / (n * dates)) * Math.log((n * dates) / (n + dates)),
      10,
    );
    expect(criteria.icp3[2]).toBeCloseTo(Math.log(v[2]) + (2 * Math.log(30)) / 30, 10);
    expect(criteria.eigenvalueRatio[2]).toBeCloseTo((v[1] - v[2]) / (v[2] - v[3]), 8);
    expect(criteria.growthRatio[2]).toBeCloseTo(Math.log(v[1] / v[2]) / Math.log(v[2] / v[3]), 8);
  });

  // Weak spots, so that nobody takes one method's word for it.
  it.each(seeds)('counts one dominant factor alone by the ratios, all three by the others (seed %i)', (seed) => {
    expect(numberOfFactors(planted(seed, { sds: [10, 0.6, 0.5] })).estimates).toEqual({
      ...all(3),
      eigenvalueRatio: 1,
      growthRatio: 1,
    });
  });

  it.each(seeds)('goes to the maximum by Bai and Ng when residuals are strongly correlated (seed %i)', (seed) => {
    expect(numberOfFactors(planted(seed, { correlation: 0.8 })).estimates).toEqual({
      ...all(3),
      icp1: 8,
      icp2: 8,
      icp3: 8,
    });
  });

  it.each(seeds)('sees a weak factor by Onatski alone (seed %i)', (seed) => {
    const { estimates } = numberOfFactors(planted(seed, { sds: [1, 1, 0.2] }));
    expect(estimates.onatski).toBe(3);
    expect(estimates.eigenvalueRatio).toBe(2);
  });

  it('has a threshold of the same bits on every version of Node', () => {
    const { batch } = simulateStaticFactorPanel({ nAssets: 20, nDates: 60 });
    expect(numberOfFactors(batch, { maxFactors: 5 }).onatskiThreshold).toBe(0.00010146402137686048);
  });

  it('is not ruled by one volatile asset once returns are standardised', () => {
    const panel = planted(8, {});
    const returns = panel.returns.map((value, cell) => (cell % 100 === 17 ? 300 * value : value));
    const skewed = new PersistentPanelBatch({ timestamps: panel.timestamps, assetIds: panel.assetIds, returns });
    expect(numberOfFactors(skewed).estimates.eigenvalueRatio).toBe(1);
    expect(numberOfFactors(skewed, { standardize: true }).estimates).toEqual(all(3));
  });

  it('refuses gaps, constant assets and a maximum without room for five more eigenvalues', () => {
    const panel = planted(9, { n: 12, dates: 20 });
    expect(() => numberOfFactors(panel, { maxFactors: 8 })).toThrow(ConfigError);
    expect(numberOfFactors(panel).maxFactors).toBe(7);
    const gaps = panel.returns.slice();
    gaps[25] = Number.NaN;
    const { timestamps, assetIds } = panel;
    expect(() => numberOfFactors(new PersistentPanelBatch({ timestamps, assetIds, returns: gaps }))).toThrow(
      'no return of a1 on 2000-01-03',
    );
    const still = panel.returns.map((value, cell) => (cell % 12 === 3 ? 0.5 : value));
    const constant = new PersistentPanelBatch({ timestamps, assetIds, returns: still });
    expect(() => numberOfFactors(constant, { standardize: true })).toThrow(DataError);
  });
});
