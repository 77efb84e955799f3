import { ShapeError } from '../errors.ts';
import { linalgKernels } from './backend.ts';
import { transposed } from './heap.ts';
import type { Matrix } from './matrix.ts';
import { checkMatrix, copyIn, copyOut } from './matrix.ts';

/** Which factors of {@link multiply} enter as their transposes. */
export interface MultiplyOptions {
  readonly transposeA?: boolean;
  readonly transposeB?: boolean;
}

/** The transpose, copied. */
export function transpose(a: Matrix): Matrix {
  const data = new Float64Array(a.rows * a.columns);
  for (let i = 0; i < a.rows; i++) for (let j = 0; j < a.columns; j++) data[j * a.rows + i] = a.data[i * a.columns + j];
  return { rows: a.columns, columns: a.rows, data };
}

/**
 * The product op(A) op(B), where op is the identity or the transpose.
 * Throws ShapeError when the inner dimensions differ, DataError naming an entry that is not finite.
 */
export function multiply(a: Matrix, b: Matrix, options: MultiplyOptions = {}): Matrix {
  checkMatrix('a', a);
  checkMatrix('b', b);
  const inner = options.transposeA ? a.rows : a.columns;
  const found = options.transposeB ? b.columns : b.rows;
  if (inner !== found)
    throw new ShapeError({
      field: 'multiply',
      expected: `equal inner dimensions: b with ${inner} ${options.transposeB ? 'columns' : 'rows'}`,
      found: `${found} (a ${a.rows} x ${a.columns}, b ${b.rows} x ${b.columns})`,
      remedy: 'Check the factors and the transpose flags.',
    });
  const kernels = linalgKernels();
  return kernels.withRegion((region) => {
    const left = copyIn(kernels, region, a);
    const right = a === b ? left : copyIn(kernels, region, b);
    const factors = [options.transposeA ? transposed(left) : left, options.transposeB ? transposed(right) : right];
    const product = region.matrix(factors[0].rows, factors[1].columns);
    kernels.gemm(factors[0], factors[1], product);
    return copyOut(kernels, product);
  });
}

/** A'A (columns x columns), exactly symmetric. Throws DataError naming an entry that is not finite. */
export function gram(a: Matrix): Matrix {
  checkMatrix('a', a);
  const kernels = linalgKernels();
  return kernels.withRegion((region) => {
    const product = region.matrix(a.columns, a.columns);
    kernels.syrk(copyIn(kernels, region, a), product);
    kernels.mirrorUpper(product);
    return copyOut(kernels, product);
  });
}
