import { ConfigError, describe } from '../errors.ts';
import { linalgKernels } from './backend.ts';
import type { Matrix } from './matrix.ts';
import { checkMatrix, checkSymmetric, copyIn, copyOut } from './matrix.ts';

export interface EigenOptions {
  /** Whether vectors are wanted; true unless given. Without them the call is several times cheaper. */
  readonly vectors?: boolean;
  /** How many of the largest eigenvalues to return; all unless given. */
  readonly leading?: number;
}

export interface SymmetricEigen {
  /** Descending. */
  readonly values: Float64Array;
  /** n x k, orthonormal columns, the sign of each free; n x 0 elements when not asked for. */
  readonly vectors: Matrix;
}

/**
 * Eigenvalues and vectors of a symmetric matrix, A = V diag(values) V', by Householder tridiagonalisation and implicit
 * QL (Golub and Van Loan, section 8.3). The result is the same to the bit on every call.
 * Throws ShapeError, DataError (not finite, not symmetric), ConfigError for `leading`.
 */
export function symmetricEigen(a: Matrix, options: EigenOptions = {}): SymmetricEigen {
  checkSymmetric('a', a);
  const leading = checkLeading(options.leading, a.rows);
  const kernels = linalgKernels();
  return kernels.withRegion((region) => {
    const inside = copyIn(kernels, region, a);
    const values = region.float64(a.rows);
    const wanted = options.vectors === false ? undefined : region.matrix(a.rows, leading);
    kernels.symmetricEigen(inside, values, wanted);
    return {
      values: kernels.float64(values, leading).slice(),
      vectors: wanted ? copyOut(kernels, wanted) : { rows: a.rows, columns: 0, data: new Float64Array(0) },
    };
  });
}

/**
 * The leading eigenvalues and vectors of A'A: {@link symmetricEigen} of {@link gram} in one go, the product never leaving the
 * kernels' memory. The square roots of the values are A's singular values, to about half the digits of the smallest.
 * Throws ShapeError, DataError (not finite), ConfigError for `leading`.
 */
export function gramEigen(a: Matrix, leading?: number): SymmetricEigen & { readonly trace: number } {
  checkMatrix('a', a);
  const k = checkLeading(leading, a.columns);
  const kernels = linalgKernels();
  return kernels.withRegion((region) => {
    const product = region.matrix(a.columns, a.columns);
    kernels.syrk(copyIn(kernels, region, a), product);
    kernels.mirrorUpper(product);
    const entries = kernels.view(product);
    let trace = 0;
    for (let i = 0; i < a.columns; i++) trace += entries[i * (a.columns + 1)];
    const values = region.float64(a.columns);
    const vectors = region.matrix(a.columns, k);
    kernels.symmetricEigen(product, values, vectors);
    return { values: kernels.float64(values, k).slice(), vectors: copyOut(kernels, vectors), trace };
  });
}

/** `leading` or all `most` of them; throws ConfigError when it is not in 1 ... most. */
export function checkLeading(leading: number | undefined, most: number): number {
  if (leading === undefined) return most;
  if (Number.isInteger(leading) && leading >= 1 && leading <= most) return leading;
  throw new ConfigError({
    field: 'leading',
    expected: `a whole number from 1 to ${most}`,
    found: describe(leading),
    remedy: 'Leave it out to get all of them.',
  });
}
