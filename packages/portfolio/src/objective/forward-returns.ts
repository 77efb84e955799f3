import { DataError, type PortfolioSequenceBatch } from '@ml4t/core';

/** The return after each step. Throws DataError when a batch has none; `field` names them in it. */
export function requireForwardReturns(
  { forwardReturns }: Pick<PortfolioSequenceBatch, 'forwardReturns'>,
  field = 'forwardReturns',
): Float64Array {
  if (forwardReturns) return forwardReturns;
  throw new DataError({
    field,
    expected: 'the return after each step',
    found: 'none',
    remedy: 'Build the batch with forward returns.',
  });
}
