const dayMilliseconds = 86_400_000;

/**
 * The longest distance between successive dates of a panel that is no gap, in milliseconds: 1.5 x the median distance, and five
 * days in daily and finer panels, where weekends and holidays are normal. Infinite with fewer than three dates.
 */
export function longestRegularSpacing(timestamps: Float64Array): number {
  if (timestamps.length < 3) return Number.POSITIVE_INFINITY;
  const spacings = Float64Array.from({ length: timestamps.length - 1 }, (_, t) => timestamps[t + 1] - timestamps[t]);
  const median = spacings.sort()[spacings.length >> 1];
  return median <= dayMilliseconds ? 5 * dayMilliseconds : 1.5 * median;
}

/**
 * How many periods lie between the first date of a calendar and each of its dates (T). Successive dates are one period apart; over
 * a gap (see {@link longestRegularSpacing}) there are as many as dates of the usual mean distance would fill (a quarter
 * without data in a monthly panel is three), or as weekdays where the calendar is one of weekdays.
 */
export function periodsFromStart(calendar: Float64Array): Float64Array {
  const periods = new Float64Array(calendar.length);
  const limit = longestRegularSpacing(calendar);
  let [regular, count] = [0, 0];
  for (let t = 1; t < calendar.length; t++) {
    const spacing = calendar[t] - calendar[t - 1];
    if (spacing > limit) continue;
    regular += spacing;
    count++;
  }
  const ofWeekdays = isOfWeekdays(calendar, limit);
  for (let t = 1; t < calendar.length; t++) {
    const [before, date] = [calendar[t - 1], calendar[t]];
    if (date - before <= limit) periods[t] = periods[t - 1] + 1;
    else if (ofWeekdays) periods[t] = periods[t - 1] + weekdaysTo(date) - weekdaysTo(before);
    else periods[t] = periods[t - 1] + Math.max(1, Math.round(((date - before) * count) / regular));
  }
  return periods;
}

/** Whether dates are days without weekends: some days in a row, and none of a Saturday or a Sunday. */
function isOfWeekdays(calendar: Float64Array, limit: number): boolean {
  if (limit !== 5 * dayMilliseconds || calendar.some((date) => weekday(date) >= 5)) return false;
  for (let t = 1; t < calendar.length; t++) if (dayOf(calendar[t]) === dayOf(calendar[t - 1])) return false;
  return true;
}

/** Weekdays up to and including a date, counted from the first Monday of 1970, 5 January. */
function weekdaysTo(date: number): number {
  const days = dayOf(date) - 4;
  return 5 * Math.floor(days / 7) + Math.min(weekday(date), 4) + 1;
}

/** 0 for Monday, in UTC; 1 January 1970 was a Thursday. */
function weekday(date: number): number {
  const day = (dayOf(date) + 3) % 7;
  return day < 0 ? day + 7 : day;
}

function dayOf(date: number): number {
  return Math.floor(date / dayMilliseconds);
}
