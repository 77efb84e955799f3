import { beforeAll, describe, expect, it } from '@jest/globals';
import { CrossSectionBatch, PersistentPanelBatch, walkForward } from '@ml4t/core';
import { alignRows } from '@ml4t/core/authoring';
import { simulateConditionalFactorPanel } from '@ml4t/core/simulate';
import { registrationOf, type ExperimentBatch, type ExperimentPrediction } from '@ml4t/core/experiment';
import { familyOf } from '../../src/families/packages.ts';
import { splitDates } from '../../src/experiment/splits.ts';

const nDates = 30;
const { batch: panel } = simulateConditionalFactorPanel({
  nAssets: 25,
  nDates,
  nCharacteristics: 4,
  missingShare: 0.1,
  seed: 3,
});
const split = {
  scheme: 'expanding',
  initialTrain: 18,
  testSize: 4,
  validationSize: 0,
  embargo: 0,
  allowOverlap: false,
} as const;

/** The panel with everything that is not yet known on date t replaced: later characteristics, returns from t on. */
function perturbAfter(t: number): CrossSectionBatch {
  const { index, nCharacteristics: p } = panel;
  const characteristics = Float64Array.from(panel.characteristics);
  for (let i = index.rowOffsets[t + 1] * p; i < characteristics.length; i++) characteristics[i] = Math.sin(i);
  const returns = Float64Array.from(panel.requireReturns('a test'));
  for (let row = index.rowOffsets[t]; row < index.nRows; row++) returns[row] = Math.cos(row);
  return new CrossSectionBatch({ index, characteristicNames: panel.characteristicNames, characteristics, returns });
}

/** Forecasts and fits on the rows of the panel's test dates. */
async function forecasts(
  type: string,
  forecaster: string,
  batch: CrossSectionBatch,
): Promise<{ forecast: Float64Array; fitted: Float64Array }> {
  const family = await familyOf(type, 'type');
  const persistent = registrationOf(family, type).batchKind === 'persistent-panel';
  const given: ExperimentBatch = persistent ? PersistentPanelBatch.fromCrossSection(batch) : batch;
  const result = await walkForward<ExperimentBatch, ExperimentPrediction, ReturnType<typeof family.createEstimator>>({
    batch: given,
    splits: splitDates(panel, split),
    create: () => family.createEstimator({ type, config: { nFactors: 2 } }, { type: forecaster, config: {} }),
    columns: ({ columns }) => columns,
  });
  const rows = batch.index.slice(18, nDates);
  return {
    forecast: alignRows(result.index, result.columns.forecast, rows),
    fitted: alignRows(result.index, result.columns.fitted, rows),
  };
}

describe.each([
  ['pca', 'expanding-mean'],
  ['rp-pca', 'ewma'],
  ['ipca', 'expanding-mean'],
  ['ipca', 'ar1'],
])('walk-forward of %s with %s', (type, forecaster) => {
  let before: Awaited<ReturnType<typeof forecasts>>;
  beforeAll(async () => {
    before = await forecasts(type, forecaster, panel);
  });

  // The first test date, the last one of a test window, and one inside a later window.
  it.each([18, 21, 27])('forecasts up to date %i do not change by a bit with what comes after', async (t) => {
    const after = await forecasts(type, forecaster, perturbAfter(t));
    const known = panel.index.rowOffsets[t + 1] - panel.index.rowOffsets[18];
    expect(after.forecast.slice(0, known)).toEqual(before.forecast.slice(0, known));
    expect(before.forecast.slice(0, known).every(Number.isFinite)).toBe(true);
    // Fits use the factor returns realised after each date, so those of date t have to move: the perturbation is real.
    const ofDate = panel.index.rowOffsets[t] - panel.index.rowOffsets[18];
    expect(after.fitted.slice(ofDate, known)).not.toEqual(before.fitted.slice(ofDate, known));
    expect(after.fitted.slice(0, ofDate)).toEqual(before.fitted.slice(0, ofDate));
    // Later forecasts do change, or nothing would have been tested.
    expect(after.forecast.slice(known)).not.toEqual(before.forecast.slice(known));
  });
});
