// Symmetric eigenvalues and vectors: reduction to tridiagonal form, then QL for everything, or QL for the values and
// inverse iteration for the few vectors that are wanted.
import { inverseIteration, inverseIterationWorkspace } from './inverse-iteration';
import { STRIP, implicitQl, negligible, qlWorkspace } from './ql';
import { backTransform, formTransposedQ, tridiagonalise } from './tridiagonal';
import { bytes } from './vectors';

/** Inverse iteration pays up to this share of the vectors; beyond, orthogonalisation eats the gain. */
function few(n: i32, count: i32): bool {
  return 4 * count <= n && n > 8;
}

function stripCount(n: i32): i32 {
  return (n + STRIP - 1) / STRIP;
}

/** Elements of workspace: 9 vectors, then Q', the strips and the rotations, or what inverse iteration needs. */
export function eigenWorkspace(n: i32, count: i32): i32 {
  const base = 9 * n;
  if (count == 0) return base + qlWorkspace(n);
  return base + n * n + stripCount(n) * STRIP * n + qlWorkspace(n) + inverseIterationWorkspace(n);
}

/** The contract is KernelProgram.symmetricEigen. */
export function symmetricEigen(
  n: i32,
  a: i32,
  aRow: i32,
  count: i32,
  values: i32,
  vectors: i32,
  vectorsRow: i32,
  workspace: i32,
): i32 {
  const matrix = bytes(a);
  const rowBytes = bytes(aRow);
  const exponent = scaleTriangle(n, matrix, rowBytes);
  const d = bytes(workspace);
  const e = d + bytes(n);
  const tau = e + bytes(n);
  const order = tau + bytes(n);
  const scratch = order + bytes(n);
  const rest = d + bytes(9 * n);
  tridiagonalise(n, matrix, rowBytes, d, e, tau, scratch);
  // From here on e_i couples i and i + 1.
  for (let i = 0; i + 1 < n; i++) store<f64>(e + bytes(i), load<f64>(e + bytes(i), 8));
  store<f64>(e + bytes(n - 1), 0);

  const out = bytes(values);
  let done = false;
  if (count == 0 || few(n, count)) {
    // scratch: values, off-diagonals destroyed by QL, and the first index of the block that each value belongs to.
    const found = scratch;
    const first = scratch + bytes(2 * n);
    if (blockValues(n, d, e, found, found + bytes(n), first, rest) != 0) return 1;
    sortDescending(n, found, order);
    if (count > 0) done = leadingVectors(n, matrix, rowBytes, tau, d, e, found, first, order, count, rest);
    if (count == 0 || done) {
      for (let k = 0; k < n; k++)
        store<f64>(out + bytes(k), scaleBy(load<f64>(found + bytes(load<f64>(order + bytes(k)) as i32)), exponent));
      for (let k = 0; k < count; k++)
        for (let i = 0; i < n; i++) store<f64>(bytes(vectors + i * vectorsRow + k), load<f64>(rest + bytes(k * n + i)));
      return 0;
    }
  }

  const strips = rest + bytes(n * n);
  formTransposedQ(n, matrix, rowBytes, tau, rest);
  toStrips(n, rest, strips);
  if (implicitQl(n, d, e, strips, stripCount(n), strips + bytes(stripCount(n) * STRIP * n)) != 0) return 1;
  sortDescending(n, d, order);
  for (let k = 0; k < n; k++) {
    const source = load<f64>(order + bytes(k)) as i32;
    store<f64>(out + bytes(k), scaleBy(load<f64>(d + bytes(source)), exponent));
    if (k >= count) continue;
    for (let i = 0; i < n; i++) {
      const at = strips + bytes(((i / STRIP) * n + source) * STRIP + (i % STRIP));
      store<f64>(bytes(vectors + i * vectorsRow + k), load<f64>(at));
    }
  }
  return 0;
}

/** Brings the largest entry to [1, 2) by a power of two, exactly; returns the exponent taken out. */
function scaleTriangle(n: i32, a: usize, aRow: usize): i32 {
  let largest: f64 = 0;
  for (let i = 0; i < n; i++)
    for (let j = 0; j <= i; j++) largest = max(largest, abs(load<f64>(a + (i as usize) * aRow + bytes(j))));
  if (largest == 0 || !(largest < Infinity)) return 0;
  const exponent = (((reinterpret<u64>(largest) >> 52) & 2047) as i32) - 1023;
  if (exponent == 0) return 0;
  for (let i = 0; i < n; i++)
    for (let j = 0; j <= i; j++) {
      const at = a + (i as usize) * aRow + bytes(j);
      store<f64>(at, scaleBy(load<f64>(at), -exponent));
    }
  return exponent;
}

/** x times 2^exponent, in two steps so that neither factor leaves the range of float64. */
function scaleBy(x: f64, exponent: i32): f64 {
  const half = exponent / 2;
  return x * power(half) * power(exponent - half);
}

function power(exponent: i32): f64 {
  return reinterpret<f64>(((exponent + 1023) as u64) << 52);
}

/** Eigenvalues of T block by block, where T comes apart; `first` gets the start of each value's block. */
function blockValues(n: i32, d: usize, e: usize, found: usize, spare: usize, first: usize, workspace: usize): i32 {
  memory.copy(found, d, bytes(n));
  memory.copy(spare, e, bytes(n));
  let start = 0;
  for (let i = 0; i < n; i++) {
    store<f64>(first + bytes(i), start as f64);
    const ends = i == n - 1 || negligible(load<f64>(e + bytes(i)), load<f64>(d + bytes(i)), load<f64>(d + bytes(i), 8));
    if (!ends) continue;
    store<f64>(spare + bytes(i), 0);
    if (implicitQl(i - start + 1, found + bytes(start), spare + bytes(start), 0, 0, workspace) != 0) return 1;
    start = i + 1;
  }
  return 0;
}

/** Indices of `x` by falling value, ties by index. QL leaves values nearly in order, so that insertion is quick. */
function sortDescending(n: i32, x: usize, order: usize): void {
  for (let i = 0; i < n; i++) {
    const value = load<f64>(x + bytes(n - 1 - i));
    let k = i - 1;
    for (; k >= 0; k--) {
      const other = load<f64>(order + bytes(k));
      const held = load<f64>(x + bytes(other as i32));
      if (held > value) break;
      store<f64>(order + bytes(k + 1), other);
    }
    store<f64>(order + bytes(k + 1), (n - 1 - i) as f64);
  }
}

/**
 * Eigenvectors of A for the first `count` values in `order`, as rows at `rows`; false when one of them is not accurate
 * to rounding, which is then left to QL.
 */
function leadingVectors(
  n: i32,
  a: usize,
  aRow: usize,
  tau: usize,
  d: usize,
  e: usize,
  found: usize,
  first: usize,
  order: usize,
  count: i32,
  rows: usize,
): bool {
  let norm: f64 = 0;
  for (let i = 0; i < n; i++) {
    let sum = abs(load<f64>(d + bytes(i))) + abs(load<f64>(e + bytes(i)));
    if (i > 0) sum += abs(load<f64>(e + bytes(i - 1)));
    norm = max(norm, sum);
  }
  const workspace = rows + bytes(n * n);
  for (let k = 0; k < count; k++) {
    const index = load<f64>(order + bytes(k)) as i32;
    const start = load<f64>(first + bytes(index)) as i32;
    let last = start;
    while (last + 1 < n && (load<f64>(first + bytes(last + 1)) as i32) == start) last++;
    const value = load<f64>(found + bytes(index));
    const vector = rows + bytes(k * n);
    if (!inverseIteration(n, start, last, d, e, value, norm, rows, k, k, vector, workspace)) return false;
  }
  backTransform(n, a, aRow, tau, count, rows);
  return true;
}

/** Rows of a matrix without gaps, in strips of eight columns, zeros beyond the last. */
function toStrips(n: i32, source: usize, strips: usize): void {
  for (let s = 0; s < stripCount(n); s++) {
    const width = min(STRIP, n - s * STRIP);
    for (let i = 0; i < n; i++) {
      const out = strips + bytes((s * n + i) * STRIP);
      if (width < STRIP) memory.fill(out, 0, bytes(STRIP));
      memory.copy(out, source + bytes(i * n + s * STRIP), bytes(width));
    }
  }
}
