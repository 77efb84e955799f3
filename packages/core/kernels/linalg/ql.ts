// Implicit QL on a symmetric tridiagonal matrix. Rotations are collected over many sweeps and applied to the vectors
// in strips of eight columns, each of which stays in the first-level cache while all of them run over it.
import { bytes } from './vectors';

/** More sweeps per eigenvalue than any finite matrix needs: two or three are usual. */
const MOST_SWEEPS: i32 = 60;
/** Rotations held back at most. One sweep has fewer than n; the buffer has room for this many and one sweep more. */
const HELD: i32 = 8192;
/** Columns in a strip. */
export const STRIP: i32 = 8;
/** Below this an off-diagonal entry of a matrix whose largest entry is near one has no meaning left. */
const TINY: f64 = 1e-290;
const EPSILON: f64 = 2.220446049250313e-16;

/** Whether entry e couples neighbours with these diagonal entries only below rounding. */
export function negligible(e: f64, upper: f64, lower: f64): bool {
  const size = abs(e);
  return size <= EPSILON * (abs(upper) + abs(lower)) || size < TINY;
}

/** Elements of workspace: two for a rotation, and two for a sweep, which has at least one rotation. */
export function qlWorkspace(n: i32): i32 {
  return 4 * (HELD + n);
}

/**
 * Diagonalises T in place: afterwards d has the eigenvalues, in no order. e_i couples i and i + 1 and is destroyed.
 * `strips` (0 for none) has n rows in strips of eight columns: strip s holds rows of eight numbers, one after another;
 * the rotations act on the rows, so that Q' becomes V'. Returns 0, or 1 without convergence.
 * The recurrence is that of Golub and Van Loan, section 8.3.5, in the form of EISPACK's imtql2.
 */
export function implicitQl(n: i32, d: usize, e: usize, strips: usize, stripCount: i32, workspace: usize): i32 {
  const rotations = workspace;
  const sweeps = workspace + bytes(2 * (HELD + n));
  let held = 0;
  let sweepCount = 0;
  for (let l = 0; l < n; l++) {
    for (let sweep = 0; ; sweep++) {
      let m = l;
      while (m < n - 1 && !negligible(load<f64>(e + bytes(m)), load<f64>(d + bytes(m)), load<f64>(d + bytes(m), 8)))
        m++;
      if (m == l) break;
      if (sweep == MOST_SWEEPS) return 1;
      const first = runSweep(l, m, d, e, rotations + bytes(2 * held));
      if (strips == 0 || first == m) continue;
      // The sweep turned rows m, m-1 ... first + 1, each with the one before it.
      const entry = sweeps + bytes(2 * sweepCount++);
      store<f64>(entry, m as f64);
      store<f64>(entry, (m - first) as f64, 8);
      held += m - first;
      if (held >= HELD) {
        applySweeps(n, strips, stripCount, rotations, sweeps, sweepCount);
        held = 0;
        sweepCount = 0;
      }
    }
  }
  if (sweepCount > 0) applySweeps(n, strips, stripCount, rotations, sweeps, sweepCount);
  return 0;
}

/** One sweep from m up to l with Wilkinson's shift; writes cosine and sine of each rotation, returns the last row. */
function runSweep(l: i32, m: i32, d: usize, e: usize, rotations: usize): i32 {
  const top = load<f64>(d + bytes(l));
  const coupling = load<f64>(e + bytes(l));
  let g = (load<f64>(d + bytes(l), 8) - top) / (2 * coupling);
  const root = abs(g) > 1e150 ? abs(g) : sqrt(g * g + 1);
  g = load<f64>(d + bytes(m)) - top + coupling / (g >= 0 ? g + root : g - root);
  let sine: f64 = 1;
  let cosine: f64 = 1;
  let p: f64 = 0;
  for (let i = m - 1; i >= l; i--) {
    const at = bytes(i);
    const f = sine * load<f64>(e + at);
    const b = cosine * load<f64>(e + at);
    const r = sqrt(f * f + g * g);
    store<f64>(e + at, r, 8);
    if (r == 0) {
      // Underflow: the matrix has come apart here.
      store<f64>(d + at, load<f64>(d + at, 8) - p, 8);
      store<f64>(e + bytes(m), 0);
      return i + 1;
    }
    const inverse = 1 / r;
    sine = f * inverse;
    cosine = g * inverse;
    g = load<f64>(d + at, 8) - p;
    const t = (load<f64>(d + at) - g) * sine + 2 * cosine * b;
    p = sine * t;
    store<f64>(d + at, g + p, 8);
    g = cosine * t - b;
    store<f64>(rotations, cosine);
    store<f64>(rotations, sine, 8);
    rotations += 16;
  }
  store<f64>(d + bytes(l), load<f64>(d + bytes(l)) - p);
  store<f64>(e + bytes(l), g);
  store<f64>(e + bytes(m), 0);
  return l;
}

function applySweeps(n: i32, strips: usize, stripCount: i32, rotations: usize, sweeps: usize, count: i32): void {
  for (let s = 0; s < stripCount; s++) {
    const strip = strips + bytes(s * n * STRIP);
    let rotation = rotations;
    let entry = sweeps;
    for (let k = 0; k < count; k++) {
      const rows = load<f64>(entry, 8) as i32;
      applySweep(strip + bytes((load<f64>(entry) as i32) * STRIP), rows, rotation);
      rotation += bytes(2 * rows);
      entry += 16;
    }
  }
}

/** Rotations of neighbouring rows from `row` backwards; the row in between stays in registers. */
function applySweep(row: usize, count: i32, rotation: usize): void {
  let x0 = v128.load(row);
  let x1 = v128.load(row, 16);
  let x2 = v128.load(row, 32);
  let x3 = v128.load(row, 48);
  for (let k = count; k > 0; k--) {
    const c = v128.load64_splat(rotation);
    const s = v128.load64_splat(rotation, 8);
    const before = row - 64;
    const y0 = v128.load(before);
    const y1 = v128.load(before, 16);
    const y2 = v128.load(before, 32);
    const y3 = v128.load(before, 48);
    v128.store(row, f64x2.add(f64x2.mul(s, y0), f64x2.mul(c, x0)));
    v128.store(row, f64x2.add(f64x2.mul(s, y1), f64x2.mul(c, x1)), 16);
    v128.store(row, f64x2.add(f64x2.mul(s, y2), f64x2.mul(c, x2)), 32);
    v128.store(row, f64x2.add(f64x2.mul(s, y3), f64x2.mul(c, x3)), 48);
    x0 = f64x2.sub(f64x2.mul(c, y0), f64x2.mul(s, x0));
    x1 = f64x2.sub(f64x2.mul(c, y1), f64x2.mul(s, x1));
    x2 = f64x2.sub(f64x2.mul(c, y2), f64x2.mul(s, x2));
    x3 = f64x2.sub(f64x2.mul(c, y3), f64x2.mul(s, x3));
    row = before;
    rotation += 16;
  }
  v128.store(row, x0);
  v128.store(row, x1, 16);
  v128.store(row, x2, 32);
  v128.store(row, x3, 48);
}
