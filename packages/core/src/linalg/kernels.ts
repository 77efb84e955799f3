import type { FloatArray } from '../validation.ts';
import type { HeapMatrix, Region } from './heap.ts';

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
