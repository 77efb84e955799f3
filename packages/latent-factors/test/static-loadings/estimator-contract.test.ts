import type { LatentFactorModel, PersistentPanelBatch } from '@ml4t/core';
import { estimatorContract, type UnitsUnderTest } from '@ml4t/core/testing';
import { simulateStaticFactorPanel } from '@ml4t/core/simulate';
import { describe, it } from '@jest/globals';
import { PCAModel, RPPCAModel } from '../../src/index.ts';

const panel = (seed: number, missingShare = 0): PersistentPanelBatch =>
  simulateStaticFactorPanel({ seed, nDates: 40, nAssets: 10, missingShare }).batch;
const data = {
  batch: panel(1),
  otherBatch: panel(2),
  batchWithMissing: panel(1, 0.1),
  // Two dates cannot carry two factors and a mean.
  unusableBatch: panel(1).slice(0, 2),
};

/** With gaps, so that imputation is in it: its stopping rule is relative, and so is every rank. */
const units: UnitsUnderTest<PersistentPanelBatch, LatentFactorModel<PersistentPanelBatch>> = {
  figures: async (model, batch, { trainMetrics }) => {
    const state = await model.extract(batch);
    return {
      ofReturns: { factorReturns: state.factorReturns, fittedReturns: state.fittedReturns() },
      unitFree: { betas: state.betas, totalR2: [trainMetrics.totalR2] },
    };
  },
  batch: data.batchWithMissing,
  returns: { tolerance: 1e-9 },
};

describe('the estimator contract: RPPCAModel', () => {
  for (const { name, run } of estimatorContract({
    ...data,
    create: () => new RPPCAModel({ nFactors: 2, orthogonalizeFactors: true }),
    extractOrPredict: (model, batch) => model.extract(batch),
    load: (path) => RPPCAModel.load(path),
    units,
  }))
    it(name, run);
});

describe('the estimator contract: PCAModel', () => {
  for (const { name, run } of estimatorContract({
    ...data,
    create: () => new PCAModel({ nFactors: 2 }),
    extractOrPredict: (model, batch) => model.extract(batch),
    load: (path) => PCAModel.load(path),
    units,
  }))
    it(name, run);
});
