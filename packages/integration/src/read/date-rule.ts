import { ConfigError, parseTimestamp, type TimestampInput } from '@ml4t/core';
import { describe } from '@ml4t/core/authoring';
import type { DateRule } from './date-codes.ts';
import type { FrameColumn } from './frame.ts';
import type { ReadOptions } from './options.ts';
import type { TimestampFormat } from './source-options.ts';
import type { ReadNote } from './report.ts';
import { readTimestampText } from './timestamp-text.ts';
import { wallClock } from './wall-clock.ts';

const day = 86_400_000;

/** What is said about dates, by the caller and by the column. */
export interface DateSettings {
  readonly column: FrameColumn;
  readonly timestampFormat: TimestampFormat | undefined;
  readonly options: Pick<ReadOptions, 'filter' | 'timeZone' | 'dateFormat' | 'alignDates'>;
}

/** A bound of the filter: a day in the zone of the data, or a moment. */
interface Bound {
  readonly value: number;
  readonly isDay: boolean;
}

export interface DatePlan {
  readonly rule: DateRule;
  /** Moments outside of which there is nothing to read: a hint for the source, wide enough for every zone. */
  readonly from: number;
  readonly to: number;
  readonly notes: readonly ReadNote[];
}

/**
 * Turns timestamps into the dates of a panel: in the time zone of the data, within the filter, put on one calendar where asked.
 *
 * A bound that is a day (`'2020-01-31'`) means the whole day where the data were made: as the offset of each text says, the zone of
 * the column, or `timeZone`. Other bounds are moments.
 */
export function datePlan({ column, timestampFormat, options }: DateSettings): DatePlan {
  const { timeZone, dateFormat, alignDates, filter } = options;
  if (alignDates !== undefined && alignDates !== 'month' && (alignDates as string) !== 'weekday')
    throw new ConfigError({
      field: 'options.alignDates',
      expected: "'month' or 'weekday'",
      found: describe(alignDates),
      remedy: 'Leave it out for the dates of the source.',
    });
  const from = bound('options.filter.from', filter?.from);
  const to = bound('options.filter.to', filter?.to);
  const local = timeZone === undefined ? undefined : wallClock(timeZone, 'options.timeZone');
  const ownClock = column.zone === undefined ? undefined : wallClock(column.zone, column.name);
  /** @param wall what the clock on the wall says, as if it were UTC */
  const place = (instant: number, wall: number): number | undefined => {
    if (from && (from.isDay ? wall : instant) < from.value) return undefined;
    if (to && (to.isDay ? wall >= to.value + day : instant > to.value)) return undefined;
    const date = local ? wall : instant;
    if (alignDates === undefined) return date;
    const onWall = new Date(wall);
    if (alignDates === 'month') return Date.UTC(onWall.getUTCFullYear(), onWall.getUTCMonth() + 1, 0);
    return onWall.getUTCDay() % 6 === 0 ? undefined : date;
  };
  const isInstant = column.isInstant ?? false;
  const ofMilliseconds = (value: number): number | undefined => {
    if (!isInstant) return place(value, value);
    return place(value, (local ?? ownClock)?.(value) ?? value);
  };
  const isEpoch = timestampFormat?.startsWith('epoch') ?? false;
  const rule: DateRule = {
    ofText: (text, where) => {
      const { value, offset } = readTimestampText(column.name, text, { timestampFormat, dateFormat }, where);
      if (local && (isEpoch || offset !== undefined)) return place(value, local(value));
      return place(value, value + (offset ?? 0));
    },
    ofMilliseconds,
  };
  const isTyped = column.kind === 'timestamp';
  const margin = isTyped ? 2 * day : 0;
  return {
    rule,
    from: from ? from.value - margin : -Infinity,
    to: to ? to.value + (to.isDay ? day - 1 : 0) + margin : Infinity,
    notes:
      isInstant &&
      isTyped &&
      local === undefined &&
      ownClock === undefined &&
      (from?.isDay === true || to?.isDay === true)
        ? [
            {
              code: 'days-in-utc',
              columns: [column.name],
              found: `${column.name} holds moments, and the first and last day to read are taken for days in UTC`,
              remedy: "State timeZone, such as 'America/New_York', where they are days elsewhere.",
            },
          ]
        : [],
  };
}

function bound(field: string, input: TimestampInput | undefined): Bound | undefined {
  if (input === undefined) return undefined;
  return {
    value: parseTimestamp(field, input),
    isDay: typeof input === 'string' && /^\d{4}-\d{2}-\d{2}$/.test(input.trim()),
  };
}
