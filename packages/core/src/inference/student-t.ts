import { cephes } from './cephes.ts';

/** Two-sided p-value of a t-statistic: `2 P(T < -|t|)`; degrees of freedom are whole, or Infinity for the normal. NaN stays NaN. */
export function twoSidedPValue(tStatistic: number, degreesOfFreedom: number): number {
  if (Number.isNaN(tStatistic) || !(degreesOfFreedom >= 1)) return Number.NaN;
  const below = -Math.abs(tStatistic);
  if (below === -Infinity) return 0;
  return 2 * (degreesOfFreedom === Infinity ? cephes().ndtr(below) : cephes().stdtr(degreesOfFreedom, below));
}

/** What |T| exceeds with probability `1 - level`: 2.776 for 4 degrees of freedom and level .95. */
export function criticalValue(level: number, degreesOfFreedom: number): number {
  if (!(degreesOfFreedom >= 1)) return Number.NaN;
  const upper = (1 + level) / 2;
  return degreesOfFreedom === Infinity ? cephes().ndtri(upper) : cephes().stdtri(degreesOfFreedom, upper);
}
