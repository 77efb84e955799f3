// Rows times packed weights: with the sum over rows of gradient.ts, what everything else is made of. Register blocks are
// written out because neither AssemblyScript nor the engine keeps an array in registers; four by eight because larger ones
// spill (V8 leaves 15 vector registers: 3 x 16 runs at 0.75 of the speed). multiply-add.ts says how a product joins its sum;
// the sums run in the same order in both arithmetics.
import { put } from './memory';
import { multiplyAdd } from './multiply-add';

/** Columns of the next panel: 8, and 4 for a last one that needs no more; together padded(N). */
export function panel(left: i32): i32 {
  return left > 4 ? 8 : 4;
}

/** Packs w[n stepN + k stepK] (steps in numbers) into panels of K rows, padded with zeros. */
export function packPanels(w: usize, K: i32, N: i32, stepK: i32, stepN: i32, p: usize): void {
  for (let j = 0; j < N;) {
    const width = panel(N - j);
    const whole = N - j >= width;
    let k = 0;
    if (whole && stepN == 1) {
      for (; k < K; k++) {
        const from = w + ((<usize>(j + k * stepK)) << 2);
        v128.store(p, v128.load(from));
        if (width == 8) v128.store(p, v128.load(from, 16), 16);
        p += (<usize>width) << 2;
      }
    } else if (whole && stepK == 1) {
      for (; k + 4 <= K; k += 4) {
        for (let n = 0; n < width; n += 4)
          transpose4(
            w + ((<usize>((j + n) * stepN + k)) << 2),
            (<usize>stepN) << 2,
            p + ((<usize>n) << 2),
            (<usize>width) << 2,
          );
        p += (<usize>width) << 4;
      }
    }
    for (; k < K; k++)
      for (let n = j; n < j + width; n++) {
        store<f32>(p, n < N ? load<f32>(w + ((<usize>(n * stepN + k * stepK)) << 2)) : 0);
        p += 4;
      }
    j += width;
  }
}

/** Four rows of four numbers, `step` bytes apart, to four columns. */
function transpose4(from: usize, step: usize, to: usize, toStep: usize): void {
  const a = v128.load(from);
  const b = v128.load(from + step);
  const c = v128.load(from + 2 * step);
  const d = v128.load(from + 3 * step);
  const ab = v128.shuffle<i32>(a, b, 0, 4, 1, 5);
  const cd = v128.shuffle<i32>(c, d, 0, 4, 1, 5);
  const abHigh = v128.shuffle<i32>(a, b, 2, 6, 3, 7);
  const cdHigh = v128.shuffle<i32>(c, d, 2, 6, 3, 7);
  v128.store(to, v128.shuffle<i32>(ab, cd, 0, 1, 4, 5));
  v128.store(to + toStep, v128.shuffle<i32>(ab, cd, 2, 3, 6, 7));
  v128.store(to + 2 * toStep, v128.shuffle<i32>(abHigh, cdHigh, 0, 1, 4, 5));
  v128.store(to + 3 * toStep, v128.shuffle<i32>(abHigh, cdHigh, 2, 3, 6, 7));
}

/** Sixteen zeros, where a product without biases starts. */
const zeros: usize = memory.data(64);

/** y = start + x W for `rows` rows. The start is a row of biases (startStep 0), y itself (to add), or 0 for none. Steps in bytes. */
export function product(
  rows: i32,
  K: i32,
  x: usize,
  xStep: usize,
  w: usize,
  N: i32,
  start: usize,
  startStep: usize,
  y: usize,
  yStep: usize,
): void {
  for (let j = 0; j < N;) {
    const width = panel(N - j);
    const left = N - j;
    let r = 0;
    let xr = x;
    let yr = y + ((<usize>j) << 2);
    let sr = start == 0 ? zeros : start + ((<usize>j) << 2);
    if (width == 8) {
      for (; r + 4 <= rows; r += 4) {
        Block.product4x8(K, xr, xStep, w, sr, startStep, yr, yStep, left);
        xr += 4 * xStep;
        yr += 4 * yStep;
        sr += 4 * startStep;
      }
      if (r + 2 <= rows) {
        product2x8(K, xr, xStep, w, sr, startStep, yr, yStep, left);
        xr += 2 * xStep;
        yr += 2 * yStep;
        sr += 2 * startStep;
        r += 2;
      }
      for (; r < rows; r++) {
        product1x8(K, xr, xStep, w, sr, startStep, yr, yStep, left);
        xr += xStep;
        yr += yStep;
        sr += startStep;
      }
    } else {
      for (; r + 6 <= rows; r += 6) {
        product6x4(K, xr, xStep, w, sr, startStep, yr, yStep, left);
        xr += 6 * xStep;
        yr += 6 * yStep;
        sr += 6 * startStep;
      }
      for (; r < rows; r++) {
        product1x4(K, xr, xStep, w, sr, startStep, yr, yStep, left);
        xr += xStep;
        yr += yStep;
        sr += startStep;
      }
    }
    w += (<usize>K * width) << 2;
    j += width;
  }
}

/**
 * What nearly every product goes through, inlined: a call with nine arguments is a tenth of the work on 30 to 90 inputs, a fifth on
 * 16. A static method, as in activation.ts; inlining the blocks of gradient.ts gains nothing.
 */
class Block {
  /** 4 rows x 8 columns. */
  @inline static product4x8(
    K: i32,
    x: usize,
    xStep: usize,
    w: usize,
    start: usize,
    startStep: usize,
    y: usize,
    yStep: usize,
    left: i32,
  ): void {
    const x1 = x + xStep * 1;
    const x2 = x + xStep * 2;
    const x3 = x + xStep * 3;
    let c00 = v128.load(start, 0);
    let c01 = v128.load(start, 16);
    let c10 = v128.load(start + startStep * 1, 0);
    let c11 = v128.load(start + startStep * 1, 16);
    let c20 = v128.load(start + startStep * 2, 0);
    let c21 = v128.load(start + startStep * 2, 16);
    let c30 = v128.load(start + startStep * 3, 0);
    let c31 = v128.load(start + startStep * 3, 16);
    const end = w + ((<usize>K) << 5);
    for (let k: usize = 0; w < end; w += 32, k += 4) {
      const b0 = v128.load(w, 0);
      const b1 = v128.load(w, 16);
      const a0 = v128.load32_splat(x + k);
      c00 = multiplyAdd(a0, b0, c00);
      c01 = multiplyAdd(a0, b1, c01);
      const a1 = v128.load32_splat(x1 + k);
      c10 = multiplyAdd(a1, b0, c10);
      c11 = multiplyAdd(a1, b1, c11);
      const a2 = v128.load32_splat(x2 + k);
      c20 = multiplyAdd(a2, b0, c20);
      c21 = multiplyAdd(a2, b1, c21);
      const a3 = v128.load32_splat(x3 + k);
      c30 = multiplyAdd(a3, b0, c30);
      c31 = multiplyAdd(a3, b1, c31);
    }
    if (left >= 8) {
      v128.store(y, c00, 0);
      v128.store(y, c01, 16);
      v128.store(y + yStep * 1, c10, 0);
      v128.store(y + yStep * 1, c11, 16);
      v128.store(y + yStep * 2, c20, 0);
      v128.store(y + yStep * 2, c21, 16);
      v128.store(y + yStep * 3, c30, 0);
      v128.store(y + yStep * 3, c31, 16);
    } else {
      put(y, c00, left);
      if (left > 4) put(y + 16, c01, left - 4);
      put(y + yStep * 1, c10, left);
      if (left > 4) put(y + yStep * 1 + 16, c11, left - 4);
      put(y + yStep * 2, c20, left);
      if (left > 4) put(y + yStep * 2 + 16, c21, left - 4);
      put(y + yStep * 3, c30, left);
      if (left > 4) put(y + yStep * 3 + 16, c31, left - 4);
    }
  }
}

/** 2 rows x 8 columns. */
function product2x8(
  K: i32,
  x: usize,
  xStep: usize,
  w: usize,
  start: usize,
  startStep: usize,
  y: usize,
  yStep: usize,
  left: i32,
): void {
  const x1 = x + xStep * 1;
  let c00 = v128.load(start, 0);
  let c01 = v128.load(start, 16);
  let c10 = v128.load(start + startStep * 1, 0);
  let c11 = v128.load(start + startStep * 1, 16);
  const end = w + ((<usize>K) << 5);
  for (let k: usize = 0; w < end; w += 32, k += 4) {
    const b0 = v128.load(w, 0);
    const b1 = v128.load(w, 16);
    const a0 = v128.load32_splat(x + k);
    c00 = multiplyAdd(a0, b0, c00);
    c01 = multiplyAdd(a0, b1, c01);
    const a1 = v128.load32_splat(x1 + k);
    c10 = multiplyAdd(a1, b0, c10);
    c11 = multiplyAdd(a1, b1, c11);
  }
  if (left >= 8) {
    v128.store(y, c00, 0);
    v128.store(y, c01, 16);
    v128.store(y + yStep * 1, c10, 0);
    v128.store(y + yStep * 1, c11, 16);
  } else {
    put(y, c00, left);
    if (left > 4) put(y + 16, c01, left - 4);
    put(y + yStep * 1, c10, left);
    if (left > 4) put(y + yStep * 1 + 16, c11, left - 4);
  }
}

/** 1 row x 8 columns. */
function product1x8(
  K: i32,
  x: usize,
  xStep: usize,
  w: usize,
  start: usize,
  startStep: usize,
  y: usize,
  yStep: usize,
  left: i32,
): void {
  let c00 = v128.load(start, 0);
  let c01 = v128.load(start, 16);
  const end = w + ((<usize>K) << 5);
  for (let k: usize = 0; w < end; w += 32, k += 4) {
    const b0 = v128.load(w, 0);
    const b1 = v128.load(w, 16);
    const a0 = v128.load32_splat(x + k);
    c00 = multiplyAdd(a0, b0, c00);
    c01 = multiplyAdd(a0, b1, c01);
  }
  if (left >= 8) {
    v128.store(y, c00, 0);
    v128.store(y, c01, 16);
  } else {
    put(y, c00, left);
    if (left > 4) put(y + 16, c01, left - 4);
  }
}

/** 6 rows x 4 columns. */
function product6x4(
  K: i32,
  x: usize,
  xStep: usize,
  w: usize,
  start: usize,
  startStep: usize,
  y: usize,
  yStep: usize,
  left: i32,
): void {
  const x1 = x + xStep * 1;
  const x2 = x + xStep * 2;
  const x3 = x + xStep * 3;
  const x4 = x + xStep * 4;
  const x5 = x + xStep * 5;
  let c00 = v128.load(start, 0);
  let c10 = v128.load(start + startStep * 1, 0);
  let c20 = v128.load(start + startStep * 2, 0);
  let c30 = v128.load(start + startStep * 3, 0);
  let c40 = v128.load(start + startStep * 4, 0);
  let c50 = v128.load(start + startStep * 5, 0);
  const end = w + ((<usize>K) << 4);
  for (let k: usize = 0; w < end; w += 16, k += 4) {
    const b0 = v128.load(w, 0);
    const a0 = v128.load32_splat(x + k);
    c00 = multiplyAdd(a0, b0, c00);
    const a1 = v128.load32_splat(x1 + k);
    c10 = multiplyAdd(a1, b0, c10);
    const a2 = v128.load32_splat(x2 + k);
    c20 = multiplyAdd(a2, b0, c20);
    const a3 = v128.load32_splat(x3 + k);
    c30 = multiplyAdd(a3, b0, c30);
    const a4 = v128.load32_splat(x4 + k);
    c40 = multiplyAdd(a4, b0, c40);
    const a5 = v128.load32_splat(x5 + k);
    c50 = multiplyAdd(a5, b0, c50);
  }
  if (left >= 4) {
    v128.store(y, c00, 0);
    v128.store(y + yStep * 1, c10, 0);
    v128.store(y + yStep * 2, c20, 0);
    v128.store(y + yStep * 3, c30, 0);
    v128.store(y + yStep * 4, c40, 0);
    v128.store(y + yStep * 5, c50, 0);
  } else {
    put(y, c00, left);
    put(y + yStep * 1, c10, left);
    put(y + yStep * 2, c20, left);
    put(y + yStep * 3, c30, left);
    put(y + yStep * 4, c40, left);
    put(y + yStep * 5, c50, left);
  }
}

/** 1 row x 4 columns. */
function product1x4(
  K: i32,
  x: usize,
  xStep: usize,
  w: usize,
  start: usize,
  startStep: usize,
  y: usize,
  yStep: usize,
  left: i32,
): void {
  let c00 = v128.load(start, 0);
  const end = w + ((<usize>K) << 4);
  for (let k: usize = 0; w < end; w += 16, k += 4) {
    const b0 = v128.load(w, 0);
    const a0 = v128.load32_splat(x + k);
    c00 = multiplyAdd(a0, b0, c00);
  }
  if (left >= 4) {
    v128.store(y, c00, 0);
  } else {
    put(y, c00, left);
  }
}
