import { DataError, ShapeError, formatTimestamp } from '@ml4t/core';
import type { GivenFactors } from './least-squares-problem.ts';

/** Returns of observable factors by date. Row t is earned *after* date t, like a batch's returns. */
export interface FactorReturnSeries {
  /** (M) */
  readonly names: readonly string[];
  /** Milliseconds since 1970 UTC (H), any superset of the dates at hand. */
  readonly timestamps: Float64Array;
  /** (H x M), row-major. */
  readonly values: Float64Array;
}

/**
 * The pre-specified factors on the given dates (T x M), with a last column of ones where the model has an intercept.
 * NaN on dates that the series does not have, unless `required`: then a DataError names the first such date.
 */
export function givenFactors(
  series: FactorReturnSeries | undefined,
  timestamps: Float64Array,
  intercept: boolean,
  required: boolean,
): GivenFactors {
  const m = series?.names.length ?? 0;
  if (series && series.values.length !== series.timestamps.length * m)
    throw new ShapeError({
      field: 'preSpecifiedFactors.values',
      expected: `${series.timestamps.length} dates x ${m} factors`,
      found: `${series.values.length} entries`,
      remedy: 'Pass a row-major array over dates, then factors.',
    });
  const count = m + (intercept ? 1 : 0);
  const values = new Float64Array(timestamps.length * count);
  const position = new Map(series ? Array.from(series.timestamps, (time, h) => [time, h] as const) : []);
  timestamps.forEach((time, t) => {
    const h = position.get(time);
    for (let j = 0; j < m; j++) {
      const value = h === undefined ? Number.NaN : (series?.values[h * m + j] ?? Number.NaN);
      if (required && !Number.isFinite(value))
        throw new DataError({
          field: `preSpecifiedFactors.${series?.names[j] ?? j}`,
          expected: `a finite return on ${formatTimestamp(time)}`,
          found: h === undefined ? 'no such date' : String(value),
          remedy: 'Pass a return for every training date, dated as the batch is: earned after the date.',
        });
      values[t * count + j] = value;
    }
    if (intercept) values[t * count + m] = 1;
  });
  return { count, values };
}
