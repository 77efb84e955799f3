import { exp4, sigmoid4, softplus4 } from './activation';
import { addWide, firstLanes, maxLanes, only, sumLanes, sumWide } from './lanes';
import { at, put } from './memory';
import { multiplyAdd } from './multiply-add';

export function sumAll(chunk: i32, from: i32, to: i32, x: i32, partials: i32): void {
  let sum = f64x2.splat(0);
  for (let i = from; i < to; i += 4) sum = addWide(sum, only(v128.load(at(x + i)), to - i));
  store<f32>(at(partials + chunk), <f32>sumWide(sum));
}

export function sumSquares(chunk: i32, from: i32, to: i32, x: i32, partials: i32): void {
  let sum = f64x2.splat(0);
  for (let i = from; i < to; i += 4) {
    const v = only(v128.load(at(x + i)), to - i);
    sum = addWide(sum, f32x4.mul(v, v));
  }
  store<f32>(at(partials + chunk), <f32>sumWide(sum));
}

export function rowDot(chunk: i32, from: i32, to: i32, a: i32, b: i32, N: i32, y: i32): void {
  for (let r = from; r < to; r++) {
    let sum = f32x4.splat(0);
    for (let n = 0; n < N; n += 4) {
      const p = r * N + n;
      sum = f32x4.add(sum, only(f32x4.mul(v128.load(at(a + p)), v128.load(at(b + p))), N - n));
    }
    store<f32>(at(y + r), sumLanes(sum));
  }
}

export function rowDotGradient(chunk: i32, from: i32, to: i32, b: i32, N: i32, dy: i32, da: i32): void {
  for (let r = from; r < to; r++) {
    const d = v128.load32_splat(at(dy + r));
    for (let n = 0; n < N; n += 4) {
      const p = r * N + n;
      put(at(da + p), multiplyAdd(d, v128.load(at(b + p)), v128.load(at(da + p))), N - n);
    }
  }
}

/** Weight of four elements: 1 without weights, 0 beyond the end. */
function weight4(weights: i32, i: i32, left: i32): v128 {
  return only(weights < 0 ? f32x4.splat(1) : v128.load(at(weights + i)), left);
}

export function loss(
  chunk: i32,
  from: i32,
  to: i32,
  kind: i32,
  x: i32,
  target: i32,
  weights: i32,
  partials: i32,
): void {
  let sum = f64x2.splat(0);
  let total = f64x2.splat(0);
  for (let i = from; i < to; i += 4) {
    const w = weight4(weights, i, to - i);
    const u = v128.load(at(x + i));
    const t = v128.load(at(target + i));
    const e = f32x4.sub(u, t);
    const l = kind == 0 ? f32x4.mul(e, e) : f32x4.sub(softplus4(u), f32x4.mul(t, u));
    sum = addWide(sum, v128.and(f32x4.mul(w, l), f32x4.ne(w, f32x4.splat(0))));
    total = addWide(total, w);
  }
  store<f32>(at(partials + 2 * chunk), <f32>sumWide(sum));
  store<f32>(at(partials + 2 * chunk + 1), <f32>sumWide(total));
}

export function lossGradient(
  chunk: i32,
  from: i32,
  to: i32,
  kind: i32,
  x: i32,
  target: i32,
  weights: i32,
  y: i32,
  dy: i32,
  dx: i32,
): void {
  const total = load<f32>(at(y + 1));
  if (total == 0) return;
  const scale = f32x4.splat((load<f32>(at(dy)) / total) * <f32>(kind == 0 ? 2 : 1));
  for (let i = from; i < to; i += 4) {
    const w = weight4(weights, i, to - i);
    const u = v128.load(at(x + i));
    const e = f32x4.sub(kind == 0 ? u : sigmoid4(u), v128.load(at(target + i)));
    const d = v128.and(f32x4.mul(f32x4.mul(scale, w), e), f32x4.ne(w, f32x4.splat(0)));
    put(at(dx + i), f32x4.add(v128.load(at(dx + i)), d), to - i);
  }
}

/** Four logits, -Infinity where the mask is zero or the row has ended. */
function masked(row: usize, n: i32, N: i32, mask: usize): v128 {
  let taken = firstLanes(N - n);
  if (mask != 0) taken = v128.and(taken, f32x4.ne(v128.load(mask + ((<usize>n) << 2)), f32x4.splat(0)));
  return v128.bitselect(v128.load(row + ((<usize>n) << 2)), f32x4.splat(-f32(Infinity)), taken);
}

export function layerNorm(
  chunk: i32,
  from: i32,
  to: i32,
  x: i32,
  N: i32,
  weight: i32,
  bias: i32,
  epsilon: f32,
  y: i32,
  means: i32,
  inverses: i32,
): void {
  for (let r = from; r < to; r++) {
    const row = x + r * N;
    let sum = f32x4.splat(0);
    for (let n = 0; n < N; n += 4) sum = f32x4.add(sum, only(v128.load(at(row + n)), N - n));
    const mean = sumLanes(sum) / <f32>N;
    const m = f32x4.splat(mean);
    let squares = f32x4.splat(0);
    for (let n = 0; n < N; n += 4) {
      const e = only(f32x4.sub(v128.load(at(row + n)), m), N - n);
      squares = multiplyAdd(e, e, squares);
    }
    const inverse = <f32>1 / sqrt<f32>(sumLanes(squares) / <f32>N + epsilon);
    const s = f32x4.splat(inverse);
    for (let n = 0; n < N; n += 4) {
      const xhat = f32x4.mul(f32x4.sub(v128.load(at(row + n)), m), s);
      put(at(y + r * N + n), multiplyAdd(xhat, v128.load(at(weight + n)), v128.load(at(bias + n))), N - n);
    }
    store<f32>(at(means + r), mean);
    store<f32>(at(inverses + r), inverse);
  }
}

export function layerNormGradient(
  chunk: i32,
  from: i32,
  to: i32,
  x: i32,
  N: i32,
  weight: i32,
  means: i32,
  inverses: i32,
  dy: i32,
  dx: i32,
  partials: i32,
): void {
  const g = partials + chunk * 2 * N;
  if (partials >= 0) memory.fill(at(g), 0, (<usize>(2 * N)) << 2);
  for (let r = from; r < to; r++) {
    const row = r * N;
    const m = v128.load32_splat(at(means + r));
    const s = v128.load32_splat(at(inverses + r));
    let s1 = f32x4.splat(0);
    let s2 = f32x4.splat(0);
    for (let n = 0; n < N; n += 4) {
      const left = N - n;
      const d = only(v128.load(at(dy + row + n)), left);
      const xhat = f32x4.mul(f32x4.sub(v128.load(at(x + row + n)), m), s);
      const wd = f32x4.mul(d, v128.load(at(weight + n)));
      s1 = f32x4.add(s1, only(wd, left));
      s2 = f32x4.add(s2, only(f32x4.mul(wd, xhat), left));
      if (partials < 0) continue;
      put(at(g + n), f32x4.add(v128.load(at(g + n)), f32x4.mul(d, xhat)), left);
      put(at(g + N + n), f32x4.add(v128.load(at(g + N + n)), d), left);
    }
    if (dx < 0) continue;
    const a = f32x4.splat(sumLanes(s1) / <f32>N);
    const b = f32x4.splat(sumLanes(s2) / <f32>N);
    for (let n = 0; n < N; n += 4) {
      const xhat = f32x4.mul(f32x4.sub(v128.load(at(x + row + n)), m), s);
      const wd = f32x4.mul(v128.load(at(dy + row + n)), v128.load(at(weight + n)));
      const d = f32x4.mul(s, f32x4.sub(f32x4.sub(wd, a), f32x4.mul(xhat, b)));
      put(at(dx + row + n), f32x4.add(v128.load(at(dx + row + n)), d), N - n);
    }
  }
}

/** y[o, i] = factor * sum over the axis; columns four at a time, or a row at once when nothing stands after the axis. */
export function sumAxis(chunk: i32, from: i32, to: i32, x: i32, axis: i32, inner: i32, y: i32, factor: f32): void {
  for (let o = from; o < to; o++) {
    const first = x + o * axis * inner;
    if (inner == 1) {
      let sum = f64x2.splat(0);
      for (let a = 0; a < axis; a += 4) sum = addWide(sum, only(v128.load(at(first + a)), axis - a));
      store<f32>(at(y + o), <f32>sumWide(sum) * factor);
      continue;
    }
    for (let i = 0; i < inner; i += 4) {
      let low = f64x2.splat(0);
      let high = f64x2.splat(0);
      for (let a = 0; a < axis; a++) {
        const v = v128.load(at(first + a * inner + i));
        low = f64x2.add(low, f64x2.promote_low_f32x4(v));
        high = f64x2.add(high, f64x2.promote_low_f32x4(v128.shuffle<i32>(v, v, 2, 3, 2, 3)));
      }
      const a = f32x4.demote_f64x2_zero(low);
      const b = f32x4.demote_f64x2_zero(high);
      const sum = v128.shuffle<i32>(a, b, 0, 1, 4, 5);
      put(at(y + o * inner + i), f32x4.mul(sum, f32x4.splat(factor)), inner - i);
    }
  }
}

export function spreadAxis(chunk: i32, from: i32, to: i32, dy: i32, axis: i32, inner: i32, dx: i32, factor: f32): void {
  for (let o = from; o < to; o++)
    if (inner == 1) spreadAll(0, o * axis, (o + 1) * axis, dy + o, dx, factor);
    else
      for (let a = 0; a < axis; a++) {
        const row = dx + (o * axis + a) * inner;
        for (let i = 0; i < inner; i += 4) {
          const d = f32x4.mul(v128.load(at(dy + o * inner + i)), f32x4.splat(factor));
          put(at(row + i), f32x4.add(v128.load(at(row + i)), d), inner - i);
        }
      }
}

export function spreadAll(chunk: i32, from: i32, to: i32, dy: i32, dx: i32, factor: f32): void {
  const d = f32x4.splat(load<f32>(at(dy)) * factor);
  for (let i = from; i < to; i += 4) put(at(dx + i), f32x4.add(v128.load(at(dx + i)), d), to - i);
}

export function softmax(chunk: i32, from: i32, to: i32, x: i32, N: i32, mask: i32, y: i32): void {
  const low = f32x4.splat(-f32(Infinity));
  for (let r = from; r < to; r++) {
    const row = at(x + r * N);
    const out = at(y + r * N);
    const taken: usize = mask < 0 ? 0 : at(mask + r * N);
    let top = low;
    for (let n = 0; n < N; n += 4) top = f32x4.pmax(top, masked(row, n, N, taken));
    const highest = maxLanes(top);
    if (highest == -f32(Infinity)) {
      memory.fill(out, 0, (<usize>N) << 2);
      continue;
    }
    let sum = f32x4.splat(0);
    for (let n = 0; n < N; n += 4) {
      const v = masked(row, n, N, taken);
      const e = v128.and(exp4(f32x4.sub(v, f32x4.splat(highest))), f32x4.ne(v, low));
      put(out + ((<usize>n) << 2), e, N - n);
      sum = f32x4.add(sum, e);
    }
    const inverse = f32x4.splat(<f32>1 / sumLanes(sum));
    for (let n = 0; n < N; n += 4) {
      const p = out + ((<usize>n) << 2);
      put(p, f32x4.mul(v128.load(p), inverse), N - n);
    }
  }
}

export function softmaxGradient(chunk: i32, from: i32, to: i32, y: i32, N: i32, dy: i32, dx: i32): void {
  const zero = f32x4.splat(0);
  for (let r = from * N; r < to * N; r += N) {
    let sum = zero;
    for (let n = 0; n < N; n += 4) {
      const w = v128.load(at(y + r + n));
      const term = v128.and(f32x4.mul(w, v128.load(at(dy + r + n))), f32x4.ne(w, zero));
      sum = f32x4.add(sum, only(term, N - n));
    }
    const dot = f32x4.splat(sumLanes(sum));
    for (let n = 0; n < N; n += 4) {
      const w = v128.load(at(y + r + n));
      const e = v128.and(f32x4.mul(w, f32x4.sub(v128.load(at(dy + r + n)), dot)), f32x4.ne(w, zero));
      put(at(dx + r + n), f32x4.add(v128.load(at(dx + r + n)), e), N - n);
    }
  }
}
