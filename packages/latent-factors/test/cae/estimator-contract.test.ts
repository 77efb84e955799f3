import { estimatorContract } from '@ml4t/core/testing';
import { describe, it } from '@jest/globals';
import { CAEModel, type CAEConfigInput } from '../../src/index.ts';
import { quick, smallPanel, withGaps } from './panel.ts';

const { batch } = smallPanel(1);
const cases: [string, CAEConfigInput][] = [
  ['managed', { ...quick, factors: 'managed' }],
  ['regression', { ...quick, factors: 'regression' }],
];

describe.each(cases)('the estimator contract: CAEModel, %s factors', (_, config) => {
  for (const { name, run } of estimatorContract({
    create: () => new CAEModel(config),
    batch,
    otherBatch: smallPanel(2).batch,
    batchWithMissing: withGaps(batch),
    validation: smallPanel(3).batch,
    unusableBatch: batch.withoutReturns(),
    extractOrPredict: (model, on) => model.extract(on),
    extremes: { beyondFloat32: 'refused' },
    units: {
      figures: async (model, on, summary) => {
        const state = await model.extract(on);
        const { trainMetrics } = summary;
        return {
          ofReturns: { fitted: state.fittedReturns() },
          unitFree: { betas: state.betas, totalR2: [trainMetrics.totalR2] },
        };
      },
      returns: { tolerance: 1e-4 },
      characteristics: {
        dependsBecause: 'networks see characteristics as they are: rank-normalise them (docs/models/cae.md)',
      },
    },
    load: (path) => CAEModel.load(path),
  }))
    it(name, run);
});
