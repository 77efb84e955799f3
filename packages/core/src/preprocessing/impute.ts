import type { CrossSectionBatch } from '../batches/cross-section.ts';
import { ConfigError, describe } from '../errors.ts';
import { changeColumns, largestCrossSection, type ColumnOptions } from './by-cross-section.ts';

const METHODS = ['median', 'mean', 'zero', 'forwardFill'] as const;

export interface ImputeOptions extends ColumnOptions {
  /**
   * 'median' and 'mean': of the column's values on the same date. 'zero': 0, the centre after rank normalisation.
   * 'forwardFill': the asset's own latest earlier value, then the median for what has none.
   */
  readonly method: (typeof METHODS)[number];
  /** With 'forwardFill': the oldest value that may be carried, in dates of the panel; no limit where absent. */
  readonly maxAge?: number;
  /**
   * What becomes of a column without a single value on a date, for median, mean and forwardFill. 'keep' (the default)
   * leaves NaN: nothing is known, and models leave such rows out. 'zero' puts 0, which suits ranked characteristics.
   */
  readonly emptyColumn?: 'keep' | 'zero';
}

/**
 * Fills missing characteristics from the same date, or from the asset's own past; never from anything later.
 *
 * To forward-fill across a split, impute the whole panel first and slice afterwards: every value still comes from its own
 * date or before. Throws ConfigError.
 */
export function imputeCharacteristics(batch: CrossSectionBatch, options: ImputeOptions): CrossSectionBatch {
  requireOptions(options);
  const { method, emptyColumn = 'keep' } = options;
  if (method === 'zero') return changeColumns(batch, options, (values) => fill(values, 0));
  const empty = emptyColumn === 'zero' ? 0 : Number.NaN;
  const scratch = new Float64Array(largestCrossSection(batch));
  const centre = method === 'mean' ? mean : (values: Float64Array): number => median(values, scratch);
  const carry = method === 'forwardFill' ? carryForward(batch, options.maxAge ?? Infinity) : undefined;
  return changeColumns(batch, options, (values, place) => {
    carry?.(values, place);
    if (!values.some(Number.isNaN)) return;
    const value = centre(values);
    fill(values, Number.isNaN(value) ? empty : value);
  });
}

/** Remembers each asset's latest value of each column while the dates go by. */
function carryForward(
  batch: CrossSectionBatch,
  maxAge: number,
): (values: Float64Array, place: { date: number; column: number }) => void {
  const { index, nCharacteristics: p } = batch;
  const latest = new Float64Array(index.nAssets * p).fill(Number.NaN);
  const seen = new Int32Array(index.nAssets * p);
  return (values, { date, column }) => {
    const from = index.rowOffsets[date];
    for (let i = 0; i < values.length; i++) {
      const at = index.assetIndex[from + i] * p + column;
      if (!Number.isNaN(values[i])) {
        latest[at] = values[i];
        seen[at] = date;
      } else if (date - seen[at] <= maxAge) values[i] = latest[at];
    }
  };
}

function fill(values: Float64Array, value: number): void {
  for (let i = 0; i < values.length; i++) if (Number.isNaN(values[i])) values[i] = value;
}

function mean(values: Float64Array): number {
  let sum = 0;
  let n = 0;
  for (const value of values)
    if (!Number.isNaN(value)) {
      sum += value;
      n++;
    }
  return sum / n;
}

/** NaN when no value is present. */
function median(values: Float64Array, scratch: Float64Array): number {
  let n = 0;
  for (const value of values) if (!Number.isNaN(value)) scratch[n++] = value;
  if (n === 0) return Number.NaN;
  const sorted = scratch.subarray(0, n).sort();
  const middle = n >> 1;
  return n % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

function requireOptions({ method, maxAge, emptyColumn }: ImputeOptions): void {
  const refuse = (field: string, expected: string, found: unknown): never => {
    throw new ConfigError({ field, expected, found: describe(found), remedy: 'Correct the value.' });
  };
  if (!METHODS.includes(method)) refuse('method', `one of ${METHODS.join(', ')}`, method);
  if (maxAge !== undefined && !(Number.isSafeInteger(maxAge) && maxAge >= 1))
    refuse('maxAge', 'a whole number of dates >= 1', maxAge);
  if (maxAge !== undefined && method !== 'forwardFill') refuse('maxAge', "method 'forwardFill' with it", method);
  if (emptyColumn !== undefined && emptyColumn !== 'keep' && emptyColumn !== 'zero')
    refuse('emptyColumn', "'keep' or 'zero'", emptyColumn);
}
