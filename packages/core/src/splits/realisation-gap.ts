import { ConfigError, DataError } from '../errors.ts';
import type { DateRange } from './date-range.ts';

/** The dates to be split, and how long their returns take: a batch is one. */
export interface SplitDates {
  readonly nDates: number;
  /** Dates until a return is known; 1 where absent. */
  readonly realisationLag?: number | undefined;
}

/**
 * Dates that have to lie between two blocks so that the returns of the first are known on the first date of the second: the return of
 * the last date s is known on date s + d, so that d - 1 dates lie between.
 */
export function leastGap(realisationLag: number | undefined): number {
  return (realisationLag ?? 1) - 1;
}

/**
 * The purge as stated, or the least one. Throws ConfigError where purge and embargo together leave out too few dates, unless overlap
 * is asked for.
 */
export function purgeOf(
  stated: number | undefined,
  embargo: number,
  realisationLag: number | undefined,
  allowOverlap: boolean,
): number {
  const least = leastGap(realisationLag);
  const purge = stated ?? (allowOverlap ? 0 : least);
  if (purge + embargo < least && !allowOverlap)
    throw new ConfigError({
      field: 'purge',
      expected: `at least ${least}: returns are known after ${realisationLag} dates, and those of training dates would reach into the test dates`,
      found: String(purge),
      remedy: `Leave purge out, or state allowOverlap: true where this leak is meant.`,
    });
  return purge;
}

/** Throws DataError when returns of one block of a fold are not known yet when the next one begins. */
export function requireRealised(
  field: string,
  {
    train,
    validation,
    test,
  }: { readonly train: DateRange; readonly validation?: DateRange | undefined; readonly test: DateRange },
  realisationLag: number | undefined,
): void {
  const least = leastGap(realisationLag);
  const blocks = [
    ['train', train],
    ...(validation ? [['validation', validation] as const] : []),
    ['test', test],
  ] as const;
  for (let i = 1; i < blocks.length; i++) {
    const [[before, { to }], [after, { from }]] = [blocks[i - 1], blocks[i]];
    if (from - to >= least) continue;
    throw new DataError({
      field: `${field}.${before}`,
      expected: `at least ${least} ${least === 1 ? 'date' : 'dates'} left out before ${after} begins: the returns of the batch are known after ${realisationLag} dates`,
      found: String(from - to),
      remedy: `Give the splits a purge of ${least} (expandingSplits(batch, …) does), or pass allowOverlap: true where this leak is meant.`,
    });
  }
}

/** What tells how many dates lie between two batches; those of dated rows have it. */
interface Dated {
  readonly index?: { readonly timestamps: Float64Array; readonly calendar: Float64Array } | undefined;
  readonly realisationLag?: number | undefined;
}

/**
 * Throws DataError when a validation batch begins before the returns of the training batch are known. Both have to be parts of one
 * panel: of batches that were read apart nobody knows how many dates lie between.
 */
export function requireRealisedBefore(field: string, train: unknown, validation: unknown): void {
  const [first, second] = [train as Dated, validation as Dated];
  const least = leastGap(first.realisationLag);
  const last = first.index?.timestamps.at(-1);
  const begins = second.index?.timestamps[0];
  if (least === 0 || last === undefined || begins === undefined || begins <= last) return;
  const calendar = first.index?.calendar;
  const [from, to] = [calendar?.indexOf(last) ?? -1, calendar?.indexOf(begins) ?? -1];
  if (from < 0 || to < 0 || to - from - 1 >= least) return;
  throw new DataError({
    field,
    expected: `at least ${least} ${least === 1 ? 'date' : 'dates'} of the panel between training and validation: returns are known after ${first.realisationLag} dates`,
    found: String(to - from - 1),
    remedy: `End the training dates ${least - (to - from - 1)} earlier, or pass allowOverlap: true where this leak is meant.`,
  });
}
