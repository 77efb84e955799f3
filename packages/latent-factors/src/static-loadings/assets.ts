import { ConfigError, DataError, type PersistentPanelBatch } from '@ml4t/core';
import { matrix, type Matrix } from '@ml4t/core/linalg';

/** A batch on the asset axis of a fit. */
export interface AlignedReturns {
  /** (batch assets): position of each on the asset axis of the fit. */
  readonly rows: readonly number[];
  /** (T x N of the fit); NaN where the batch lacks an asset or a return. */
  readonly returns: Matrix;
}

/**
 * Matches a batch's assets by id, in any order and any subset. Throws DataError that names assets unknown to the fit:
 * static loadings are per asset and say nothing of new ones.
 */
export function alignToAssets(batch: PersistentPanelBatch, known: readonly string[]): AlignedReturns {
  const position = new Map(known.map((id, i) => [id, i]));
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
      returns.data[t * known.length + rows[i]] = batch.returns[t * batch.nAssets + i];
  return { rows, returns };
}

/** The rows of a per-asset matrix that `rows` names, in its order. */
export function selectRows(a: Matrix, rows: readonly number[]): Float64Array {
  const out = new Float64Array(rows.length * a.columns);
  rows.forEach((row, i) => out.set(a.data.subarray(row * a.columns, (row + 1) * a.columns), i * a.columns));
  return out;
}

/**
 * Throws ConfigError (naming `field`) when K exceeds dates less one or assets, DataError that names assets without a
 * single return.
 */
export function requireEstimable(batch: PersistentPanelBatch, k: number, field: string): void {
  const { nDates, nAssets, returns } = batch;
  // Demeaning takes one direction of the dates away.
  const most = Math.min(nDates - 1, nAssets);
  if (k > most)
    throw new ConfigError({
      field,
      expected: `at most ${most} (${nDates} dates less one, ${nAssets} assets)`,
      found: String(k),
      remedy: 'Lower nFactors, or pass more dates and assets.',
    });
  const empty = batch.assetIds.filter((_, i) => {
    for (let t = 0; t < nDates; t++) if (!Number.isNaN(returns[t * nAssets + i])) return false;
    return true;
  });
  if (empty.length > 0)
    throw new DataError({
      field: 'returns',
      expected: 'at least one return for every asset',
      found: `none for ${someOf(empty)}`,
      remedy: 'Select the assets that have returns with `batch.selectAssets`.',
    });
}

/** The first few names, and how many more. */
export function someOf(names: readonly string[]): string {
  return `${names.slice(0, 5).join(', ')}${names.length > 5 ? ` and ${names.length - 5} more` : ''}`;
}
