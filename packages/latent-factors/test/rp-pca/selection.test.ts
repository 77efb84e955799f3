import { AbortedError, ConfigError, DataError, outOfSampleTangencySharpe } from '@ml4t/core';
import { simulateLettauPelger } from '@ml4t/core/simulate';
import { describe, expect, it } from '@jest/globals';
import { RPPCAModel, selectRPPCA } from '../../src/index.ts';

// A smaller panel of the published design: the weak factor, with a Sharpe ratio of .8, is lost at gamma = -1.
const { batch: panel } = simulateLettauPelger({ seed: 3, nAssets: 100, nDates: 600, bandWidth: 4, weakVariance: 0.03 });
const split = { batch: panel.slice(0, 300), validation: panel.slice(300, 600) };

describe('selectRPPCA', () => {
  it('tries every pair and takes the highest Sharpe ratio on the validation dates', async () => {
    const steps: number[] = [];
    const { table, best, model } = await selectRPPCA({
      ...split,
      gammas: [20, -1, 20],
      factors: [4, 2],
      onProgress: ({ step }) => steps.push(step),
    });
    expect(table.map(({ nFactors, gamma }) => [nFactors, gamma])).toEqual([
      [2, -1],
      [2, 20],
      [4, -1],
      [4, 20],
    ]);
    expect(steps).toEqual([1, 2, 3, 4]);
    expect(best.validationSharpe).toBe(Math.max(...table.map(({ validationSharpe }) => validationSharpe)));
    expect([best.nFactors, best.gamma]).toEqual([4, 20]);
    // More factors at the same gamma never lower the maximal Sharpe ratio in sample.
    expect(table[2].trainSharpe).toBeGreaterThanOrEqual(table[0].trainSharpe);
    expect(model.config).toMatchObject({ nFactors: 4, gamma: 20 });
    expect(best.rootMeanSquareAlpha).toBe(model.fitSummary.trainMetrics.rootMeanSquareAlpha);
  });

  it('scores with nothing but training dates in loadings and portfolio', async () => {
    const { best } = await selectRPPCA({ ...split, gammas: [10], factors: [3] });
    const model = new RPPCAModel({ nFactors: 3, gamma: 10 });
    await model.fit(split.batch);
    const train = (await model.extract(split.batch)).factorReturns;
    const later = (await model.extract(split.validation)).factorReturns;
    expect(best.validationSharpe).toBe(outOfSampleTangencySharpe(train, later, 3));
    expect(best.trainSharpe).toBeCloseTo(model.fitSummary.trainMetrics.maximalSharpe, 14);
    // A validation span of other returns changes the score and nothing of the fit.
    const shorter = await selectRPPCA({ ...split, validation: panel.slice(400), gammas: [10], factors: [3] });
    expect(shorter.best.validationSharpe).not.toBe(best.validationSharpe);
    expect(shorter.best.trainSharpe).toBe(best.trainSharpe);
  });

  it('passes the rest of the configuration on', async () => {
    const config = { baseMoment: 'covariance', scaleByAssetVolatility: true } as const;
    const { model } = await selectRPPCA({ ...split, gammas: [5], factors: [2], config });
    expect(model.config).toMatchObject(config);
    await expect(selectRPPCA({ ...split, gammas: [5, -1], factors: [2], config })).rejects.toThrow(ConfigError);
  });

  it('refuses validation dates that are not later, empty grids and aborted runs', async () => {
    const grid = { gammas: [10], factors: [2] };
    await expect(selectRPPCA({ ...split, ...grid, validation: panel.slice(299) })).rejects.toThrow(DataError);
    await expect(selectRPPCA({ ...split, ...grid, gammas: [] })).rejects.toThrow(ConfigError);
    const controller = new AbortController();
    const run = selectRPPCA({
      ...split,
      gammas: [0, 10],
      factors: [2],
      signal: controller.signal,
      onProgress: () => {
        controller.abort();
      },
    });
    await expect(run).rejects.toThrow(AbortedError);
  });
});
