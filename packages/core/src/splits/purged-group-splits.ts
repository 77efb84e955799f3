import { ConfigError, DataError, ShapeError, describe } from '../errors.ts';
import type { Split } from './walk-forward-splits.ts';

export interface PurgedGroupSplitOptions {
  /** Folds. */
  readonly nSplits: number;
  /** Groups left out between training and test; 0 where absent. */
  readonly groupGap?: number;
  /** Train on at most the latest so many groups; no limit where absent. */
  readonly maxTrainGroups?: number;
  /** Test on at most so many groups a fold; no limit where absent. */
  readonly maxTestGroups?: number;
}

/**
 * Time-series cross-validation over groups of dates (days of intraday dates, months of days), with a gap of whole groups between
 * training and test, so that returns that reach over several groups leak nothing.
 *
 * With G groups the test blocks are the last `nSplits` blocks of `min(floor(G / (nSplits + 1)), maxTestGroups)` groups; the training
 * groups of a fold end `groupGap` groups before its test block. This is the scheme of the winning Jane Street (2021) solution: 5
 * folds, a gap of 31 days.
 *
 * @param groups the group of each date (T), in order: equal numbers stand together, like days. Or T, when each date is a group.
 * @returns folds in time order; ranges are date positions
 * @throws ConfigError for a size that makes no sense, DataError when groups are out of order or a fold has nothing to train on
 */
export function purgedGroupSplits(
  groups: ArrayLike<number> | number,
  options: PurgedGroupSplitOptions,
): readonly Split[] {
  const { nSplits, groupGap = 0, maxTrainGroups, maxTestGroups } = options;
  requireWhole('nSplits', nSplits, 1);
  requireWhole('groupGap', groupGap, 0);
  if (maxTrainGroups !== undefined) requireWhole('maxTrainGroups', maxTrainGroups, 1);
  if (maxTestGroups !== undefined) requireWhole('maxTestGroups', maxTestGroups, 1);
  const starts = groupStarts(groups);
  const count = starts.length - 1;
  const size = Math.min(Math.floor(count / (nSplits + 1)), maxTestGroups ?? Infinity);
  const first = count - nSplits * size;
  if (size < 1 || first - groupGap < 1)
    throw new DataError({
      field: 'groups',
      expected: `groups for ${nSplits} test blocks and, ${groupGap} groups before the first of them, one to train on`,
      found: `${count}`,
      remedy: 'Lower nSplits, groupGap or maxTestGroups, or pass more dates.',
    });
  return Object.freeze(
    Array.from({ length: nSplits }, (_, fold) => {
      const test = first + fold * size;
      const end = test - groupGap;
      return Object.freeze({
        fold,
        train: Object.freeze({ from: starts[Math.max(0, end - (maxTrainGroups ?? Infinity))], to: starts[end] }),
        test: Object.freeze({ from: starts[test], to: starts[test + size] }),
      });
    }),
  );
}

/** First date of each group, and the number of dates last. */
function groupStarts(groups: ArrayLike<number> | number): number[] {
  if (typeof groups === 'number') {
    if (!Number.isSafeInteger(groups) || groups < 0)
      throw new ShapeError({
        field: 'groups',
        expected: 'the number of dates, or the group of each date',
        found: describe(groups),
        remedy: 'Pass batch.nDates, or one number per date.',
      });
    return Array.from({ length: groups + 1 }, (_, t) => t);
  }
  const starts: number[] = [];
  for (let t = 0; t < groups.length; t++) {
    if (t > 0 && groups[t] === groups[t - 1]) continue;
    if (!Number.isFinite(groups[t]) || (t > 0 && groups[t] < groups[t - 1]))
      throw new DataError({
        field: `groups[${t}]`,
        expected: t > 0 ? `a number of at least ${groups[t - 1]}, the group of the date before` : 'a number',
        found: String(groups[t]),
        remedy: 'Number the groups in the order of time.',
      });
    starts.push(t);
  }
  return [...starts, groups.length];
}

function requireWhole(field: string, value: unknown, least: number): void {
  if (Number.isSafeInteger(value) && (value as number) >= least) return;
  throw new ConfigError({
    field,
    expected: `a whole number >= ${least}`,
    found: describe(value),
    remedy: 'Count groups, not dates or rows.',
  });
}
