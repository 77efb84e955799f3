import { beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { Matrix } from '../../src/linalg/index.ts';
import {
  diagonal,
  distance,
  hilbert,
  largest,
  lossOfOrthogonality,
  orthonormal,
  product,
  randomMatrix,
  turned,
  withSpectrum,
} from './fixtures.ts';

const EPSILON = Number.EPSILON;

/** A V - V diag(values), relative to the largest eigenvalue. */
function eigenResidual(a: Matrix, values: Float64Array, vectors: Matrix): number {
  const left = product(a, vectors).data;
  const right = vectors.data.map((value, i) => value * values[i % vectors.columns]);
  return distance(left, right) / (largest(a.data) || 1);
}

const spectra: Record<string, Matrix> = {
  'one by one': diagonal([-3]),
  'two by two': { rows: 2, columns: 2, data: Float64Array.of(2, 1, 1, 2) },
  zero: diagonal([0, 0, 0, 0, 0]),
  identity: diagonal(new Float64Array(13).fill(1)),
  'diagonal, unsorted': diagonal([3, -1, 7, 7, 0, 2]),
  'odd size': withSpectrum(
    Array.from({ length: 37 }, (_, i) => Math.sin(i)),
    1,
  ),
  'positive definite': product(randomMatrix(60, 90, 2), turned(randomMatrix(60, 90, 2))),
  'rank one': product(randomMatrix(40, 1, 3), turned(randomMatrix(40, 1, 3))),
  'repeated eigenvalues': withSpectrum(
    Array.from({ length: 48 }, (_, i) => Math.floor(i / 12)),
    4,
  ),
  clustered: withSpectrum(
    Array.from({ length: 64 }, (_, i) => (i < 20 ? 1 + i * 1e-13 : i * 1e-3)),
    5,
  ),
  graded: withSpectrum(
    Array.from({ length: 50 }, (_, i) => 10 ** (-i / 3)),
    6,
  ),
  Hilbert: hilbert(20),
  // Pairs of eigenvalues of Wilkinson's matrix agree to fourteen digits although no off-diagonal entry is small.
  Wilkinson: {
    rows: 61,
    columns: 61,
    data: Float64Array.from({ length: 61 * 61 }, (_, i) => {
      const [row, column] = [Math.floor(i / 61), i % 61];
      return row === column ? Math.abs(row - 30) : Number(Math.abs(row - column) === 1);
    }),
  },
  huge: {
    ...withSpectrum([1, 2, 3, 4, 5, 6, 7, 8, 9, 10], 7),
    data: withSpectrum([1, 2, 3, 4, 5, 6, 7, 8, 9, 10], 7).data.map((x) => x * 2 ** 1015),
  },
  minute: {
    ...withSpectrum([1, 2, 3, 4, 5, 6, 7, 8, 9, 10], 7),
    data: withSpectrum([1, 2, 3, 4, 5, 6, 7, 8, 9, 10], 7).data.map((x) => x * 2 ** -1000),
  },
};

describe.each(['wasm-simd', 'typescript'])('decompositions: %s', (backend) => {
  let linalg: typeof import('../../src/linalg/index.ts');
  beforeAll(async () => {
    jest.resetModules();
    process.env['ML4T_LINALG'] = backend;
    linalg = await import('../../src/linalg/index.ts');
    expect(linalg.linalgBackend()).toBe(backend);
    delete process.env['ML4T_LINALG'];
  });

  describe('symmetric eigen', () => {
    it.each(Object.keys(spectra))('decomposes: %s', (name) => {
      const a = spectra[name];
      const n = a.rows;
      const { values, vectors } = linalg.symmetricEigen(a);
      // Backward stable: residual and orthogonality are a modest multiple of n eps.
      expect(eigenResidual(a, values, vectors)).toBeLessThan(10 * n * EPSILON);
      expect(lossOfOrthogonality(vectors)).toBeLessThan(10 * n * EPSILON);
      expect([...values].sort((x, y) => y - x)).toEqual([...values]);
      const only = linalg.symmetricEigen(a, { vectors: false });
      expect(distance(only.values, values) / (largest(a.data) || 1)).toBeLessThan(10 * n * EPSILON);
      expect(only.vectors.data).toHaveLength(0);
      for (const leading of new Set([1, Math.ceil(n / 5), Math.ceil(n / 2), n])) {
        const part = linalg.symmetricEigen(a, { leading });
        expect(part.vectors).toMatchObject({ rows: n, columns: leading });
        expect(distance(part.values, values.subarray(0, leading)) / (largest(a.data) || 1)).toBeLessThan(
          10 * n * EPSILON,
        );
        expect(eigenResidual(a, part.values, part.vectors)).toBeLessThan(10 * n * EPSILON);
        expect(lossOfOrthogonality(part.vectors)).toBeLessThan(10 * n * EPSILON);
      }
    });

    it('finds the values that the matrix was made with', () => {
      const made = Array.from({ length: 48 }, (_, i) => 3 - Math.floor(i / 12));
      // Making the matrix has itself rounded at n eps.
      expect(distance(linalg.symmetricEigen(spectra['repeated eigenvalues']).values, made)).toBeLessThan(1e-13);
    });

    it('knows the second difference matrix: 2 - 2 cos(k pi / (n + 1))', () => {
      const n = 75;
      const a = diagonal(new Float64Array(n).fill(2));
      for (let i = 1; i < n; i++) a.data[i * n + i - 1] = a.data[(i - 1) * n + i] = -1;
      const expected = Array.from({ length: n }, (_, k) => 2 - 2 * Math.cos(((n - k) * Math.PI) / (n + 1)));
      const { values, vectors } = linalg.symmetricEigen(a, { leading: 5 });
      expect(distance(values, expected.slice(0, 5))).toBeLessThan(1e-14 * 10);
      const wave = Array.from(
        { length: n },
        (_, i) => Math.sqrt(2 / (n + 1)) * Math.sin(((i + 1) * n * Math.PI) / (n + 1)),
      );
      const sign = Math.sign(vectors.data[0] * wave[0]);
      expect(
        distance(
          vectors.data.filter((_, i) => i % 5 === 0).map((x) => sign * x),
          wave,
        ),
      ).toBeLessThan(1e-11);
    });
  });

  describe('thin SVD', () => {
    const checkSvd = (a: Matrix, tolerance: number): { values: Float64Array } => {
      const { u, singularValues, v } = linalg.thinSvd(a);
      const rebuilt = product(product(u, diagonal(singularValues)), turned(v)).data;
      expect(distance(rebuilt, a.data)).toBeLessThanOrEqual(tolerance * largest(a.data));
      expect(lossOfOrthogonality(u)).toBeLessThan(1e-13);
      expect(lossOfOrthogonality(v)).toBeLessThan(1e-13);
      expect([...singularValues].sort((x, y) => y - x)).toEqual([...singularValues]);
      return { values: singularValues };
    };

    it.each([
      [1, 1],
      [7, 1],
      [1, 6],
      [5, 5],
      [40, 13],
      [13, 40],
      [64, 33],
      // Large and well scaled enough for Jacobi to start from eigenvectors.
      [90, 60],
      [52, 75],
    ])('rebuilds %i x %i', (rows, columns) => {
      checkSvd(randomMatrix(rows, columns, 20), 1e-13);
    });

    it('completes the basis of zero and rank-deficient matrices', () => {
      expect(checkSvd({ rows: 6, columns: 4, data: new Float64Array(24) }, 0).values).toEqual(new Float64Array(4));
      const low = product(randomMatrix(30, 3, 21), randomMatrix(3, 12, 22));
      const { values } = checkSvd(low, 1e-13);
      expect(values[3]).toBeLessThan(1e-14 * values[0]);
      const gaps = { rows: 5, columns: 4, data: new Float64Array(20) };
      gaps.data[0] = 1;
      gaps.data[6] = 2;
      expect(checkSvd(gaps, 1e-15).values).toEqual(Float64Array.of(2, 1, 0, 0));
    });

    it('finds clustered and repeated singular values', () => {
      const made = Array.from({ length: 50 }, (_, i) => (i < 20 ? 2 : 1 + 1e-12 * i));
      const a = product(product(orthonormal(70, 50, 25), diagonal(made)), turned(orthonormal(50, 50, 26)));
      const expected = [...made].sort((x, y) => y - x);
      expect(distance(checkSvd(a, 1e-13).values, expected)).toBeLessThan(1e-13);
    });

    it('keeps small singular values of a matrix with badly scaled columns, relative to themselves', () => {
      const q = orthonormal(30, 12, 23);
      const scales = Array.from({ length: 12 }, (_, j) => 10 ** (-2 * ((j * 5) % 12)));
      const a = product(q, diagonal(scales));
      const { values } = checkSvd(a, 1e-13);
      const expected = [...scales].sort((x, y) => y - x);
      // Twenty-two orders of magnitude: through A'A everything below 1e-8 would be lost.
      values.forEach((value, k) => {
        expect(Math.abs(value / expected[k] - 1)).toBeLessThan(1e-13);
      });
    });

    it('agrees with the singular values of the Hilbert matrix in exact arithmetic', () => {
      const { values } = checkSvd(hilbert(8), 1e-13);
      // Published to many digits: cond_2 of the 8 x 8 Hilbert matrix is 1.52575756e10, its norm 1.6959389969.
      expect(values[0]).toBeCloseTo(1.6959389969, 9);
      expect(values[0] / values[7] / 1.525757556e10 - 1).toBeCloseTo(0, 5);
    });

    it('cuts to the leading ones and survives extreme scales', () => {
      const a = randomMatrix(20, 9, 24);
      const all = linalg.thinSvd(a);
      const part = linalg.thinSvd(a, { leading: 3 });
      expect(part.singularValues).toEqual(all.singularValues.slice(0, 3));
      expect(part.u).toMatchObject({ rows: 20, columns: 3 });
      expect(part.v.data).toEqual(all.v.data.filter((_, i) => i % 9 < 3));
      for (const exponent of [900, -900]) {
        const scaled = linalg.thinSvd({ ...a, data: a.data.map((x) => x * 2 ** exponent) });
        // A power of two changes no digit.
        expect(scaled.singularValues).toEqual(all.singularValues.map((x) => x * 2 ** exponent));
      }
    });
  });

  describe('least squares', () => {
    it('has residuals orthogonal to the columns', () => {
      const a = randomMatrix(50, 7, 30);
      const b = randomMatrix(50, 3, 31);
      const { solution, rank, residualSumOfSquares } = linalg.leastSquares(a, b);
      const fitted = product(a, solution).data;
      const residuals = { ...b, data: b.data.map((value, i) => value - fitted[i]) };
      expect(rank).toBe(7);
      expect(largest(product(turned(a), residuals).data)).toBeLessThan(1e-13);
      for (let j = 0; j < 3; j++)
        expect(residualSumOfSquares[j]).toBeCloseTo(product(turned(residuals), residuals).data[j * 4], 12);
    });

    it.each([
      [20, 8, 3],
      [8, 20, 8],
      [8, 20, 5],
    ])('gives the solution of least norm: %i x %i of rank %i', (rows, columns, rank) => {
      const left = randomMatrix(rows, rank, 32);
      const right = randomMatrix(rank, columns, 33);
      const a = product(left, right);
      const b = randomMatrix(rows, 1, 34);
      const result = linalg.leastSquares(a, b);
      expect(result.rank).toBe(rank);
      expect(result.singularValues).toHaveLength(Math.min(rows, columns));
      // Least norm means inside the row space: R' (R R')^-1 (L'L)^-1 L' b for A = L R.
      const inner = linalg.solvePositiveDefinite(product(turned(left), left), product(turned(left), b));
      const expected = product(turned(right), linalg.solvePositiveDefinite(product(right, turned(right)), inner));
      // Two solves with condition numbers below 1e3.
      expect(distance(result.solution.data, expected.data)).toBeLessThan(1e-11);
    });

    it('cuts at rcond', () => {
      const a = diagonal([1, 1e-3, 1e-6]);
      const b = { rows: 3, columns: 1, data: Float64Array.of(1, 1, 1) };
      expect(linalg.leastSquares(a, b).solution.data[2]).toBeCloseTo(1e6, 6);
      const cut = linalg.leastSquares(a, b, { rcond: 1e-4 });
      expect(cut.rank).toBe(2);
      expect(distance(cut.solution.data, [1, 1000, 0])).toBeLessThan(1e-12);
      expect(cut.residualSumOfSquares[0]).toBeCloseTo(1, 12);
    });
  });

  describe('products and Cholesky', () => {
    it('multiplies with transposes and forms exactly symmetric Gram matrices', () => {
      const a = randomMatrix(9, 5, 40);
      const b = randomMatrix(9, 4, 41);
      expect(distance(linalg.multiply(a, b, { transposeA: true }).data, product(turned(a), b).data)).toBeLessThan(
        1e-14,
      );
      const outer = linalg.multiply(a, turned(b), { transposeA: true, transposeB: true });
      expect(distance(outer.data, product(turned(a), b).data)).toBeLessThan(1e-14);
      const gram = linalg.gram(a);
      expect(gram.data).toEqual(linalg.transpose(gram).data);
      expect(distance(gram.data, product(turned(a), a).data)).toBeLessThan(1e-14);
    });

    it('factors, solves and leaves its arguments alone', () => {
      const root = randomMatrix(25, 40, 42);
      const a = product(root, turned(root));
      const before = a.data.slice();
      const factor = linalg.choleskyFactor(a);
      expect(distance(product(factor, turned(factor)).data, a.data)).toBeLessThan(1e-13 * largest(a.data));
      expect(factor.data[1]).toBe(0);
      const x = randomMatrix(25, 2, 43);
      expect(distance(linalg.choleskySolve(factor, product(a, x)).data, x.data)).toBeLessThan(1e-11);
      expect(a.data).toEqual(before);
    });

    it('names the pivot of a matrix that is not positive definite', () => {
      const low = product(randomMatrix(6, 4, 44), turned(randomMatrix(6, 4, 44)));
      expect(() => linalg.choleskyFactor(low)).toThrow(/a\[4, 4\]: expected a positive definite matrix/);
      expect(() => linalg.solvePositiveDefinite(diagonal([1, -1]), randomMatrix(2, 1, 1))).toThrow(/row 1 of 2/);
    });
  });

  it('names what is wrong with an argument', () => {
    const a = randomMatrix(3, 3, 50);
    const broken = { ...a, data: a.data.map((value, i) => (i === 5 ? NaN : value)) };
    for (const run of [
      () => linalg.multiply(broken, a),
      () => linalg.gram(broken),
      () => linalg.thinSvd(broken),
      () => linalg.leastSquares(broken, a),
      () => linalg.symmetricEigen(broken),
      () => linalg.choleskyFactor(broken),
    ])
      expect(run).toThrow(/a\[1, 2\]: expected a finite number, found NaN/);
    expect(() => linalg.symmetricEigen(a)).toThrow(/to be symmetric/);
    expect(() => linalg.symmetricEigen(diagonal([1, 2]), { leading: 3 })).toThrow(/leading: expected a whole number/);
    expect(() => linalg.thinSvd(a, { leading: 0 })).toThrow(/leading/);
    expect(() => linalg.multiply(a, randomMatrix(2, 2, 1))).toThrow(/equal inner dimensions/);
    expect(() => linalg.leastSquares(a, randomMatrix(2, 2, 1))).toThrow(/b: expected 3 rows/);
    expect(() => linalg.leastSquares(a, a, { rcond: 2 })).toThrow(/rcond/);
    expect(() => linalg.choleskySolve(a, randomMatrix(2, 2, 1))).toThrow(/b: expected 3 rows/);
    expect(() => linalg.symmetricEigen(randomMatrix(2, 3, 1))).toThrow(/a square matrix/);
    expect(() => linalg.matrix(0, 3)).toThrow(/positive whole numbers/);
    expect(() => linalg.matrix(2, 3, [1, 2])).toThrow(/2 \* 3 = 6 elements/);
    expect(linalg.matrix(1, 2, [3, 4])).toEqual({ rows: 1, columns: 2, data: Float64Array.of(3, 4) });
  });
});
