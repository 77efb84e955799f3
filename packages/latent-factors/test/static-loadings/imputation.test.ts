import { PersistentPanelBatch, Random } from '@ml4t/core';
import { describe, expect, it } from '@jest/globals';
import { PCAModel, RPPCAModel } from '../../src/index.ts';
import { days, largestDifference } from '../golden/load.ts';

/** Two factors, noise, and gaps of a given share. */
function gappyPanel(share: number): PersistentPanelBatch {
  const [random, t, n] = [new Random(11), 60, 20];
  const loadings = Array.from({ length: 2 * n }, () => random.normal());
  const returns = new Float64Array(t * n);
  for (let date = 0; date < t; date++) {
    const [f, g] = [0.02 + 0.1 * random.normal(), 0.01 + 0.05 * random.normal()];
    for (let i = 0; i < n; i++) {
      const value = f * loadings[2 * i] + g * loadings[2 * i + 1] + 0.03 * random.normal();
      returns[date * n + i] = random.uniform() < share ? Number.NaN : value;
    }
  }
  return new PersistentPanelBatch({
    timestamps: days(t),
    assetIds: Array.from({ length: n }, (_, i) => `a${i}`),
    returns,
  });
}

describe('accelerated imputation', () => {
  // Two fifths missing and some noise: plain rounds creep.
  const batch = gappyPanel(0.4);
  const models = {
    PCA: (acceleration: 'anderson' | 'none') => new PCAModel({ nFactors: 2, acceleration, tol: 1e-9, maxIter: 3000 }),
    'RP-PCA': (acceleration: 'anderson' | 'none') =>
      new RPPCAModel({ nFactors: 2, acceleration, tol: 1e-9, maxIter: 3000 }),
  };

  it.each(Object.entries(models))('%s stands still where plain rounds do, after far fewer', async (_, newModel) => {
    const [plain, accelerated] = [newModel('none'), newModel('anderson')];
    const [slow, quick] = [await plain.fit(batch), await accelerated.fit(batch)];
    expect([slow.stopReason, quick.stopReason]).toEqual(['converged', 'converged']);
    expect(quick.iterations).toBeLessThan(slow.iterations / 2);
    // Plain rounds that stop at 1e-9 may still be a hundred times as far from where they are going.
    expect(largestDifference(accelerated.loadings, plain.loadings)).toBeLessThan(1e-6);
    expect(Math.abs(quick.trainMetrics.totalR2 - slow.trainMetrics.totalR2)).toBeLessThan(1e-9);
  });

  it('changes nothing in a panel without gaps', async () => {
    const [plain, accelerated] = [new PCAModel({ nFactors: 2, acceleration: 'none' }), new PCAModel({ nFactors: 2 })];
    const complete = gappyPanel(0);
    await plain.fit(complete);
    expect((await accelerated.fit(complete)).iterations).toBe(0);
    expect(accelerated.loadings).toEqual(plain.loadings);
  });
});
