import {
  ConfigError,
  ShapeError,
  type AssetForecastResult,
  type AssetSignalResult,
  type AssetWeightsResult,
  type CrossSectionBatch,
  type FactorForecastResult,
  type LatentFactorState,
  type PersistentPanelBatch,
  type StochasticDiscountFactorState,
} from '@ml4t/core';
import { describe, type FloatArray } from '@ml4t/core/authoring';
import { Table, type Vector } from 'apache-arrow';
import { floatColumn, keyColumns, tableOf, textColumn, timestampColumn } from './columns.ts';
import { labelColumns, selectedColumn, type SelectedLabel, type TableLabels } from './labels.ts';

/**
 * Predictions as a long frame: `timestamp` (timestamp[ms], UTC), `asset` (dictionary of utf8), `y_score` (float64), then
 * `y_true` (float64), `model` (dictionary of utf8) and `fold` (int32) where given. Rows and their order are those of the
 * forecast's panel; null stands for NaN.
 *
 * @param prediction expected returns, or signals: of several, the one called `options.signal`
 * @param options.returns (R) the forward returns of the same rows, to compare with: `batch.returns`
 */
export function predictionsTable(
  prediction: AssetForecastResult | AssetSignalResult,
  options: TableLabels & {
    readonly returns?: Float64Array | undefined;
    readonly signal?: string | undefined;
  } = {},
): Table {
  const { index } = prediction;
  const scores = 'signals' in prediction ? signalOf(prediction, options.signal) : prediction.expectedReturns;
  return new Table({
    ...keyColumns(index),
    y_score: floatColumn('predictions', scores, index.nRows),
    ...(options.returns ? { y_true: floatColumn('returns', options.returns, index.nRows) } : {}),
    ...labelColumns(index.nRows, options),
  });
}

function signalOf({ signals, signalNames, index }: AssetSignalResult, name: string | undefined): Float64Array {
  const width = signalNames.length;
  const k = name === undefined && width === 1 ? 0 : signalNames.indexOf(name ?? '');
  if (k < 0)
    throw new ConfigError({
      field: 'signal',
      expected: `one of ${signalNames.join(', ')}`,
      found: describe(name),
      remedy: 'Say which signal is the prediction.',
    });
  return width === 1 ? signals : Float64Array.from({ length: index.nRows }, (_, row) => signals[row * width + k]);
}

/** Signals as a long frame: `timestamp`, `asset`, one float64 column per signal name, `model`, `fold`. */
export function signalsTable(result: AssetSignalResult, options: TableLabels = {}): Table {
  const { index, signalNames, signals } = result;
  return tableOf([
    ...Object.entries(keyColumns(index)),
    ...matrixColumns('signals', signalNames, signals, index.nRows),
    ...Object.entries(labelColumns(index.nRows, options)),
  ]);
}

/** Portfolio weights as a long frame: `timestamp`, `asset`, `weight` (float64), `selected` (bool), `model`, `fold`. */
export function weightsTable(
  result: AssetWeightsResult | StochasticDiscountFactorState,
  options: TableLabels & SelectedLabel = {},
): Table {
  const { index, weights } = result;
  return new Table({
    ...keyColumns(index),
    weight: floatColumn('weights', weights, index.nRows),
    ...selectedColumn(weights, options),
    ...labelColumns(index.nRows, options),
  });
}

/**
 * Factor returns and premia as a long frame, one row per (date, factor): `timestamp`, `factor` (dictionary of utf8),
 * `factor_return` (earned after the date), `premium` (expected on the date), `premium_se` where the forecaster gives
 * standard errors, `premium_df` where it says with how many degrees of freedom, `model`, `fold`.
 */
export function factorTable(
  state: LatentFactorState,
  forecast?: FactorForecastResult,
  options: TableLabels = {},
): Table {
  const { nFactors } = state;
  const { timestamps } = state.index;
  if (forecast) requireSameDates(timestamps, forecast.timestamps);
  const nRows = timestamps.length * nFactors;
  const factorCodes = new Int32Array(nRows);
  for (let row = 0; row < nRows; row++) factorCodes[row] = row % nFactors;
  return new Table({
    timestamp: timestampColumn(timestamps, nRows, (row) => Math.floor(row / nFactors)),
    factor: textColumn(state.factorNames, factorCodes),
    factor_return: floatColumn('factorReturns', state.factorReturns, nRows),
    ...(forecast ? { premium: floatColumn('premia', forecast.premia, nRows) } : {}),
    ...(forecast?.standardErrors ? { premium_se: floatColumn('standardErrors', forecast.standardErrors, nRows) } : {}),
    ...(forecast?.degreesOfFreedom
      ? { premium_df: floatColumn('degreesOfFreedom', forecast.degreesOfFreedom, nRows) }
      : {}),
    ...labelColumns(nRows, options),
  });
}

/**
 * A panel as a long frame: `timestamp`, `asset`, `returns` and `factor_returns` (forward: read them back with lag 0)
 * where the batch has them, one float64 column per characteristic, the context series repeated on every row of their
 * date, then `extraColumns`. A persistent panel gives all T x N rows.
 *
 * @param extraColumns (R) each, for example the planted betas of a simulation
 */
export function panelTable(
  batch: CrossSectionBatch | PersistentPanelBatch,
  extraColumns: Readonly<Record<string, Float64Array>> = {},
): Table {
  const { index, returns, characteristics, characteristicNames } = batch;
  const { nRows } = index;
  const context = batch.kind === 'cross-section' ? contextColumns(batch) : [];
  const factorReturns = batch.kind === 'cross-section' ? batch.factorReturns : undefined;
  const extra = Object.entries(extraColumns).map(
    ([name, values]) => [name, floatColumn(`extraColumns.${name}`, values, nRows)] as const,
  );
  const parts: (readonly (readonly [string, Vector])[])[] = [
    Object.entries(keyColumns(index)),
    returns ? [['returns', floatColumn('returns', returns, nRows)]] : [],
    factorReturns ? [['factor_returns', floatColumn('factorReturns', factorReturns, nRows)]] : [],
    characteristics ? matrixColumns('characteristics', characteristicNames, characteristics, nRows) : [],
    context,
    extra,
  ];
  const columns = parts.flat();
  const taken = new Set<string>();
  for (const [name] of columns) {
    if (taken.has(name)) throw repeatedName(name);
    taken.add(name);
  }
  return tableOf(columns);
}

function contextColumns(batch: CrossSectionBatch): (readonly [string, Vector])[] {
  const { contextFeatures, contextNames, index } = batch;
  if (!contextFeatures) return [];
  const q = contextNames.length;
  return contextNames.map((name, k) => {
    const values = new Float64Array(index.nRows);
    for (let t = 0; t < index.nDates; t++)
      values.fill(contextFeatures[t * q + k], index.rowOffsets[t], index.rowOffsets[t + 1]);
    return [name, floatColumn(name, values, index.nRows)];
  });
}

/** The columns of a row-major (R x C) matrix. */
function matrixColumns(
  field: string,
  names: readonly string[],
  matrix: FloatArray,
  nRows: number,
): (readonly [string, Vector])[] {
  const width = names.length;
  return names.map((name, k) => {
    const values =
      width === 1 && matrix instanceof Float64Array
        ? matrix
        : Float64Array.from({ length: nRows }, (_, row) => matrix[row * width + k]);
    return [name, floatColumn(`${field}.${name}`, values, nRows)];
  });
}

function repeatedName(name: string): ShapeError {
  return new ShapeError({
    field: 'columns',
    expected: 'unique names; timestamp, asset, returns and factor_returns are taken',
    found: `${JSON.stringify(name)} again`,
    remedy: 'Rename the characteristic, context series or extra column.',
  });
}

function requireSameDates(a: Float64Array, b: Float64Array): void {
  if (a.length === b.length && a.every((date, t) => date === b[t])) return;
  throw new ShapeError({
    field: 'forecast.timestamps',
    expected: `the ${a.length} dates of the state`,
    found: `${b.length} dates${a.length === b.length ? ', not the same' : ''}`,
    remedy: 'Pass the forecast made from this state.',
  });
}
