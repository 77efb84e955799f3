import { NotIdentifiedError } from '@ml4t/core';
import { gram, matrix, multiply, symmetricEigen, type Matrix } from '@ml4t/core/linalg';

/** Loadings (n x K) and factor returns (T x K) of the same coordinates. */
export interface FactorCoordinates {
  readonly loadings: Matrix;
  readonly factors: Matrix;
}

/**
 * The one identification policy of the package. A factor model `L F'` is determined only up to an invertible K x K
 * matrix; this picks the coordinates in which
 *
 * - loadings are orthonormal, `L'L = I`;
 * - the second moment of the factors, `F'F / T`, is diagonal and descending;
 * - every factor mean is non-negative (where it is zero, the largest loading in absolute value is positive).
 *
 * Dates whose factors are NaN take no part in the moments and stay NaN.
 * Throws NotIdentifiedError when the loadings have fewer than K independent columns.
 * Source: Kelly, Pruitt and Su (2019), the normalisation Theta-Y.
 */
export function identifyFactors({ loadings, factors }: FactorCoordinates): FactorCoordinates {
  const k = loadings.columns;
  // L = Q S with S = (L'L)^(1/2), the symmetric square root: then L F' = Q (F S)'.
  const { values, vectors } = symmetricEigen(gram(loadings));
  if (!(values[k - 1] > 1e-14 * values[0]))
    throw new NotIdentifiedError({
      field: 'loadings',
      expected: `${k} linearly independent columns`,
      found: `rank ${values.filter((value) => value > 1e-14 * values[0]).length}`,
      remedy: 'Lower nFactors.',
    });
  // V f(D) V'. Roots, not powers, whose last digit differs between versions of V8.
  const of = (f: (value: number) => number): Matrix =>
    multiply(
      scaleColumns(vectors, (j) => f(values[j])),
      vectors,
      { transposeB: true },
    );
  const orthonormal = multiply(
    loadings,
    of((value) => 1 / Math.sqrt(value)),
  );
  const scaled = multiplyKeepingNaN(factors, of(Math.sqrt));
  const rotation = symmetricEigen(gram(finiteRows(scaled))).vectors;
  const rotated = {
    loadings: multiply(orthonormal, rotation),
    factors: multiplyKeepingNaN(scaled, rotation),
  };
  const signs = factorSigns(rotated);
  return {
    loadings: scaleColumns(rotated.loadings, (j) => signs[j]),
    factors: scaleColumns(rotated.factors, (j) => signs[j]),
  };
}

/** +1 or -1 per factor, by the sign rule of {@link identifyFactors}. */
export function factorSigns({ loadings, factors }: FactorCoordinates): number[] {
  const k = loadings.columns;
  return Array.from({ length: k }, (_, j) => {
    let sum = 0;
    let squares = 0;
    let count = 0;
    for (let t = 0; t < factors.rows; t++) {
      const value = factors.data[t * k + j];
      if (Number.isNaN(value)) continue;
      sum += value;
      squares += value * value;
      count++;
    }
    // A mean this small against the factor's own size is rounding: centred factors fall here.
    if (Math.abs(sum) > 1e-10 * Math.sqrt(squares * count)) return Math.sign(sum);
    let largest = 0;
    for (let i = 0; i < loadings.rows; i++)
      if (Math.abs(loadings.data[i * k + j]) > Math.abs(largest)) largest = loadings.data[i * k + j];
    return largest < 0 ? -1 : 1;
  });
}

/** a with column j multiplied by `factor(j)`. */
export function scaleColumns(a: Matrix, factor: (column: number) => number): Matrix {
  const factors = Array.from({ length: a.columns }, (_, j) => factor(j));
  return matrix(
    a.rows,
    a.columns,
    a.data.map((value, at) => value * factors[at % a.columns]),
  );
}

/** The rows of a that are finite throughout. */
function finiteRows(a: Matrix): Matrix {
  const kept: number[] = [];
  for (let i = 0; i < a.rows; i++) {
    const row = a.data.subarray(i * a.columns, (i + 1) * a.columns);
    if (row.every(Number.isFinite)) kept.push(...row);
  }
  if (kept.length === 0)
    throw new NotIdentifiedError({
      field: 'factors',
      expected: 'factor returns on at least one date',
      found: 'none',
      remedy: 'Pass dates with more observed assets than factors.',
    });
  return matrix(kept.length / a.columns, a.columns, kept);
}

/** a b where rows of a may be NaN: those stay NaN, and none reaches another row. */
function multiplyKeepingNaN(a: Matrix, b: Matrix): Matrix {
  const clean = matrix(
    a.rows,
    a.columns,
    a.data.map((value) => (Number.isNaN(value) ? 0 : value)),
  );
  const product = multiply(clean, b);
  for (let i = 0; i < a.rows; i++)
    if (a.data.subarray(i * a.columns, (i + 1) * a.columns).some(Number.isNaN))
      product.data.fill(Number.NaN, i * b.columns, (i + 1) * b.columns);
  return product;
}
