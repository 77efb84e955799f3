import { NotIdentifiedError, Random } from '@ml4t/core';
import { gram, matrix, multiply, type Matrix } from '@ml4t/core/linalg';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { identifyFactors } from '../src/index.ts';
import { largestDifference } from './golden/load.ts';

const normal = (rows: number, columns: number, seed: number): Matrix => {
  const random = new Random(seed);
  return matrix(
    rows,
    columns,
    Float64Array.from({ length: rows * columns }, () => random.normal()),
  );
};

describe('identifyFactors', () => {
  it('keeps the product and ends in the same coordinates from any rotation of it', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 10000 }), fc.integer({ min: 1, max: 4 }), (seed, k) => {
        const loadings = normal(9, k, seed);
        const factors = normal(30, k, seed + 1);
        const once = identifyFactors({ loadings, factors });
        const product = (c: { loadings: Matrix; factors: Matrix }): Float64Array =>
          multiply(c.factors, c.loadings, { transposeB: true }).data;
        expect(largestDifference(product(once), product({ loadings, factors }))).toBeLessThan(1e-11);
        expect(
          largestDifference(
            gram(once.loadings).data,
            Array.from({ length: k * k }, (_, i) => (i % (k + 1) === 0 ? 1 : 0)),
          ),
        ).toBeLessThan(1e-12);
        const moments = gram(once.factors).data;
        for (let i = 0; i < k; i++) for (let j = 0; j < i; j++) expect(Math.abs(moments[i * k + j])).toBeLessThan(1e-9);
        for (let j = 1; j < k; j++) expect(moments[(j - 1) * (k + 1)]).toBeGreaterThanOrEqual(moments[j * (k + 1)]);

        // L A and F A'^-1 have the same product for any invertible A; build F A'^-1 from A = R'R + I by two solves' worth of
        // linear algebra done here by identifyFactors itself: apply it to (L A, F B) with B the inverse transpose.
        const a = gram(normal(k + 2, k, seed + 2));
        const inverse = invert(a);
        const turned = identifyFactors({
          loadings: multiply(loadings, a),
          factors: multiply(factors, inverse, { transposeB: true }),
        });
        expect(largestDifference(turned.loadings.data, once.loadings.data)).toBeLessThan(1e-5);
      }),
      { numRuns: 25 },
    );
  });

  it('turns centred factors by their largest loading', () => {
    const loadings = matrix(3, 1, [0.1, -0.9, 0.2]);
    const { loadings: turned } = identifyFactors({ loadings, factors: matrix(4, 1, [1, -1, 2, -2]) });
    expect(turned.data[1]).toBeGreaterThan(0);
  });

  it('keeps dates without factors apart', () => {
    const loadings = normal(6, 2, 1);
    const factors = normal(8, 2, 2);
    const gaps = matrix(8, 2, factors.data.slice().fill(Number.NaN, 4, 6));
    const identified = identifyFactors({ loadings, factors: gaps });
    expect(identified.factors.data.map((x) => (Number.isNaN(x) ? 1 : 0)).reduce((a, b) => a + b)).toBe(2);
    expect(Number.isNaN(identified.factors.data[4])).toBe(true);
  });

  it('refuses loadings that are collinear, and factors that are nowhere', () => {
    const collinear = matrix(3, 2, [1, 2, 2, 4, 3, 6]);
    expect(() => identifyFactors({ loadings: collinear, factors: normal(5, 2, 1) })).toThrow(NotIdentifiedError);
    const nowhere = matrix(2, 1, [Number.NaN, Number.NaN]);
    expect(() => identifyFactors({ loadings: matrix(2, 1, [1, 1]), factors: nowhere })).toThrow(NotIdentifiedError);
  });
});

/** Gauss-Jordan for a small well-conditioned matrix: independent of the code under test. */
function invert({ rows: n, data }: Matrix): Matrix {
  const a = Array.from({ length: n }, (_, i) => [
    ...data.subarray(i * n, (i + 1) * n),
    ...Array.from({ length: n }, (_, j) => (i === j ? 1 : 0)),
  ]);
  for (let c = 0; c < n; c++) {
    const pivot = a[c][c];
    a[c] = a[c].map((x) => x / pivot);
    for (let r = 0; r < n; r++) {
      if (r === c) continue;
      const factor = a[r][c];
      a[r] = a[r].map((x, j) => x - factor * a[c][j]);
    }
  }
  return matrix(n, n, Float64Array.from(a.flatMap((row) => row.slice(n))));
}
