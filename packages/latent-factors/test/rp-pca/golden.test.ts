import { PersistentPanelBatch } from '@ml4t/core';
import { describe, expect, it } from '@jest/globals';
import { RPPCAModel, type RPPCAConfigInput } from '../../src/index.ts';
import { days, flat, golden, largestDifference } from '../golden/load.ts';

interface Case {
  config: {
    n_factors: number;
    gamma: number;
    base_moment?: 'covariance';
    scale_by_asset_volatility?: boolean;
    normalize_loadings?: 'variance';
    orthogonalize_factors?: boolean;
  };
  input: 'full' | 'missing';
  asset_betas: number[][];
  factor_weights: number[][];
  factor_returns: number[][];
  eigenvalues: number[];
  train_metrics: Record<string, number>;
  oos_factor_returns: number[][];
}
interface Panel {
  returns_full: number[][];
  returns_missing: (number | null)[][];
  oos_returns: (number | null)[][];
  asset_ids: string[];
  cases: Case[];
}

const panel = golden<Panel>('rp_pca');
const batch = (returns: unknown, first = 0): PersistentPanelBatch =>
  new PersistentPanelBatch({
    timestamps: days((returns as unknown[]).length, first),
    assetIds: panel.asset_ids,
    returns: flat(returns),
  });
/** Gaps as zeros, which is what the reference makes of them before anything else. */
const zeroFilled = (source: PersistentPanelBatch): PersistentPanelBatch =>
  new PersistentPanelBatch({
    timestamps: source.timestamps,
    assetIds: source.assetIds,
    returns: source.returns.map((value) => (Number.isNaN(value) ? 0 : value)),
  });
const configOf = ({ config }: Case): RPPCAConfigInput => ({
  nFactors: config.n_factors,
  gamma: config.gamma,
  baseMoment: config.base_moment ?? 'second-moment',
  scaleByAssetVolatility: config.scale_by_asset_volatility ?? false,
  normalizeLoadings: config.normalize_loadings ?? 'unit-length',
  orthogonalizeFactors: config.orthogonalize_factors ?? false,
});
const signsOf = (values: Float64Array, target: Float64Array, k: number): number[] =>
  Array.from({ length: k }, (_, j) => {
    let inner = 0;
    for (let i = j; i < values.length; i += k) inner += values[i] * target[i];
    return inner < 0 ? -1 : 1;
  });

describe('RPPCAModel against the Python reference', () => {
  it.each(panel.cases.map((each) => [JSON.stringify(each.config), each.input, each] as const))(
    '%s on the %s panel agrees to 1e-10 up to sign',
    async (_, input, expected) => {
      const k = expected.config.n_factors;
      const model = new RPPCAModel({ ...configOf(expected), exposures: 'time-series' });
      const train = zeroFilled(batch(input === 'full' ? panel.returns_full : panel.returns_missing));
      const summary = await model.fit(train);
      const state = await model.extract(train);
      const weights = flat(expected.factor_weights);
      const signs = signsOf(model.factorWeights, weights, k);
      const turned = (values: Float64Array): Float64Array => values.map((value, at) => value * signs[at % k]);
      // Both are exact decompositions of the same matrix, by different routes; eigenvalue gaps are above 1e-2 of the
      // largest eigenvalue, so vectors agree to about 1e-14 x 1e2. 1e-10 is relative to entries of order one.
      const largest = Math.max(...expected.eigenvalues);
      expect(largestDifference(model.eigenvalues, expected.eigenvalues)).toBeLessThan(1e-12 * largest);
      expect(largestDifference(turned(model.factorWeights), weights)).toBeLessThan(1e-10);
      expect(largestDifference(turned(state.factorReturns), flat(expected.factor_returns))).toBeLessThan(1e-10);
      expect(largestDifference(turned(model.timeSeriesBetas), flat(expected.asset_betas))).toBeLessThan(1e-10);
      expect(state.betas).toEqual(model.timeSeriesBetas);
      const { trainMetrics } = summary;
      expect(trainMetrics.meanAbsoluteFactorPremium).toBeCloseTo(expected.train_metrics.mean_abs_factor_premium, 12);
      // The reference's standard deviation has the divisor T, ours T - 1 as everywhere in core.
      const ours = trainMetrics.meanFactorSharpe * Math.sqrt(60 / 59);
      expect(ours).toBeCloseTo(expected.train_metrics.mean_factor_sharpe, 12);
      expect(trainMetrics.meanAbsoluteAlpha).toBeCloseTo(expected.train_metrics.mean_abs_alpha, 12);
      expect(trainMetrics.meanResidualVariance).toBeCloseTo(expected.train_metrics.mean_residual_variance, 12);
      const later = await model.extract(zeroFilled(batch(panel.oos_returns, 60)));
      expect(largestDifference(turned(later.factorReturns), flat(expected.oos_factor_returns))).toBeLessThan(1e-10);
      // The difference on purpose: every factor mean is non-negative here, with or without orthogonalisation.
      expect(Math.min(...model.factorPremia)).toBeGreaterThanOrEqual(0);
    },
  );
});
