import { estimatorContract } from '@ml4t/core/testing';
import { describe, it } from '@jest/globals';
import { IPCAModel } from '../src/index.ts';
import { plantedPanel } from './ipca/planted-panel.ts';

// PCA and RP-PCA: static-loadings/estimator-contract.test.ts. CAE: cae/estimator-contract.test.ts.
const panel = (seed: number) => plantedPanel({ seed, nDates: 20, nAssets: 30, noise: 0.02 }).batch;
const batch = panel(1);
const p = batch.nCharacteristics;

const returnsWithGaps = batch.requireReturns('this test').slice();
returnsWithGaps.fill(Number.NaN, batch.index.rowOffsets[5] + 4, batch.index.rowOffsets[6]);
const thin = plantedPanel({ seed: 3, nDates: 20, nAssets: 30, noise: 0.05 }).batch.withReturns(returnsWithGaps);

describe.each([
  ['restricted', {}],
  ['with an intercept', { intercept: true }],
])('the estimator contract: IPCAModel, %s', (_, config) => {
  for (const { name, run } of estimatorContract({
    create: () => new IPCAModel({ nFactors: 2, ...config }),
    batch,
    otherBatch: panel(2),
    batchWithMissing: batch
      .withCharacteristics(batch.characteristics.map((c, at) => (at % (7 * p) === 1 ? Number.NaN : c)))
      .withReturns(batch.requireReturns('this test').map((r, row) => (row % 5 === 0 ? Number.NaN : r))),
    unusableBatch: batch.withoutReturns(),
    extractOrPredict: (model, on) => model.extract(on),
    load: (path) => IPCAModel.load(path),
    units: {
      // Not for nothing with gaps, and dates too thin to take part.
      batch: thin,
      figures: async (model, on, { trainMetrics }) => {
        const { totalR2, predictiveR2, managedPortfolioTotalR2, managedPortfolioPredictiveR2 } = trainMetrics;
        const state = await model.extract(on);
        return {
          ofReturns: {
            factorReturns: state.factorReturns,
            fittedReturns: state.fittedReturns(),
            ...(state.alphas ? { alphas: state.alphas } : {}),
          },
          unitFree: {
            betas: state.betas,
            r2: [totalR2, predictiveR2, managedPortfolioTotalR2, managedPortfolioPredictiveR2],
          },
        };
      },
      returns: { tolerance: 1e-8 },
      characteristics: { tolerance: 1e-8 },
    },
  }))
    it(name, run);
});

describe('units of IPCA where it depends on them, by choice', () => {
  for (const [config, units] of [
    [
      { elasticNet: { alpha: 1e-5 } },
      {
        returns: { dependsBecause: 'alpha is in units of squared returns (docs/models/ipca.md)' },
        characteristics: { tolerance: 1e-8 },
      },
    ],
    [
      { normalization: 'gamma' },
      {
        returns: { tolerance: 1e-8 },
        characteristics: { dependsBecause: "Gamma is orthonormal in the characteristics' units (docs/models/ipca.md)" },
      },
    ],
  ] as const)
    for (const { name, run } of estimatorContract({
      create: () => new IPCAModel({ nFactors: 2, ...config }),
      batch,
      otherBatch: panel(2),
      extractOrPredict: (model, on) => model.extract(on),
      load: (path) => IPCAModel.load(path),
      units: {
        ...units,
        figures: async (model, on) => ({ ofReturns: { factorReturns: (await model.extract(on)).factorReturns } }),
      },
    }).filter((check) => check.name.includes('unit')))
      it(`${JSON.stringify(config)}: ${name}`, run);
});
