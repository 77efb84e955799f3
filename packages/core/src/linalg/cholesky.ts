import { NotIdentifiedError, ShapeError } from '../errors.ts';
import { linalgKernels } from './backend.ts';
import type { Matrix } from './matrix.ts';
import { checkMatrix, checkSymmetric, copyIn, copyOut } from './matrix.ts';

/**
 * The lower triangular L with A = L L'; zeros above the diagonal.
 * A pivot counts as zero when it is at most n * 2^-52 of its diagonal entry: what remains there is rounding.
 * Throws NotIdentifiedError naming the pivot when A is not positive definite, ShapeError, DataError.
 */
export function choleskyFactor(a: Matrix): Matrix {
  checkSymmetric('a', a);
  const kernels = linalgKernels();
  return kernels.withRegion((region) => {
    const factor = copyIn(kernels, region, a);
    const outcome = kernels.potrf(factor, a.rows * Number.EPSILON);
    if (!outcome.ok)
      throw new NotIdentifiedError({
        field: `a[${outcome.pivot}, ${outcome.pivot}]`,
        expected: 'a positive definite matrix',
        found: `no positive pivot in row ${outcome.pivot} of ${a.rows}: it depends on the rows before it`,
        remedy: 'Drop the dependent column, add a ridge, or use `leastSquares` for the minimum-norm solution.',
      });
    const lower = copyOut(kernels, factor);
    for (let i = 0; i < a.rows; i++) lower.data.fill(0, i * a.rows + i + 1, (i + 1) * a.rows);
    return lower;
  });
}

/** X with L L' X = B, for the factor of {@link choleskyFactor}. Throws ShapeError, DataError. */
export function choleskySolve(factor: Matrix, b: Matrix): Matrix {
  checkMatrix('factor', factor);
  checkMatrix('b', b);
  if (factor.rows !== factor.columns || b.rows !== factor.rows)
    throw new ShapeError({
      field: 'b',
      expected: `${factor.rows} rows, as in a square factor`,
      found: `b ${b.rows} x ${b.columns}, factor ${factor.rows} x ${factor.columns}`,
      remedy: 'Pass right-hand sides as columns.',
    });
  const kernels = linalgKernels();
  return kernels.withRegion((region) => {
    const solution = copyIn(kernels, region, b);
    kernels.potrs(copyIn(kernels, region, factor), solution);
    return copyOut(kernels, solution);
  });
}

/** X with A X = B for a symmetric positive definite A. Errors as {@link choleskyFactor} and {@link choleskySolve}. */
export function solvePositiveDefinite(a: Matrix, b: Matrix): Matrix {
  return choleskySolve(choleskyFactor(a), b);
}
