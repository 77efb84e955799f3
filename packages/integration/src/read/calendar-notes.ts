import { DataError, formatTimestamp, type PanelIndex } from '@ml4t/core';
import type { ReadNote } from './report.ts';

const day = 86_400_000;
const longGap = 3 * 365.25 * day;

/**
 * Throws where a few dates stand years apart from all others: a year that was mistyped, or a date that was never filled in and is
 * 1970. A gap of over three years and over ten times the usual spacing cuts off at most one date in fifty (or one, of few).
 *
 * @param maxGapDays what the caller allows, who then has looked
 */
export function requireNoStrayDate(column: string, timestamps: Float64Array, maxGapDays: number | undefined): void {
  const n = timestamps.length;
  if (n < 4 || maxGapDays !== undefined) return;
  const spacings = Float64Array.from({ length: n - 1 }, (_, t) => timestamps[t + 1] - timestamps[t]);
  const median = spacings.slice().sort()[spacings.length >> 1];
  const few = Math.max(1, Math.floor(n / 50));
  for (let t = 0; t < n - 1; t++) {
    if (spacings[t] <= longGap || spacings[t] <= 10 * median) continue;
    const [before, after] = [t + 1, n - t - 1];
    if (Math.min(before, after) > few) continue;
    const isLate = after <= before;
    const stray = isLate ? timestamps[t + 1] : timestamps[t];
    const years = (spacings[t] / (365.25 * day)).toFixed(0);
    throw new DataError({
      field: column,
      expected: 'dates that belong together',
      found: `${formatTimestamp(stray)}, ${years} years ${isLate ? 'after' : 'before'} ${formatTimestamp(isLate ? timestamps[t] : timestamps[t + 1])}`,
      remedy: `Correct the date, leave it out by the filter (${isLate ? 'to' : 'from'}), or state maxGapDays if it is right.`,
    });
  }
}

/** Share of rows that come back after a gap from which calendars are suspected. */
const manyReentries = 0.05;

/** Notes on assets that go by several calendars, between whose dates lagged returns find nothing. */
export function calendarNotes(index: PanelIndex, reentries: number): readonly ReadNote[] {
  const { timestamps, rowOffsets, nRows, nDates } = index;
  if (nDates < 4 || reentries < manyReentries * nRows) return [];
  const rowsOn = (t: number): number => rowOffsets[t + 1] - rowOffsets[t];
  const isWeekend = (t: number): boolean => new Date(timestamps[t]).getUTCDay() % 6 === 0;
  const dates = Array.from({ length: nDates }, (_, t) => t);
  const mean = (of: readonly number[]): number => of.reduce((sum, t) => sum + rowsOn(t), 0) / of.length;
  const weekends = dates.filter(isWeekend);
  const weekdays = dates.filter((t) => !isWeekend(t));
  const spacing = (timestamps[nDates - 1] - timestamps[0]) / (nDates - 1);
  const lost = `${reentries} times an asset comes back after a date without it`;
  if (spacing < 4 * day && weekends.length > 1 && weekdays.length > 1 && mean(weekends) < 0.7 * mean(weekdays))
    return [
      note(
        `some assets have rows on Saturdays and Sundays and others have not: ${lost}, and what is paired with the next date is lost on Fridays`,
        "Leave the week-ends out, alignDates: 'weekday', with returns made of prices.",
      ),
    ];
  const inMonth = new Map<string, number>();
  for (const t of dates) {
    const month = new Date(timestamps[t]).toISOString().slice(0, 7);
    inMonth.set(month, (inMonth.get(month) ?? 0) + 1);
  }
  const perMonth = [...inMonth.values()].sort((a, b) => a - b);
  if (perMonth[perMonth.length - 1] > 1 && perMonth[perMonth.length - 1] <= 3)
    return [
      note(
        `months end on several dates, as those of two calendars do: ${nDates} dates in ${inMonth.size} months, and ${lost}`,
        "Put all on the last day of the month: alignDates: 'month'.",
      ),
    ];
  return [];
}

const note = (found: string, remedy: string): ReadNote => ({ code: 'several-calendars', columns: [], found, remedy });
