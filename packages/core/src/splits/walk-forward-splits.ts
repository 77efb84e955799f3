import { ConfigError, DataError, describe } from '../errors.ts';
import type { DateRange } from './date-range.ts';
import { purgeOf, type SplitDates } from './realisation-gap.ts';

/** One fold of a walk-forward: half-open ranges of date positions, in time order, never overlapping. */
export interface Split {
  readonly fold: number;
  readonly train: DateRange;
  /** Between training and test, when asked for. */
  readonly validation?: DateRange;
  readonly test: DateRange;
}

/** What expanding and rolling splits have in common. All sizes are numbers of dates. */
export interface SplitOptions {
  readonly testSize: number;
  /** From the start of one test block to the start of the next; `testSize` where absent. */
  readonly step?: number;
  /** 0 (the default) for no validation block. */
  readonly validationSize?: number;
  /**
   * Dates left out before each validation and test block because their returns reach into it. Where absent `realisationLag - 1` of the
   * batch that is split: h - 1 for returns over h dates. A smaller one is refused, unless `allowOverlap`.
   */
  readonly purge?: number | undefined;
  /** Accept a purge with which training returns reach into the test dates; where absent it is 0 then. */
  readonly allowOverlap?: boolean | undefined;
  /**
   * More dates left out at the same places, as a margin for dependence that outlives the overlap. 0 by default.
   * A walk-forward never trains on dates after its own test block, so the embargo of cross-validation (dates *after* a
   * test block) has nothing to remove within a fold; here it decides how soon the dates of an earlier test block may
   * enter a later training set: when purge + embargo dates lie between them and the block to be evaluated.
   */
  readonly embargo?: number;
  /** Leave out a last test block that is shorter than `testSize`; kept by default, so that every date is predicted. */
  readonly dropShortTest?: boolean;
}

export interface ExpandingSplitOptions extends SplitOptions {
  /** Training dates of the first fold; later folds train on everything from the first date on. */
  readonly initialTrain: number;
  /** Train on at most the latest `maxTrain` dates; no limit where absent. */
  readonly maxTrain?: number;
}

export interface RollingSplitOptions extends SplitOptions {
  /** Training dates of every fold. */
  readonly trainSize: number;
}

/**
 * Walk-forward with a growing training window: train | gap | validation | gap | test, then `step` dates on.
 *
 * The gap is purge + embargo. Fold k tests from `initialTrain + gap (+ validationSize + gap) + k step` on.
 *
 * @param dates the batch, whose returns say how many dates have to be left out, or a number of dates with returns over one
 * @throws ConfigError for a size that makes no sense or a purge that leaks, DataError when not even one fold fits
 */
export function expandingSplits(dates: number | SplitDates, options: ExpandingSplitOptions): readonly Split[] {
  requireSize('initialTrain', options.initialTrain, 1);
  if (options.maxTrain !== undefined) requireSize('maxTrain', options.maxTrain, options.initialTrain);
  return walk(dates, options, 'initialTrain', options.initialTrain, options.maxTrain ?? Infinity);
}

/**
 * Walk-forward with a training window of constant length: as {@link expandingSplits}, with the oldest dates dropped.
 * Throws ConfigError, DataError.
 */
export function rollingSplits(dates: number | SplitDates, options: RollingSplitOptions): readonly Split[] {
  requireSize('trainSize', options.trainSize, 1);
  return walk(dates, options, 'trainSize', options.trainSize, options.trainSize);
}

function walk(
  dates: number | SplitDates,
  options: SplitOptions,
  trainField: string,
  firstTrain: number,
  maxTrain: number,
): readonly Split[] {
  const { testSize, step = testSize, validationSize = 0, embargo = 0, dropShortTest = false } = options;
  const { nDates, realisationLag } = typeof dates === 'number' ? { nDates: dates, realisationLag: 1 } : dates;
  if (options.purge !== undefined) requireSize('purge', options.purge, 0);
  requireSize('nDates', nDates, 0);
  requireSize('testSize', testSize, 1);
  requireSize('step', step, 1);
  requireSize('validationSize', validationSize, 0);
  requireSize('embargo', embargo, 0);
  const purge = purgeOf(options.purge, embargo, realisationLag, options.allowOverlap ?? false);
  const gap = purge + embargo;
  // From the end of training to the start of the test block.
  const between = gap + (validationSize > 0 ? validationSize + gap : 0);
  const needed = firstTrain + between + (dropShortTest ? testSize : 1);
  if (nDates < needed)
    throw new DataError({
      field: 'splits',
      expected: `at least ${needed} dates (${parts(trainField, firstTrain, gap, validationSize, dropShortTest ? testSize : 1)})`,
      found: `${nDates}`,
      remedy: `Lower ${trainField}${validationSize > 0 ? ', validationSize' : ''}${gap > 0 ? ', purge or embargo' : ''}, or pass more dates.`,
    });
  const splits: Split[] = [];
  for (let start = firstTrain + between; start < nDates; start += step) {
    const test = range(start, Math.min(start + testSize, nDates));
    if (dropShortTest && test.to - test.from < testSize) break;
    const trainEnd = start - between;
    splits.push(
      Object.freeze({
        fold: splits.length,
        train: range(Math.max(0, trainEnd - maxTrain), trainEnd),
        ...(validationSize > 0 ? { validation: range(trainEnd + gap, trainEnd + gap + validationSize) } : {}),
        test,
      }),
    );
  }
  return Object.freeze(splits);
}

function parts(trainField: string, train: number, gap: number, validation: number, test: number): string {
  const gapText = gap > 0 ? ` + purge and embargo ${gap}` : '';
  const validationText = validation > 0 ? ` + validationSize ${validation}${gapText}` : '';
  return `${trainField} ${train}${gapText}${validationText} + test ${test}`;
}

function range(from: number, to: number): DateRange {
  return Object.freeze({ from, to });
}

function requireSize(field: string, value: unknown, least: number): void {
  if (Number.isSafeInteger(value) && (value as number) >= least) return;
  throw new ConfigError({
    field,
    expected: `a whole number of dates >= ${least}`,
    found: describe(value),
    remedy: 'Count dates, not rows or days.',
  });
}
