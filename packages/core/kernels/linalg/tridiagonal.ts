// Householder reduction of a symmetric matrix to tridiagonal form, and the way back.
import { axpyAt, bytes, dotAt, lanes, reflectRow, reflectTwoRows, scaleAt } from './vectors';

/**
 * A = Q T Q' from the last row upwards, lower triangle only. Step i maps the first i entries of row i onto its last one
 * by H_i = I - tau v v'; v (last entry 1) stays in row i. diagonal_i and offDiagonal_i (coupling i-1 and i) hold T, and
 * Q = H_{n-1} ... H_1. The update that step i asks for, A -= v w' + w v', is applied while step i-1 reads A for its own
 * product A v, so that A passes through the cache once for each step. workspace: 4 n elements.
 */
export function tridiagonalise(
  n: i32,
  a: usize,
  aRow: usize,
  diagonal: usize,
  offDiagonal: usize,
  tau: usize,
  workspace: usize,
): void {
  let pendingW = workspace;
  let product = workspace + bytes(n);
  let pendingV = workspace + 2 * bytes(n);
  memory.fill(workspace, 0, 4 * bytes(n));
  for (let i = n - 1; i >= 1; i--) {
    const row = a + (i as usize) * aRow;
    const last = bytes(i);
    // Row i itself, up to its diagonal entry.
    const v = load<f64>(pendingV + last);
    const w = load<f64>(pendingW + last);
    axpyAt(i + 1, -v, pendingW, row);
    axpyAt(i + 1, -w, pendingV, row);
    store<f64>(diagonal + last, load<f64>(row + last));

    const head = row + last - 8;
    const alpha = load<f64>(head);
    const tail = dotAt(i - 1, row, row);
    let beta = alpha;
    let scale: f64 = 0;
    if (tail > 0) {
      beta = sqrt(alpha * alpha + tail);
      if (alpha > 0) beta = -beta;
      scale = (beta - alpha) / beta;
      scaleAt(i - 1, 1 / (alpha - beta), row);
    }
    store<f64>(head, 1);
    store<f64>(offDiagonal + last, beta);
    store<f64>(tau + last, scale);

    memory.fill(product, 0, last);
    let r = 0;
    for (; r + 2 <= i; r += 2) updateAndMultiplyTwo(r, a + (r as usize) * aRow, aRow, pendingV, pendingW, row, product);
    if (r < i) updateAndMultiply(r, a + (r as usize) * aRow, pendingV, pendingW, row, product);
    // w = tau A v - (tau^2 v'A v / 2) v.
    const shift = 0.5 * scale * scale * dotAt(i, product, row);
    scaleAt(i, scale, product);
    axpyAt(i, -shift, row, product);

    const free = pendingW;
    pendingW = product;
    product = free;
    pendingV = row;
  }
  const v = load<f64>(pendingV);
  const w = load<f64>(pendingW);
  // With n = 1 no step ran and the pending update is zero.
  store<f64>(diagonal, load<f64>(a) - 2 * v * w);
  store<f64>(offDiagonal, 0);
  store<f64>(tau, 0);
}

/** row_r -= v_r w' + w_r v' for entries 0 ... r, then its share of product = A x. */
function updateAndMultiply(r: i32, row: usize, v: usize, w: usize, x: usize, product: usize): void {
  axpyAt(r + 1, -load<f64>(v + bytes(r)), w, row);
  axpyAt(r + 1, -load<f64>(w + bytes(r)), v, row);
  const weight = load<f64>(x + bytes(r));
  const at = product + bytes(r);
  store<f64>(at, load<f64>(at) + dotAt(r + 1, row, x));
  axpyAt(r, weight, row, product);
}

/** {@link updateAndMultiply} of rows r and r + 1 in one pass over both. */
function updateAndMultiplyTwo(r: i32, row: usize, aRow: usize, v: usize, w: usize, x: usize, product: usize): void {
  const next = row + aRow;
  const at = bytes(r);
  const v0 = f64x2.splat(load<f64>(v + at));
  const v1 = f64x2.splat(load<f64>(v + at, 8));
  const w0 = f64x2.splat(load<f64>(w + at));
  const w1 = f64x2.splat(load<f64>(w + at, 8));
  const x0 = f64x2.splat(load<f64>(x + at));
  const x1 = f64x2.splat(load<f64>(x + at, 8));
  let sum0 = f64x2.splat(0);
  let sum1 = sum0;
  // r is even: pairs of columns end where the diagonal block of the two rows begins.
  for (let k: usize = 0; k < at; k += 16) {
    const vk = v128.load(v + k);
    const wk = v128.load(w + k);
    const xk = v128.load(x + k);
    const a0 = f64x2.sub(v128.load(row + k), f64x2.add(f64x2.mul(v0, wk), f64x2.mul(w0, vk)));
    const a1 = f64x2.sub(v128.load(next + k), f64x2.add(f64x2.mul(v1, wk), f64x2.mul(w1, vk)));
    v128.store(row + k, a0);
    v128.store(next + k, a1);
    sum0 = f64x2.add(sum0, f64x2.mul(a0, xk));
    sum1 = f64x2.add(sum1, f64x2.mul(a1, xk));
    const both = f64x2.add(f64x2.mul(a0, x0), f64x2.mul(a1, x1));
    v128.store(product + k, f64x2.add(v128.load(product + k), both));
  }
  const a00 = load<f64>(row + at) - 2 * load<f64>(v + at) * load<f64>(w + at);
  const cross = load<f64>(v + at, 8) * load<f64>(w + at) + load<f64>(w + at, 8) * load<f64>(v + at);
  const a10 = load<f64>(next + at) - cross;
  const a11 = load<f64>(next + at, 8) - 2 * load<f64>(v + at, 8) * load<f64>(w + at, 8);
  store<f64>(row + at, a00);
  store<f64>(next + at, a10);
  store<f64>(next + at, a11, 8);
  const first = load<f64>(x + at);
  const second = load<f64>(x + at, 8);
  store<f64>(product + at, load<f64>(product + at) + lanes(sum0) + a00 * first + a10 * second);
  store<f64>(product + at, load<f64>(product + at, 8) + lanes(sum1) + a10 * first + a11 * second, 8);
}

/** Q' (n x n without gaps) from the reflectors that {@link tridiagonalise} left in the rows of A. */
export function formTransposedQ(n: i32, a: usize, aRow: usize, tau: usize, out: usize): void {
  const rowBytes = bytes(n);
  memory.fill(out, 0, rowBytes * (n as usize));
  for (let i = 0; i < n; i++) store<f64>(out + (i as usize) * rowBytes + bytes(i), 1);
  // Rows of Q' times H_i from the right; before step i only the leading block differs from the identity.
  for (let i = 1; i < n; i++) {
    const scale = load<f64>(tau + bytes(i));
    if (scale == 0) continue;
    const v = a + (i as usize) * aRow;
    let r = 0;
    for (; r + 2 <= i; r += 2)
      reflectTwoRows(i, v, scale, out + (r as usize) * rowBytes, out + ((r + 1) as usize) * rowBytes);
    if (r < i) reflectRow(i, v, scale, out + (r as usize) * rowBytes);
  }
}

/** Each of `count` rows s (n entries, without gaps) becomes Q s. */
export function backTransform(n: i32, a: usize, aRow: usize, tau: usize, count: i32, rows: usize): void {
  for (let i = 1; i < n; i++) {
    const scale = load<f64>(tau + bytes(i));
    if (scale == 0) continue;
    const v = a + (i as usize) * aRow;
    let r = 0;
    for (; r + 2 <= count; r += 2) reflectTwoRows(i, v, scale, rows + bytes(r * n), rows + bytes((r + 1) * n));
    if (r < count) reflectRow(i, v, scale, rows + bytes(r * n));
  }
}
