// Blocked Cholesky factorisation and solves, lower triangle, row-major.
import { gemm, gemmWorkspace } from './gemm';
import { FULL, LOWER } from './tiles';
import { axpyAt, bytes, dotAt, lanes, scaleAt } from './vectors';

/** Rows factored at a time; the rest of the work is one product per block. */
const BLOCK: i32 = 48;

/** Elements of workspace: the diagonal as it was, and what the products need. */
export function potrfWorkspace(n: i32): i32 {
  return n + gemmWorkspace(n, n, BLOCK);
}

/** A = L L'; the contract is KernelProgram.potrf. */
export function potrf(n: i32, a: i32, aRow: i32, tolerance: f64, workspace: i32): i32 {
  const diagonal = bytes(workspace);
  for (let i = 0; i < n; i++) store<f64>(diagonal + bytes(i), load<f64>(bytes(a + i * aRow + i)));
  for (let j = 0; j < n; j += BLOCK) {
    const width = min(BLOCK, n - j);
    const corner = a + j * aRow + j;
    for (let i = 0; i < width; i++) {
      const failed = factorRow(i, bytes(corner), bytes(aRow), tolerance, load<f64>(diagonal + bytes(j + i)));
      if (failed != 0) return j + failed;
    }
    const rest = n - j - width;
    if (rest == 0) break;
    const below = corner + width * aRow;
    let i = 0;
    for (; i + 4 <= rest; i += 4) solveFourRows(width, bytes(corner), bytes(aRow), bytes(below + i * aRow));
    for (; i < rest; i++) solveRow(width, bytes(corner), bytes(aRow), bytes(below + i * aRow));
    gemm(rest, rest, width, -1, below, aRow, 1, below, 1, aRow, 1, below + width, aRow, LOWER, workspace + n);
  }
  return 0;
}

/** Row i of the factor, given the rows before it; 0, or i + 1 when its pivot fails against `reference`. */
function factorRow(i: i32, a: usize, aRow: usize, tolerance: f64, reference: f64): i32 {
  const row = a + (i as usize) * aRow;
  solveRow(i, a, aRow, row);
  const pivot = load<f64>(row + bytes(i)) - dotAt(i, row, row);
  if (!(pivot > 0 && pivot > tolerance * reference && pivot < Infinity)) return i + 1;
  store<f64>(row + bytes(i), sqrt(pivot));
  return 0;
}

/** row = L^-1 row for the leading n entries. */
function solveRow(n: i32, factor: usize, factorRow: usize, row: usize): void {
  for (let j = 0; j < n; j++) {
    const left = factor + (j as usize) * factorRow;
    const at = row + bytes(j);
    store<f64>(at, (load<f64>(at) - dotAt(j, left, row)) / load<f64>(left + bytes(j)));
  }
}

/** {@link solveRow} of four rows, `factorRow` bytes apart: four chains of dependent divisions run side by side. */
function solveFourRows(n: i32, factor: usize, factorRow: usize, row0: usize): void {
  const row1 = row0 + factorRow;
  const row2 = row1 + factorRow;
  const row3 = row2 + factorRow;
  for (let j = 0; j < n; j++) {
    const left = factor + (j as usize) * factorRow;
    const at = bytes(j);
    let sum0 = f64x2.splat(0);
    let sum1 = sum0;
    let sum2 = sum0;
    let sum3 = sum0;
    const end = bytes(j & ~1);
    for (let k: usize = 0; k < end; k += 16) {
      const l = v128.load(left + k);
      sum0 = f64x2.add(sum0, f64x2.mul(l, v128.load(row0 + k)));
      sum1 = f64x2.add(sum1, f64x2.mul(l, v128.load(row1 + k)));
      sum2 = f64x2.add(sum2, f64x2.mul(l, v128.load(row2 + k)));
      sum3 = f64x2.add(sum3, f64x2.mul(l, v128.load(row3 + k)));
    }
    let x0 = load<f64>(row0 + at) - lanes(sum0);
    let x1 = load<f64>(row1 + at) - lanes(sum1);
    let x2 = load<f64>(row2 + at) - lanes(sum2);
    let x3 = load<f64>(row3 + at) - lanes(sum3);
    if (end < at) {
      const l = load<f64>(left + end);
      x0 -= l * load<f64>(row0 + end);
      x1 -= l * load<f64>(row1 + end);
      x2 -= l * load<f64>(row2 + end);
      x3 -= l * load<f64>(row3 + end);
    }
    const pivot = load<f64>(left + at);
    store<f64>(row0 + at, x0 / pivot);
    store<f64>(row1 + at, x1 / pivot);
    store<f64>(row2 + at, x2 / pivot);
    store<f64>(row3 + at, x3 / pivot);
  }
}

export function potrsWorkspace(n: i32, columns: i32): i32 {
  return columns == 1 ? 0 : gemmWorkspace(BLOCK, columns, n);
}

/** B = (L L')^-1 B; the contract is KernelProgram.potrs. */
export function potrs(n: i32, a: i32, aRow: i32, columns: i32, b: i32, bRow: i32, workspace: i32): void {
  if (columns == 1 && bRow == 1) {
    solveVector(n, bytes(a), bytes(aRow), bytes(b));
    return;
  }
  for (let i = 0; i < n; i += BLOCK) {
    const height = min(BLOCK, n - i);
    const target = b + i * bRow;
    if (i > 0) gemm(height, columns, i, -1, a + i * aRow, aRow, 1, b, bRow, 1, 1, target, bRow, FULL, workspace);
    solveForward(height, bytes(a + i * aRow + i), bytes(aRow), columns, bytes(target), bytes(bRow));
  }
  for (let i = ((n - 1) / BLOCK) * BLOCK; i >= 0; i -= BLOCK) {
    const height = min(BLOCK, n - i);
    const below = i + height;
    const target = b + i * bRow;
    const source = b + below * bRow;
    if (below < n)
      gemm(
        height,
        columns,
        n - below,
        -1,
        a + below * aRow + i,
        1,
        aRow,
        source,
        bRow,
        1,
        1,
        target,
        bRow,
        FULL,
        workspace,
      );
    solveBackward(height, bytes(a + i * aRow + i), bytes(aRow), columns, bytes(target), bytes(bRow));
  }
}

function solveVector(n: i32, factor: usize, factorRow: usize, b: usize): void {
  solveRow(n, factor, factorRow, b);
  for (let i = n - 1; i >= 0; i--) {
    const row = factor + (i as usize) * factorRow;
    const solution = load<f64>(b + bytes(i)) / load<f64>(row + bytes(i));
    store<f64>(b + bytes(i), solution);
    axpyAt(i, -solution, row, b);
  }
}

function solveForward(n: i32, factor: usize, factorRow: usize, columns: i32, b: usize, bRow: usize): void {
  for (let i = 0; i < n; i++) {
    const row = factor + (i as usize) * factorRow;
    const target = b + (i as usize) * bRow;
    for (let k = 0; k < i; k++) axpyAt(columns, -load<f64>(row + bytes(k)), b + (k as usize) * bRow, target);
    scaleAt(columns, 1 / load<f64>(row + bytes(i)), target);
  }
}

function solveBackward(n: i32, factor: usize, factorRow: usize, columns: i32, b: usize, bRow: usize): void {
  for (let i = n - 1; i >= 0; i--) {
    const row = factor + (i as usize) * factorRow;
    const source = b + (i as usize) * bRow;
    scaleAt(columns, 1 / load<f64>(row + bytes(i)), source);
    for (let k = 0; k < i; k++) axpyAt(columns, -load<f64>(row + bytes(k)), source, b + (k as usize) * bRow);
  }
}

/** Many small systems; the contract is KernelProgram.solveBatch. */
export function solveBatch(count: i32, n: i32, a: i32, columns: i32, b: i32, tolerance: f64, flags: i32): i32 {
  let failures = 0;
  const rowBytes = bytes(n);
  for (let t = 0; t < count; t++) {
    const factor = bytes(a) + (t as usize) * bytes(n * n);
    const right = bytes(b) + (t as usize) * bytes(n * columns);
    let failed = 0;
    for (let i = 0; i < n && failed == 0; i++)
      failed = factorRow(i, factor, rowBytes, tolerance, load<f64>(factor + bytes(i * n + i)));
    store<f64>(bytes(flags + t), failed as f64);
    if (failed != 0) {
      failures++;
      for (let i = 0; i < n * columns; i++) store<f64>(right + bytes(i), NaN);
    } else if (columns == 1) solveVector(n, factor, rowBytes, right);
    else {
      solveForward(n, factor, rowBytes, columns, right, bytes(columns));
      solveBackward(n, factor, rowBytes, columns, right, bytes(columns));
    }
  }
  return failures;
}
