import { requireSameLength } from '../inference/comparison-input.ts';

/** Compounded return of a calendar month or year, UTC. */
export interface CalendarReturn {
  readonly year: number;
  /** 1 … 12; undefined for a whole year. */
  readonly month: number | undefined;
  readonly value: number;
}

/**
 * Compounded returns by calendar month or year, in order; those without a return are not there.
 *
 * @param returns (T) simple, NaN for none
 * @param timestamps (T) of the end of each return
 */
export function calendarReturns(
  returns: Float64Array,
  timestamps: ArrayLike<number>,
  by: 'month' | 'year',
): readonly CalendarReturn[] {
  requireSameLength('timestamps', returns, timestamps);
  const periods: { year: number; month: number | undefined; value: number }[] = [];
  for (let t = 0; t < returns.length; t++) {
    if (Number.isNaN(returns[t])) continue;
    const date = new Date(timestamps[t]);
    const [year, month] = [date.getUTCFullYear(), by === 'month' ? date.getUTCMonth() + 1 : undefined];
    const last = periods.at(-1);
    if (last?.year === year && last.month === month) last.value = (1 + last.value) * (1 + returns[t]) - 1;
    else periods.push({ year, month, value: returns[t] });
  }
  return periods;
}
