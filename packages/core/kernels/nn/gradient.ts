// The sum over rows of x'd, which makes weight gradients. Blocks of four inputs by eight outputs, for the reasons of product.ts.
import { padded } from './memory';
import { multiplyAdd } from './multiply-add';
import { panel } from './product';

/** Steps between rows from which on a panel of them is copied: further apart they fall into too few cache sets. */
const farApart: usize = 256;
/** Numbers a row that `outer` wants as scratch: where it pays to copy panels of the inputs too, those and all of d. */
export function outerScratch(K: i32, N: i32): i32 {
  return K > 512 && N >= 128 ? padded(N) + 8 : 8;
}

/**
 * g += x'd, g of K rows and padded(N) columns. What d holds beyond its N columns only reaches the padding. `scratch` has
 * room for outerScratch(K, N) numbers a row.
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
  if (outerScratch(K, N) > 8) {
    outerOfCopies(rows, K, x, xStep, d, dStep, N, g, gStep, scratch);
    return;
  }
  for (let j = 0; j < N;) {
    const width = panel(N - j);
    let dj = d + ((<usize>j) << 2);
    let dRow = dStep;
    if (dStep > farApart) {
      copyPanel(rows, width, dj, dStep, scratch);
      dj = scratch;
      dRow = (<usize>width) << 2;
    }
    outerOfPanel(0, rows, K, x, xStep, width, dj, dRow, g + ((<usize>j) << 2), gStep);
    j += width;
  }
}

/**
 * The same from copies: all panels of d, which then stream through the cache beside one panel of four inputs that stays in it.
 * Each number of g sees the rows in the same order.
 */
function outerOfCopies(
  rows: i32,
  K: i32,
  x: usize,
  xStep: usize,
  d: usize,
  dStep: usize,
  N: i32,
  g: usize,
  gStep: usize,
  scratch: usize,
): void {
  const inputs = scratch;
  const panels = scratch + ((<usize>rows) << 4);
  for (let j = 0; j < N; j += 8)
    copyPanel(rows, panel(N - j), d + ((<usize>j) << 2), dStep, panels + ((<usize>rows * j) << 2));
  const whole = K & ~3;
  for (let k = 0; k < whole; k += 4) {
    copyPanel(rows, 4, x + ((<usize>k) << 2), xStep, inputs);
    for (let j = 0; j < N; j += 8)
      outerOfPanel(
        0,
        rows,
        4,
        inputs,
        16,
        panel(N - j),
        panels + ((<usize>rows * j) << 2),
        (<usize>panel(N - j)) << 2,
        g + gStep * k + ((<usize>j) << 2),
        gStep,
      );
  }
  for (let j = 0; j < N; j += 8)
    outerOfPanel(
      whole,
      rows,
      K,
      x,
      xStep,
      panel(N - j),
      panels + ((<usize>rows * j) << 2),
      (<usize>panel(N - j)) << 2,
      g + ((<usize>j) << 2),
      gStep,
    );
}

/** Rows of 8 or 4 numbers, one after another. */
function copyPanel(rows: i32, width: i32, from: usize, step: usize, to: usize): void {
  if (width == 8)
    for (let r = 0; r < rows; r++, from += step, to += 32) {
      v128.store(to, v128.load(from));
      v128.store(to, v128.load(from, 16), 16);
    }
  else for (let r = 0; r < rows; r++, from += step, to += 16) v128.store(to, v128.load(from));
}

/** The part of `outer` of 8 or 4 outputs, from input k on. */
function outerOfPanel(
  k: i32,
  rows: i32,
  K: i32,
  x: usize,
  xStep: usize,
  width: i32,
  d: usize,
  dStep: usize,
  g: usize,
  gStep: usize,
): void {
  let xk = x + ((<usize>k) << 2);
  let gk = g + gStep * k;
  if (width == 8) {
    for (; k + 4 <= K; k += 4) {
      gradient4x8(rows, xk, xStep, d, dStep, gk, gStep);
      xk += 16;
      gk += 4 * gStep;
    }
    if (k + 2 <= K) {
      gradient2x8(rows, xk, xStep, d, dStep, gk, gStep);
      xk += 8;
      gk += 2 * gStep;
      k += 2;
    }
    for (; k < K; k++) {
      gradient1x8(rows, xk, xStep, d, dStep, gk, gStep);
      xk += 4;
      gk += gStep;
    }
  } else {
    for (; k + 8 <= K; k += 8) {
      gradient8x4(rows, xk, xStep, d, dStep, gk, gStep);
      xk += 32;
      gk += 8 * gStep;
    }
    for (; k < K; k++) {
      gradient1x4(rows, xk, xStep, d, dStep, gk, gStep);
      xk += 4;
      gk += gStep;
    }
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
