import { PersistentPanelBatch } from '@ml4t/core';
import { describe, expect, it } from '@jest/globals';
import { PCAModel } from '../../src/index.ts';
import { days, flat, golden, largestDifference } from '../golden/load.ts';

interface Case {
  n_factors: number;
  input: 'full' | 'missing';
  asset_mean: number[];
  loadings: number[][];
  factor_returns: number[][];
  train_metrics: { explained_variance_ratio: number };
  oos_permuted_factor_returns: number[][];
}
interface Panel {
  returns_full: number[][];
  returns_missing: (number | null)[][];
  oos_returns: number[][];
  asset_ids: string[];
  oos_permutation: number[];
  cases: Case[];
}

const panel = golden<Panel>('pca');
const batch = (returns: unknown, assetIds: readonly string[], first = 0): PersistentPanelBatch =>
  new PersistentPanelBatch({
    timestamps: days((returns as unknown[]).length, first),
    assetIds,
    returns: flat(returns),
  });
/** Turns each column so that it has the sign of the other one's. */
const alignSigns = (values: Float64Array, target: Float64Array, k: number): number[] =>
  Array.from({ length: k }, (_, j) => {
    let inner = 0;
    for (let i = j; i < values.length; i += k) inner += values[i] * target[i];
    return inner < 0 ? -1 : 1;
  });
const turned = (values: Float64Array, signs: number[]): Float64Array =>
  values.map((value, i) => value * signs[i % signs.length]);

describe('PCAModel against the Python reference', () => {
  it.each(panel.cases.map((each) => [each.n_factors, each.input, each] as const))(
    '%i factors, %s panel: mean imputation agrees to 1e-10 up to sign',
    async (k, input, expected) => {
      const model = new PCAModel({ nFactors: k, imputation: 'mean' });
      const train = batch(input === 'full' ? panel.returns_full : panel.returns_missing, panel.asset_ids);
      const summary = await model.fit(train);
      expect(largestDifference(model.assetMeans, expected.asset_mean)).toBeLessThan(1e-14);
      const reference = flat(expected.loadings);
      const signs = alignSigns(model.loadings, reference, k);
      // Both are the exact decomposition of the same matrix; eigenvectors of X'X lose half the digits of small gaps at most.
      expect(largestDifference(turned(model.loadings, signs), reference)).toBeLessThan(1e-10);
      const share = summary.trainMetrics.explainedVarianceRatio;
      if (input === 'full') expect(share).toBeCloseTo(expected.train_metrics.explained_variance_ratio, 10);
      // The reference's share is that of a panel filled with means, which have no variance to explain: ours is of what was observed.
      else expect(share).toBeGreaterThan(expected.train_metrics.explained_variance_ratio);
      const state = await model.extract(train);
      const meansProjected = Array.from({ length: k }, (_, j) =>
        model.assetMeans.reduce((sum, mean, i) => sum + mean * model.loadings[i * k + j], 0),
      );
      if (input === 'full') {
        // The difference on purpose: our factors are uncentred, the reference's are those of the demeaned panel.
        const centred = state.factorReturns.map((value, at) => value - meansProjected[at % k]);
        expect(largestDifference(turned(centred, signs), flat(expected.factor_returns))).toBeLessThan(1e-10);
        expect(Math.max(...meansProjected.map(Math.abs))).toBeGreaterThan(1e-3);
      }
      // Later dates have gaps. The reference fills them with the training mean, which shrinks the factors; filled so by
      // hand, the numbers agree. Left as gaps, ours come from a regression on the assets that are there.
      const order = panel.oos_permutation.map((i) => panel.asset_ids[i]);
      const later = batch(panel.oos_returns, panel.asset_ids, 60);
      const filled = new PersistentPanelBatch({
        timestamps: later.timestamps,
        assetIds: later.assetIds,
        returns: later.returns.map((value, at) => (Number.isNaN(value) ? model.assetMeans[at % later.nAssets] : value)),
      });
      const centredFactors = async (batch: PersistentPanelBatch): Promise<Float64Array> =>
        (await model.extract(batch)).factorReturns.map((value, at) => (value - meansProjected[at % k]) * signs[at % k]);
      const target = flat(expected.oos_permuted_factor_returns);
      expect(largestDifference(await centredFactors(filled.selectAssets(order)), target)).toBeLessThan(1e-10);
      const regressed = await centredFactors(later.selectAssets(order));
      expect(largestDifference(regressed, target)).toBeGreaterThan(1e-3);
      const size = (values: Float64Array): number => values.reduce((sum, value) => sum + value * value, 0);
      expect(size(regressed)).toBeGreaterThan(size(target));
    },
  );

  it('imputes by expectation-maximisation better than by the mean', async () => {
    // Truth: the complete panel's factors. Mean imputation shrinks them on dates with gaps.
    const full = batch(panel.returns_full, panel.asset_ids);
    const gaps = batch(panel.returns_missing, panel.asset_ids);
    const truth = new PCAModel({ nFactors: 3 });
    await truth.fit(full);
    const errorOf = async (imputation: 'em' | 'mean'): Promise<number> => {
      const model = new PCAModel({ nFactors: 3, imputation });
      await model.fit(gaps);
      // Compare what is identified: fitted returns, not coordinates.
      const fitted = (await model.extract(gaps)).fittedReturns();
      const target = (await truth.extract(full)).fittedReturns();
      return Math.sqrt(fitted.reduce((sum, value, i) => sum + (value - target[i]) ** 2, 0));
    };
    expect(await errorOf('em')).toBeLessThan(0.9 * (await errorOf('mean')));
  });
});
