import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AbortedError, ConfigError, DataError, NotFittedError, PersistentPanelBatch, Random } from '@ml4t/core';
import { matrix, multiply, symmetricEigen } from '@ml4t/core/linalg';
import { simulateStaticFactorPanel } from '@ml4t/core/simulate';
import { describe, expect, it } from '@jest/globals';
import { LatentFactorForecastPipeline, RPPCAModel, modelRegistry, type RPPCAConfigInput } from '../../src/index.ts';
import { days, largestDifference } from '../golden/load.ts';

const panelOf = (seed: number, nDates: number, nAssets: number, missingShare = 0): PersistentPanelBatch =>
  simulateStaticFactorPanel({ seed, nDates, nAssets, nFactors: 3, missingShare }).batch;
const fitted = async (batch: PersistentPanelBatch, config: RPPCAConfigInput = {}): Promise<RPPCAModel> => {
  const model = new RPPCAModel({ nFactors: 3, ...config });
  await model.fit(batch);
  return model;
};
/** A'B for matrices given as their rows. */
const cross = (a: Float64Array, b: Float64Array, k: number): Float64Array =>
  multiply(matrix(a.length / k, k, a), matrix(b.length / k, k, b), { transposeA: true }).data;
const identity = (k: number): Float64Array => Float64Array.from({ length: k * k }, (_, at) => (at % (k + 1) ? 0 : 1));

/** base + gamma m m' written out, the way the paper states it. */
function momentMatrix(batch: PersistentPanelBatch, gamma: number, base: 'second-moment' | 'covariance'): Float64Array {
  const { nDates: T, nAssets: n, returns } = batch;
  const m = Float64Array.from({ length: n }, (_, i) => {
    let sum = 0;
    for (let t = 0; t < T; t++) sum += returns[t * n + i];
    return sum / T;
  });
  return Float64Array.from({ length: n * n }, (_, at) => {
    const [i, j] = [Math.floor(at / n), at % n];
    let sum = 0;
    for (let t = 0; t < T; t++) sum += returns[t * n + i] * returns[t * n + j];
    const moment = base === 'second-moment' ? sum / T : (sum - T * m[i] * m[j]) / (T - 1);
    return moment + gamma * m[i] * m[j];
  });
}

describe('RPPCAModel: what it computes', () => {
  it.each([
    ['second-moment', 10, 80, 20],
    ['second-moment', 10, 15, 40],
    ['second-moment', -1, 15, 40],
    ['covariance', 5, 15, 40],
    ['covariance', 0, 80, 20],
  ] as const)('eigenvectors of the %s with gamma %i, by either eigenproblem (%i dates, %i assets)', async (...row) => {
    const [baseMoment, gamma, nDates, n] = row;
    const batch = panelOf(3, nDates, n);
    const model = await fitted(batch, { baseMoment, gamma });
    const { values, vectors } = symmetricEigen(matrix(n, n, momentMatrix(batch, gamma, baseMoment)), { leading: 3 });
    expect(largestDifference(model.eigenvalues, values)).toBeLessThan(1e-13 * values[0]);
    // Both orthonormal, so V'L is a diagonal of signs. Gaps between eigenvalues are above 1 %: errors of 1e-14 at most.
    const inner = cross(vectors.data, model.loadings, 3).map(Math.abs);
    expect(largestDifference(inner, identity(3))).toBeLessThan(1e-11);
    expect(model.fitSummary.stopReason).toBe('closed-form');
  });

  const variants: RPPCAConfigInput[] = [
    {},
    { scaleByAssetVolatility: true },
    { normalizeLoadings: 'variance' },
    { orthogonalizeFactors: true },
    { orthogonalizeFactors: true, scaleByAssetVolatility: true },
    { orthogonalizeFactors: true, normalizeLoadings: 'variance', scaleByAssetVolatility: true },
  ];
  it.each(variants)(
    'keeps weights and loadings inverse to each other, means up, lengths as asked: %j',
    async (config) => {
      const batch = panelOf(4, 60, 25);
      const model = await fitted(batch, config);
      const { factorReturns, betas } = await model.extract(batch);
      expect(largestDifference(cross(model.factorWeights, model.loadings, 3), identity(3))).toBeLessThan(1e-12);
      expect(Math.min(...model.factorPremia)).toBeGreaterThanOrEqual(0);
      expect(betas).toEqual(model.loadings);
      const projected = multiply(matrix(60, 25, batch.returns), matrix(25, 3, model.factorWeights)).data;
      expect(largestDifference(factorReturns, projected)).toBeLessThan(1e-13);
      if (config.normalizeLoadings !== 'variance') {
        const squares = cross(model.factorWeights, model.factorWeights, 3);
        for (let j = 0; j < 3; j++) expect(squares[j * 4]).toBeCloseTo(1, 12);
      }
      if (!config.orthogonalizeFactors) return;
      const centred = factorReturns.map((value, at) => value - model.factorPremia[at % 3]);
      const covariance = cross(centred, centred, 3).map((value) => value / 60);
      for (let a = 0; a < 3; a++)
        for (let b = 0; b < 3; b++)
          if (a !== b)
            expect(Math.abs(covariance[a * 3 + b]) / Math.sqrt(covariance[a * 4] * covariance[b * 4])).toBeLessThan(
              1e-12,
            );
          else if (config.normalizeLoadings === 'variance') expect(covariance[a * 4]).toBeCloseTo(1, 12);
    },
  );

  it('spans the same space in every normalisation without scaling', async () => {
    const batch = panelOf(4, 60, 25);
    const fits = await Promise.all(
      [{}, { normalizeLoadings: 'variance' as const }, { orthogonalizeFactors: true }].map(async (config) => {
        const model = await fitted(batch, { ...config, exposures: 'loadings' });
        return (await model.extract(batch)).fittedReturns();
      }),
    );
    expect(largestDifference(fits[1], fits[0])).toBeLessThan(1e-13);
    expect(largestDifference(fits[2], fits[0])).toBeLessThan(1e-13);
  });

  it('does not depend on units: returns in percent give the same loadings', async () => {
    const batch = panelOf(5, 50, 20);
    const { timestamps, assetIds, returns } = batch;
    const percent = new PersistentPanelBatch({ timestamps, assetIds, returns: returns.map((value) => 100 * value) });
    const [a, b] = [await fitted(batch), await fitted(percent)];
    expect(largestDifference(a.loadings, b.loadings)).toBeLessThan(1e-12);
    expect(a.fitSummary.trainMetrics.maximalSharpe).toBeCloseTo(b.fitSummary.trainMetrics.maximalSharpe, 12);
  });

  it('splits each mean return into alpha and priced part, exactly', async () => {
    const batch = panelOf(6, 70, 15, 0.1);
    const model = await fitted(batch);
    const { factorReturns } = await model.extract(batch);
    const { alphas, timeSeriesBetas: betas, assetMeans } = model;
    for (let i = 0; i < 15; i++) {
      // Least squares with a constant: residuals of the asset's own dates sum to zero and are orthogonal to each factor.
      const moments = [0, 0, 0, 0];
      for (let t = 0; t < 70; t++) {
        const value = batch.returns[t * 15 + i];
        if (Number.isNaN(value)) continue;
        let residual = value - alphas[i];
        for (let j = 0; j < 3; j++) residual -= betas[i * 3 + j] * factorReturns[t * 3 + j];
        moments[3] += residual;
        for (let j = 0; j < 3; j++) moments[j] += residual * factorReturns[t * 3 + j];
      }
      expect(Math.max(...moments.map(Math.abs))).toBeLessThan(1e-12);
    }
    expect(assetMeans.some((mean, i) => Math.abs(mean - alphas[i]) > 1e-3)).toBe(true);
  });

  it('weighs pricing errors: larger gamma, smaller alphas of the loadings and less explained variation', async () => {
    const batch = panelOf(7, 120, 40);
    const seen = [];
    for (const gamma of [-1, 10, 100]) {
      const model = await fitted(batch, { gamma, nFactors: 1 });
      const [l, m] = [model.loadings, model.assetMeans];
      const premium = model.factorPremia[0];
      seen.push({
        error: m.reduce((sum, mean, i) => sum + (mean - l[i] * premium) ** 2, 0),
        r2: model.fitSummary.trainMetrics.totalR2,
      });
    }
    expect(seen[1].error).toBeLessThan(seen[0].error);
    expect(seen[2].error).toBeLessThan(seen[1].error);
    expect(seen[2].r2).toBeLessThan(seen[1].r2);
  });
});

describe('RPPCAModel: missing returns', () => {
  const design = { seed: 8, nDates: 120, nAssets: 30, nFactors: 3, noiseSd: 0.02 };
  const full = simulateStaticFactorPanel(design);
  const gaps = simulateStaticFactorPanel({ ...design, missingShare: 0.4 }).batch;
  const zeroFilled = new PersistentPanelBatch({
    timestamps: gaps.timestamps,
    assetIds: gaps.assetIds,
    returns: gaps.returns.map((value) => (Number.isNaN(value) ? 0 : value)),
  });

  it('takes means over observed returns, where zeros in the gaps shrink them by the missing share', async () => {
    const means = (await fitted(gaps)).assetMeans;
    const observed = Float64Array.from({ length: 30 }, (_, i) => {
      const column = gaps.returns.filter((value, cell) => cell % 30 === i && !Number.isNaN(value));
      return column.reduce((sum, value) => sum + value, 0) / column.length;
    });
    expect(largestDifference(means, observed)).toBeLessThan(1e-15);
    const shrunk = (await fitted(zeroFilled)).assetMeans;
    const size = (values: Float64Array): number => Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));
    expect(size(shrunk) / size(means)).toBeCloseTo(0.6, 1);
  });

  it('finds the true fitted returns better than zeros or means in the gaps do', async () => {
    const errorOf = async (batch: PersistentPanelBatch, config: RPPCAConfigInput): Promise<number> => {
      const model = await fitted(batch, { ...config, exposures: 'loadings' });
      const values = (await model.extract(batch)).fittedReturns();
      return values.reduce((sum, value, cell) => sum + (value - full.truth.fittedReturns[cell]) ** 2, 0);
    };
    // Squared errors. Means fill with too little variation, zeros with too little variation and too small means.
    const em = await errorOf(gaps, {});
    const mean = await errorOf(gaps, { imputation: 'mean' });
    const zero = await errorOf(zeroFilled, {});
    expect(em).toBeLessThan(0.85 * mean);
    expect(mean).toBeLessThan(0.85 * zero);
  });

  it("lowers the paper's objective over the observed cells, and stops where it is stationary", async () => {
    // sum_observed (d - v'g)^2 / T + (1 + gamma) sum (m - v'mu)^2, g and mu by least squares given v.
    const objective = (model: RPPCAModel): number => {
      const [v, m] = [model.loadings, model.assetMeans];
      const leftOver = (rows: number[], y: (i: number) => number): number => {
        // Gram-Schmidt on the three observed columns, then the residual's square.
        const columns = [0, 1, 2].map((j) => rows.map((i) => v[i * 3 + j]));
        let residual = rows.map(y);
        columns.forEach((column, j) => {
          for (const earlier of columns.slice(0, j)) subtract(column, earlier);
        });
        for (const column of columns) residual = subtract(residual, column);
        return residual.reduce((sum, value) => sum + value * value, 0);
      };
      const subtract = (target: number[], direction: number[]): number[] => {
        const along =
          target.reduce((sum, value, i) => sum + value * direction[i], 0) /
          direction.reduce((sum, value) => sum + value * value, 0);
        direction.forEach((value, i) => (target[i] -= along * value));
        return target;
      };
      const all = Array.from({ length: 30 }, (_, i) => i);
      let total = 11 * leftOver(all, (i) => m[i]);
      for (let t = 0; t < 120; t++)
        total +=
          leftOver(
            all.filter((i) => !Number.isNaN(gaps.returns[t * 30 + i])),
            (i) => gaps.returns[t * 30 + i] - m[i],
          ) / 120;
      return total;
    };
    const em = await fitted(gaps);
    expect(em.fitSummary.converged).toBe(true);
    const best = objective(em);
    expect(best).toBeLessThan(objective(await fitted(gaps, { imputation: 'mean' })));
    expect(best).toBeLessThan(objective(await fitted(gaps, { maxIter: 3 })) + 1e-12);
    // Ten times tighter changes nothing any more: differences of the square of the last movement.
    expect(Math.abs(objective(await fitted(gaps, { tol: 1e-9 })) - best)).toBeLessThan(1e-9 * best);
    const stopped = await fitted(gaps, { maxIter: 3 });
    expect(stopped.fitSummary).toMatchObject({ converged: false, stopReason: 'max-iterations', iterations: 3 });
  });

  it('gives dates with gaps their factors by least squares, and none to dates with too few assets', async () => {
    const model = await fitted(full.batch);
    const returns = full.batch.returns.slice(0, 90);
    for (let i = 0; i < 28; i++) returns[i] = Number.NaN;
    for (let i = 0; i < 15; i++) returns[30 + i] = Number.NaN;
    const few = new PersistentPanelBatch({ timestamps: days(3), assetIds: full.batch.assetIds, returns });
    const { factorReturns } = await model.extract(few);
    const complete = (await model.extract(full.batch)).factorReturns;
    expect([...factorReturns.subarray(0, 3)].every(Number.isNaN)).toBe(true);
    expect(largestDifference(factorReturns.subarray(6), complete.slice(6, 9))).toBe(0);
    // Half the assets: orthonormal loadings halve their moments, so the noise variance doubles and the difference has
    // about the standard deviation of one residual, .02; four of them. The factors are of the order of .05 sqrt(30).
    expect(largestDifference(factorReturns.subarray(3, 6), complete.slice(3, 6))).toBeLessThan(0.08);
  });

  it('leaves the time-series betas of an asset with too few returns open and says so', async () => {
    const returns = full.batch.returns.slice();
    for (let t = 4; t < 120; t++) returns[t * 30 + 7] = Number.NaN;
    const { timestamps, assetIds } = full.batch;
    const model = await fitted(new PersistentPanelBatch({ timestamps, assetIds, returns }));
    expect(model.alphas[7]).toBeNaN();
    expect(model.alphas.filter(Number.isNaN)).toHaveLength(1);
    expect(model.fitSummary.notes.join()).toContain('1 assets have too few returns');
    expect([...model.loadings].every(Number.isFinite)).toBe(true);
  });
});

describe('RPPCAModel: contract', () => {
  const batch = panelOf(9, 60, 12);

  it('matches assets by id, subsets and other orders, and names unknown ones', async () => {
    const model = await fitted(batch, { exposures: 'time-series', extractAlphas: true });
    const order = ['asset007', 'asset002', 'asset011', 'asset001'];
    const state = await model.extract(batch.selectAssets(order));
    order.forEach((id, i) => {
      const row = batch.assetIds.indexOf(id);
      expect(state.betas.subarray(i * 3, i * 3 + 3)).toEqual(model.timeSeriesBetas.subarray(row * 3, row * 3 + 3));
      expect(state.alphas?.[i]).toBe(model.alphas[row]);
    });
    const stranger = new PersistentPanelBatch({
      timestamps: days(1),
      assetIds: ['asset001', 'XYZ'],
      returns: [[0, 0]],
    });
    await expect(model.extract(stranger)).rejects.toThrow('XYZ');
  });

  it('gives loadings without alphas, or betas without alphas, when asked', async () => {
    const model = await fitted(batch);
    const loadings = await model.extract(batch);
    expect(loadings.alphas).toBeUndefined();
    expect(loadings.betas).toEqual(model.loadings);
    const bare = await (await fitted(batch, { exposures: 'time-series' })).extract(batch);
    expect(bare.alphas).toBeUndefined();
    expect(largestDifference(bare.betas, loadings.betas)).toBeGreaterThan(1e-6);
  });

  it('forecasts alpha plus beta times premia through the pipeline', async () => {
    const pipeline = new LatentFactorForecastPipeline({
      model: new RPPCAModel({ nFactors: 3, exposures: 'time-series', extractAlphas: true }),
    });
    await pipeline.fit(batch);
    const later = simulateStaticFactorPanel({ seed: 9, nDates: 61, nAssets: 12 }).batch.slice(60);
    const { assetForecast } = await pipeline.predict(later);
    // With alphas the forecast is each asset's own training mean: what the regression's normal equations say.
    const means = (await fitted(batch)).assetMeans;
    expect(largestDifference(assetForecast.expectedReturns, means)).toBeLessThan(1e-13);
  });

  it('survives saving and loading, and a refused refit', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'rp-pca-'));
    try {
      const model = await fitted(batch, { orthogonalizeFactors: true });
      await model.save(join(folder, 'model'));
      const loaded = await RPPCAModel.load(join(folder, 'model'));
      expect(await loaded.extract(batch)).toEqual(await model.extract(batch));
      for (const name of ['loadings', 'factorWeights', 'alphas', 'residualVariances', 'factorSharpeRatios'] as const)
        expect(loaded[name]).toEqual(model[name]);
      expect(loaded.fitSummary).toEqual(model.fitSummary);
      await expect(model.fit(batch.slice(0, 3))).rejects.toThrow(ConfigError);
      expect(model.loadings).toEqual(loaded.loadings);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('is registered', () => {
    const entry = modelRegistry.find(({ modelType }) => modelType === 'rp-pca');
    expect(entry?.create({ gamma: 20 })).toBeInstanceOf(RPPCAModel);
    expect(entry?.configJsonSchema()).toMatchObject({ properties: { gamma: { default: 10 } } });
  });

  it('refuses what it cannot do, in words', async () => {
    expect(() => new RPPCAModel({ gamma: -1.5 })).toThrow('RPPCAConfig.gamma: expected a number >= -1');
    expect(() => new RPPCAModel({ gamma: -0.5, baseMoment: 'covariance' })).toThrow('a number >= 0');
    expect(() => new RPPCAModel({ extractAlphas: true })).toThrow("exposures 'time-series'");
    expect(() => new RPPCAModel({ gama: 3 } as never)).toThrow('Did you mean gamma?');
    const model = new RPPCAModel({ nFactors: 3 });
    expect(() => model.loadings).toThrow(NotFittedError);
    const aborted = AbortSignal.abort();
    await expect(model.fit(batch, { signal: aborted })).rejects.toThrow(AbortedError);
    const { timestamps, assetIds, returns } = batch;
    const with0 = (fill: number): PersistentPanelBatch =>
      new PersistentPanelBatch({ timestamps, assetIds, returns: returns.map((r, cell) => (cell % 12 ? r : fill)) });
    const scaled = new RPPCAModel({ nFactors: 3, scaleByAssetVolatility: true });
    await expect(scaled.fit(with0(0.01))).rejects.toThrow(DataError);
    await expect(scaled.fit(with0(0.01))).rejects.toThrow('constant returns of asset001');
    await expect(model.fit(with0(0.01))).resolves.toMatchObject({ converged: true });
    const random = new Random(1);
    const rankOne = Float64Array.from({ length: 60 }, () => random.normal());
    const twin = new PersistentPanelBatch({
      timestamps,
      assetIds,
      returns: returns.map((_, cell) => rankOne[Math.floor(cell / 12)] * (1 + (cell % 12))),
    });
    await expect(model.fit(twin)).rejects.toThrow('rank');
  });
});
