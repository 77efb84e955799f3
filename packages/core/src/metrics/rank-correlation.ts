import type { PanelIndex } from '../batches/panel-index.ts';
import { meanInference, type Inference, type InferenceOptions } from '../inference/inference.ts';
import { requireLength } from '../validation.ts';
import { hasVariation } from '../variation.ts';
import { averageRanks } from './average-ranks.ts';

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

/** The rank information coefficient through time: its mean over dates and how sure that is. */
export interface RankInformationCoefficient extends Inference {
  /** (T): rank correlation of signal and return on each date; NaN where it could not be computed. */
  readonly byDate: Float64Array;
  /** Mean over the dates that have one: the `estimate`. */
  readonly mean: number;
}

/** {@link InferenceOptions}; `horizon` is the dates that a return spans (`batch.returnHorizon`). */
export interface RankInformationCoefficientOptions extends InferenceOptions {
  /** Pairs that a date needs: 3 where absent, as two ranks correlate at plus or minus one by necessity. */
  readonly minimumAssets?: number | undefined;
}

/**
 * Rank information coefficient: Spearman's correlation of the signal with the return earned after it, date by date, and
 * its mean with an error that allows for overlapping returns and persistent signals ({@link meanInference}).
 *
 * Dates with fewer than `minimumAssets` pairs, or with a constant signal, are left out; `count` has the others. `signal` and
 * `returns` are (R), NaN for missing. Throws ShapeError, ConfigError.
 */
export function rankInformationCoefficient(
  index: PanelIndex,
  signal: Float64Array,
  returns: Float64Array,
  { minimumAssets = 3, ...options }: RankInformationCoefficientOptions = {},
): RankInformationCoefficient {
  requireLength('signal', signal, index.nRows, 'one per row of the index');
  requireLength('returns', returns, index.nRows, 'one per row of the index');
  const byDate = new Float64Array(index.nDates);
  for (let t = 0; t < index.nDates; t++) {
    const s = signal.subarray(index.rowOffsets[t], index.rowOffsets[t + 1]);
    const r = returns.subarray(index.rowOffsets[t], index.rowOffsets[t + 1]);
    let pairs = 0;
    for (let i = 0; i < s.length; i++) if (!Number.isNaN(s[i]) && !Number.isNaN(r[i])) pairs++;
    byDate[t] = pairs < minimumAssets ? Number.NaN : rankCorrelation(s, r);
  }
  const inference = meanInference(byDate, options);
  return { ...inference, byDate, mean: inference.estimate };
}
