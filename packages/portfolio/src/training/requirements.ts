import { DataError, type PortfolioSequenceBatch } from '@ml4t/core';
import type { PortfolioConfig } from '../config.ts';
import { requireForwardReturns } from '../objective/forward-returns.ts';

/** Throws DataError when there are no returns, or not the two steps of a window that its own Sharpe ratio needs, if that counts. */
export function requireUsable(
  batch: PortfolioSequenceBatch,
  { burnIn, softminLambda }: Pick<PortfolioConfig, 'burnIn' | 'softminLambda'>,
  field: string,
): void {
  requireForwardReturns(batch, `${field}.forwardReturns`);
  const needed = softminLambda > 0 ? 2 : 1;
  if (batch.nWindows < 1 || batch.nSteps - burnIn < needed)
    throw new DataError({
      field,
      expected: `at least one window with ${needed === 2 ? 'two steps' : 'a step'} after the burn-in of ${burnIn}`,
      found: `${batch.nWindows} windows of ${batch.nSteps} steps`,
      remedy: 'Cut longer windows, or lower burnIn.',
    });
}

/** Throws DataError when one of two batches has volatility scales and the other has not, and the configuration looks at them. */
export function requireSameScaling(
  batch: PortfolioSequenceBatch,
  fitted: boolean,
  { volatilityScaling }: Pick<PortfolioConfig, 'volatilityScaling'>,
): void {
  if (volatilityScaling === 'none' || fitted === (batch.volScale !== undefined)) return;
  throw new DataError({
    field: 'volScale',
    expected: fitted ? 'volatility scales, as at the fit' : 'none, as at the fit',
    found: batch.volScale ? 'volatility scales' : 'none',
    remedy: "Build all batches alike, or set volatilityScaling to 'none'.",
  });
}
