import type { ExposureConstraints } from './constraints.ts';

/**
 * Overwrites the first `n` scores with weights in proportion to their distance from the row's mean: positive ones sum to (G + n) / 2,
 * negative ones to -(G - n) / 2. The scale of the scores has no effect.
 *
 * Equal scores say nothing about who should be long. With a bound on the gross exposure every asset gets the same share of the net
 * exposure; where the gross exposure must be exact, long and short get equal weights in numbers that fit their sums, the
 * later assets being long.
 */
export function scaleProportionally(values: Float64Array, n: number, constraints: ExposureConstraints): void {
  if (n === 0) return;
  const { grossExposure, netExposure, gross } = constraints;
  const [long, short] = [(grossExposure + netExposure) / 2, (grossExposure - netExposure) / 2];
  let mean = 0;
  let size = 0;
  for (let i = 0; i < n; i++) {
    mean += values[i] / n;
    size = Math.max(size, Math.abs(values[i]));
  }
  let [above, below, spread] = [0, 0, 0];
  for (let i = 0; i < n; i++) {
    const distance = values[i] - mean;
    if (distance > 0) above += distance;
    else below -= distance;
    spread = Math.max(spread, Math.abs(distance));
  }
  if (spread <= 1e-12 * size || above === 0 || below === 0) {
    if (gross === 'at-most') values.fill(netExposure / n, 0, n);
    else splitEqually(values, n, long, short);
    return;
  }
  for (let i = 0; i < n; i++) {
    const distance = values[i] - mean;
    values[i] = distance > 0 ? (distance / above) * long : (distance / below) * short;
  }
}

function splitEqually(values: Float64Array, n: number, long: number, short: number): void {
  const nLong = Math.min(
    n - (short > 0 ? 1 : 0),
    Math.max(long > 0 ? 1 : 0, roundHalfToEven((n * long) / (long + short))),
  );
  values.fill(nLong < n ? -short / (n - nLong) : 0, 0, n - nLong);
  values.fill(nLong > 0 ? long / nLong : 0, n - nLong, n);
}

function roundHalfToEven(value: number): number {
  const below = Math.floor(value);
  if (value - below !== 0.5) return Math.round(value);
  return below % 2 === 0 ? below : below + 1;
}
