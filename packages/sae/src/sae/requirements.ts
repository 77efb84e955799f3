import { DataError } from '@ml4t/core';

/** Throws DataError unless there is a weight >= 0 for every row. */
export function requireWeights(field: string, weights: Float64Array | undefined, nRows: number): void {
  if (!weights) return;
  const bad = weights.findIndex((weight) => !(weight >= 0 && weight < Infinity));
  if (weights.length === nRows && bad < 0 && (nRows === 0 || weights.some((weight) => weight > 0))) return;
  throw new DataError({
    field: bad < 0 ? field : `${field}[${bad}]`,
    expected: `${nRows} weights >= 0, one per row, not all 0`,
    found: bad < 0 ? `${weights.length} weights` : String(weights[bad]),
    remedy: 'Pass one weight for each row of the batch.',
  });
}

/** Throws DataError when there are too few rows for the statistics of a batch norm. */
export function requireRows(found: number, of: number, field: string): void {
  if (found >= 4) return;
  throw new DataError({
    field,
    expected: 'at least 4 rows with all characteristics and a target known',
    found: `${found} of ${of}`,
    remedy: 'Impute missing characteristics or pass more dates.',
  });
}
