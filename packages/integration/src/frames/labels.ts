import { ShapeError } from '@ml4t/core';
import { Bool, makeData, makeVector, type Vector } from 'apache-arrow';
import { integerColumn, textColumn } from './columns.ts';

/** Columns that say where rows come from, so that tables of several models or folds can be stacked. */
export interface TableLabels {
  /** Adds `model`. */
  readonly modelName?: string | undefined;
  /** Adds `fold`: one number for all rows, or one per row. */
  readonly fold?: number | Int32Array | undefined;
}

/** The columns that `labels` ask for, in a table of so many rows. */
export function labelColumns(nRows: number, { modelName, fold }: TableLabels): Record<string, Vector> {
  if (fold instanceof Int32Array && fold.length !== nRows)
    throw new ShapeError({
      field: 'fold',
      expected: `${nRows} entries (one per row of the table), or one number`,
      found: String(fold.length),
      remedy: 'Pass one entry for each row, in the same order.',
    });
  return {
    ...(modelName === undefined ? {} : { model: textColumn([modelName], new Int32Array(nRows)) }),
    ...(fold === undefined
      ? {}
      : { fold: integerColumn(typeof fold === 'number' ? new Int32Array(nRows).fill(fold) : fold) }),
  };
}

export interface SelectedLabel {
  /** Adds `selected`: whether the weight is larger than this in absolute value. */
  readonly selectedAbove?: number | undefined;
}

export function selectedColumn(weights: Float64Array, { selectedAbove }: SelectedLabel): Record<string, Vector> {
  if (selectedAbove === undefined) return {};
  const nRows = weights.length;
  const bits = new Uint8Array((nRows + 7) >> 3);
  for (let row = 0; row < nRows; row++) if (Math.abs(weights[row]) > selectedAbove) bits[row >> 3] |= 1 << (row & 7);
  return { selected: makeVector(makeData({ type: new Bool(), length: nRows, nullCount: 0, data: bits })) };
}
