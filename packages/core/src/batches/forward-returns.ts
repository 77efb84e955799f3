import { ConfigError, describe } from '../errors.ts';
import type { PanelIndex } from './panel-index.ts';

/**
 * Pairs each row with the return its holder earns after the row's date.
 *
 * `returnLag` says how the source column is dated, so that nobody pairs features with known returns by accident:
 * 0, the column already holds the return earned after the row's date; k >= 1, the column holds the return of the
 * period that *ends* at the row's date, and row (t, i) is paired with the value that asset i has k panel dates later
 * (NaN where the asset has no row on that date, and on the last k dates).
 */
export function alignForwardReturns(index: PanelIndex, values: Float64Array, returnLag: number): Float64Array {
  requireReturnLag(returnLag);
  if (returnLag === 0) return values;
  const out = new Float64Array(values.length).fill(Number.NaN);
  const rowOfAsset = new Int32Array(index.nAssets).fill(-1);
  for (let t = 0; t + returnLag < index.nDates; t++) {
    const later = t + returnLag;
    for (let row = index.rowOffsets[later]; row < index.rowOffsets[later + 1]; row++)
      rowOfAsset[index.assetIndex[row]] = row;
    for (let row = index.rowOffsets[t]; row < index.rowOffsets[t + 1]; row++) {
      const match = rowOfAsset[index.assetIndex[row]];
      if (match >= 0) out[row] = values[match];
    }
    for (let row = index.rowOffsets[later]; row < index.rowOffsets[later + 1]; row++)
      rowOfAsset[index.assetIndex[row]] = -1;
  }
  return out;
}

/** Throws ConfigError unless the lag was stated as a whole number of dates. */
export function requireReturnLag(returnLag: unknown): asserts returnLag is number {
  if (typeof returnLag !== 'number' || !Number.isInteger(returnLag) || returnLag < 0)
    throw new ConfigError({
      field: 'returnLag',
      expected: 'a whole number of dates >= 0, stated whenever returns are given',
      found: describe(returnLag),
      remedy:
        'Pass 0 when the column already holds the return earned after its date, 1 when it holds the return that ends at it.',
    });
}
