import { describe, expect, it } from '@jest/globals';
import { keep, normalAt } from '../../../src/engine/noise.ts';
import { makeDraws } from '../../../src/engine/tfjs/draws.ts';

// More than two blocks of the compiled kernels, and not a whole number of vectors.
const size = 20_003;

describe('the numbers that tfjs engines are given', () => {
  const draws = makeDraws();

  it('are the masks of the embedded engine', () => {
    for (const [rate, key] of [
      [0.3, 4_000_000_000],
      [0.5, 7],
    ]) {
      const factors = draws.factors(size, rate, key);
      const wanted = Float32Array.from({ length: size }, (_, i) => (keep(key, i, rate) ? 1 / (1 - rate) : 0));
      expect(factors).toHaveLength(size);
      expect(Array.from(factors)).toEqual(Array.from(wanted));
    }
  });

  it('are its normal deviates, up to the rounding of the uniform number, which the tails multiply', () => {
    const normals = draws.normals(size, 0.5, 4_000_000_000);
    const errors = normals.map((value, i) => Math.abs(value - 0.5 * normalAt(4_000_000_000, i)));
    expect(Math.max(...errors)).toBeLessThan(1e-4);
  });

  it('do not depend on what was drawn before', () => {
    const first = Array.from(makeDraws().normals(size, 1, 5));
    draws.factors(4 * size, 0.2, 1);
    expect(Array.from(draws.normals(size, 1, 5))).toEqual(first);
  });
});
