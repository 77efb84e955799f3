import { NotIdentifiedError } from '@ml4t/core';
import { gramEigen, matrix, multiply, transpose, type Matrix } from '@ml4t/core/linalg';

export interface PrincipalSubspace {
  /** (N x K), orthonormal columns, by descending eigenvalue. */
  readonly loadings: Matrix;
  /** The K leading eigenvalues of X'X / T. */
  readonly eigenvalues: Float64Array;
  /** Sum of all eigenvalues: the mean over dates of the squared norm of a row. */
  readonly totalVariance: number;
}

/**
 * The K leading right singular vectors of X (T x N) by the smaller of the two symmetric eigenproblems: X'X when assets
 * are fewer than dates, else XX' and back by `V = X'U / sigma`.
 * Throws NotIdentifiedError when X has fewer than K independent directions.
 */
export function principalSubspace(x: Matrix, k: number): PrincipalSubspace {
  const byAsset = x.columns <= x.rows;
  const { values, vectors, trace } = gramEigen(byAsset ? x : transpose(x), k);
  // Eigenvalues of the squared matrix carry rounding of about 1e-16 of the largest: below it there is no direction.
  const floor = 1e-13 * values[0];
  if (!(values[k - 1] > floor))
    throw new NotIdentifiedError({
      field: 'nFactors',
      expected: `at most ${values.filter((value) => value > floor).length}, the rank of the demeaned returns`,
      found: String(k),
      remedy: 'Lower nFactors, or pass more dates and assets.',
    });
  const loadings = byAsset ? vectors : multiply(x, vectors, { transposeA: true });
  if (!byAsset) for (let i = 0; i < loadings.data.length; i++) loadings.data[i] /= Math.sqrt(values[i % k]);
  return {
    loadings: matrix(x.columns, k, loadings.data),
    eigenvalues: values.map((value) => value / x.rows),
    totalVariance: trace / x.rows,
  };
}

/** What the leading eigenvectors leave of the total variance. */
export function unexplainedVariance({ totalVariance, eigenvalues }: PrincipalSubspace): number {
  return eigenvalues.reduce((rest, value) => rest - value, totalVariance);
}
