import { ConfigError, type PanelIndex } from '@ml4t/core';
import { describe } from '@ml4t/core/authoring';
import type { Delisting } from './options.ts';
import type { ReadNote } from './report.ts';

/**
 * Fills in the return from the last row of each asset that leaves before the panel ends: the delisting return of that row where it
 * has one, else the stated one. Returns that the source has are kept.
 *
 * @param column the delisting return of each row, NaN for none (R)
 */
export function withDelistingReturns(
  index: PanelIndex,
  returns: Float64Array,
  column: Float64Array | undefined,
  { otherwise }: Delisting,
): { readonly returns: Float64Array; readonly notes: readonly ReadNote[] } {
  const { nDates, nAssets, rowOffsets, assetIndex } = index;
  const lastRow = new Int32Array(nAssets);
  for (let row = 0; row < index.nRows; row++) lastRow[assetIndex[row]] = row;
  const out = returns.slice();
  let [left, filled, stated] = [0, 0, 0];
  for (const row of lastRow) {
    if (row >= rowOffsets[nDates - 1]) continue;
    left++;
    if (!Number.isNaN(out[row])) continue;
    const own = column?.[row] ?? Number.NaN;
    if (!Number.isNaN(own)) filled++;
    else if (otherwise !== undefined) stated++;
    out[row] = Number.isNaN(own) ? (otherwise ?? Number.NaN) : own;
  }
  const unknown = left - filled - stated;
  const note: ReadNote = {
    code: 'delisted',
    columns: [],
    found: `${left} assets leave before the panel ends: ${filled} with a delisting return, ${stated} with the stated one, ${unknown} as the source has it`,
    remedy: 'Nothing, if these are as many as you expect.',
  };
  return { returns: out, notes: left === 0 ? [] : [note] };
}

/** Throws ConfigError unless the rule can be followed. */
export function requireDelisting(delisting: Delisting | undefined, field: string, horizon: number): void {
  if (delisting === undefined) return;
  const { column, otherwise } = delisting;
  const isNumber = otherwise === undefined || (typeof otherwise === 'number' && otherwise >= -1);
  if ((column === undefined && otherwise === undefined) || !isNumber || horizon !== 1)
    throw new ConfigError({
      field,
      expected:
        horizon === 1 ? '{ column, otherwise }, one of them at least, otherwise -1 or more' : 'returns over one date',
      found: horizon === 1 ? describe(delisting) : `returns over ${horizon}`,
      remedy:
        'Name the column of delisting returns, or say what is earned where there is none: -0.3 after Shumway (1997).',
    });
}
