import { ConfigError, DataError, ShapeError, describe } from '../errors.ts';
import { leastGap, type SplitDates } from './realisation-gap.ts';
import type { Split } from './walk-forward-splits.ts';

export interface PurgedGroupSplitOptions {
  /** Folds. */
  readonly nSplits: number;
  /**
   * Groups left out between training and test. Where absent as many as have at least `realisationLag - 1` dates; fewer are refused,
   * unless `allowOverlap`.
   */
  readonly groupGap?: number | undefined;
  /** Accept a gap with which training returns reach into the test dates; where absent it is 0 then. */
  readonly allowOverlap?: boolean | undefined;
  /** Dates until a return is known, of the batch whose dates are grouped (1). */
  readonly realisationLag?: number | undefined;
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
 * @param groups the group of each date (T), in order: equal numbers stand together, like days. Where each date is a group: the batch, or
 *   the number of its dates
 * @returns folds in time order; ranges are date positions
 * @throws ConfigError for a size that makes no sense or a gap that leaks, DataError when groups are out of order or a fold has nothing to train on
 */
export function purgedGroupSplits(
  groups: ArrayLike<number> | number | SplitDates,
  options: PurgedGroupSplitOptions,
): readonly Split[] {
  const { nSplits, maxTrainGroups, maxTestGroups, allowOverlap = false } = options;
  requireWhole('nSplits', nSplits, 1);
  if (options.groupGap !== undefined) requireWhole('groupGap', options.groupGap, 0);
  if (maxTrainGroups !== undefined) requireWhole('maxTrainGroups', maxTrainGroups, 1);
  if (maxTestGroups !== undefined) requireWhole('maxTestGroups', maxTestGroups, 1);
  const ofBatch = typeof groups === 'object' && 'nDates' in groups ? groups : undefined;
  const starts = groupStarts(ofBatch ? ofBatch.nDates : (groups as ArrayLike<number> | number));
  const realisationLag = Math.max(ofBatch?.realisationLag ?? 1, options.realisationLag ?? 1);
  requireWhole('realisationLag', realisationLag, 1);
  const count = starts.length - 1;
  const size = Math.min(Math.floor(count / (nSplits + 1)), maxTestGroups ?? Infinity);
  const first = count - nSplits * size;
  const tests = Array.from({ length: size < 1 ? 0 : nSplits }, (_, fold) => first + fold * size);
  const groupGap = gapOf(options.groupGap, tests, starts, realisationLag, allowOverlap);
  if (size < 1 || first - groupGap < 1)
    throw new DataError({
      field: 'groups',
      expected: `groups for ${nSplits} test blocks and, ${groupGap} groups before the first of them, one to train on`,
      found: `${count}`,
      remedy: 'Lower nSplits, groupGap or maxTestGroups, or pass more dates.',
    });
  return Object.freeze(
    tests.map((test, fold) => {
      const end = test - groupGap;
      return Object.freeze({
        fold,
        train: Object.freeze({ from: starts[Math.max(0, end - (maxTrainGroups ?? Infinity))], to: starts[end] }),
        test: Object.freeze({ from: starts[test], to: starts[test + size] }),
      });
    }),
  );
}

/** The gap as stated, or the fewest groups that keep training returns out of every test block. */
function gapOf(
  stated: number | undefined,
  tests: readonly number[],
  starts: readonly number[],
  realisationLag: number,
  allowOverlap: boolean,
): number {
  if (allowOverlap) return stated ?? 0;
  const leaks = (gap: number): boolean =>
    tests.some((test) => test - gap > 0 && starts[test] - starts[test - gap] < leastGap(realisationLag));
  let least = 0;
  while (leaks(least)) least++;
  if (stated === undefined || stated >= least) return stated ?? least;
  throw new ConfigError({
    field: 'groupGap',
    expected: `at least ${least} groups, which have ${leastGap(realisationLag)} dates: returns are known after ${realisationLag} dates, and those of training dates would reach into the test dates`,
    found: String(stated),
    remedy: 'Leave groupGap out, or state allowOverlap: true where this leak is meant.',
  });
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
