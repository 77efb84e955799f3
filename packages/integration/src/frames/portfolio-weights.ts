import { ConfigError, ShapeError, type PortfolioWeightsResult } from '@ml4t/core';
import { describe } from '@ml4t/core/authoring';
import { Table } from 'apache-arrow';
import { floatColumn, integerColumn, textColumn, timestampColumn } from './columns.ts';
import { labelColumns, selectedColumn, type SelectedLabel, type TableLabels } from './labels.ts';

export interface PortfolioWeightsOptions extends TableLabels, SelectedLabel {
  /** `batch.mask` (B x T x N): rows only where the asset can be held. All cells where absent. */
  readonly mask?: Uint8Array | undefined;
  /**
   * Where windows overlap: `longest-history` (default) gives each date once, from the window in which most dates go
   * before it; `all` gives every window, told apart by a `window` column.
   */
  readonly overlap?: 'longest-history' | 'all' | undefined;
}

/**
 * Target weights of a portfolio model as a long frame: `timestamp`, `asset`, `weight` (float64; held from its date to
 * the next), then `selected` (bool) where asked for, `window` (int32) with `overlap: 'all'`, `model` and `fold`. Rows are in order of date, then asset;
 * with `overlap: 'all'`, of window before that.
 *
 * @throws ShapeError the mask is not that of the weights
 */
export function portfolioWeightsTable(result: PortfolioWeightsResult, options: PortfolioWeightsOptions = {}): Table {
  const { nWindows, nSteps, nAssets, timestamps, weights } = result;
  const { mask, overlap = 'longest-history' } = options;
  if (overlap !== 'longest-history' && overlap !== 'all')
    throw new ConfigError({
      field: 'overlap',
      expected: "'longest-history' or 'all'",
      found: describe(overlap),
      remedy: 'Choose one of these.',
    });
  if (mask && mask.length !== weights.length)
    throw new ShapeError({
      field: 'mask',
      expected: `${weights.length} entries (windows x steps x assets)`,
      found: String(mask.length),
      remedy: 'Pass the mask of the batch that the weights were made from.',
    });
  const steps =
    overlap === 'all'
      ? Array.from({ length: nWindows * nSteps }, (_, at) => at)
      : stepsWithLongestHistory(timestamps, nSteps);
  const held = (cell: number): boolean => mask === undefined || mask[cell] !== 0;
  let nRows = 0;
  for (const step of steps) for (let i = 0; i < nAssets; i++) if (held(step * nAssets + i)) nRows++;
  const values = new Float64Array(nRows);
  const assets = new Int32Array(nRows);
  const windows = new Int32Array(nRows);
  const dates = new Float64Array(nRows);
  let row = 0;
  for (const step of steps)
    for (let i = 0; i < nAssets; i++) {
      const cell = step * nAssets + i;
      if (!held(cell)) continue;
      values[row] = weights[cell];
      assets[row] = i;
      windows[row] = Math.floor(step / nSteps);
      dates[row++] = timestamps[step];
    }
  return new Table({
    timestamp: timestampColumn(dates, nRows, (at) => at),
    asset: textColumn(result.assetIds, assets),
    weight: floatColumn('weights', values, nRows),
    ...selectedColumn(values, options),
    ...(overlap === 'all' ? { window: integerColumn(windows) } : {}),
    ...labelColumns(nRows, options),
  });
}

/** For each date the position (window, step) with the largest step, in order of date. */
export function stepsWithLongestHistory(timestamps: Float64Array, nSteps: number): number[] {
  const best = new Map<number, number>();
  for (let at = 0; at < timestamps.length; at++) {
    const known = best.get(timestamps[at]);
    if (known === undefined || at % nSteps > known % nSteps) best.set(timestamps[at], at);
  }
  return [...best.values()].sort((a, b) => timestamps[a] - timestamps[b]);
}
