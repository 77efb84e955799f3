import { describe, expect, it } from '@jest/globals';
import { NotIdentifiedError, PersistentPanelBatch, Random } from '@ml4t/core';
import { simulateStaticFactorPanel } from '@ml4t/core/simulate';
import { LatentFactorForecastPipeline, PCAModel, ProximateFactorModel } from '../../src/index.ts';

const panel = simulateStaticFactorPanel({ seed: 4, nDates: 120, nAssets: 30 }).batch;
const near = (found: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number): void => {
  expect(found.length).toBe(expected.length);
  for (let i = 0; i < found.length; i++) expect(Math.abs(found[i] - expected[i])).toBeLessThan(tolerance);
};

/** Two groups of assets, each moved by a factor of its own, and some that nothing moves. */
function groups(seed: number, [nA, nB, nNoise] = [6, 4, 30], nDates = 300): PersistentPanelBatch {
  const random = new Random(seed);
  const n = nA + nB + nNoise;
  const returns = new Float64Array(nDates * n);
  for (let t = 0; t < nDates; t++) {
    const [a, b] = [0.06 * random.normal() + 0.01, 0.04 * random.normal() + 0.005];
    for (let i = 0; i < n; i++) returns[t * n + i] = (i < nA ? a : i < nA + nB ? b : 0) + 0.02 * random.normal();
  }
  return new PersistentPanelBatch({
    timestamps: Array.from({ length: nDates }, (_, t) => Date.UTC(2000, t + 1, 0)),
    assetIds: Array.from({ length: n }, (_, i) => `a${i}`),
    returns,
  });
}

describe('ProximateFactorModel', () => {
  it('is PCA when every asset stays', async () => {
    const [sparse, full] = [
      new ProximateFactorModel({ nFactors: 3, assetsPerFactor: 30 }),
      new PCAModel({ nFactors: 3 }),
    ];
    const summary = await sparse.fit(panel);
    await full.fit(panel);
    expect(summary.trainMetrics.generalizedCorrelation).toBeCloseTo(1, 10);
    expect(summary.trainMetrics.assetsHeld).toBe(30);
    near(sparse.sparseLoadings, full.loadings, 1e-12);
    const [a, b] = [await sparse.extract(panel), await full.extract(panel)];
    near(a.factorReturns, b.factorReturns, 1e-12);
    // Slopes on the components, with a constant: the loadings of the demeaned panel.
    near(a.betas, b.betas, 1e-10);
  });

  it('keeps the m largest loadings of each component, at unit length, and projects on them', async () => {
    const [m, k] = [7, 2];
    const model = new ProximateFactorModel({ nFactors: k, assetsPerFactor: m });
    await model.fit(panel);
    const full = new PCAModel({ nFactors: k });
    await full.fit(panel);
    const [w, loadings] = [model.sparseLoadings, full.loadings];
    for (let j = 0; j < k; j++) {
      const size = (i: number): number => Math.abs(loadings[i * k + j]);
      const kept = Array.from({ length: 30 }, (_, i) => i)
        .sort((a, b) => size(b) - size(a))
        .slice(0, m);
      const length = Math.hypot(...kept.map(size));
      for (let i = 0; i < 30; i++)
        expect(Math.abs(w[i * k + j])).toBeCloseTo(kept.includes(i) ? size(i) / length : 0, 12);
      expect(
        model
          .holdings(j)
          .map(({ assetId }) => assetId)
          .sort(),
      ).toEqual(kept.map((i) => panel.assetIds[i]).sort());
    }
    // f solves W'W f = W'r on every date.
    const { factorReturns } = await model.extract(panel);
    for (const t of [0, 57, 119])
      for (let j = 0; j < k; j++) {
        let residual = 0;
        for (let i = 0; i < 30; i++) {
          const fitted = w[i * k] * factorReturns[t * k] + w[i * k + 1] * factorReturns[t * k + 1];
          residual += w[i * k + j] * (panel.returns[t * 30 + i] - fitted);
        }
        expect(Math.abs(residual)).toBeLessThan(1e-12);
      }
    for (let j = 0; j < k; j++) {
      const mean = factorReturns.filter((_, at) => at % k === j).reduce((sum, value) => sum + value, 0);
      expect(mean).toBeGreaterThanOrEqual(0);
    }
  });

  it('finds the groups of assets that move together', async () => {
    const model = new ProximateFactorModel({ nFactors: 2, assetsPerFactor: 4 });
    const { trainMetrics } = await model.fit(groups(3));
    const held = [0, 1].map((j) => model.holdings(j).map(({ assetId }) => Number(assetId.slice(1))));
    expect(held[0].every((i) => i < 6)).toBe(true);
    expect(held[1].every((i) => i >= 6 && i < 10)).toBe(true);
    expect(trainMetrics.generalizedCorrelation).toBeGreaterThan(0.9);
    // More assets come nearer.
    const wider = await new ProximateFactorModel({ nFactors: 2, assetsPerFactor: 10 }).fit(groups(3));
    expect(wider.trainMetrics.generalizedCorrelation).toBeGreaterThan(trainMetrics.generalizedCorrelation);
  });

  it('refuses factors that their few assets cannot tell apart', async () => {
    // Components (.7, .5, .5) and (.7, -.5, -.5): the first asset has the largest loading on both.
    const random = new Random(1);
    const returns = new Float64Array(300 * 3);
    for (let t = 0; t < 300; t++) {
      const [f, g] = [0.1 * random.normal(), 0.06 * random.normal()];
      returns.set([Math.SQRT1_2 * (f + g), 0.5 * (f - g), 0.5 * (f - g) + 0.001 * random.normal()], 3 * t);
    }
    const batch = new PersistentPanelBatch({
      timestamps: Array.from({ length: 300 }, (_, t) => t * 86_400_000),
      assetIds: ['a', 'b', 'c'],
      returns,
    });
    const fit = (assetsPerFactor: number) => new ProximateFactorModel({ nFactors: 2, assetsPerFactor }).fit(batch);
    await expect(fit(1)).rejects.toThrow(NotIdentifiedError);
    await expect(fit(1)).rejects.toThrow(/assetsPerFactor: expected factors that their assets tell apart/);
    expect((await fit(3)).trainMetrics.assetsHeld).toBe(3);
  });

  it('forecasts through the pipeline, without a look ahead', async () => {
    const forecast = async (batch: PersistentPanelBatch): Promise<Float64Array> => {
      const pipeline = new LatentFactorForecastPipeline({ model: new ProximateFactorModel({ nFactors: 2 }) });
      await pipeline.fit(batch.slice(0, 80));
      return (await pipeline.predict(batch.slice(80))).assetForecast.expectedReturns;
    };
    const changed = new PersistentPanelBatch({
      timestamps: panel.timestamps,
      assetIds: panel.assetIds,
      returns: panel.returns.map((value, at) => (at >= 100 * 30 ? -3 * value : value)),
    });
    const [now, then] = [await forecast(panel), await forecast(changed)];
    // Dates 80 … 100: the forecast of date 100 knows returns up to date 99.
    near(now.subarray(0, 21 * 30), then.subarray(0, 21 * 30), 1e-300);
    expect(now.subarray(21 * 30).some((value, i) => value !== then[21 * 30 + i])).toBe(true);
  });
});
