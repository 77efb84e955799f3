import type { CrossSectionBatch } from '../batches/cross-section.ts';

/** Enough dates for every finding; more would only take longer. */
const MAX_DATES = 60;
/** Rows of one date beyond these are not looked at: the mean of sixty correlations over 500 assets is known to two digits. */
const MAX_ROWS = 500;

/** Some dates of a panel, evenly spread, each with the rows of the same assets on the date after it. */
export interface SampledDate {
  readonly date: number;
  /** Rows of the date (n). */
  readonly rows: Int32Array;
  /** The row of the same asset on the next date (n); -1 where it has none. */
  readonly next: Int32Array;
}

/** The dates to look at: all of a short panel, else {@link MAX_DATES} evenly spread ones. */
export function sampleDates({ index }: CrossSectionBatch): readonly SampledDate[] {
  const { nDates, nAssets, rowOffsets, assetIndex } = index;
  const count = Math.min(nDates, MAX_DATES);
  const rowOf = new Int32Array(nAssets);
  return Array.from({ length: count }, (_, i) => {
    const date = Math.floor((i * nDates) / count);
    rowOf.fill(-1);
    if (date + 1 < nDates)
      for (let row = rowOffsets[date + 1]; row < rowOffsets[date + 2]; row++) rowOf[assetIndex[row]] = row;
    const n = rowOffsets[date + 1] - rowOffsets[date];
    const kept = Math.min(n, MAX_ROWS);
    const rows = Int32Array.from({ length: kept }, (_, k) => rowOffsets[date] + Math.floor((k * n) / kept));
    return { date, rows, next: rows.map((row) => rowOf[assetIndex[row]]) };
  });
}

/** The q-quantile of sorted values, the lower one between two. */
export function sortedQuantile(sorted: Float64Array, q: number): number {
  return sorted[Math.floor(q * (sorted.length - 1))];
}

/** The known values of one column at the sampled rows, sorted. */
export function sortedValues(dates: readonly SampledDate[], at: (row: number) => number): Float64Array {
  const total = dates.reduce((sum, { rows }) => sum + rows.length, 0);
  const values = new Float64Array(total);
  let n = 0;
  for (const { rows } of dates)
    for (const row of rows) {
      const value = at(row);
      if (!Number.isNaN(value)) values[n++] = value;
    }
  return values.subarray(0, n).sort();
}
