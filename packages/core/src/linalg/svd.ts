import { linalgKernels } from './backend.ts';
import { checkLeading } from './eigen.ts';
import { heapBlock, transposed } from './heap.ts';
import type { HeapMatrix, Region } from './heap.ts';
import type { LinalgKernels } from './kernels.ts';
import type { Matrix } from './matrix.ts';
import { checkMatrix } from './matrix.ts';
import { transpose } from './products.ts';

export interface ThinSvd {
  /** m x k, orthonormal columns. */
  readonly u: Matrix;
  /** k values, descending. */
  readonly singularValues: Float64Array;
  /** n x k, orthonormal columns. */
  readonly v: Matrix;
}

/**
 * The thin singular value decomposition A = U diag(s) V', k = min(m, n) or the `leading` ones: Householder QR with
 * column pivoting, then one-sided Jacobi on R (Drmac and Veselic 2008, SIAM J. Matrix Anal. Appl. 29, 1322-1362).
 * A'A is never formed, so small singular values keep their accuracy, and those of a matrix with badly scaled columns
 * keep it relative to themselves. Signs are free; the result is the same to the bit on every call.
 * Throws ShapeError, DataError, ConfigError for `leading`.
 */
export function thinSvd(a: Matrix, options: { readonly leading?: number } = {}): ThinSvd {
  checkMatrix('a', a);
  const count = checkLeading(options.leading, Math.min(a.rows, a.columns));
  if (a.rows < a.columns) {
    const { u, singularValues, v } = thinSvd(transpose(a), { leading: count });
    return { u: v, singularValues, v: u };
  }
  const kernels = linalgKernels();
  return kernels.withRegion((region) => {
    const core = factorTall(kernels, region, a);
    const { rows: m, columns: n } = a;
    // u = Q [left; 0], on rows.
    const wide = region.matrix(count, m);
    const heap = kernels.heap;
    for (let k = 0; k < count; k++) {
      const row = wide.offset + k * m;
      heap.fill(0, row + n, row + m);
      heap.set(core.left[k], row);
    }
    kernels.applyReflectors(core.factor, core.tau, wide, 'plain');
    const u = transpose({ rows: count, columns: m, data: kernels.view(wide) });
    const v = { rows: n, columns: count, data: new Float64Array(n * count) };
    for (let k = 0; k < count; k++) for (let j = 0; j < n; j++) v.data[j * count + k] = core.right[k][j];
    return { u, singularValues: core.singularValues.slice(0, count), v };
  });
}

/** The pieces of A = Q [L; 0] diag(s) V' for an m x n matrix with m >= n. */
export interface TallFactors {
  /** Reflectors of Q, as {@link LinalgKernels.pivotedQr} leaves them, and their scales. */
  readonly factor: HeapMatrix;
  readonly tau: number;
  readonly singularValues: Float64Array;
  /** Columns of L (n x n), by singular value. */
  readonly left: readonly Float64Array[];
  /** Columns of V in the original order of A's columns. */
  readonly right: readonly Float64Array[];
}

/** From this size on, starting Jacobi from eigenvectors of R R' saves more sweeps than it costs. */
const WORTH_TURNING = 48;
/** Least |R_nn / R_11| for it: the start rounds at eps |R_11|, which is then still small against every row. */
const WELL_SCALED = 1e-3;

/** Turns the rows of [R | I] by the eigenvectors of R R', which leaves them orthogonal but for rounding. */
function turnByEigenvectors(kernels: LinalgKernels, rows: HeapMatrix): void {
  const n = rows.rows;
  kernels.withRegion((region) => {
    const triangle = heapBlock(rows, 0, 0, n, n);
    const squared = region.matrix(n, n);
    const vectors = region.matrix(n, n);
    const turned = region.matrix(n, n);
    kernels.syrk(transposed(triangle), squared);
    kernels.mirrorUpper(squared);
    kernels.symmetricEigen(squared, region.float64(n), vectors);
    kernels.gemm(transposed(vectors), triangle, turned);
    const heap = kernels.heap;
    for (let i = 0; i < n; i++) {
      const row = rows.offset + i * rows.rowStride;
      heap.copyWithin(row, turned.offset + i * n, turned.offset + (i + 1) * n);
      for (let j = 0; j < n; j++) heap[row + n + j] = heap[vectors.offset + j * n + i];
    }
  });
}

/** QR with column pivoting, then Jacobi on the rows of R; leaves the reflectors in `region`. */
export function factorTall(kernels: LinalgKernels, region: Region, a: Matrix): TallFactors {
  const { rows: m, columns: n } = a;
  const factor = region.matrix(n, m);
  const tau = region.float64(n);
  const pivots = region.float64(n);
  const norms = region.float64(n);
  const rotated = region.matrix(n, 2 * n);
  const heap = kernels.heap;

  // A power of two brings the largest entry near one: squares neither overflow nor, where it matters, underflow.
  let largest = 0;
  for (let i = 0; i < a.data.length; i++) largest = Math.max(largest, Math.abs(a.data[i]));
  const exponent = largest === 0 ? 0 : Math.max(-1000, Math.min(1000, Math.floor(Math.log2(largest))));
  const scale = 2 ** -exponent;
  for (let i = 0; i < m; i++) for (let j = 0; j < n; j++) heap[factor.offset + j * m + i] = a.data[i * n + j] * scale;
  kernels.pivotedQr(factor, tau, pivots);

  // [R | I]: rotating its rows by G gives [G R | G], G R = diag(s) W', so R = G' diag(s) W'.
  heap.fill(0, rotated.offset, rotated.offset + 2 * n * n);
  for (let i = 0; i < n; i++) {
    for (let j = i; j < n; j++) heap[rotated.offset + i * 2 * n + j] = heap[factor.offset + j * m + i];
    heap[rotated.offset + i * 2 * n + n + i] = 1;
  }
  const conditioned = Math.abs(heap[factor.offset + (n - 1) * (m + 1)]) > WELL_SCALED * Math.abs(heap[factor.offset]);
  if (n >= WORTH_TURNING && conditioned) turnByEigenvectors(kernels, rotated);
  kernels.orthogonaliseRows(rotated, n, norms);

  const order = Array.from({ length: n }, (_, i) => i).sort((i, j) => heap[norms + j] - heap[norms + i] || i - j);
  const singularValues = Float64Array.from(order, (i) => heap[norms + i] / scale);
  const left = order.map((i) => kernels.float64(rotated.offset + i * 2 * n + n, n).slice());
  const right: Float64Array[] = [];
  for (const i of order) {
    const row = kernels.float64(rotated.offset + i * 2 * n, n);
    const norm = heap[norms + i];
    const vector = new Float64Array(n);
    if (norm > 0) for (let j = 0; j < n; j++) vector[heap[pivots + j]] = row[j] / norm;
    else completeBasis(vector, right);
    right.push(vector);
  }
  return { factor, tau, singularValues, left, right };
}

/** Fills `vector` with a unit vector orthogonal to `basis`: the unit vector that is furthest from its span, cleaned. */
function completeBasis(vector: Float64Array, basis: readonly Float64Array[]): void {
  const inside = new Float64Array(vector.length);
  for (const column of basis) for (let j = 0; j < inside.length; j++) inside[j] += column[j] ** 2;
  vector[inside.indexOf(Math.min(...inside))] = 1;
  // Twice is enough (Kahan and Parlett).
  for (let pass = 0; pass < 2; pass++) {
    for (const column of basis) {
      let along = 0;
      for (let j = 0; j < vector.length; j++) along += column[j] * vector[j];
      for (let j = 0; j < vector.length; j++) vector[j] -= along * column[j];
    }
    const norm = Math.hypot(...vector);
    for (let j = 0; j < vector.length; j++) vector[j] /= norm;
  }
}
