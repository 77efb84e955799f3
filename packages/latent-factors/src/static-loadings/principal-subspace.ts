import { NotIdentifiedError } from '@ml4t/core';
import { exceedsRounding } from '@ml4t/core/authoring';
import { matrix, multiply, transpose, type Matrix } from '@ml4t/core/linalg';
import { gramEigen } from '@ml4t/core/linalg/kernels';

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
 * Throws NotIdentifiedError when X has fewer than K independent directions: those whose root mean square is more than the rounding
 * of the numbers that X comes from.
 *
 * @param size largest magnitude of the values that X holds the deviations of.
 */
export function principalSubspace(x: Matrix, k: number, size: number): PrincipalSubspace {
  const byAsset = x.columns <= x.rows;
  const { values, vectors, trace } = gramEigen(byAsset ? x : transpose(x), k);
  // Eigenvalues of the squared matrix carry rounding of about 1e-16 of the largest: below it there is no direction.
  const floor = 1e-13 * values[0];
  const isDirection = (value: number): boolean => value > floor && exceedsRounding(Math.sqrt(value / x.rows), size);
  if (!isDirection(values[k - 1])) throw rankError(values.filter(isDirection).length, k);
  const loadings = byAsset ? vectors : multiply(x, vectors, { transposeA: true });
  if (!byAsset) for (let i = 0; i < loadings.data.length; i++) loadings.data[i] /= Math.sqrt(values[i % k]);
  return {
    loadings: matrix(x.columns, k, loadings.data),
    eigenvalues: values.map((value) => value / x.rows),
    totalVariance: trace / x.rows,
  };
}

/** Returns that do not move in K directions. */
export function rankError(rank: number, k: number): NotIdentifiedError {
  return new NotIdentifiedError({
    field: 'nFactors',
    expected:
      rank === 0 ? 'returns that vary by more than rounding' : `at most ${rank}, the rank of the demeaned returns`,
    found: rank === 0 ? 'none that does: every asset has the same return on all dates' : String(k),
    remedy:
      rank === 0
        ? 'Check the returns: constant ones have no factor.'
        : 'Lower nFactors, or pass more dates and assets.',
  });
}

/** Largest magnitude of the returns, at least 1, which returns are differences from. */
export function sizeOfReturns({ data }: Matrix): number {
  let size = 1;
  for (let cell = 0; cell < data.length; cell++) if (Math.abs(data[cell]) > size) size = Math.abs(data[cell]);
  return size;
}

/** What the leading eigenvectors leave of the total variance. */
export function unexplainedVariance({ totalVariance, eigenvalues }: PrincipalSubspace): number {
  return eigenvalues.reduce((rest, value) => rest - value, totalVariance);
}
