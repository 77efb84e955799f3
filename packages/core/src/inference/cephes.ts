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
  /** Fisher's F and chi-squared beyond x. */
  fdtrc(a: number, b: number, x: number): number;
  chdtrc(k: number, x: number): number;
}

let loaded: Cephes | undefined;

/** Compiled on first use: most of what core does needs no distribution. Its CommonJS form is ready at once, its ES module is not. */
export function cephes(): Cephes {
  loaded ??= createRequire(import.meta.url)('cephes') as Cephes;
  return loaded;
}
