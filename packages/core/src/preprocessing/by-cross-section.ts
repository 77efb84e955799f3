import type { CrossSectionBatch } from '../batches/cross-section.ts';
import { ConfigError, describe } from '../errors.ts';

/** What every preprocessing step accepts. */
export interface ColumnOptions {
  /** Names of the characteristics to change, the others staying as they are; all where absent. */
  readonly columns?: readonly string[];
}

/** Changes one column of one date in place; NaN is missing. */
export type ColumnStep = (values: Float64Array, place: { readonly date: number; readonly column: number }) => void;

/**
 * A batch whose characteristics went through `step`, one (date, column) at a time, in date order, and kept their precision; the
 * input stays as it was. Columns are gathered into one buffer: nothing is allocated per row or per column.
 */
export function changeColumns(batch: CrossSectionBatch, options: ColumnOptions, step: ColumnStep): CrossSectionBatch {
  const { nCharacteristics: p, index } = batch;
  const columns = selectColumns(batch, options.columns);
  const out = batch.characteristics.slice();
  const buffer = new Float64Array(largestCrossSection(batch));
  for (let date = 0; date < index.nDates; date++) {
    const from = index.rowOffsets[date];
    const n = index.rowOffsets[date + 1] - from;
    const values = buffer.subarray(0, n);
    for (const column of columns) {
      for (let i = 0, at = from * p + column; i < n; i++, at += p) values[i] = out[at];
      step(values, { date, column });
      for (let i = 0, at = from * p + column; i < n; i++, at += p) out[at] = values[i];
    }
  }
  return batch.withCharacteristics(out);
}

/** The rows of the date that has most. */
export function largestCrossSection({ index }: CrossSectionBatch): number {
  let largest = 0;
  for (let t = 0; t < index.nDates; t++) largest = Math.max(largest, index.rowOffsets[t + 1] - index.rowOffsets[t]);
  return largest;
}

function selectColumns(batch: CrossSectionBatch, names: readonly string[] | undefined): number[] {
  if (names === undefined) return batch.characteristicNames.map((_, j) => j);
  return names.map((name, i) => {
    const column = batch.characteristicNames.indexOf(name);
    if (column < 0)
      throw new ConfigError({
        field: `columns[${i}]`,
        expected: `one of ${batch.characteristicNames.join(', ')}`,
        found: describe(name),
        remedy: 'Name characteristics of the batch.',
      });
    return column;
  });
}
