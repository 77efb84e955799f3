import { activateAll, throughActivation } from './activation';
import { columnSums, outer, outerScratch } from './gradient';
import { at, padded, put } from './memory';
import { multiplyAdd } from './multiply-add';
import { throughNorm } from './norm';
import { packPanels, product } from './product';
import { dropAll } from './random';

/** Rows of a pass that keeps its arrays in the nearest cache: 64 rows of 94 inputs are 24 KB. */
const tile: i32 = 64;

export function pack(chunk: i32, from: i32, to: i32, w: i32, K: i32, N: i32, stepK: i32, stepN: i32, p: i32): void {
  const n = 8 * from;
  packPanels(at(w + n * stepN), K, min(8 * to, N) - n, stepK, stepN, at(p + n * K));
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
    activateAll(code, out, rows * N);
    if (rate > 0) dropAll(rate, key, r * N, out, rows * N);
  }
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
  const scratch = (outerScratch(K, N) * tile) << 2;
  const g = at(partials) + <usize>chunk * (size + scratch);
  if (partials >= 0) memory.fill(g, 0, size);
  for (let r = from; r < to; r += tile) {
    const rows = min(tile, to - r);
    const d = at(dy) + yStep * r;
    if (mode == 1) {
      if (code != 0) throughActivation(code, rate, at(y) + yStep * r, d, rows * N);
    } else if (mode == 2) throughNorm(rows, N, at(y) + yStep * r, d, at(coefficients), d, false);
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
  const step = (<usize>K) << 2;
  for (let k = from; k < to; k++)
    for (let n = 0; n < N; n += 4) {
      const left = N - n;
      let low = f64x2.splat(0);
      let high = f64x2.splat(0);
      let p = at(partials + k * P + n);
      for (let c = 0; c < chunks; c++) {
        const v = v128.load(p);
        low = f64x2.add(low, f64x2.promote_low_f32x4(v));
        high = f64x2.add(high, f64x2.promote_low_f32x4(v128.shuffle<i32>(v, v, 2, 3, 2, 3)));
        p += (<usize>size) << 2;
      }
      const g = at(gw + n * K + k);
      store<f32>(g, load<f32>(g) + <f32>f64x2.extract_lane(low, 0));
      if (left > 1) store<f32>(g + step, load<f32>(g + step) + <f32>f64x2.extract_lane(low, 1));
      if (left > 2) store<f32>(g + 2 * step, load<f32>(g + 2 * step) + <f32>f64x2.extract_lane(high, 0));
      if (left > 3) store<f32>(g + 3 * step, load<f32>(g + 3 * step) + <f32>f64x2.extract_lane(high, 1));
    }
}
