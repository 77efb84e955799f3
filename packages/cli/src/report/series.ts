/** A line of a chart: a value per date, null where it is not known. */
export interface Series {
  readonly name: string;
  /** A CSS colour. */
  readonly color: string;
  readonly dashed?: boolean | undefined;
  /** Milliseconds since 1970 UTC. */
  readonly timestamps: readonly number[];
  readonly values: readonly (number | null)[];
}

/** Sum of the values so far; a missing value adds nothing. */
export function cumulative(values: readonly (number | null)[]): number[] {
  let sum = 0;
  return values.map((value) => (sum += value ?? 0));
}

/** Mean over the latest `window` known values; null until that many dates have passed. */
export function rollingMean(values: readonly (number | null)[], window: number): (number | null)[] {
  return values.map((_, t) => (t + 1 < window ? null : mean(values.slice(t + 1 - window, t + 1))));
}

export function mean(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : known.reduce((sum, value) => sum + value, 0) / known.length;
}

/** A window that smooths and still leaves a line: twelve dates, or a fifth of a short span. */
export function smoothingWindow(nDates: number): number {
  return Math.max(1, Math.min(12, Math.floor(nDates / 5)));
}

/** The mean of each calendar year, UTC. */
export function byYear({ timestamps, values }: Pick<Series, 'timestamps' | 'values'>): Map<number, number | null> {
  const groups = new Map<number, (number | null)[]>();
  timestamps.forEach((timestamp, t) => {
    const year = new Date(timestamp).getUTCFullYear();
    groups.set(year, [...(groups.get(year) ?? []), values[t]]);
  });
  return new Map([...groups].map(([year, group]) => [year, mean(group)]));
}
