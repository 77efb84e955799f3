import type { PanelIndex } from '../batches/panel-index.ts';
import { requireLength } from '../validation.ts';
import { hasVariation } from '../variation.ts';
import { averageRanks } from './average-ranks.ts';
import { sampleMoments } from './sample-moments.ts';

/**
 * Spearman's rank correlation over the pairs in which neither value is NaN, ties sharing their average rank.
 * NaN with fewer than two pairs or when a side is constant but for rounding. Throws ShapeError when the lengths differ.
 */
export function rankCorrelation(a: Float64Array, b: Float64Array): number {
  requireLength('b', b, a.length, 'one per entry of a');
  const paired = a.map((value, i) => (Number.isNaN(b[i]) ? Number.NaN : value));
  const partners = b.map((value, i) => (Number.isNaN(a[i]) ? Number.NaN : value));
  if (!hasVariation(paired) || !hasVariation(partners)) return Number.NaN;
  const ranksA = averageRanks(paired);
  const ranksB = averageRanks(partners);
  let n = 0;
  for (const rank of ranksA) if (!Number.isNaN(rank)) n++;
  // The average of 1 … n, with or without ties.
  const centre = (n + 1) / 2;
  let squaresA = 0;
  let squaresB = 0;
  let products = 0;
  ranksA.forEach((rank, i) => {
    if (Number.isNaN(rank)) return;
    squaresA += (rank - centre) ** 2;
    squaresB += (ranksB[i] - centre) ** 2;
    products += (rank - centre) * (ranksB[i] - centre);
  });
  return products / Math.sqrt(squaresA * squaresB);
}

/** The rank information coefficient through time. */
export interface RankInformationCoefficient {
  /** (T): rank correlation of signal and return on each date; NaN where it could not be computed. */
  readonly byDate: Float64Array;
  /** Mean over the dates that have one. */
  readonly mean: number;
  /** Sample standard deviation over sqrt(dates); assumes dates to be independent. */
  readonly standardError: number;
  readonly tStatistic: number;
  /** Dates that have one. */
  readonly count: number;
}

/**
 * Rank information coefficient: Spearman's correlation of the signal with the return earned after it, date by date.
 *
 * Dates with fewer than `minimumAssets` pairs (3 by default: two ranks correlate at plus or minus one by necessity), or
 * with a constant signal, are left out. `signal` and `returns` are (R), NaN for missing. Throws ShapeError.
 */
export function rankInformationCoefficient(
  index: PanelIndex,
  signal: Float64Array,
  returns: Float64Array,
  options: { readonly minimumAssets?: number } = {},
): RankInformationCoefficient {
  requireLength('signal', signal, index.nRows, 'one per row of the index');
  requireLength('returns', returns, index.nRows, 'one per row of the index');
  const { minimumAssets = 3 } = options;
  const byDate = new Float64Array(index.nDates);
  for (let t = 0; t < index.nDates; t++) {
    const s = signal.subarray(index.rowOffsets[t], index.rowOffsets[t + 1]);
    const r = returns.subarray(index.rowOffsets[t], index.rowOffsets[t + 1]);
    let pairs = 0;
    for (let i = 0; i < s.length; i++) if (!Number.isNaN(s[i]) && !Number.isNaN(r[i])) pairs++;
    byDate[t] = pairs < minimumAssets ? Number.NaN : rankCorrelation(s, r);
  }
  const present = byDate.filter((value) => !Number.isNaN(value));
  const { mean, sd } = sampleMoments(present);
  const standardError = sd / Math.sqrt(present.length);
  return { byDate, mean, standardError, tStatistic: mean / standardError, count: present.length };
}
