import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import {
  LatentFactorState,
  NotFittedError,
  PersistentPanelBatch,
  walkForward,
  type FitSummary,
  type LatentFactorModel,
} from '@ml4t/core';
import { latentFactorColumns } from '@ml4t/core/authoring';
import { simulateConditionalFactorPanel } from '@ml4t/core/simulate';
import { describe, expect, it } from '@jest/globals';
import { AR1FactorForecaster, EWMAFactorForecaster, IPCAModel, LatentFactorForecastPipeline } from '../src/index.ts';
import { plantedPanel } from './ipca/planted-panel.ts';

describe('LatentFactorForecastPipeline', () => {
  const { batch } = plantedPanel({ seed: 1, nDates: 60, noise: 0.02 });

  it('forecasts beta x the mean of the factors realised before each date', async () => {
    const pipeline = new LatentFactorForecastPipeline({ model: new IPCAModel({ nFactors: 2 }) });
    await pipeline.fit(batch.slice(0, 40));
    const { state, factorForecast, assetForecast } = await pipeline.predict(batch.slice(40));
    const training = await pipeline.model.extract(batch.slice(0, 40));
    for (const t of [0, 1, 19]) {
      for (let j = 0; j < 2; j++) {
        const realised: number[] = [];
        for (let s = 0; s < 40; s++) realised.push(training.factorReturns[s * 2 + j]);
        for (let s = 0; s < t; s++) realised.push(state.factorReturns[s * 2 + j]);
        const mean = realised.reduce((sum, f) => sum + f, 0) / realised.length;
        expect(factorForecast.premia[t * 2 + j]).toBeCloseTo(mean, 12);
      }
      const row = state.index.rowOffsets[t];
      const [b1, b2] = state.betasOfRow(row);
      const expected = b1 * factorForecast.premia[t * 2] + b2 * factorForecast.premia[t * 2 + 1];
      expect(assetForecast.expectedReturns[row]).toBeCloseTo(expected, 14);
    }
    expect(assetForecast.index).toBe(state.index);
  });

  it('forecasts nothing from the future: characteristics and returns after t leave forecasts up to t unchanged', async () => {
    const pipeline = new LatentFactorForecastPipeline({ model: new IPCAModel({ nFactors: 2 }) });
    await pipeline.fit(batch.slice(0, 40));
    const before = await pipeline.predict(batch.slice(40));
    const cut = batch.index.rowOffsets[50];
    const returns = batch.requireReturns('this test').map((r, row) => (row >= cut ? 9 : r));
    const disturbed = await pipeline.predict(
      batch
        .withCharacteristics(batch.characteristics.map((c, i) => (i >= (cut + 60) * batch.nCharacteristics ? -c : c)))
        .slice(40)
        .withReturns(returns.subarray(batch.index.rowOffsets[40])),
    );
    // Returns dated 50 are earned after it: the forecast dated 50 is the last one that must not see them.
    const rows = batch.index.rowOffsets[51] - batch.index.rowOffsets[40];
    const forecasts = (p: typeof before): Float64Array => p.assetForecast.expectedReturns;
    expect(forecasts(disturbed).subarray(0, rows)).toEqual(forecasts(before).subarray(0, rows));
    expect(forecasts(disturbed)[rows]).not.toBe(forecasts(before)[rows]);
  });

  it('forecasts the day after the last known return', async () => {
    const pipeline = new LatentFactorForecastPipeline({
      model: new IPCAModel({ nFactors: 2 }),
      forecaster: new EWMAFactorForecaster({ halfLife: 6 }),
    });
    await pipeline.fit(batch.slice(0, 59));
    const { assetForecast } = await pipeline.predict(batch.slice(59).withoutReturns());
    expect(assetForecast.expectedReturns.every(Number.isFinite)).toBe(true);
  });

  it('estimates premia on the factors of the checkpoint that it is asked for', async () => {
    // A model whose checkpoints differ in the sign of their coordinates: mixing them would flip the forecast.
    const model: LatentFactorModel<typeof batch> = {
      modelType: 'fake',
      config: {},
      isFitted: true,
      checkpoints: ['early', 'late'],
      fit: async () => ({}) as FitSummary,
      save: async () => undefined,
      extract: async (panel, options) => {
        const sign = options?.checkpoint === 'early' ? -1 : 1;
        return new LatentFactorState({
          index: panel.index,
          nFactors: 1,
          betaLayout: 'row',
          betas: new Float64Array(panel.nRows).fill(sign),
          factorReturns: Float64Array.from({ length: panel.nDates }, (_, t) => sign * (1 + t)),
          checkpoint: options?.checkpoint ?? 'late',
        });
      },
    };
    const pipeline = new LatentFactorForecastPipeline({ model });
    await pipeline.fit(batch.slice(0, 40));
    const late = await pipeline.predict(batch.slice(40));
    const early = await pipeline.predict(batch.slice(40), { checkpoint: 'early' });
    expect(early.factorForecast.premia[0]).toBe(-late.factorForecast.premia[0]);
    expect(early.assetForecast.expectedReturns).toEqual(late.assetForecast.expectedReturns);
    expect(early.assetForecast.checkpoint).toBe('early');
  });

  it('may share its forecaster with another pipeline, and may be asked twice at once', async () => {
    const forecaster = new EWMAFactorForecaster({ halfLife: 6 });
    const alone = new LatentFactorForecastPipeline({
      model: new IPCAModel({ nFactors: 2 }),
      forecaster: new EWMAFactorForecaster({ halfLife: 6 }),
    });
    const first = new LatentFactorForecastPipeline({ model: new IPCAModel({ nFactors: 2 }), forecaster });
    const second = new LatentFactorForecastPipeline({ model: new IPCAModel({ nFactors: 2 }), forecaster });
    await alone.fit(batch.slice(0, 30));
    await first.fit(batch.slice(0, 30));
    await second.fit(batch.slice(10, 50));
    const [expected, ...found] = await Promise.all(
      [alone, first, second, first].map((pipeline) => pipeline.predict(batch.slice(50))),
    );
    expect(found[0].factorForecast.premia).toEqual(expected.factorForecast.premia);
    expect(found[1].factorForecast.premia).not.toEqual(expected.factorForecast.premia);
    expect(found[2].factorForecast.premia).toEqual(expected.factorForecast.premia);
  });

  it('hands out nothing by which its history can be changed', async () => {
    const pipeline = new LatentFactorForecastPipeline({ model: new IPCAModel({ nFactors: 2 }) });
    await pipeline.fit(batch.slice(0, 40));
    const before = await pipeline.predict(batch.slice(40));
    const { expectedReturns } = before.assetForecast;
    const kept = expectedReturns.slice();
    const { state, factorForecast, trainingFactorReturns } = before;
    for (const array of [
      state.betas,
      state.factorReturns,
      factorForecast.premia,
      trainingFactorReturns,
      expectedReturns,
    ])
      array?.fill(0);
    expect((await pipeline.predict(batch.slice(40))).assetForecast.expectedReturns).toEqual(kept);
  });

  it('forecasts from the factors of validation dates too, as if it had been told of them', async () => {
    const forecaster = new AR1FactorForecaster({ shrinkage: 0 });
    const pipeline = new LatentFactorForecastPipeline({ model: new IPCAModel({ nFactors: 2 }), forecaster });
    await pipeline.fit(batch.slice(0, 30), { validation: batch.slice(30, 45) });
    const target = batch.slice(45);
    const { factorForecast, trainingFactorReturns, state } = await pipeline.predict(target);
    // Both spans at once, in the coordinates of the fit.
    const byHand = new AR1FactorForecaster({ shrinkage: 0 });
    byHand.fit(await pipeline.model.extract(batch.slice(0, 45)));
    expect(factorForecast.premia).toEqual(byHand.predict(state).premia);
    // What is called training stays the training dates: the maximal Sharpe ratio in sample is of them.
    expect(trainingFactorReturns).toEqual((await pipeline.model.extract(batch.slice(0, 30))).factorReturns);
    // The walk-forward gives fit the validation dates, so that it says the same.
    const walked = await walkForward({
      batch,
      splits: [{ train: { from: 0, to: 30 }, validation: { from: 30, to: 45 }, test: { from: 45, to: 60 } }],
      create: () => new LatentFactorForecastPipeline({ model: new IPCAModel({ nFactors: 2 }), forecaster }),
      columns: latentFactorColumns,
    });
    expect(walked.folds[0].prediction.factorForecast.premia).toEqual(factorForecast.premia);
  });

  it('keeps validation dates, their calendar and the timing of returns when it is saved', async () => {
    const timed = batch.withReturns(batch.requireReturns('this test'), { returnHorizon: 3, realisationLag: 4 });
    const pipeline = new LatentFactorForecastPipeline({
      model: new IPCAModel({ nFactors: 2 }),
      forecaster: new EWMAFactorForecaster({ halfLife: 3 }),
    });
    await pipeline.fit(timed.slice(0, 25), { validation: timed.slice(28, 40) });
    const path = join(await mkdtemp(join(tmpdir(), 'ml4t-')), 'timed.pipeline');
    await pipeline.save(path);
    const loaded = await LatentFactorForecastPipeline.load(path);
    const before = await pipeline.predict(timed.slice(43));
    const after = await loaded.predict(timed.slice(43));
    expect(after.factorForecast).toEqual(before.factorForecast);
    expect(after.trainingFactorReturns).toEqual(before.trainingFactorReturns);
    // Without returns a batch says nothing of their timing: the fit does.
    const silent = batch.slice(43).withoutReturns();
    expect((await loaded.predict(silent)).factorForecast.premia[0]).toBe(before.factorForecast.premia[0]);
    await expect(loaded.predict(batch.slice(43))).rejects.toThrow(/returns over 3 dates, as in the fit, found 1/);
  });

  it('takes the timing from the batch when the model does not pass it on', async () => {
    const timed = batch.withReturns(batch.requireReturns('this test'), { returnHorizon: 5 });
    const own = new IPCAModel({ nFactors: 2 });
    const silent: LatentFactorModel<typeof batch> = {
      modelType: 'silent',
      config: {},
      isFitted: true,
      fit: (on, options) => own.fit(on, options),
      save: (path) => own.save(path),
      extract: async (on) => new LatentFactorState({ ...(await own.extract(on)), timing: undefined }),
    };
    const premia: Float64Array[] = [];
    for (const model of [own, silent]) {
      const pipeline = new LatentFactorForecastPipeline({ model });
      await pipeline.fit(timed.slice(0, 40));
      premia.push((await pipeline.predict(timed.slice(44))).factorForecast.premia);
    }
    expect(premia[1]).toEqual(premia[0]);
  });

  it('notes returns that overlap though the batch does not say so', async () => {
    const { batch: long } = simulateConditionalFactorPanel({ nAssets: 30, nDates: 200, nCharacteristics: 4, seed: 3 });
    const one = PersistentPanelBatch.fromCrossSection(long).returns;
    const five = one.map((_, cell) => [0, 1, 2, 3, 4].reduce((sum, s) => sum + (one[cell + s * 30] ?? Number.NaN), 0));
    const notesOf = async (returnHorizon: number): Promise<readonly string[]> => {
      const pipeline = new LatentFactorForecastPipeline({ model: new IPCAModel({ nFactors: 2 }) });
      return (await pipeline.fit(long.withReturns(five, { returnHorizon }))).notes;
    };
    expect((await notesOf(1)).join()).toMatch(/Returns seem to overlap.*State returnHorizon: 5/);
    expect((await notesOf(5)).join()).not.toMatch(/overlap/);
  });

  it('asks to be fitted', async () => {
    const pipeline = new LatentFactorForecastPipeline({ model: new IPCAModel() });
    await expect(pipeline.predict(batch)).rejects.toThrow(NotFittedError);
  });

  it('the training batch can be collected after the fit', async () => {
    const pipeline = new LatentFactorForecastPipeline({ model: new IPCAModel({ nFactors: 2 }) });
    const panel = { nAssets: 30, nDates: 60, nCharacteristics: 4 };
    const fitOnOwn = async (): Promise<WeakRef<object>> => {
      const own = simulateConditionalFactorPanel({ seed: 9, ...panel }).batch;
      await pipeline.fit(own);
      return new WeakRef(own.characteristics.buffer);
    };
    const characteristics = await fitOnOwn();
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    // What a finished promise held is let go with the task that it ran in.
    await new Promise((resolve) => setTimeout(resolve));
    collect();
    expect(characteristics.deref()).toBeUndefined();
    const later = simulateConditionalFactorPanel({ seed: 8, ...panel }).batch.slice(45);
    expect((await pipeline.predict(later)).factorForecast.premia.every(Number.isFinite)).toBe(true);
  });
});
