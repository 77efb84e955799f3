import { createRequire } from 'node:module';

/** The functions of Cephes that are called here, as its package names them. */
interface Cephes {
  /** Student's t with k (whole) degrees of freedom up to t. */
  stdtr(k: number, t: number): number;
  /** Its inverse. */
  stdtri(k: number, p: number): number;
  /** The standard normal up to x, and its inverse. */
  ndtr(x: number): number;
  ndtri(p: number): number;
}

let loaded: Cephes | undefined;

/** Compiled on first use: most of what core does needs no distribution. Its CommonJS form is ready at once, its ES module is not. */
function cephes(): Cephes {
  loaded ??= createRequire(import.meta.url)('cephes') as Cephes;
  return loaded;
}

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
