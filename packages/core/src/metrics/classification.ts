import { DataError } from '../errors.ts';
import { requireLength } from '../validation.ts';
import { averageRanks } from './average-ranks.ts';

const LIMIT = 1e-7;

/**
 * Area under the receiver operating characteristic curve: the chance that a positive has a higher score than a negative,
 * ties counting one half. `labels` are 0 or 1; pairs with a NaN are left out. NaN without a positive or a negative.
 * Throws DataError, ShapeError.
 */
export function areaUnderCurve(labels: Float64Array, scores: Float64Array): number {
  requireLabels(labels, scores);
  const ranks = averageRanks(scores.map((score, i) => (Number.isNaN(labels[i]) ? Number.NaN : score)));
  let positives = 0;
  let negatives = 0;
  let rankSum = 0;
  ranks.forEach((rank, i) => {
    if (Number.isNaN(rank)) return;
    if (labels[i] === 0) negatives++;
    else {
      positives++;
      rankSum += rank;
    }
  });
  return (rankSum - (positives * (positives + 1)) / 2) / (positives * negatives);
}

/**
 * Mean of `-log p` for positives and `-log (1 - p)` for negatives, p limited to [1e-7, 1 - 1e-7] (about what single
 * precision can tell from 0 and 1), so that one certain mistake does not make the mean infinite. Pairs with a NaN are left out. Throws DataError, ShapeError.
 */
export function logLoss(labels: Float64Array, probabilities: Float64Array): number {
  requireLabels(labels, probabilities);
  let sum = 0;
  let count = 0;
  probabilities.forEach((p, i) => {
    if (Number.isNaN(p) || Number.isNaN(labels[i])) return;
    const limited = Math.min(Math.max(p, LIMIT), 1 - LIMIT);
    sum -= labels[i] === 1 ? Math.log(limited) : Math.log1p(-limited);
    count++;
  });
  return sum / count;
}

function requireLabels(labels: Float64Array, scores: Float64Array): void {
  requireLength('scores', scores, labels.length, 'one per label');
  labels.forEach((label, i) => {
    if (label === 0 || label === 1 || Number.isNaN(label)) return;
    throw new DataError({
      field: `labels[${i}]`,
      expected: '0, 1, or NaN for missing',
      found: String(label),
      remedy: 'Code the classes as 0 and 1.',
    });
  });
}
