import type { PanelIndex } from '../batches/panel-index.ts';
import { ConfigError, describe } from '../errors.ts';
import { requireLength } from '../validation.ts';
import { hasVariation } from '../variation.ts';
import { averageRanks } from './average-ranks.ts';

export interface SortedPortfolioOptions {
  /** 10 where absent. */
  readonly quantiles?: number | undefined;
  /**
   * What becomes of assets with equal signals. 'together' (the default): all are put where the middle of them belongs, so that many of
   * them leave quantiles empty. 'split': each of them is held in equal parts in every quantile that they reach into, so that
   * quantiles are of equal size whatever the signal.
   */
  readonly ties?: TiesPolicy | undefined;
}

export type TiesPolicy = 'together' | 'split';

/** Equally weighted portfolios of assets sorted by a signal. */
export interface SortedPortfolios {
  /** (T): top minus bottom quantile; NaN where one of the two is empty. */
  readonly longShort: Float64Array;
  /** (T x quantiles), lowest signal first; NaN for an empty quantile. */
  readonly quantileReturns: Float64Array;
  /** (T x quantiles): assets by their signal, whether or not their return is known; parts of them where ties are split. */
  readonly quantileSizes: Float64Array;
  readonly quantiles: number;
  /** Dates that have a long-short return. */
  readonly count: number;
}

/**
 * Sorts the assets of each date by the signal into `quantiles` (10) equal groups and returns their mean returns.
 *
 * Assets are assigned by the signal alone, whether or not their later return is known; a group's return is the mean over
 * the returns that are. Group of an asset: `floor((rank - 1/2) / n x quantiles)`, so that groups differ by one asset at
 * most; for equal signals see `ties`. Dates with fewer signals than quantiles, or with signals that are equal but for rounding,
 * are NaN. Throws ConfigError, ShapeError.
 */
export function longShortDeciles(
  index: PanelIndex,
  signal: Float64Array,
  returns: Float64Array,
  options: SortedPortfolioOptions = {},
): SortedPortfolios {
  requireLength('signal', signal, index.nRows, 'one per row of the index');
  requireLength('returns', returns, index.nRows, 'one per row of the index');
  const { quantiles, ties } = checked(options);
  const quantileReturns = new Float64Array(index.nDates * quantiles);
  const quantileSizes = new Float64Array(index.nDates * quantiles);
  const known = new Float64Array(index.nDates * quantiles);
  const longShort = new Float64Array(index.nDates);
  let count = 0;
  for (let t = 0; t < index.nDates; t++) {
    const from = index.rowOffsets[t];
    const first = t * quantiles;
    assign(signal.subarray(from, index.rowOffsets[t + 1]), quantiles, ties, (i, group, share) => {
      quantileSizes[first + group] += share;
      const value = returns[from + i];
      if (Number.isNaN(value)) return;
      quantileReturns[first + group] += share * value;
      known[first + group] += share;
    });
    // 0 / 0 of an empty group is NaN.
    for (let q = first; q < first + quantiles; q++) quantileReturns[q] /= known[q];
    longShort[t] = quantileReturns[first + quantiles - 1] - quantileReturns[first];
    if (!Number.isNaN(longShort[t])) count++;
  }
  return { longShort, quantileReturns, quantileSizes, quantiles, count };
}

/**
 * Weights (R) of the portfolio whose return is {@link longShortDeciles}' `longShort` when all returns are known: long the top
 * quantile, short the bottom one, equally weighted, each side summing to one. 0 in between, and on dates that have no
 * long-short return; NaN without a signal. Throws ConfigError, ShapeError.
 */
export function longShortWeights(
  index: PanelIndex,
  signal: Float64Array,
  options: SortedPortfolioOptions = {},
): Float64Array {
  requireLength('signal', signal, index.nRows, 'one per row of the index');
  const { quantiles, ties } = checked(options);
  const weights = signal.map((value) => (Number.isNaN(value) ? Number.NaN : 0));
  for (let t = 0; t < index.nDates; t++) {
    const from = index.rowOffsets[t];
    const sides: { row: number; group: number; share: number }[] = [];
    let [top, bottom] = [0, 0];
    assign(signal.subarray(from, index.rowOffsets[t + 1]), quantiles, ties, (i, group, share) => {
      if (group === quantiles - 1) top += share;
      else if (group === 0) bottom += share;
      else return;
      sides.push({ row: from + i, group, share });
    });
    if (top === 0 || bottom === 0) continue;
    for (const { row, group, share } of sides) weights[row] += group === 0 ? -share / bottom : share / top;
  }
  return weights;
}

function checked({ quantiles = 10, ties = 'together' }: SortedPortfolioOptions): {
  quantiles: number;
  ties: TiesPolicy;
} {
  const refuse = (field: string, expected: string, found: unknown, remedy: string): ConfigError =>
    new ConfigError({ field, expected, found: describe(found), remedy });
  if (!Number.isSafeInteger(quantiles) || quantiles < 2)
    throw refuse('quantiles', 'a whole number >= 2', quantiles, 'Pass 10 for deciles, 5 for quintiles.');
  if (ties !== 'together' && ties !== 'split')
    throw refuse('ties', "'together' or 'split'", ties, 'Say what becomes of assets with equal signals.');
  return { quantiles, ties };
}

/** Calls `visit` with the share of each asset of a date in each quantile that it is part of; 0 is the lowest. */
function assign(
  signal: Float64Array,
  quantiles: number,
  ties: TiesPolicy,
  visit: (asset: number, quantile: number, share: number) => void,
): void {
  if (!hasVariation(signal)) return;
  const ranks = averageRanks(signal);
  const sizes = new Map<number, number>();
  let n = 0;
  for (const rank of ranks) {
    if (Number.isNaN(rank)) continue;
    n++;
    sizes.set(rank, (sizes.get(rank) ?? 0) + 1);
  }
  if (n < quantiles) return;
  const quantileOf = (rank: number): number => Math.floor(((rank - 0.5) / n) * quantiles);
  ranks.forEach((rank, asset) => {
    const size = sizes.get(rank);
    if (size === undefined) return;
    if (ties === 'together' || size === 1) {
      visit(asset, quantileOf(rank), 1);
      return;
    }
    // The ranks that the tied assets would have one after the other.
    let from = rank - (size - 1) / 2;
    const last = rank + (size - 1) / 2;
    while (from <= last) {
      const quantile = quantileOf(from);
      let to = from;
      while (to <= last && quantileOf(to) === quantile) to++;
      visit(asset, quantile, (to - from) / size);
      from = to;
    }
  });
}
