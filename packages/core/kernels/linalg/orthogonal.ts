// Householder QR with column pivoting and one-sided Jacobi, on matrices stored so that each vector has no gaps.
import { axpyAt, bytes, dotAt, lanes, reflectRow, reflectTwoRows, scaleAt, swapRows } from './vectors';

const EPSILON: f64 = 2.220446049250313e-16;
const MOST_SWEEPS: i32 = 40;

/**
 * A P = Q R; the contract is KernelProgram.pivotedQr. Norms of what is left of each column are brought down by what a
 * step takes away, and computed afresh where that loses half of the digits (Drmac and Bujanovic 2008).
 */
export function pivotedQr(m: i32, n: i32, x: i32, xRow: i32, tau: i32, pivots: i32, norms: i32): void {
  const matrix = bytes(x);
  const rowBytes = bytes(xRow);
  const current = bytes(norms);
  const reference = current + bytes(n);
  for (let j = 0; j < n; j++) {
    const row = matrix + (j as usize) * rowBytes;
    store<f64>(bytes(pivots + j), j as f64);
    const norm = sqrt(dotAt(m, row, row));
    store<f64>(current + bytes(j), norm);
    store<f64>(reference + bytes(j), norm);
  }
  for (let j = 0; j < n; j++) {
    let best = j;
    for (let k = j + 1; k < n; k++) if (load<f64>(current + bytes(k)) > load<f64>(current + bytes(best))) best = k;
    const row = matrix + (j as usize) * rowBytes;
    if (best != j) {
      swapRows(m, row, matrix + (best as usize) * rowBytes);
      swapRows(1, bytes(pivots + j), bytes(pivots + best));
      swapRows(1, current + bytes(j), current + bytes(best));
      swapRows(1, reference + bytes(j), reference + bytes(best));
    }
    const head = row + bytes(j);
    const length = m - j;
    const tail = dotAt(length - 1, head + 8, head + 8);
    store<f64>(bytes(tau + j), 0);
    if (tail > 0) {
      const alpha = load<f64>(head);
      let beta = sqrt(alpha * alpha + tail);
      if (alpha > 0) beta = -beta;
      const scale = (beta - alpha) / beta;
      store<f64>(bytes(tau + j), scale);
      scaleAt(length - 1, 1 / (alpha - beta), head + 8);
      store<f64>(head, 1);
      let k = j + 1;
      for (; k + 2 <= n; k += 2) {
        const target = matrix + (k as usize) * rowBytes + bytes(j);
        reflectTwoRows(length, head, scale, target, target + rowBytes);
      }
      if (k < n) reflectRow(length, head, scale, matrix + (k as usize) * rowBytes + bytes(j));
      store<f64>(head, beta);
    }
    for (let k = j + 1; k < n; k++) {
      const norm = load<f64>(current + bytes(k));
      if (norm == 0) continue;
      const rest = matrix + (k as usize) * rowBytes + bytes(j + 1);
      const share = load<f64>(rest - 8) / norm;
      const left = max(0, 1 - share * share);
      const drop = norm / load<f64>(reference + bytes(k));
      if (left * drop * drop > 1.5e-8) store<f64>(current + bytes(k), norm * sqrt(left));
      else {
        const fresh = sqrt(dotAt(length - 1, rest, rest));
        store<f64>(current + bytes(k), fresh);
        store<f64>(reference + bytes(k), fresh);
      }
    }
  }
}

/** Rows b become Q'b or Q b; the contract is KernelProgram.applyReflectors. The factor is only read. */
export function applyReflectors(
  m: i32,
  n: i32,
  x: i32,
  xRow: i32,
  tau: i32,
  forward: i32,
  count: i32,
  b: i32,
  bRow: i32,
): void {
  for (let step = 0; step < n; step++) {
    const j = forward ? step : n - 1 - step;
    const scale = load<f64>(bytes(tau + j));
    if (scale == 0) continue;
    const v = bytes(x + j * xRow + j + 1);
    const length = m - j - 1;
    for (let t = 0; t < count; t++) {
      const head = bytes(b + t * bRow + j);
      const weight = scale * (load<f64>(head) + dotAt(length, v, head + 8));
      store<f64>(head, load<f64>(head) - weight);
      axpyAt(length, -weight, v, head + 8);
    }
  }
}

/** One-sided Jacobi on rows; the contract is KernelProgram.orthogonaliseRows. */
export function orthogonaliseRows(n: i32, columns: i32, total: i32, x: i32, xRow: i32, norms: i32): i32 {
  const matrix = bytes(x);
  const rowBytes = bytes(xRow);
  const squares = bytes(norms);
  const tolerance = EPSILON * sqrt(columns as f64);
  for (let i = 0; i < n; i++) {
    const row = matrix + (i as usize) * rowBytes;
    store<f64>(squares + bytes(i), dotAt(columns, row, row));
  }
  let sweeps = 0;
  for (let rotated = true; rotated; sweeps++) {
    if (sweeps == MOST_SWEEPS) return -1;
    rotated = false;
    for (let i = 0; i < n - 1; i++) {
      const p = matrix + (i as usize) * rowBytes;
      for (let j = i + 1; j < n; j++) {
        const q = matrix + (j as usize) * rowBytes;
        const alpha = load<f64>(squares + bytes(i));
        const beta = load<f64>(squares + bytes(j));
        const gamma = dotAt(columns, p, q);
        if (abs(gamma) <= tolerance * sqrt(alpha) * sqrt(beta)) continue;
        rotated = true;
        const zeta = (beta - alpha) / (2 * gamma);
        const root = abs(zeta) > 1e150 ? abs(zeta) : sqrt(zeta * zeta + 1);
        const t = (zeta >= 0 ? 1.0 : -1.0) / (abs(zeta) + root);
        const cosine = 1 / sqrt(t * t + 1);
        rotate(columns, p, q, cosine, cosine * t, squares + bytes(i), squares + bytes(j));
        rotate(total - columns, p + bytes(columns), q + bytes(columns), cosine, cosine * t, 0, 0);
      }
    }
  }
  for (let i = 0; i < n; i++) {
    const at = squares + bytes(i);
    store<f64>(at, sqrt(load<f64>(at)));
  }
  return sweeps;
}

/** (p, q) = (c p - s q, s p + c q); the new squared lengths go to `first` and `second` unless those are 0. */
function rotate(n: i32, p: usize, q: usize, cosine: f64, sine: f64, first: usize, second: usize): void {
  const c = f64x2.splat(cosine);
  const s = f64x2.splat(sine);
  let sum0 = f64x2.splat(0);
  let sum1 = sum0;
  let i = n;
  for (; i >= 2; i -= 2) {
    const u = v128.load(p);
    const w = v128.load(q);
    const newP = f64x2.sub(f64x2.mul(c, u), f64x2.mul(s, w));
    const newQ = f64x2.add(f64x2.mul(s, u), f64x2.mul(c, w));
    v128.store(p, newP);
    v128.store(q, newQ);
    sum0 = f64x2.add(sum0, f64x2.mul(newP, newP));
    sum1 = f64x2.add(sum1, f64x2.mul(newQ, newQ));
    p += 16;
    q += 16;
  }
  let squareP = lanes(sum0);
  let squareQ = lanes(sum1);
  if (i > 0) {
    const u = load<f64>(p);
    const w = load<f64>(q);
    const newP = cosine * u - sine * w;
    const newQ = sine * u + cosine * w;
    store<f64>(p, newP);
    store<f64>(q, newQ);
    squareP += newP * newP;
    squareQ += newQ * newQ;
  }
  if (first == 0) return;
  store<f64>(first, squareP);
  store<f64>(second, squareQ);
}
