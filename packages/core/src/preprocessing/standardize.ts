import type { CrossSectionBatch } from '../batches/cross-section.ts';
import { ConfigError } from '../errors.ts';
import { hasVariation } from '../variation.ts';
import { changeColumns, largestCrossSection, type ColumnOptions } from './by-cross-section.ts';

/**
 * Cross-sectional z-scores: `(c - mean) / sd` of each characteristic over the values present on each date, divisor n.
 *
 * A column whose values are all equal on a date, but for rounding, becomes 0 there; NaN stays NaN. Uses the row's own date only.
 * Throws ConfigError for an unknown column.
 */
export function standardizeCharacteristics(batch: CrossSectionBatch, options: ColumnOptions = {}): CrossSectionBatch {
  return changeColumns(batch, options, (values) => {
    let n = 0;
    let mean = 0;
    for (const value of values) {
      if (Number.isNaN(value)) continue;
      n++;
      mean += value;
    }
    mean /= n;
    let squares = 0;
    for (const value of values) if (!Number.isNaN(value)) squares += (value - mean) ** 2;
    const sd = Math.sqrt(squares / n);
    const varies = hasVariation(values);
    // NaN must survive either way.
    for (let i = 0; i < values.length; i++) values[i] = varies ? (values[i] - mean) / sd : values[i] - values[i];
  });
}

export interface WinsorizeOptions extends ColumnOptions {
  /** Quantile to which lower values are raised; .01 where absent. */
  readonly lower?: number;
  /** Quantile to which higher values are lowered; .99 where absent. */
  readonly upper?: number;
}

/**
 * Limits each characteristic to two quantiles of its values on the same date (linear interpolation between order
 * statistics, as in `numpy.quantile`). NaN stays NaN. Uses the row's own date only. Throws ConfigError.
 */
export function winsorize(batch: CrossSectionBatch, options: WinsorizeOptions = {}): CrossSectionBatch {
  const { lower = 0.01, upper = 0.99 } = options;
  if (!(lower >= 0 && lower < upper && upper <= 1))
    throw new ConfigError({
      field: 'lower, upper',
      expected: '0 <= lower < upper <= 1',
      found: `${lower}, ${upper}`,
      remedy: 'Pass quantiles, for example 0.01 and 0.99.',
    });
  const scratch = new Float64Array(largestCrossSection(batch));
  return changeColumns(batch, options, (values) => {
    let n = 0;
    for (const value of values) if (!Number.isNaN(value)) scratch[n++] = value;
    if (n === 0) return;
    const sorted = scratch.subarray(0, n).sort();
    const low = quantile(sorted, lower);
    const high = quantile(sorted, upper);
    // NaN fails both comparisons.
    for (let i = 0; i < values.length; i++)
      if (values[i] < low) values[i] = low;
      else if (values[i] > high) values[i] = high;
  });
}

function quantile(sorted: Float64Array, q: number): number {
  const position = q * (sorted.length - 1);
  const below = Math.floor(position);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below] + (position - below) * (sorted[above] - sorted[below]);
}
