import { Random } from '../random/random.ts';

/**
 * Dates of one resample of the stationary bootstrap: blocks that begin anywhere, go on with probability 1 - 1 / b, and run round the end.
 *
 * Source: Politis and Romano (1994), "The stationary bootstrap", Journal of the American Statistical Association 89.
 */
export function stationaryResample(n: number, blockLength: number, random: Random, out: Int32Array): Int32Array {
  const end = 1 / blockLength;
  for (let t = 0; t < n; t++) {
    const goesOn = t > 0 && random.uniform() >= end;
    out[t] = goesOn ? (out[t - 1] + 1) % n : random.integer(n);
  }
  return out;
}
