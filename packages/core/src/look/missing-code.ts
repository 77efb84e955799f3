/** Numbers that vendors write where they have none (CRSP, Compustat, French's library, weather of spreadsheets). */
const VENDOR_CODES = [
  -9.99, -44, -55, -66, -77, -88, -99, -66.66, -77.77, -88.88, -99.9, -99.99, -999, -999.99, -9999, -9999.99, -99999,
  -999999, 999, 999.99, 9999, 9999.99, 99999, 999999,
];

export interface MissingCode {
  readonly value: number;
  readonly count: number;
}

/**
 * A vendor's code among values, or undefined: a number of that kind at an end of the sorted values, repeated, and further
 * from the rest than the rest is wide (its middle 98 %).
 */
export function missingCode(sorted: Float64Array, leastCount: number): MissingCode | undefined {
  for (const value of VENDOR_CODES) {
    const first = lowerBound(sorted, value - Math.abs(value) * 1e-6);
    const last = lowerBound(sorted, value + Math.abs(value) * 1e-6);
    const count = last - first;
    if (count < leastCount || count > sorted.length / 2) continue;
    const isLow = value < 0;
    const rest = isLow ? sorted.subarray(last) : sorted.subarray(0, first);
    if (rest.length < 10 || sorted.length - rest.length - count > 0.02 * sorted.length) continue;
    const low = rest[Math.floor(0.01 * (rest.length - 1))];
    const high = rest[Math.ceil(0.99 * (rest.length - 1))];
    const distance = isLow ? rest[0] - value : value - rest[rest.length - 1];
    if (distance > high - low) return { value, count };
  }
  return undefined;
}

function lowerBound(sorted: Float64Array, value: number): number {
  let [from, to] = [0, sorted.length];
  while (from < to) {
    const middle = (from + to) >>> 1;
    if (sorted[middle] < value) from = middle + 1;
    else to = middle;
  }
  return from;
}
