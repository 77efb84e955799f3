import { EngineError, ShapeError } from '../errors.ts';
import type { FloatArray } from '../validation.ts';
import type { Heap, HeapMatrix, Region } from './heap.ts';
import type { KernelProgram } from './program.ts';
import { transposed } from './heap.ts';
import { FULL } from './program.ts';

/** How much of the new product, and of what the output held before: out = alpha * product + beta * out. */
export interface Accumulation {
  /** 1 unless given. */
  readonly alpha?: number;
  /** 0 unless given: the output is overwritten, whatever it held. */
  readonly beta?: number;
}

/** Rows for {@link LinalgKernels.augmentedGram} that lie in the heap. */
export interface HeapBlock {
  /** n x L, unit column stride. */
  readonly characteristics: HeapMatrix;
  /** Offset of the n returns. */
  readonly returns: number;
  /** Whether a column of ones comes first. */
  readonly constant: boolean;
}

/** The same rows in arrays of the caller's, for {@link LinalgKernels.augmentedGramOf}. */
export interface ArrayBlock {
  readonly rows: number;
  readonly columns: number;
  /** rows x columns, row-major. */
  readonly characteristics: FloatArray;
  readonly returns: Float64Array;
  readonly constant: boolean;
}

/** Symmetric eigenvalues inside the heap. */
export interface HeapEigen {
  /** Offset of the n eigenvalues, descending. */
  readonly values: number;
  /** n x k eigenvectors as columns, where they were asked for. */
  readonly vectors?: HeapMatrix;
}

/** Outcome of a factorisation: `pivot` is the first row (from 0) whose pivot was not positive. */
export type Factorisation = { readonly ok: true } | { readonly ok: false; readonly pivot: number };

/**
 * Float64 kernels over one heap, for algorithms that keep their state in it across iterations. Nothing is copied; names
 * are those of BLAS and LAPACK. Shapes are checked, values are not: NaN in, NaN out.
 * An algorithm that awaits between kernel calls may share a heap with others: regions are independent of each other.
 */
export interface LinalgKernels {
  readonly backend: 'wasm-simd' | 'typescript';
  /** The whole heap as it is now. Growth leaves earlier views valid for the part that they cover. */
  readonly heap: Float64Array;
  /** A view of `length` elements. */
  float64(offset: number, length: number): Float64Array;
  /** A view of a row-major matrix without gaps. */
  view(matrix: HeapMatrix): Float64Array;
  /** Opens a region; the caller releases it. */
  region(): Region;
  /** Runs `work` with a region that is released afterwards, also after an error. `work` must be synchronous. */
  withRegion<T>(work: (region: Region) => T): T;

  /** C = alpha A B + beta C. A and B have any strides; C has unit stride along rows or along columns. */
  gemm(a: HeapMatrix, b: HeapMatrix, c: HeapMatrix, options?: Accumulation): void;
  /** The upper triangle of C = alpha A'A + beta C. The rest of C is left as it is; see {@link mirrorUpper}. */
  syrk(a: HeapMatrix, c: HeapMatrix, options?: Accumulation): void;
  /** Copies the upper triangle of a square matrix onto the lower one. */
  mirrorUpper(c: HeapMatrix): void;
  /**
   * Upper triangle of sum d_i d_i', where d_i = [1?, z_i1 ... z_iL, r_i], over the rows in which every entry is finite.
   * One pass over the rows. Returns the number of rows used.
   */
  augmentedGram(block: HeapBlock, gram: HeapMatrix): number;
  /** {@link augmentedGram} of rows outside the heap: copied to staging in the heap once. */
  augmentedGramOf(block: ArrayBlock, gram: HeapMatrix): number;
  /** y = alpha A x + beta y. x and y are offsets of vectors without gaps. */
  gemv(a: HeapMatrix, x: number, y: number, options?: Accumulation): void;
  dot(length: number, x: number, y: number): number;
  /** y += alpha x. */
  axpy(length: number, alpha: number, x: number, y: number): void;

  /**
   * Cholesky factor A = L L' in the lower triangle of A, which is all that it reads and writes.
   * A pivot fails when it is not above `tolerance` times the diagonal entry (0 unless given).
   */
  potrf(a: HeapMatrix, tolerance?: number): Factorisation;
  /** Solves L L' X = B in place of B, for the factor that {@link potrf} left. */
  potrs(factor: HeapMatrix, b: HeapMatrix): void;
  /**
   * Solves `count` positive definite systems A_t X_t = B_t in place: A at offset `a` is count x size x size (lower
   * triangles read, factors left), B at offset `b` is count x size x columns. flags_t (offset `flags`) becomes 0, or
   * 1 + the pivot that failed, and that solution NaN. Returns the number of failures.
   */
  solveBatch(batch: {
    count: number;
    size: number;
    columns: number;
    a: number;
    b: number;
    flags: number;
    tolerance?: number;
  }): number;

  /**
   * Eigenvalues of the symmetric A (lower triangle read, A destroyed) to `values`, descending, and the first
   * `vectors.columns` eigenvectors as columns. Throws EngineError when the iteration does not converge, which takes
   * entries that are not finite.
   */
  symmetricEigen(a: HeapMatrix, values: number, vectors?: HeapMatrix): void;

  /**
   * Householder QR with column pivoting, A P = Q R, of an m x n matrix (m >= n) given as its transpose: n rows of m.
   * Afterwards row j holds R_0j ... R_jj and the rest of reflector j; `pivots` has the original column numbers.
   */
  pivotedQr(transpose: HeapMatrix, tau: number, pivots: number): void;
  /** Replaces each row b of `rows` by Q'b ('transposed') or Q b, for the factor of {@link pivotedQr}. */
  applyReflectors(factor: HeapMatrix, tau: number, rows: HeapMatrix, side: 'plain' | 'transposed'): void;
  /**
   * One-sided Jacobi: rotates the rows until their first `columns` entries are mutually orthogonal; the remaining
   * entries follow. `norms` gets the lengths of those first parts.
   */
  orthogonaliseRows(rows: HeapMatrix, columns: number, norms: number): void;
}

/** Binds a program of kernels to its heap. */
export function bindKernels(backend: LinalgKernels['backend'], heap: Heap, program: KernelProgram): LinalgKernels {
  const check = (name: string, matrix: HeapMatrix, rows: number, columns: number, unit = true): void => {
    const { offset, rowStride, columnStride } = matrix;
    const last = offset + (matrix.rows - 1) * rowStride + (matrix.columns - 1) * columnStride;
    if (matrix.rows !== rows || matrix.columns !== columns || (unit && columnStride !== 1 && columns > 1))
      throw new ShapeError({
        field: name,
        expected: `${rows} x ${columns}${unit ? ' with unit column stride' : ''}`,
        found: `${matrix.rows} x ${matrix.columns} with strides ${rowStride}, ${columnStride}`,
        remedy: 'Allocate it with `region.matrix(rows, columns)`.',
      });
    if (!(offset >= 0 && last < heap.elements.length && Number.isInteger(last)))
      throw new ShapeError({
        field: name,
        expected: `elements inside the heap of ${heap.elements.length}`,
        found: `offsets ${offset} to ${last}`,
        remedy: 'Use offsets of a region that is still open.',
      });
  };
  const withRegion = <T>(work: (region: Region) => T): T => {
    const region = heap.region();
    try {
      return work(region);
    } finally {
      region.release();
    }
  };
  /** Runs a kernel with that many elements of workspace. */
  const scratch = <T>(elements: number, run: (workspace: number) => T): T =>
    elements === 0 ? run(0) : withRegion((region) => run(region.float64(elements)));
  const gemm = (a: HeapMatrix, b: HeapMatrix, c: HeapMatrix, { alpha = 1, beta = 0 }: Accumulation = {}): void => {
    if (c.columnStride !== 1 && c.rowStride === 1) {
      gemm(transposed(b), transposed(a), transposed(c), { alpha, beta });
      return;
    }
    check('gemm b', b, a.columns, b.columns, false);
    check('gemm a', a, a.rows, a.columns, false);
    check('gemm c', c, a.rows, b.columns);
    const [m, n, k] = [a.rows, b.columns, a.columns];
    scratch(program.gemmWorkspace(m, n, k), (workspace) => {
      program.gemm(
        ...([m, n, k, alpha, a.offset, a.rowStride, a.columnStride] as const),
        ...([b.offset, b.rowStride, b.columnStride, beta, c.offset, c.rowStride, FULL, workspace] as const),
      );
    });
  };
  const augmentedGram: LinalgKernels['augmentedGram'] = ({ characteristics: z, returns, constant }, gram) => {
    const size = z.columns + (constant ? 2 : 1);
    check('augmentedGram characteristics', z, z.rows, z.columns);
    check('augmentedGram gram', gram, size, size);
    return scratch(program.augmentedGramWorkspace(z.columns), (workspace) =>
      program.augmentedGram(
        ...([z.rows, z.columns, z.offset, z.rowStride, returns] as const),
        ...([constant ? 1 : 0, gram.offset, gram.rowStride, workspace] as const),
      ),
    );
  };
  return {
    backend,
    get heap() {
      return heap.elements;
    },
    float64: (offset, length) => heap.elements.subarray(offset, offset + length),
    view(matrix) {
      const { offset, rows, columns } = matrix;
      if (rows > 1) check('view', { ...matrix, rowStride: columns }, rows, columns);
      return heap.elements.subarray(offset, offset + rows * columns);
    },
    region: () => heap.region(),
    withRegion,
    gemm,
    syrk(a, c, { alpha = 1, beta = 0 } = {}) {
      check('syrk a', a, a.rows, a.columns, false);
      check('syrk c', c, a.columns, a.columns);
      scratch(program.syrkWorkspace(a.columns), (workspace) => {
        program.syrk(
          ...([a.rows, a.columns, alpha, a.offset, a.rowStride, a.columnStride] as const),
          ...([beta, c.offset, c.rowStride, workspace] as const),
        );
      });
    },
    mirrorUpper(c) {
      check('mirrorUpper', c, c.rows, c.rows);
      const x = heap.elements;
      // Tile by tile: the upper triangle is read along columns, and a tile of it stays in cache.
      const tile = 32;
      for (let top = 0; top < c.rows; top += tile)
        for (let left = 0; left <= top; left += tile)
          for (let i = top; i < Math.min(top + tile, c.rows); i++)
            for (let j = left; j < Math.min(left + tile, i); j++)
              x[c.offset + i * c.rowStride + j] = x[c.offset + j * c.rowStride + i];
    },
    augmentedGram,
    augmentedGramOf({ rows, columns, characteristics, returns, constant }, gram) {
      if (characteristics.length !== rows * columns || returns.length !== rows)
        throw new ShapeError({
          field: 'augmentedGramOf',
          expected: `${rows} x ${columns} characteristics and ${rows} returns`,
          found: `${characteristics.length} and ${returns.length} elements`,
          remedy: 'Pass the rows of one block with `subarray`.',
        });
      return withRegion((region) => {
        const z = region.matrix(rows, columns);
        const r = region.float64(rows);
        heap.elements.set(characteristics, z.offset);
        heap.elements.set(returns, r);
        return augmentedGram({ characteristics: z, returns: r, constant }, gram);
      });
    },
    gemv(a, x, y, { alpha = 1, beta = 0 } = {}) {
      check('gemv a', a, a.rows, a.columns, false);
      program.gemv(a.rows, a.columns, alpha, a.offset, a.rowStride, a.columnStride, x, beta, y);
    },
    dot: (length, x, y) => program.dot(length, x, y),
    axpy: (length, alpha, x, y) => {
      program.axpy(length, alpha, x, y);
    },
    potrf(a, tolerance = 0) {
      check('potrf', a, a.rows, a.rows);
      const failed = scratch(program.potrfWorkspace(a.rows), (workspace) =>
        program.potrf(a.rows, a.offset, a.rowStride, tolerance, workspace),
      );
      return failed === 0 ? { ok: true } : { ok: false, pivot: failed - 1 };
    },
    potrs(factor, b) {
      check('potrs factor', factor, factor.rows, factor.rows);
      check('potrs b', b, factor.rows, b.columns);
      scratch(program.potrsWorkspace(b.rows, b.columns), (workspace) => {
        program.potrs(
          ...([factor.rows, factor.offset, factor.rowStride] as const),
          ...([b.columns, b.offset, b.rowStride, workspace] as const),
        );
      });
    },
    solveBatch: ({ count, size, columns, a, b, flags, tolerance = 0 }) =>
      program.solveBatch(count, size, a, columns, b, tolerance, flags),
    symmetricEigen(a, values, vectors) {
      check('symmetricEigen', a, a.rows, a.rows);
      if (vectors) check('symmetricEigen vectors', vectors, a.rows, Math.min(a.rows, vectors.columns));
      const count = vectors?.columns ?? 0;
      const failed = scratch(program.eigenWorkspace(a.rows, count), (workspace) =>
        program.symmetricEigen(
          ...([a.rows, a.offset, a.rowStride, count, values] as const),
          ...([vectors?.offset ?? 0, vectors?.rowStride ?? 0, workspace] as const),
        ),
      );
      if (failed !== 0) throw notConverged('symmetricEigen');
    },
    pivotedQr(x, tau, pivots) {
      check('pivotedQr', x, Math.min(x.rows, x.columns), x.columns);
      scratch(2 * x.rows, (norms) => {
        program.pivotedQr(x.columns, x.rows, x.offset, x.rowStride, tau, pivots, norms);
      });
    },
    applyReflectors(x, tau, b, side) {
      check('applyReflectors', b, b.rows, x.columns);
      program.applyReflectors(
        ...([x.columns, x.rows, x.offset, x.rowStride, tau] as const),
        ...([side === 'transposed' ? 1 : 0, b.rows, b.offset, b.rowStride] as const),
      );
    },
    orthogonaliseRows(x, columns, norms) {
      check('orthogonaliseRows', x, x.rows, Math.max(columns, x.columns));
      if (program.orthogonaliseRows(x.rows, columns, x.columns, x.offset, x.rowStride, norms) < 0)
        throw notConverged('orthogonaliseRows');
    },
  };
}

function notConverged(field: string): EngineError {
  return new EngineError({
    field,
    expected: 'the iteration to converge',
    found: 'no convergence',
    remedy: 'Check the matrix for entries that are not finite.',
  });
}
