import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { LatentFactorState, NotFittedError, type FitSummary, type LatentFactorModel } from '@ml4t/core';
import { simulateConditionalFactorPanel } from '@ml4t/core/simulate';
import { describe, expect, it } from '@jest/globals';
import { EWMAFactorForecaster, IPCAModel, LatentFactorForecastPipeline } from '../src/index.ts';
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
