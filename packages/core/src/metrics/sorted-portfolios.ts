import type { PanelIndex } from '../batches/panel-index.ts';
import { ConfigError, describe } from '../errors.ts';
import { requireLength } from '../validation.ts';
import { hasVariation } from '../variation.ts';
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
 * most and ties stay together. Dates with fewer signals than quantiles, or with signals that
 * are equal but for rounding, are NaN. Throws ConfigError, ShapeError.
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

/**
 * Weights (R) of the portfolio whose return is {@link longShortDeciles}' `longShort` when all returns are known: long the top
 * quantile, short the bottom one, equally weighted, each side summing to one. 0 in between; NaN without a signal.
 */
export function longShortWeights(
  index: PanelIndex,
  signal: Float64Array,
  options: { readonly quantiles?: number } = {},
): Float64Array {
  requireLength('signal', signal, index.nRows, 'one per row of the index');
  const { quantiles = 10 } = options;
  const weights = signal.map((value) => (Number.isNaN(value) ? Number.NaN : 0));
  for (let t = 0; t < index.nDates; t++) {
    const from = index.rowOffsets[t];
    const groups = groupsOf(signal.subarray(from, index.rowOffsets[t + 1]), quantiles);
    const sizeOf = (group: number): number => groups.reduce((count, g) => count + (g === group ? 1 : 0), 0);
    const [top, bottom] = [sizeOf(quantiles - 1), sizeOf(0)];
    if (top === 0 || bottom === 0) continue;
    groups.forEach((group, i) => {
      if (group === quantiles - 1) weights[from + i] = 1 / top;
      else if (group === 0) weights[from + i] = -1 / bottom;
    });
  }
  return weights;
}

/**
 * Quantile of each asset by its signal, 0 for the lowest; -1 without a signal, with fewer signals than quantiles, or where
 * they are equal but for rounding.
 */
function groupsOf(signal: Float64Array, quantiles: number): Int32Array {
  if (!hasVariation(signal)) return new Int32Array(signal.length).fill(-1);
  const ranks = averageRanks(signal);
  let n = 0;
  for (const rank of ranks) if (!Number.isNaN(rank)) n++;
  return Int32Array.from(ranks, (rank) =>
    Number.isNaN(rank) || n < quantiles ? -1 : Math.floor(((rank - 0.5) / n) * quantiles),
  );
}

function groupMeans(out: Float64Array, signal: Float64Array, returns: Float64Array): void {
  const groups = groupsOf(signal, out.length);
  if (groups.every((group) => group < 0)) return;
  const counts = new Float64Array(out.length);
  out.fill(0);
  groups.forEach((group, i) => {
    if (group < 0 || Number.isNaN(returns[i])) return;
    out[group] += returns[i];
    counts[group]++;
  });
  for (let q = 0; q < out.length; q++) out[q] = counts[q] > 0 ? out[q] / counts[q] : Number.NaN;
}
