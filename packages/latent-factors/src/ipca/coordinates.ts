import { leastSquares, matrix, multiply, thinSvd, transpose, type Matrix } from '@ml4t/core/linalg';
import { toScaledUnits, toUserUnits } from './instrument-scales.ts';

/** Columns `from … to - 1` of a. */
export function columns(a: Matrix, from: number, to: number): Matrix {
  const width = to - from;
  const out = matrix(a.rows, width);
  for (let i = 0; i < a.rows; i++) out.data.set(a.data.subarray(i * a.columns + from, i * a.columns + to), i * width);
  return out;
}

/** [a, b]; either may be undefined for no columns. */
export function sideBySide(a: Matrix | undefined, b: Matrix | undefined): Matrix {
  if (!a || !b) return (a ?? b) as Matrix;
  const out = matrix(a.rows, a.columns + b.columns);
  for (let i = 0; i < a.rows; i++) {
    out.data.set(a.data.subarray(i * a.columns, (i + 1) * a.columns), i * out.columns);
    out.data.set(b.data.subarray(i * b.columns, (i + 1) * b.columns), i * out.columns + a.columns);
  }
  return out;
}

/** The orthonormal basis of a's columns that is nearest to a: a (a'a)^(-1/2). */
export function orthonormalise(a: Matrix): Matrix {
  const { u, v } = thinSvd(a);
  return multiply(u, v, { transposeB: true });
}

/** Turns an orthonormal basis within its span until it is nearest to `target` (orthogonal Procrustes). */
export function turnTowards(basis: Matrix, target: Matrix): Matrix {
  const { u, v } = thinSvd(multiply(basis, target, { transposeA: true }));
  return multiply(basis, multiply(u, v, { transposeB: true }));
}

/** b less its projection on an orthonormal basis. */
export function orthogonalTo(basis: Matrix, b: Matrix): Matrix {
  const projection = multiply(basis, multiply(basis, b, { transposeA: true }));
  return matrix(
    b.rows,
    b.columns,
    b.data.map((value, i) => value - projection.data[i]),
  );
}

/**
 * A Gamma of the same exposures whose first k columns are orthonormal for instruments in units of `scales`, and how factor returns
 * (T x k) of its coordinates turn into those of `gamma`.
 */
export function inScaledCoordinates(
  gamma: Matrix,
  scales: Float64Array,
  k: number,
): { readonly gamma: Matrix; readonly turn: (factors: Float64Array) => Float64Array } {
  const scaled = toScaledUnits(columns(gamma, 0, k), scales);
  const basis = orthonormalise(scaled);
  // scaled = basis R, so that factors of the basis are R times those of gamma.
  const r = multiply(basis, scaled, { transposeA: true });
  return {
    gamma: sideBySide(toUserUnits(basis, scales), gamma.columns > k ? columns(gamma, k, gamma.columns) : undefined),
    turn: (factors) => {
      const nDates = factors.length / k;
      const known = matrix(
        nDates,
        k,
        factors.map((value) => (Number.isNaN(value) ? 0 : value)),
      );
      const turned = transpose(leastSquares(r, transpose(known), { rcond: 0 }).solution).data;
      return turned.map((value, at) => (Number.isNaN(factors[at]) ? Number.NaN : value));
    },
  };
}
