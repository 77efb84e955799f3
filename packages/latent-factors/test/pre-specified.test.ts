import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { walkForward, type LatentFactorPrediction } from '@ml4t/core';
import { latentFactorColumns } from '@ml4t/core/authoring';
import { simulateConditionalFactorPanel } from '@ml4t/core/simulate';
import { IPCAModel, LatentFactorForecastPipeline, type FactorReturnSeries } from '../src/index.ts';

const { batch, truth } = simulateConditionalFactorPanel({ nAssets: 60, nDates: 70, nCharacteristics: 4, seed: 4 });
const k = truth.factorReturns.length / batch.nDates;
/** The first true factor, dated as the batch is: earned after the date. */
const series = (edit: (value: number, t: number) => number = (value) => value): FactorReturnSeries => ({
  names: ['mkt'],
  timestamps: batch.timestamps,
  values: Float64Array.from({ length: batch.nDates }, (_, t) => edit(truth.factorReturns[t * k], t)),
});
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ml4t-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe.each([0, 1])('observable factors in a pipeline, beside %i latent ones', (nFactors) => {
  const fitted = async (
    preSpecifiedFactors: FactorReturnSeries,
  ): Promise<LatentFactorForecastPipeline<typeof batch>> => {
    const pipeline = new LatentFactorForecastPipeline({ model: new IPCAModel({ nFactors }) });
    await pipeline.fit(batch.slice(0, 40), { preSpecifiedFactors, validation: batch.slice(40, 50) });
    return pipeline;
  };

  it('are forecast from what is realised, those of training, validation and the batch at hand', async () => {
    const { factorForecast, state, assetForecast } = await (await fitted(series())).predict(batch.slice(50));
    expect(state.factorNames.at(-1)).toBe('mkt');
    const { values } = series();
    for (const t of [0, 7, 19]) {
      const past = values.subarray(0, 50 + t);
      const mean = past.reduce((sum, value) => sum + value, 0) / past.length;
      expect(factorForecast.premia[t * (nFactors + 1) + nFactors]).toBeCloseTo(mean, 12);
    }
    expect(assetForecast.expectedReturns.every(Number.isFinite)).toBe(true);
    expect(state.fittedReturns().every(Number.isFinite)).toBe(true);
  });

  it('are not looked up before they are realised', async () => {
    const before = await (await fitted(series())).predict(batch.slice(50));
    const cut = 60;
    const after = await (await fitted(series((value, t) => (t >= cut ? value + 1 : value)))).predict(batch.slice(50));
    const rows = batch.index.rowOffsets[cut + 1] - batch.index.rowOffsets[50];
    const forecasts = ({ assetForecast }: LatentFactorPrediction): Float64Array => assetForecast.expectedReturns;
    expect(forecasts(after).subarray(0, rows)).toEqual(forecasts(before).subarray(0, rows));
    expect(forecasts(after).subarray(rows)).not.toEqual(forecasts(before).subarray(rows));
  });

  it('may be passed to the prediction, which a loaded pipeline needs', async () => {
    const known = { ...series(), timestamps: batch.timestamps.slice(0, 50), values: series().values.slice(0, 50) };
    const expected = await (await fitted(series())).predict(batch.slice(50));
    const path = join(folder, `with-${nFactors}.pipeline`);
    await (await fitted(known)).save(path);
    const loaded = await LatentFactorForecastPipeline.load(path);
    const { factorForecast } = await loaded.predict(batch.slice(50), { preSpecifiedFactors: series() });
    expect(factorForecast).toEqual(expected.factorForecast);
    // Without them it has the history alone.
    const alone = (await loaded.predict(batch.slice(50))).factorForecast.premia;
    expect(alone[nFactors]).toBe(expected.factorForecast.premia[nFactors]);
    expect(alone[alone.length - 1]).toBe(alone[nFactors]);
  });

  it('come through a walk-forward, so that they can be compared with latent factors', async () => {
    const { columns } = await walkForward({
      batch,
      splits: [
        { train: { from: 0, to: 40 }, test: { from: 40, to: 55 } },
        { train: { from: 0, to: 55 }, test: { from: 55, to: 70 } },
      ],
      create: () => {
        const pipeline = new LatentFactorForecastPipeline({ model: new IPCAModel({ nFactors }) });
        return {
          fit: (on: typeof batch, options) => pipeline.fit(on, { ...options, preSpecifiedFactors: series() }),
          predict: (on: typeof batch) => pipeline.predict(on),
        };
      },
      columns: latentFactorColumns,
    });
    expect(columns.forecast.every(Number.isFinite)).toBe(true);
    expect(columns.fitted.every(Number.isFinite)).toBe(true);
  });
});
