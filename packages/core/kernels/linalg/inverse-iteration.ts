// A few eigenvectors of a symmetric tridiagonal matrix whose eigenvalues are known, by inverse iteration with
// orthogonalisation (Parlett, The Symmetric Eigenvalue Problem, section 4.8; Jessup and Ipsen 1992).
import { axpyAt, bytes, dotAt, scaleAt } from './vectors';

const EPSILON: f64 = 2.220446049250313e-16;
/** Solves for each vector: one reaches the eigenvector, the others clean up after the orthogonalisation. */
const SOLVES: i32 = 3;

/** Elements of workspace: pivots, two superdiagonals, multipliers, interchanges. */
export function inverseIterationWorkspace(n: i32): i32 {
  return 5 * n;
}

/**
 * Eigenvector of the block first ... last (inclusive) of T for `value`, to `vector` (n entries, zero elsewhere), kept
 * orthogonal to the earlier vectors listed in `rows` (`count` of them, n entries each). d_i and e_i as in
 * implicitQl; `norm` is that of T. Whether |T x - value x| is at rounding.
 */
export function inverseIteration(
  n: i32,
  first: i32,
  last: i32,
  d: usize,
  e: usize,
  value: f64,
  norm: f64,
  rows: usize,
  count: i32,
  seed: i32,
  vector: usize,
  workspace: usize,
): bool {
  const length = last - first + 1;
  memory.fill(vector, 0, bytes(n));
  const x = vector + bytes(first);
  const smallest = EPSILON * norm;
  factorise(length, d + bytes(first), e + bytes(first), value, smallest, workspace);
  // Start from numbers without pattern: a fixed linear congruential sequence, other for each vector.
  let state: u32 = (seed as u32) * 2654435761 + 1;
  for (let i = 0; i < length; i++) {
    state = state * 1664525 + 1013904223;
    store<f64>(x + bytes(i), ((state >> 8) as f64) / 16777216 - 0.5);
  }
  normalise(length, x);
  for (let k = 0; k < SOLVES; k++) {
    solve(length, x, workspace);
    normalise(length, x);
    for (let pass = 0; pass < 2; pass++) {
      for (let j = 0; j < count; j++) {
        const other = rows + bytes(j * n + first);
        axpyAt(length, -dotAt(length, other, x), other, x);
      }
      normalise(length, x);
    }
  }
  return residual(length, d + bytes(first), e + bytes(first), value, x) <= 8 * sqrt(length as f64) * smallest;
}

function normalise(n: i32, x: usize): void {
  let largest: f64 = 0;
  for (let i = 0; i < n; i++) largest = max(largest, abs(load<f64>(x + bytes(i))));
  if (largest == 0) return;
  scaleAt(n, 1 / largest, x);
  scaleAt(n, 1 / sqrt(dotAt(n, x, x)), x);
}

/** T - value I = P L U with interchanges of neighbouring rows; a pivot below `smallest` is replaced by it. */
function factorise(n: i32, d: usize, e: usize, value: f64, smallest: f64, workspace: usize): void {
  const pivots = workspace;
  const upper = workspace + bytes(n);
  const second = workspace + bytes(2 * n);
  const multipliers = workspace + bytes(3 * n);
  const swapped = workspace + bytes(4 * n);
  let pivot = load<f64>(d) - value;
  let right = n > 1 ? load<f64>(e) : 0;
  for (let i = 0; i < n; i++) {
    const at = bytes(i);
    if (i == n - 1) {
      if (abs(pivot) < smallest) pivot = smallest;
      store<f64>(pivots + at, pivot);
      store<f64>(upper + at, 0);
      store<f64>(second + at, 0);
      break;
    }
    const below = load<f64>(e + at);
    const nextDiagonal = load<f64>(d + at, 8) - value;
    const nextRight = i + 2 < n ? load<f64>(e + at, 8) : 0;
    if (abs(pivot) >= abs(below)) {
      if (abs(pivot) < smallest) pivot = smallest;
      const multiplier = below / pivot;
      store<f64>(pivots + at, pivot);
      store<f64>(upper + at, right);
      store<f64>(second + at, 0);
      store<f64>(multipliers + at, multiplier);
      store<f64>(swapped + at, 0);
      pivot = nextDiagonal - multiplier * right;
      right = nextRight;
    } else {
      const multiplier = pivot / below;
      store<f64>(pivots + at, below);
      store<f64>(upper + at, nextDiagonal);
      store<f64>(second + at, nextRight);
      store<f64>(multipliers + at, multiplier);
      store<f64>(swapped + at, 1);
      pivot = right - multiplier * nextDiagonal;
      right = -multiplier * nextRight;
    }
  }
}

/** x = (L U)^-1 P x, scaled down on the way where it would overflow. */
function solve(n: i32, x: usize, workspace: usize): void {
  const pivots = workspace;
  const upper = workspace + bytes(n);
  const second = workspace + bytes(2 * n);
  const multipliers = workspace + bytes(3 * n);
  const swapped = workspace + bytes(4 * n);
  for (let i = 0; i + 1 < n; i++) {
    const at = bytes(i);
    let here = load<f64>(x + at);
    let next = load<f64>(x + at, 8);
    if (load<f64>(swapped + at) != 0) {
      const held = here;
      here = next;
      next = held;
    }
    store<f64>(x + at, here);
    store<f64>(x + at, next - load<f64>(multipliers + at) * here, 8);
  }
  let one: f64 = 0;
  let two: f64 = 0;
  for (let i = n - 1; i >= 0; i--) {
    const at = bytes(i);
    const value =
      (load<f64>(x + at) - load<f64>(upper + at) * one - load<f64>(second + at) * two) / load<f64>(pivots + at);
    store<f64>(x + at, value);
    two = one;
    one = value;
    if (abs(value) > 1e150) {
      scaleAt(n, 1e-150, x);
      one *= 1e-150;
      two *= 1e-150;
    }
  }
}

function residual(n: i32, d: usize, e: usize, value: f64, x: usize): f64 {
  let sum: f64 = 0;
  for (let i = 0; i < n; i++) {
    const at = bytes(i);
    let r = (load<f64>(d + at) - value) * load<f64>(x + at);
    if (i > 0) r += load<f64>(e + at - 8) * load<f64>(x + at - 8);
    if (i + 1 < n) r += load<f64>(e + at) * load<f64>(x + at, 8);
    sum += r * r;
  }
  return sqrt(sum);
}
