import {
  expandingSplits,
  factorModelReport,
  latentFactorReport,
  PersistentPanelBatch,
  tangencySharpe,
  walkForward,
  type WalkForwardResult,
  type LatentFactorPrediction,
} from '@ml4t/core';
import { latentFactorColumns } from '@ml4t/core/authoring';
import { describe, expect, it } from '@jest/globals';
import { IPCAModel, LatentFactorForecastPipeline, PCAModel } from '../src/index.ts';
import { plantedPanel } from './ipca/planted-panel.ts';

const { batch } = plantedPanel({ seed: 5, nDates: 48, nAssets: 30, p: 3, k: 2, noise: 0.05 });
const splits = expandingSplits(48, { initialTrain: 30, testSize: 6 });

describe('latentFactorReport', () => {
  it('judges a recursive walk-forward with its tangency portfolios, each fold in its own coordinates', async () => {
    const training: Float64Array[] = [];
    const result = await walkForward({
      batch,
      splits,
      // One pipeline for all folds: a refit starts from the Gamma of the fold before.
      create: (_fold, previous?: LatentFactorForecastPipeline<typeof batch>) =>
        previous ?? new LatentFactorForecastPipeline({ model: new IPCAModel({ nFactors: 2, warmStart: true }) }),
      columns: latentFactorColumns,
      onFold: async ({ split }, pipeline) => {
        training.push((await pipeline.model.extract(batch.slice(split.train.from, split.train.to))).factorReturns);
      },
    });
    const report = latentFactorReport(batch, result);
    const folds = result.folds.map(({ prediction: { state } }, fold) => ({
      nFactors: 2,
      training: training[fold],
      realised: state.factorReturns,
    }));
    const { forecast, fitted } = result.columns;
    const { foldOfRow } = result;
    expect(report).toEqual(factorModelReport({ panel: batch.slice(30), forecast, fitted, foldOfRow, folds }));
    expect(report.tangency?.inSampleSharpe).toBeCloseTo(
      training.reduce((sum, factors) => sum + tangencySharpe(factors, 2) / training.length, 0),
      12,
    );
    expect(JSON.parse(JSON.stringify(report))).toEqual(report);
  });

  it('judges a model of a persistent panel on the rows of a cross-section', async () => {
    const panel = PersistentPanelBatch.fromCrossSection(batch);
    const result: WalkForwardResult<LatentFactorPrediction> = await walkForward({
      batch: panel,
      splits,
      create: () => new LatentFactorForecastPipeline({ model: new PCAModel({ nFactors: 2 }) }),
      columns: latentFactorColumns,
    });
    const report = latentFactorReport(batch, result);
    expect(report.rows).toBe(batch.slice(30).returns?.filter((value) => !Number.isNaN(value)).length);
    expect(report.coverage).toBe(1);
    expect(report.byDate.timestamps).toEqual([...batch.timestamps.slice(30)]);
    expect(() => latentFactorReport(batch.slice(0, 40), result)).toThrow('as walked');
  });
});
