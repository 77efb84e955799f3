/** Which part of the output a product writes. */
export const FULL = 0;
export const UPPER = 1;
export const LOWER = 2;

/**
 * What a set of kernels must do, called with numbers only: once compiled to WebAssembly (`kernels/linalg`), and once as
 * plain TypeScript (`twin/`), which is both the oracle of the tests and the fallback. Offsets and strides count float64
 * elements of one heap; every scratch element comes from the caller's `workspace`, so that threads can share the heap.
 */
export interface KernelProgram {
  /** Elements of workspace for {@link gemm}. */
  gemmWorkspace(m: number, n: number, k: number): number;
  syrkWorkspace(n: number): number;
  /** C = alpha A B + beta C; A is m x k, B k x n, C m x n with unit column stride; `part` limits what is written. */
  gemm(
    m: number,
    n: number,
    k: number,
    alpha: number,
    a: number,
    aRow: number,
    aColumn: number,
    b: number,
    bRow: number,
    bColumn: number,
    beta: number,
    c: number,
    cRow: number,
    part: number,
    workspace: number,
  ): void;
  /** Upper triangle of C = alpha A'A + beta C; A is k x n. */
  syrk(
    k: number,
    n: number,
    alpha: number,
    a: number,
    aRow: number,
    aColumn: number,
    beta: number,
    c: number,
    cRow: number,
    workspace: number,
  ): void;
  augmentedGramWorkspace(columns: number): number;
  /** Upper triangle of C = sum d d' with d = [1?, z, r] over the rows that are finite; returns how many there were. */
  augmentedGram(
    rows: number,
    columns: number,
    z: number,
    zRow: number,
    r: number,
    constant: number,
    c: number,
    cRow: number,
    workspace: number,
  ): number;
  /** y = alpha A x + beta y. x and y have unit stride. */
  gemv(
    m: number,
    n: number,
    alpha: number,
    a: number,
    aRow: number,
    aColumn: number,
    x: number,
    beta: number,
    y: number,
  ): void;
  dot(n: number, x: number, y: number): number;
  /** y += alpha x. */
  axpy(n: number, alpha: number, x: number, y: number): void;

  potrfWorkspace(n: number): number;
  /** A = L L' in the lower triangle of A. Returns 0, or 1 + the first row whose pivot is not above tolerance * a_ii. */
  potrf(n: number, a: number, aRow: number, tolerance: number, workspace: number): number;
  potrsWorkspace(n: number, columns: number): number;
  /** B = (L L')^-1 B, B n x columns. */
  potrs(n: number, a: number, aRow: number, columns: number, b: number, bRow: number, workspace: number): void;
  /** potrf and potrs for `count` dense n x n systems; flags_t is 0 or 1 + the failing row (b_t is then NaN). Returns failures. */
  solveBatch(count: number, n: number, a: number, columns: number, b: number, tolerance: number, flags: number): number;

  eigenWorkspace(n: number, count: number): number;
  /**
   * All eigenvalues of the symmetric A (lower triangle; destroyed), descending, and the vectors of the first `count` as
   * columns. Returns 0, or 1 when the QL iteration did not converge.
   */
  symmetricEigen(
    n: number,
    a: number,
    aRow: number,
    count: number,
    values: number,
    vectors: number,
    vectorsRow: number,
    workspace: number,
  ): number;

  /**
   * Householder QR with column pivoting of an m x n matrix (m >= n) stored as its transpose X (n rows of m): afterwards
   * row j holds R_0j ... R_jj and then the reflector v_j (v_jj = 1 implied). pivots_j is the original column.
   */
  pivotedQr(m: number, n: number, x: number, xRow: number, tau: number, pivots: number, norms: number): void;
  /** Each of the `count` rows of B (length m) becomes Q'b (`forward` 1) or Q b (`forward` 0). */
  applyReflectors(
    m: number,
    n: number,
    x: number,
    xRow: number,
    tau: number,
    forward: number,
    count: number,
    b: number,
    bRow: number,
  ): void;
  /**
   * One-sided Jacobi: rotates the rows of X (n rows of `total`) until their first `columns` entries are orthogonal to
   * working precision; norms gets n norms. Returns the sweeps used, or -1 when 40 were not enough.
   */
  orthogonaliseRows(n: number, columns: number, total: number, x: number, xRow: number, norms: number): number;
}
