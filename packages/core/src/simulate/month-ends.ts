/** The last days of `count` consecutive months from January 2000 on, at midnight UTC, as epoch milliseconds. */
export function monthEnds(count: number): Float64Array {
  // Day 0 of a month is the last day of the month before.
  return Float64Array.from({ length: count }, (_, t) => Date.UTC(2000, t + 1, 0));
}

/** asset001, asset002, …: as many digits as the largest needs, and at least three. */
export function assetNames(count: number): string[] {
  const digits = Math.max(3, String(count).length);
  return Array.from({ length: count }, (_, i) => `asset${String(i + 1).padStart(digits, '0')}`);
}
