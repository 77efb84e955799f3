import { ConfigError } from '@ml4t/core';
import { describe } from '@ml4t/core/authoring';

/**
 * What the clocks of a time zone say at a moment, in milliseconds as if they showed UTC.
 *
 * @throws ConfigError there is no such zone
 */
export function wallClock(timeZone: string, field: string): (instant: number) => number {
  let format: Intl.DateTimeFormat;
  try {
    format = new Intl.DateTimeFormat('en-US', {
      timeZone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
  } catch (cause) {
    throw new ConfigError({
      field,
      expected: "a time zone, such as 'America/New_York' or 'UTC'",
      found: describe(timeZone),
      remedy: 'Use a name of the IANA time zone database.',
      cause,
    });
  }
  const known = new Map<number, number>();
  return (instant) => {
    const before = known.get(instant);
    if (before !== undefined) return before;
    const parts = new Map(format.formatToParts(instant).map(({ type, value }) => [type, Number(value)]));
    const of = (part: Intl.DateTimeFormatPartTypes): number => parts.get(part) ?? 0;
    const seconds = Date.UTC(of('year'), of('month') - 1, of('day'), of('hour'), of('minute'), of('second'));
    const wall = seconds + (((instant % 1000) + 1000) % 1000);
    known.set(instant, wall);
    return wall;
  };
}
