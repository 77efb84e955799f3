// Batch normalisation with the activation and the dropout behind it.
import { activateAll, slope4 } from './activation';
import { at, put } from './memory';
import { multiplyAdd } from './multiply-add';
import { dropAll, keep4, threshold } from './random';

/** Rows of a pass that sums columns in registers. */
const tile: i32 = 64;

export function columnMoments(chunk: i32, from: i32, to: i32, z: i32, N: i32, partials: i32): void {
  const step = (<usize>N) << 2;
  const out = at(partials) + <usize>chunk * 2 * step;
  for (let r0 = from; r0 < to; r0 += tile) {
    const rows = min(tile, to - r0);
    const before = <f32>(r0 - from);
    const share = f32x4.splat(<f32>rows / (before + <f32>rows));
    const between = f32x4.splat((before * <f32>rows) / (before + <f32>rows));
    const inverse = f32x4.splat(<f32>1 / <f32>rows);
    for (let j = 0; j < N; j += 4) {
      const first = at(z) + step * r0 + ((<usize>j) << 2);
      let sum = f32x4.splat(0);
      for (let r = 0, p = first; r < rows; r++, p += step) sum = f32x4.add(sum, v128.load(p));
      const mean = f32x4.mul(sum, inverse);
      let squares = f32x4.splat(0);
      for (let r = 0, p = first; r < rows; r++, p += step) {
        const e = f32x4.sub(v128.load(p), mean);
        squares = multiplyAdd(e, e, squares);
      }
      const m = out + ((<usize>j) << 2);
      const s = m + step;
      const left = N - j;
      if (r0 == from) {
        put(m, mean, left);
        put(s, squares, left);
      } else {
        // Chan's update of the rows before by those of the tile.
        const old = v128.load(m);
        const delta = f32x4.sub(mean, old);
        const moved = f32x4.mul(f32x4.mul(delta, delta), between);
        put(s, f32x4.add(v128.load(s), f32x4.add(squares, moved)), left);
        put(m, f32x4.add(old, f32x4.mul(delta, share)), left);
      }
    }
  }
}

/** Numbers that stay in the nearest cache between the passes over them. */
const near: i32 = 2048;

export function normActivate(
  chunk: i32,
  from: i32,
  to: i32,
  z: i32,
  N: i32,
  mean: i32,
  scale: i32,
  offset: i32,
  y: i32,
  code: i32,
  rate: f64,
  key: i32,
): void {
  const rows = max(1, near / N);
  for (let r = from; r < to; r += rows) {
    const first = r * N;
    const n = min(rows, to - r) * N;
    const out = at(y + first);
    if (mean < 0) memory.copy(out, at(z + first), (<usize>n) << 2);
    else
      for (let i = 0; i < n; i += N)
        normRow(at(z + first + i), N, at(mean), at(scale), at(offset), out + ((<usize>i) << 2));
    activateAll(code, out, n);
    if (rate > 0) dropAll(rate, key, first, out, n);
  }
}

/** y = (z - mean) scale + offset. */
function normRow(z: usize, N: i32, mean: usize, scale: usize, offset: usize, y: usize): void {
  for (let j = 0; j < N; j += 4) {
    const c = (<usize>j) << 2;
    const deviation = f32x4.sub(v128.load(z + c), v128.load(mean + c));
    put(y + c, multiplyAdd(deviation, v128.load(scale + c), v128.load(offset + c)), N - j);
  }
}

/** Below this the sigmoid is a half, and a product with it may have lost its digits. */
const tiny: usize = memory.data<f32>([1e-30]);

/** Rows that stay in the nearest cache while four columns after four are summed down them, even where rows share its sets. */
const stripe: i32 = 16;

export function normActivateGradient(
  chunk: i32,
  from: i32,
  to: i32,
  z: i32,
  N: i32,
  mean: i32,
  scale: i32,
  offset: i32,
  y: i32,
  dy: i32,
  du: i32,
  code: i32,
  rate: f64,
  key: i32,
  partials: i32,
): void {
  const step = (<usize>N) << 2;
  const cut = threshold(rate);
  const raise = f32x4.splat(<f32>(1 / (1 - rate)));
  const share = f32x4.splat(<f32>(1 - rate));
  const sums = at(partials) + <usize>chunk * 2 * step;
  for (let r0 = from; r0 < to; r0 += stripe) {
    const last = min(r0 + stripe, to);
    for (let j = 0; j < N; j += 4) {
      const c = (<usize>j) << 2;
      const left = N - j;
      const m = mean < 0 ? f32x4.splat(0) : v128.load(at(mean) + c);
      const s = mean < 0 ? f32x4.splat(1) : v128.load(at(scale) + c);
      const o = mean < 0 ? f32x4.splat(0) : v128.load(at(offset) + c);
      let first = f32x4.splat(0);
      let second = f32x4.splat(0);
      for (let r = r0; r < last; r++) {
        const p = step * r + c;
        const deviation = f32x4.sub(v128.load(at(z) + p), m);
        const u = multiplyAdd(deviation, s, o);
        let d = v128.load(at(dy) + p);
        if (code == 4) {
          // y = u s(u) kept: the quotient q is the sigmoid, raised where dropout kept it and zero where not, and the derivative
          // s + u s (1 - s) of the three together is q + y (1 - q (1 - rate)).
          const out = v128.load(at(y) + p);
          let q = f32x4.div(out, u);
          const none = f32x4.lt(f32x4.abs(u), v128.load32_splat(tiny));
          if (v128.any_true(none)) {
            const half = f32x4.mul(f32x4.splat(0.5), raise);
            q = v128.bitselect(cut > 0 ? v128.and(half, keep4(key, r * N + j, cut)) : half, q, none);
          }
          d = f32x4.mul(d, f32x4.add(q, f32x4.mul(out, f32x4.sub(f32x4.splat(1), f32x4.mul(q, share)))));
        } else {
          if (code == 1) d = v128.and(d, f32x4.gt(u, f32x4.splat(0)));
          else if (code != 0) d = f32x4.mul(d, slope4(code, u));
          if (cut > 0) d = v128.and(f32x4.mul(d, raise), keep4(key, r * N + j, cut));
        }
        put(at(du) + p, d, left);
        first = f32x4.add(first, d);
        second = multiplyAdd(d, deviation, second);
      }
      if (partials < 0) continue;
      const p = sums + c;
      if (r0 > from) {
        first = f32x4.add(first, v128.load(p));
        second = f32x4.add(second, v128.load(p + step));
      }
      put(p + step, second, left);
      put(p, first, left);
    }
  }
}

export function normGradient(
  chunk: i32,
  from: i32,
  to: i32,
  x: i32,
  N: i32,
  du: i32,
  coefficients: i32,
  dx: i32,
): void {
  const first = from * N;
  throughNorm(to - from, N, at(x + first), at(du + first), at(coefficients), at(dx + first), true);
}

/** out (+)= p d + q (y - mean) + r with the column vectors p, q, mean, r: the gradient in front of a batch norm. */
export function throughNorm(rows: i32, N: i32, y: usize, d: usize, coefficients: usize, out: usize, add: bool): void {
  const step = (<usize>N) << 2;
  for (let row = 0; row < rows; row++) {
    for (let j = 0; j < N; j += 4) {
      const c = (<usize>j) << 2;
      const vectors = coefficients + c;
      const deviation = f32x4.sub(v128.load(y + c), v128.load(vectors + 2 * step));
      let v = multiplyAdd(v128.load(vectors + step), deviation, f32x4.mul(v128.load(vectors), v128.load(d + c)));
      v = f32x4.add(v, v128.load(vectors + 3 * step));
      put(out + c, add ? f32x4.add(v, v128.load(out + c)) : v, N - j);
    }
    y += step;
    d += step;
    out += step;
  }
}
