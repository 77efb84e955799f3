import { ConfigError, ShapeError, describe } from '../errors.ts';
import { linalgKernels } from './backend.ts';
import type { Matrix } from './matrix.ts';
import { checkMatrix, copyIn } from './matrix.ts';
import { multiply, transpose } from './products.ts';
import { factorTall, thinSvd } from './svd.ts';

export interface LeastSquares {
  /** n x p: one column for each column of b. */
  readonly solution: Matrix;
  /** Number of singular values above rcond times the largest. */
  readonly rank: number;
  /** All min(m, n) of them, descending. */
  readonly singularValues: Float64Array;
  /** |b - A x|^2 for each column of b. */
  readonly residualSumOfSquares: Float64Array;
}

export interface LeastSquaresOptions {
  /** Singular values at or below rcond times the largest count as zero; 2^-52 max(m, n) unless given. */
  readonly rcond?: number;
}

/**
 * The X of least norm among those that minimise |B - A X|, X = V diag(1/s) U'B over the singular values that are not
 * negligible. A is m x n of any shape and rank, B m x p. As numpy.linalg.lstsq, but through Jacobi's accurate SVD.
 * Throws ShapeError, DataError, ConfigError for `rcond`.
 */
export function leastSquares(a: Matrix, b: Matrix, options: LeastSquaresOptions = {}): LeastSquares {
  checkMatrix('a', a);
  checkMatrix('b', b);
  if (a.rows !== b.rows)
    throw new ShapeError({
      field: 'b',
      expected: `${a.rows} rows, as a has`,
      found: String(b.rows),
      remedy: 'Pass right-hand sides as columns.',
    });
  const rcond = options.rcond ?? Number.EPSILON * Math.max(a.rows, a.columns);
  if (!(rcond >= 0 && rcond < 1))
    throw new ConfigError({
      field: 'rcond',
      expected: 'a number from 0 to below 1',
      found: describe(rcond),
      remedy: 'Leave it out for the usual cut at rounding.',
    });
  const { singularValues, projected, right } = a.rows >= a.columns ? projectTall(a, b) : projectWide(a, b);
  let rank = 0;
  while (rank < singularValues.length && singularValues[rank] > rcond * singularValues[0]) rank++;
  const solution = { rows: a.columns, columns: b.columns, data: new Float64Array(a.columns * b.columns) };
  for (let k = 0; k < rank; k++)
    for (let i = 0; i < a.columns; i++)
      for (let j = 0; j < b.columns; j++)
        solution.data[i * b.columns + j] += (right[k][i] * projected[k][j]) / singularValues[k];
  const fitted = multiply(a, solution);
  const residualSumOfSquares = new Float64Array(b.columns);
  for (let i = 0; i < b.data.length; i++) residualSumOfSquares[i % b.columns] += (b.data[i] - fitted.data[i]) ** 2;
  return { solution, rank, singularValues, residualSumOfSquares };
}

/** What the solution is made of: singular values, rows of U'B, columns of V. */
interface Projection {
  readonly singularValues: Float64Array;
  readonly projected: readonly Float64Array[];
  readonly right: readonly Float64Array[];
}

/** U'B = L' (Q'B) without forming U. */
function projectTall(a: Matrix, b: Matrix): Projection {
  const kernels = linalgKernels();
  return kernels.withRegion((region) => {
    const { factor, tau, singularValues, left, right } = factorTall(kernels, region, a);
    const rows = copyIn(kernels, region, transpose(b));
    kernels.applyReflectors(factor, tau, rows, 'transposed');
    const projected = left.map((vector) =>
      Float64Array.from({ length: b.columns }, (_, j) => {
        const turned = kernels.float64(rows.offset + j * a.rows, a.columns);
        let sum = 0;
        for (let i = 0; i < vector.length; i++) sum += vector[i] * turned[i];
        return sum;
      }),
    );
    return { singularValues, projected, right };
  });
}

function projectWide(a: Matrix, b: Matrix): Projection {
  const { u, singularValues, v } = thinSvd(a);
  const product = multiply(u, b, { transposeA: true });
  const columns = transpose(v);
  return {
    singularValues,
    projected: Array.from(singularValues, (_, k) => product.data.subarray(k * b.columns, (k + 1) * b.columns)),
    right: Array.from(singularValues, (_, k) => columns.data.subarray(k * a.columns, (k + 1) * a.columns)),
  };
}
