import { activate4, relu4, slope4, slopeFromOutput4 } from './activation';
import { columnSums, outer } from './gradient';
import { at, padded, put } from './memory';
import { multiplyAdd } from './multiply-add';
import { packPanels, product } from './product';
import { keep4, threshold } from './random';

/** Rows of a pass that keeps its arrays in the nearest cache: 64 rows of 94 inputs are 24 KB. */
const tile: i32 = 64;

export function pack(chunk: i32, from: i32, to: i32, w: i32, K: i32, N: i32, stepK: i32, stepN: i32, p: i32): void {
  packPanels(at(w), K, N, stepK, stepN, at(p));
}

export function linear(
  chunk: i32,
  from: i32,
  to: i32,
  x: i32,
  K: i32,
  p: i32,
  b: i32,
  y: i32,
  N: i32,
  code: i32,
  rate: f64,
  key: i32,
): void {
  const xStep = (<usize>K) << 2;
  const yStep = (<usize>N) << 2;
  const start = b < 0 ? 0 : at(b);
  for (let r = from; r < to; r += tile) {
    const rows = min(tile, to - r);
    const out = at(y) + yStep * r;
    if (b == y) product(rows, K, at(x) + xStep * r, xStep, at(p), N, out, yStep, out, yStep);
    else product(rows, K, at(x) + xStep * r, xStep, at(p), N, start, 0, out, yStep);
    if (code != 0) activateFlat(code, out, rows * N);
    if (rate > 0) dropFlat(rate, key, r * N, out, rows * N);
  }
}

/** Dropout in place of the numbers from .. from + n - 1 of the stream. */
function dropFlat(rate: f64, key: i32, from: i32, y: usize, n: i32): void {
  const cut = threshold(rate);
  const raise = f32x4.splat(<f32>(1 / (1 - rate)));
  for (let i = 0; i < n; i += 4, y += 16)
    put(y, v128.and(f32x4.mul(v128.load(y), raise), keep4(key, from + i, cut)), n - i);
}

function activateFlat(code: i32, y: usize, n: i32): void {
  if (code == 1) for (let i = 0; i < n; i += 4, y += 16) put(y, relu4(v128.load(y)), n - i);
  else for (let i = 0; i < n; i += 4, y += 16) put(y, activate4(code, v128.load(y)), n - i);
}

export function linearGradient(
  chunk: i32,
  from: i32,
  to: i32,
  x: i32,
  K: i32,
  y: i32,
  dy: i32,
  N: i32,
  mode: i32,
  code: i32,
  rate: f64,
  coefficients: i32,
  packed: i32,
  dx: i32,
  columns: i32,
  add: i32,
  partials: i32,
): void {
  const P = padded(N);
  const xStep = (<usize>K) << 2;
  const yStep = (<usize>N) << 2;
  const size = ((K + 1) * P) << 2;
  const scratch = 8 * tile * 4;
  const g = at(partials) + <usize>chunk * (size + scratch);
  if (partials >= 0) memory.fill(g, 0, size);
  for (let r = from; r < to; r += tile) {
    const rows = min(tile, to - r);
    const d = at(dy) + yStep * r;
    if (mode == 1) {
      if (code != 0) throughActivation(code, rate, at(y) + yStep * r, d, rows * N);
    } else if (mode == 2) throughNorm(rows, N, at(y) + yStep * r, d, at(coefficients));
    if (partials >= 0) {
      outer(rows, K, at(x) + xStep * r, xStep, d, yStep, N, g, g + size);
      columnSums(rows, d, yStep, N, g + ((<usize>K * P) << 2));
    }
    if (dx >= 0) {
      const out = at(dx) + xStep * r;
      if (add) product(rows, N, d, yStep, at(packed), columns, out, xStep, out, xStep);
      else product(rows, N, d, yStep, at(packed), columns, 0, 0, out, xStep);
    }
  }
}

function throughActivation(code: i32, rate: f64, y: usize, d: usize, n: i32): void {
  const raise = f32x4.splat(<f32>(1 / (1 - rate)));
  for (let i = 0; i < n; i += 4) {
    const slope = slopeFromOutput4(code, v128.load(y));
    put(d, f32x4.mul(f32x4.mul(v128.load(d), raise), slope), n - i);
    y += 16;
    d += 16;
  }
}

/** d = p d + q (y - mean) + r, column by column. */
function throughNorm(rows: i32, N: i32, y: usize, d: usize, coefficients: usize): void {
  const step = (<usize>N) << 2;
  for (let j = 0; j < N; j += 4) {
    const c = coefficients + ((<usize>j) << 2);
    const p = v128.load(c);
    const q = v128.load(c + step);
    const mean = v128.load(c + 2 * step);
    const s = v128.load(c + 3 * step);
    let yr = y + ((<usize>j) << 2);
    let dr = d + ((<usize>j) << 2);
    for (let r = 0; r < rows; r++) {
      const deviation = f32x4.sub(v128.load(yr), mean);
      put(dr, f32x4.add(multiplyAdd(q, deviation, f32x4.mul(p, v128.load(dr))), s), N - j);
      yr += step;
      dr += step;
    }
  }
}

export function foldWeightGradient(
  chunk: i32,
  from: i32,
  to: i32,
  partials: i32,
  chunks: i32,
  size: i32,
  K: i32,
  N: i32,
  gw: i32,
): void {
  const P = padded(N);
  for (let k = 0; k < K; k++)
    for (let n = from; n < to; n += 4) {
      const left = min(4, to - n);
      let low = f64x2.splat(0);
      let high = f64x2.splat(0);
      let p = at(partials) + ((<usize>(k * P + n)) << 2);
      for (let c = 0; c < chunks; c++) {
        const v = v128.load(p);
        low = f64x2.add(low, f64x2.promote_low_f32x4(v));
        high = f64x2.add(high, f64x2.promote_low_f32x4(v128.shuffle<i32>(v, v, 2, 3, 2, 3)));
        p += (<usize>size) << 2;
      }
      let g = at(gw) + ((<usize>(n * K + k)) << 2);
      const step = (<usize>K) << 2;
      store<f32>(g, load<f32>(g) + <f32>f64x2.extract_lane(low, 0));
      if (left > 1) store<f32>(g + step, load<f32>(g + step) + <f32>f64x2.extract_lane(low, 1));
      if (left > 2) store<f32>(g + 2 * step, load<f32>(g + 2 * step) + <f32>f64x2.extract_lane(high, 0));
      if (left > 3) store<f32>(g + 3 * step, load<f32>(g + 3 * step) + <f32>f64x2.extract_lane(high, 1));
    }
}

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
  const step = (<usize>N) << 2;
  const cut = threshold(rate);
  const raise = f32x4.splat(<f32>(1 / (1 - rate)));
  for (let r0 = from; r0 < to; r0 += tile) {
    const last = min(r0 + tile, to);
    for (let j = 0; j < N; j += 4) {
      const c = (<usize>j) << 2;
      const m = mean < 0 ? f32x4.splat(0) : v128.load(at(mean) + c);
      const s = mean < 0 ? f32x4.splat(1) : v128.load(at(scale) + c);
      const o = mean < 0 ? f32x4.splat(0) : v128.load(at(offset) + c);
      const left = N - j;
      for (let r = r0; r < last; r++) {
        const p = step * r + c;
        const u = multiplyAdd(f32x4.sub(v128.load(at(z) + p), m), s, o);
        let a = code == 1 ? relu4(u) : activate4(code, u);
        if (cut > 0) a = v128.and(f32x4.mul(a, raise), keep4(key, r * N + j, cut));
        put(at(y) + p, a, left);
      }
    }
  }
}

export function normActivateGradient(
  chunk: i32,
  from: i32,
  to: i32,
  z: i32,
  N: i32,
  mean: i32,
  scale: i32,
  offset: i32,
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
  const out = at(partials) + <usize>chunk * 2 * step;
  for (let r0 = from; r0 < to; r0 += tile) {
    const last = min(r0 + tile, to);
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
        if (code == 1) d = v128.and(d, f32x4.gt(u, f32x4.splat(0)));
        else if (code != 0) d = f32x4.mul(d, slope4(code, u));
        if (cut > 0) d = v128.and(f32x4.mul(d, raise), keep4(key, r * N + j, cut));
        put(at(du) + p, d, left);
        first = f32x4.add(first, d);
        second = multiplyAdd(d, deviation, second);
      }
      if (partials < 0) continue;
      const p = out + c;
      if (r0 > from) {
        first = f32x4.add(first, v128.load(p));
        second = f32x4.add(second, v128.load(p + step));
      }
      put(p + step, second, left);
      put(p, first, left);
    }
  }
}
