import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { expandingSplits, walkForward, type CrossSectionBatch } from '@ml4t/core';
import { latentFactorColumns } from '@ml4t/core/authoring';
import { simulateConditionalFactorPanel } from '@ml4t/core/simulate';
import {
  AR1FactorForecaster,
  EWMAFactorForecaster,
  ExpandingMeanFactorForecaster,
  IPCAModel,
  LatentFactorForecastPipeline,
} from '../src/index.ts';

const nDates = 110;
const { batch: panel } = simulateConditionalFactorPanel({ nAssets: 12, nDates, nCharacteristics: 3, seed: 2 });
const forecasters = {
  mean: () => new ExpandingMeanFactorForecaster(),
  ewma: () => new EWMAFactorForecaster({ halfLife: 3 }),
  ar1: () => new AR1FactorForecaster(),
};

/** The panel for returns over some dates; with `known`, all that is not known on that date is another. */
function timed(returnHorizon: number, delay: number, known = nDates): CrossSectionBatch {
  const { index, nCharacteristics: p } = panel;
  const lag = returnHorizon + delay;
  const firstUnknown = Math.max(0, known - lag + 1);
  const returns = panel
    .requireReturns('this test')
    .map((value, row) => (row >= index.rowOffsets[Math.min(firstUnknown, nDates)] ? 0.05 - 2 * value : value));
  const characteristics = panel.characteristics.map((value, i) =>
    i >= index.rowOffsets[Math.min(known + 1, nDates)] * p ? -value : value,
  );
  return panel.withCharacteristics(characteristics).withReturns(returns, { returnHorizon, realisationLag: lag });
}

/** Forecasts on the rows of the test dates, the first of which is `from`. */
async function forecasts(
  batch: CrossSectionBatch,
  forecaster: keyof typeof forecasters,
  splits: ReturnType<typeof expandingSplits>,
): Promise<{ readonly forecast: Float64Array; readonly from: number; readonly rowOffsets: Int32Array }> {
  const { columns, index } = await walkForward({
    batch,
    splits,
    create: () =>
      new LatentFactorForecastPipeline({
        model: new IPCAModel({ nFactors: 2 }),
        forecaster: forecasters[forecaster](),
      }),
    columns: latentFactorColumns,
    allowOverlap: true,
  });
  return { forecast: columns.forecast, from: splits[0].test.from, rowOffsets: index.rowOffsets };
}

describe('a walk-forward of returns over h dates', () => {
  it('forecasts from nothing that is realised later, at any horizon, delay and date, with validation and without', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 21 }),
        fc.integer({ min: 0, max: 3 }),
        fc.constantFrom(...(Object.keys(forecasters) as (keyof typeof forecasters)[])),
        fc.constantFrom(0, 9),
        fc.nat(12),
        async (horizon, delay, forecaster, validationSize, after) => {
          const whole = timed(horizon, delay);
          // The purge that the batch asks for.
          const splits = expandingSplits(whole, { initialTrain: 30, validationSize, testSize: 8 });
          const before = await forecasts(whole, forecaster, splits);
          const known = Math.min(before.from + after, nDates - 1);
          const disturbed = await forecasts(timed(horizon, delay, known), forecaster, splits);
          const rows = before.rowOffsets[known - before.from + 1];
          expect(disturbed.forecast.subarray(0, rows)).toEqual(before.forecast.subarray(0, rows));
          if (known < nDates - 1) expect(disturbed.forecast.subarray(rows)).not.toEqual(before.forecast.subarray(rows));
        },
      ),
      { numRuns: 16, seed: 7 },
    );
  }, 120_000);

  it('would see it with the splits or the lag of one-date returns', async () => {
    const unaware = timed(1, 0);
    const splits = expandingSplits(unaware, { initialTrain: 30, testSize: 8 });
    const leaks = async (batch: CrossSectionBatch, disturbed: CrossSectionBatch): Promise<boolean> => {
      const [before, after] = [await forecasts(batch, 'ewma', splits), await forecasts(disturbed, 'ewma', splits)];
      const rows = before.rowOffsets[1];
      return before.forecast.subarray(0, rows).some((value, row) => value !== after.forecast[row]);
    };
    // Returns over five dates, disturbed where they are not realised on the first test date.
    const from = splits[0].test.from;
    expect(await leaks(timed(5, 0), timed(5, 0, from))).toBe(true);
    const unstated = (batch: CrossSectionBatch): CrossSectionBatch =>
      batch.withReturns(batch.requireReturns('this test'), { returnHorizon: 1 });
    expect(await leaks(unstated(timed(5, 0)), unstated(timed(5, 0, from)))).toBe(true);
  });
});
