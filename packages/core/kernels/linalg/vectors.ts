// Operations on vectors without gaps. Addresses are in bytes, lengths in float64 elements. Sums run in several lanes
// whose order depends on the length only, so that a result is the same to the bit on every machine and every call.

/** Bytes of `elements` float64 numbers. */
export function bytes(elements: i32): usize {
  return (elements as usize) << 3;
}

/** Sum of the two lanes. */
export function lanes(pair: v128): f64 {
  return f64x2.extract_lane(pair, 0) + f64x2.extract_lane(pair, 1);
}

export function dotAt(n: i32, x: usize, y: usize): f64 {
  let sum0 = f64x2.splat(0);
  let sum1 = sum0;
  let sum2 = sum0;
  let sum3 = sum0;
  let i = n;
  for (; i >= 8; i -= 8) {
    sum0 = f64x2.add(sum0, f64x2.mul(v128.load(x), v128.load(y)));
    sum1 = f64x2.add(sum1, f64x2.mul(v128.load(x, 16), v128.load(y, 16)));
    sum2 = f64x2.add(sum2, f64x2.mul(v128.load(x, 32), v128.load(y, 32)));
    sum3 = f64x2.add(sum3, f64x2.mul(v128.load(x, 48), v128.load(y, 48)));
    x += 64;
    y += 64;
  }
  for (; i >= 2; i -= 2) {
    sum0 = f64x2.add(sum0, f64x2.mul(v128.load(x), v128.load(y)));
    x += 16;
    y += 16;
  }
  let sum = lanes(f64x2.add(f64x2.add(sum0, sum1), f64x2.add(sum2, sum3)));
  if (i > 0) sum += load<f64>(x) * load<f64>(y);
  return sum;
}

/** y += alpha x */
export function axpyAt(n: i32, alpha: f64, x: usize, y: usize): void {
  const scale = f64x2.splat(alpha);
  let i = n;
  for (; i >= 4; i -= 4) {
    v128.store(y, f64x2.add(v128.load(y), f64x2.mul(scale, v128.load(x))));
    v128.store(y, f64x2.add(v128.load(y, 16), f64x2.mul(scale, v128.load(x, 16))), 16);
    x += 32;
    y += 32;
  }
  for (; i > 0; i--) {
    store<f64>(y, load<f64>(y) + alpha * load<f64>(x));
    x += 8;
    y += 8;
  }
}

/** x *= alpha */
export function scaleAt(n: i32, alpha: f64, x: usize): void {
  const scale = f64x2.splat(alpha);
  let i = n;
  for (; i >= 2; i -= 2) {
    v128.store(x, f64x2.mul(scale, v128.load(x)));
    x += 16;
  }
  if (i > 0) store<f64>(x, alpha * load<f64>(x));
}

/** row -= tau (v'row) v */
export function reflectRow(n: i32, v: usize, tau: f64, row: usize): void {
  axpyAt(n, -tau * dotAt(n, v, row), v, row);
}

/** {@link reflectRow} of two rows at once: v is read once for both. */
export function reflectTwoRows(n: i32, v: usize, tau: f64, row: usize, other: usize): void {
  let sum0 = f64x2.splat(0);
  let sum1 = sum0;
  let sum2 = sum0;
  let sum3 = sum0;
  const whole = n & ~3;
  const end = bytes(whole);
  for (let i: usize = 0; i < end; i += 32) {
    const v0 = v128.load(v + i);
    const v1 = v128.load(v + i, 16);
    sum0 = f64x2.add(sum0, f64x2.mul(v0, v128.load(row + i)));
    sum1 = f64x2.add(sum1, f64x2.mul(v1, v128.load(row + i, 16)));
    sum2 = f64x2.add(sum2, f64x2.mul(v0, v128.load(other + i)));
    sum3 = f64x2.add(sum3, f64x2.mul(v1, v128.load(other + i, 16)));
  }
  let first = lanes(f64x2.add(sum0, sum1));
  let second = lanes(f64x2.add(sum2, sum3));
  const last = bytes(n);
  for (let i = end; i < last; i += 8) {
    first += load<f64>(v + i) * load<f64>(row + i);
    second += load<f64>(v + i) * load<f64>(other + i);
  }
  first *= -tau;
  second *= -tau;
  const scale0 = f64x2.splat(first);
  const scale1 = f64x2.splat(second);
  for (let i: usize = 0; i < end; i += 32) {
    const v0 = v128.load(v + i);
    const v1 = v128.load(v + i, 16);
    v128.store(row + i, f64x2.add(v128.load(row + i), f64x2.mul(scale0, v0)));
    v128.store(row + i, f64x2.add(v128.load(row + i, 16), f64x2.mul(scale0, v1)), 16);
    v128.store(other + i, f64x2.add(v128.load(other + i), f64x2.mul(scale1, v0)));
    v128.store(other + i, f64x2.add(v128.load(other + i, 16), f64x2.mul(scale1, v1)), 16);
  }
  for (let i = end; i < last; i += 8) {
    store<f64>(row + i, load<f64>(row + i) + first * load<f64>(v + i));
    store<f64>(other + i, load<f64>(other + i) + second * load<f64>(v + i));
  }
}

export function swapRows(n: i32, x: usize, y: usize): void {
  for (let i: usize = 0, end = bytes(n); i < end; i += 8) {
    const held = load<f64>(x + i);
    store<f64>(x + i, load<f64>(y + i));
    store<f64>(y + i, held);
  }
}

export function dot(n: i32, x: i32, y: i32): f64 {
  return dotAt(n, bytes(x), bytes(y));
}

export function axpy(n: i32, alpha: f64, x: i32, y: i32): void {
  axpyAt(n, alpha, bytes(x), bytes(y));
}

/** y = alpha A x + beta y; fast where rows or columns of A have no gaps. */
export function gemv(m: i32, n: i32, alpha: f64, a: i32, aRow: i32, aColumn: i32, x: i32, beta: f64, y: i32): void {
  const matrix = bytes(a);
  const vector = bytes(x);
  const out = bytes(y);
  if (beta == 0) memory.fill(out, 0, bytes(m));
  else if (beta != 1) scaleAt(m, beta, out);
  if (aRow == 1 && aColumn != 1) {
    for (let j = 0; j < n; j++) axpyAt(m, alpha * load<f64>(vector + bytes(j)), matrix + bytes(j * aColumn), out);
    return;
  }
  for (let i = 0; i < m; i++) {
    const row = matrix + bytes(i * aRow);
    let sum: f64 = 0;
    if (aColumn == 1) sum = dotAt(n, row, vector);
    else for (let j = 0; j < n; j++) sum += load<f64>(row + bytes(j * aColumn)) * load<f64>(vector + bytes(j));
    store<f64>(out + bytes(i), load<f64>(out + bytes(i)) + alpha * sum);
  }
}
