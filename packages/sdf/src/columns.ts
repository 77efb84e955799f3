import { DataError } from '@ml4t/core';

/** Throws DataError unless a batch has the characteristics of the fit, in their order. */
export function requireSameCharacteristics(expected: readonly string[], found: readonly string[]): void {
  if (expected.length === found.length && expected.every((name, j) => name === found[j])) return;
  throw new DataError({
    field: 'characteristicNames',
    expected: expected.join(', '),
    found: found.join(', '),
    remedy: 'Pass the characteristics of the training batch, in its order.',
  });
}
