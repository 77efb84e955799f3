// The sum over rows of x'd, which makes weight gradients. Blocks of four inputs by eight outputs, for the reasons of product.ts.
import { padded } from './memory';
import { multiplyAdd } from './multiply-add';
import { panel } from './product';

/** Steps between rows of d from which on a panel of it is copied: further apart they fall into too few cache sets. */
const farApart: usize = 256;

/**
 * g += x'd, g of K rows and padded(N) columns. What d holds beyond its N columns only reaches the padding. `scratch` has
 * room for 8 numbers a row.
 */
export function outer(
  rows: i32,
  K: i32,
  x: usize,
  xStep: usize,
  d: usize,
  dStep: usize,
  N: i32,
  g: usize,
  scratch: usize,
): void {
  const gStep = (<usize>padded(N)) << 2;
  for (let j = 0; j < N;) {
    const width = panel(N - j);
    let dj = d + ((<usize>j) << 2);
    let dRow = dStep;
    if (dStep > farApart) {
      for (let r: usize = 0; r < <usize>rows; r++) {
        v128.store(scratch + 32 * r, v128.load(dj + dStep * r));
        v128.store(scratch + 32 * r, v128.load(dj + dStep * r, 16), 16);
      }
      dj = scratch;
      dRow = 32;
    }
    let gk = g + ((<usize>j) << 2);
    let xk = x;
    let k = 0;
    if (width == 8) {
      for (; k + 4 <= K; k += 4) {
        gradient4x8(rows, xk, xStep, dj, dRow, gk, gStep);
        xk += 16;
        gk += 4 * gStep;
      }
      if (k + 2 <= K) {
        gradient2x8(rows, xk, xStep, dj, dRow, gk, gStep);
        xk += 8;
        gk += 2 * gStep;
        k += 2;
      }
      for (; k < K; k++) {
        gradient1x8(rows, xk, xStep, dj, dRow, gk, gStep);
        xk += 4;
        gk += gStep;
      }
    } else {
      for (; k + 8 <= K; k += 8) {
        gradient8x4(rows, xk, xStep, dj, dRow, gk, gStep);
        xk += 32;
        gk += 8 * gStep;
      }
      for (; k < K; k++) {
        gradient1x4(rows, xk, xStep, dj, dRow, gk, gStep);
        xk += 4;
        gk += gStep;
      }
    }
    j += width;
  }
}

/** s += column sums of d. Sixteen columns at a time: a sum waits for the one before it, four of them do not wait for each other. */
export function columnSums(rows: i32, d: usize, dStep: usize, N: i32, s: usize): void {
  let j = 0;
  for (; j + 16 <= N; j += 16) {
    let a = v128.load(s);
    let b = v128.load(s, 16);
    let c = v128.load(s, 32);
    let e = v128.load(s, 48);
    let dr = d + ((<usize>j) << 2);
    for (let r = 0; r < rows; r++) {
      a = f32x4.add(a, v128.load(dr));
      b = f32x4.add(b, v128.load(dr, 16));
      c = f32x4.add(c, v128.load(dr, 32));
      e = f32x4.add(e, v128.load(dr, 48));
      dr += dStep;
    }
    v128.store(s, a);
    v128.store(s, b, 16);
    v128.store(s, c, 32);
    v128.store(s, e, 48);
    s += 64;
  }
  for (; j < N; j += 4) {
    let sum = v128.load(s);
    let dr = d + ((<usize>j) << 2);
    for (let r = 0; r < rows; r++) {
      sum = f32x4.add(sum, v128.load(dr));
      dr += dStep;
    }
    v128.store(s, sum);
    s += 16;
  }
}

/** 4 inputs x 8 outputs. */
function gradient4x8(rows: i32, x: usize, xStep: usize, d: usize, dStep: usize, g: usize, gStep: usize): void {
  let c00 = v128.load(g, 0);
  let c01 = v128.load(g, 16);
  let c10 = v128.load(g + gStep * 1, 0);
  let c11 = v128.load(g + gStep * 1, 16);
  let c20 = v128.load(g + gStep * 2, 0);
  let c21 = v128.load(g + gStep * 2, 16);
  let c30 = v128.load(g + gStep * 3, 0);
  let c31 = v128.load(g + gStep * 3, 16);
  for (; rows > 0; rows--) {
    const b0 = v128.load(d, 0);
    const b1 = v128.load(d, 16);
    const a0 = v128.load32_splat(x, 0);
    c00 = multiplyAdd(a0, b0, c00);
    c01 = multiplyAdd(a0, b1, c01);
    const a1 = v128.load32_splat(x, 4);
    c10 = multiplyAdd(a1, b0, c10);
    c11 = multiplyAdd(a1, b1, c11);
    const a2 = v128.load32_splat(x, 8);
    c20 = multiplyAdd(a2, b0, c20);
    c21 = multiplyAdd(a2, b1, c21);
    const a3 = v128.load32_splat(x, 12);
    c30 = multiplyAdd(a3, b0, c30);
    c31 = multiplyAdd(a3, b1, c31);
    x += xStep;
    d += dStep;
  }
  v128.store(g, c00, 0);
  v128.store(g, c01, 16);
  v128.store(g + gStep * 1, c10, 0);
  v128.store(g + gStep * 1, c11, 16);
  v128.store(g + gStep * 2, c20, 0);
  v128.store(g + gStep * 2, c21, 16);
  v128.store(g + gStep * 3, c30, 0);
  v128.store(g + gStep * 3, c31, 16);
}

/** 2 inputs x 8 outputs. */
function gradient2x8(rows: i32, x: usize, xStep: usize, d: usize, dStep: usize, g: usize, gStep: usize): void {
  let c00 = v128.load(g, 0);
  let c01 = v128.load(g, 16);
  let c10 = v128.load(g + gStep * 1, 0);
  let c11 = v128.load(g + gStep * 1, 16);
  for (; rows > 0; rows--) {
    const b0 = v128.load(d, 0);
    const b1 = v128.load(d, 16);
    const a0 = v128.load32_splat(x, 0);
    c00 = multiplyAdd(a0, b0, c00);
    c01 = multiplyAdd(a0, b1, c01);
    const a1 = v128.load32_splat(x, 4);
    c10 = multiplyAdd(a1, b0, c10);
    c11 = multiplyAdd(a1, b1, c11);
    x += xStep;
    d += dStep;
  }
  v128.store(g, c00, 0);
  v128.store(g, c01, 16);
  v128.store(g + gStep * 1, c10, 0);
  v128.store(g + gStep * 1, c11, 16);
}

/** 1 input x 8 outputs. */
function gradient1x8(rows: i32, x: usize, xStep: usize, d: usize, dStep: usize, g: usize, gStep: usize): void {
  let c00 = v128.load(g, 0);
  let c01 = v128.load(g, 16);
  for (; rows > 0; rows--) {
    const b0 = v128.load(d, 0);
    const b1 = v128.load(d, 16);
    const a0 = v128.load32_splat(x, 0);
    c00 = multiplyAdd(a0, b0, c00);
    c01 = multiplyAdd(a0, b1, c01);
    x += xStep;
    d += dStep;
  }
  v128.store(g, c00, 0);
  v128.store(g, c01, 16);
}

/** 8 inputs x 4 outputs. */
function gradient8x4(rows: i32, x: usize, xStep: usize, d: usize, dStep: usize, g: usize, gStep: usize): void {
  let c00 = v128.load(g, 0);
  let c10 = v128.load(g + gStep * 1, 0);
  let c20 = v128.load(g + gStep * 2, 0);
  let c30 = v128.load(g + gStep * 3, 0);
  let c40 = v128.load(g + gStep * 4, 0);
  let c50 = v128.load(g + gStep * 5, 0);
  let c60 = v128.load(g + gStep * 6, 0);
  let c70 = v128.load(g + gStep * 7, 0);
  for (; rows > 0; rows--) {
    const b0 = v128.load(d, 0);
    const a0 = v128.load32_splat(x, 0);
    c00 = multiplyAdd(a0, b0, c00);
    const a1 = v128.load32_splat(x, 4);
    c10 = multiplyAdd(a1, b0, c10);
    const a2 = v128.load32_splat(x, 8);
    c20 = multiplyAdd(a2, b0, c20);
    const a3 = v128.load32_splat(x, 12);
    c30 = multiplyAdd(a3, b0, c30);
    const a4 = v128.load32_splat(x, 16);
    c40 = multiplyAdd(a4, b0, c40);
    const a5 = v128.load32_splat(x, 20);
    c50 = multiplyAdd(a5, b0, c50);
    const a6 = v128.load32_splat(x, 24);
    c60 = multiplyAdd(a6, b0, c60);
    const a7 = v128.load32_splat(x, 28);
    c70 = multiplyAdd(a7, b0, c70);
    x += xStep;
    d += dStep;
  }
  v128.store(g, c00, 0);
  v128.store(g + gStep * 1, c10, 0);
  v128.store(g + gStep * 2, c20, 0);
  v128.store(g + gStep * 3, c30, 0);
  v128.store(g + gStep * 4, c40, 0);
  v128.store(g + gStep * 5, c50, 0);
  v128.store(g + gStep * 6, c60, 0);
  v128.store(g + gStep * 7, c70, 0);
}

/** 1 input x 4 outputs. */
function gradient1x4(rows: i32, x: usize, xStep: usize, d: usize, dStep: usize, g: usize, gStep: usize): void {
  let c00 = v128.load(g, 0);
  for (; rows > 0; rows--) {
    const b0 = v128.load(d, 0);
    const a0 = v128.load32_splat(x, 0);
    c00 = multiplyAdd(a0, b0, c00);
    x += xStep;
    d += dStep;
  }
  v128.store(g, c00, 0);
}
