const DAY = 86_400_000;
const YEAR = 365.25;

/** How often dates come. */
export interface DateFrequency {
  /** Periods in a year: 252, 52, 12, 4 or 1 for dates of a usual kind, else counted. */
  readonly count: number;
  /** Undefined for dates of no usual kind: several a day, or every tenth. */
  readonly name: 'daily' | 'weekly' | 'monthly' | 'quarterly' | 'annual' | undefined;
  /** Daily dates without weekends: a market that never closes has 365 a year, which dates made by a simulation do not say. */
  readonly everyDay: boolean;
}

/**
 * How many periods a year has, by the median distance between dates; where that is none of the usual ones, by the dates there
 * are in the time from the first to the last. Daily dates are 252 a year. Undefined with fewer than two dates.
 *
 * @param timestamps ascending, milliseconds since 1970
 */
export function periodsPerYear(timestamps: ArrayLike<number>): DateFrequency | undefined {
  const gaps = Array.from(
    { length: Math.max(0, timestamps.length - 1) },
    (_, t) => (timestamps[t + 1] - timestamps[t]) / DAY,
  );
  if (gaps.length === 0) return undefined;
  const median = gaps.slice().sort((a, b) => a - b)[Math.floor(gaps.length / 2)];
  const usual = (count: number, name: DateFrequency['name']): DateFrequency => ({ count, name, everyDay: false });
  if (median >= 0.9 && median <= 1.5) return { ...usual(252, 'daily'), everyDay: hasNoWeekends(gaps) };
  if (median >= 6.5 && median <= 7.5) return usual(52, 'weekly');
  if (median >= 28 && median <= 31) return usual(12, 'monthly');
  if (median >= 89 && median <= 92) return usual(4, 'quarterly');
  if (median >= 364 && median <= 366) return usual(1, 'annual');
  const days = gaps.reduce((sum, gap) => sum + gap, 0);
  return days > 0 ? usual((gaps.length * YEAR) / days, undefined) : undefined;
}

/** Whether days follow each other week after week. */
function hasNoWeekends(gaps: readonly number[]): boolean {
  return gaps.length >= 10 && gaps.filter((gap) => gap > 1.5).length < gaps.length / 20;
}
