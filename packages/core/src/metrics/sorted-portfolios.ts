import type { PanelIndex } from '../batches/panel-index.ts';
import { ConfigError, describe } from '../errors.ts';
import { requireLength } from '../validation.ts';
import { averageRanks } from './average-ranks.ts';

/** Equally weighted portfolios of assets sorted by a signal. */
export interface SortedPortfolios {
  /** (T): top minus bottom quantile; NaN where one of the two is empty. */
  readonly longShort: Float64Array;
  /** (T x quantiles), lowest signal first; NaN for an empty quantile. */
  readonly quantileReturns: Float64Array;
  readonly quantiles: number;
}

/**
 * Sorts the assets of each date by the signal into `quantiles` (10) equal groups and returns their mean returns.
 *
 * Assets are assigned by the signal alone, whether or not their later return is known; a group's return is the mean over
 * the returns that are. Group of an asset: `floor((rank - 1/2) / n x quantiles)`, so that groups differ by one asset at
 * most and ties stay together. Dates with fewer signals than quantiles are NaN. Throws ConfigError, ShapeError.
 */
export function longShortDeciles(
  index: PanelIndex,
  signal: Float64Array,
  returns: Float64Array,
  options: { readonly quantiles?: number } = {},
): SortedPortfolios {
  requireLength('signal', signal, index.nRows, 'one per row of the index');
  requireLength('returns', returns, index.nRows, 'one per row of the index');
  const { quantiles = 10 } = options;
  if (!Number.isSafeInteger(quantiles) || quantiles < 2)
    throw new ConfigError({
      field: 'quantiles',
      expected: 'a whole number >= 2',
      found: describe(quantiles),
      remedy: 'Pass 10 for deciles, 5 for quintiles.',
    });
  const quantileReturns = new Float64Array(index.nDates * quantiles).fill(Number.NaN);
  const longShort = new Float64Array(index.nDates);
  for (let t = 0; t < index.nDates; t++) {
    const from = index.rowOffsets[t];
    const to = index.rowOffsets[t + 1];
    const groups = quantileReturns.subarray(t * quantiles, (t + 1) * quantiles);
    groupMeans(groups, signal.subarray(from, to), returns.subarray(from, to));
    longShort[t] = groups[quantiles - 1] - groups[0];
  }
  return { longShort, quantileReturns, quantiles };
}

function groupMeans(out: Float64Array, signal: Float64Array, returns: Float64Array): void {
  const ranks = averageRanks(signal);
  let n = 0;
  for (const rank of ranks) if (!Number.isNaN(rank)) n++;
  if (n < out.length) return;
  const counts = new Float64Array(out.length);
  out.fill(0);
  ranks.forEach((rank, i) => {
    if (Number.isNaN(rank) || Number.isNaN(returns[i])) return;
    const group = Math.floor(((rank - 0.5) / n) * out.length);
    out[group] += returns[i];
    counts[group]++;
  });
  for (let q = 0; q < out.length; q++) out[q] = counts[q] > 0 ? out[q] / counts[q] : Number.NaN;
}
