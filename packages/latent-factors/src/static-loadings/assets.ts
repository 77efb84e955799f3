import { ConfigError, DataError, type PersistentPanelBatch } from '@ml4t/core';
import { matrix, type Matrix } from '@ml4t/core/linalg';

/** A batch on the asset axis of a fit. */
export interface AlignedReturns {
  /** (batch assets): position of each on the asset axis of the fit; -1 for one that was left out of it. */
  readonly rows: readonly number[];
  /** (T x N of the fit); NaN where the batch lacks an asset or a return. */
  readonly returns: Matrix;
}

/**
 * Matches a batch's assets by id, in any order and any subset. Throws DataError that names assets unknown to the fit:
 * static loadings are per asset and say nothing of new ones. Those that had no return in training are known, without loadings.
 */
export function alignToAssets(
  batch: PersistentPanelBatch,
  known: readonly string[],
  withoutReturns: readonly string[],
): AlignedReturns {
  const position = new Map([
    ...known.map((id, i) => [id, i] as const),
    ...withoutReturns.map((id) => [id, -1] as const),
  ]);
  const unknown = batch.assetIds.filter((id) => !position.has(id));
  if (unknown.length > 0)
    throw new DataError({
      field: 'assetIds',
      expected: 'assets of the fit',
      found: someOf(unknown),
      remedy: 'Loadings are per asset: leave new assets out, or refit with them.',
    });
  const rows = batch.assetIds.map((id) => position.get(id) as number);
  const returns = matrix(batch.nDates, known.length, new Float64Array(batch.nDates * known.length).fill(Number.NaN));
  for (let t = 0; t < batch.nDates; t++)
    for (let i = 0; i < rows.length; i++)
      if (rows[i] >= 0) returns.data[t * known.length + rows[i]] = batch.returns[t * batch.nAssets + i];
  return { rows, returns };
}

/** The rows of a per-asset matrix that `rows` names, in its order; NaN for -1. */
export function selectRows(a: Matrix, rows: readonly number[]): Float64Array {
  const out = new Float64Array(rows.length * a.columns).fill(Number.NaN);
  rows.forEach((row, i) => {
    if (row >= 0) out.set(a.data.subarray(row * a.columns, (row + 1) * a.columns), i * a.columns);
  });
  return out;
}

/** A batch as a fit takes it. */
export interface EstimableBatch {
  /** Of the assets with a return. */
  readonly batch: PersistentPanelBatch;
  /** Assets without a single one: they take no part. */
  readonly withoutReturns: readonly string[];
}

/** The assets that have returns. Throws ConfigError (naming `field`) when K exceeds dates less one or those assets. */
export function estimableBatch(batch: PersistentPanelBatch, k: number, field: string): EstimableBatch {
  const { nDates, nAssets, returns, assetIds } = batch;
  const known = new Uint8Array(nAssets);
  for (let cell = 0; cell < returns.length; cell++) if (!Number.isNaN(returns[cell])) known[cell % nAssets] = 1;
  const withReturns = assetIds.filter((_, i) => known[i] === 1);
  // Demeaning takes one direction of the dates away.
  const most = Math.min(nDates - 1, withReturns.length);
  if (k > most)
    throw new ConfigError({
      field,
      expected: `at most ${most} (${nDates} dates less one, ${withReturns.length} assets with returns)`,
      found: String(k),
      remedy: 'Lower nFactors, or pass more dates and assets.',
    });
  if (withReturns.length === nAssets) return { batch, withoutReturns: [] };
  return { batch: batch.selectAssets(withReturns), withoutReturns: assetIds.filter((_, i) => known[i] === 0) };
}

/** The first few names, and how many more. */
export function someOf(names: readonly string[]): string {
  return `${names.slice(0, 5).join(', ')}${names.length > 5 ? ` and ${names.length - 5} more` : ''}`;
}
