import { DataError, alignForwardReturns, formatTimestamp, type PanelIndex } from '@ml4t/core';
import type { FrameColumn } from './frame.ts';
import type { ForwardColumn } from './column-roles.ts';
import type { ReadOptions } from './options.ts';

/**
 * The return that each row is paired with (R): the value of the column `lag` panel dates later, or, of prices,
 * p[t + lag] / p[t] - 1. NaN where the asset has no row or no price there.
 *
 * @throws DataError a price is not positive
 */
export function forwardReturns(
  index: PanelIndex,
  values: Float64Array,
  column: FrameColumn,
  role: ForwardColumn,
  returnsIn: ReadOptions['returnsIn'],
): Float64Array {
  if (!role.isPrice) return alignForwardReturns(index, fractions(values, returnsIn), role.lag);
  requirePositive(index, values, column.name);
  const later = alignForwardReturns(index, values, role.lag);
  return later.map((price, row) => price / values[row] - 1);
}

/** Returns as fractions: -0.05 for a loss of five per cent. */
export function fractions(values: Float64Array, returnsIn: ReadOptions['returnsIn']): Float64Array {
  if (returnsIn === 'percent') return values.map((value) => value / 100);
  if (returnsIn === 'log') return values.map((value) => Math.expm1(value));
  return values;
}

function requirePositive(index: PanelIndex, prices: Float64Array, name: string): void {
  const row = prices.findIndex((price) => price <= 0);
  if (row < 0) return;
  const date = index.rowOffsets.findIndex((offset) => offset > row) - 1;
  throw new DataError({
    field: `${name} (${formatTimestamp(index.timestamps[date])}, ${index.assetIds[index.assetIndex[row]]})`,
    expected: 'positive prices, of which returns are made',
    found: String(prices[row]),
    remedy:
      'Correct it, state missingValues if it is a code, or give returns (CRSP marks averages of bid and ask by a minus).',
  });
}
