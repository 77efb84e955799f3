import { Rational } from './activation';
import { columnSums, outer } from './gradient';
import { at, copyRows, put } from './memory';
import { multiplyAdd, multiplySubtract } from './multiply-add';
import { product } from './product';

// Gates and cells of a chunk lie step by step, (time, sequences of the chunk, width), so that every product runs over rows
// side by side; inputs and states, which are (sequences, time, width), are copied to such rows first.

export function lstm(
  chunk: i32,
  from: i32,
  to: i32,
  x: i32,
  T: i32,
  F: i32,
  H: i32,
  inputPack: i32,
  recurrentPack: i32,
  bias: i32,
  h0: i32,
  c0: i32,
  gates: i32,
  cells: i32,
  out: i32,
  hidden: i32,
  cell: i32,
  work: i32,
  workSize: i32,
): void {
  const R = to - from;
  const G = 4 * H;
  const gStep = (<usize>G) << 2;
  const hStep = (<usize>H) << 2;
  const fStep = (<usize>F) << 2;
  const xs = at(work + chunk * workSize);
  const hs = xs + fStep * R;
  if (h0 >= 0) memory.copy(hs, at(h0 + from * H), hStep * R);
  let before: usize = c0 < 0 ? 0 : at(c0 + from * H);
  for (let t = 0; t < T; t++) {
    const g = at(gates + (from * T + t * R) * G);
    const c = at(cells + (from * T + t * R) * H);
    copyRows(R, F, at(x + (from * T + t) * F), fStep * T, xs, fStep);
    product(R, F, xs, fStep, at(inputPack), G, at(bias), 0, g, gStep);
    if (t > 0 || h0 >= 0) product(R, H, hs, hStep, at(recurrentPack), G, g, gStep, g, gStep);
    stepForward(R, H, g, before, c, hs);
    copyRows(R, H, hs, hStep, at(out + (from * T + t) * H), hStep * T);
    before = c;
  }
  memory.copy(at(hidden + from * H), hs, hStep * R);
  memory.copy(at(cell + from * H), before, hStep * R);
}

/** Gates in place through their activations, then cells and hidden states; `before` 0 for cells that start at zero. */
function stepForward(R: i32, H: i32, g: usize, before: usize, c: usize, h: usize): void {
  const step = (<usize>H) << 2;
  for (let r = 0; r < R; r++) {
    for (let k = 0; k < H; k += 4) {
      const left = H - k;
      const p = (<usize>k) << 2;
      const i = Rational.gate4(v128.load(g + p));
      const f = Rational.gate4(v128.load(g + p + step));
      const candidate = Rational.tanh4(v128.load(g + p + 2 * step));
      const o = Rational.gate4(v128.load(g + p + 3 * step));
      let cell = f32x4.mul(i, candidate);
      if (before != 0) cell = multiplyAdd(f, v128.load(before + p), cell);
      put(g + p, i, left);
      put(g + p + step, f, left);
      put(g + p + 2 * step, candidate, left);
      put(g + p + 3 * step, o, left);
      put(c + p, cell, left);
      put(h + p, f32x4.mul(o, Rational.tanh4(cell)), left);
    }
    g += 4 * step;
    c += step;
    h += step;
    if (before != 0) before += step;
  }
}

export function lstmGradient(
  chunk: i32,
  from: i32,
  to: i32,
  x: i32,
  T: i32,
  F: i32,
  H: i32,
  inputBack: i32,
  recurrentBack: i32,
  h0: i32,
  c0: i32,
  gates: i32,
  cells: i32,
  out: i32,
  dOut: i32,
  dh: i32,
  dc: i32,
  dx: i32,
  add: i32,
  partials: i32,
  work: i32,
  workSize: i32,
): void {
  const R = to - from;
  const G = 4 * H;
  const gStep = (<usize>G) << 2;
  const hStep = (<usize>H) << 2;
  const fStep = (<usize>F) << 2;
  const xs = at(work + chunk * workSize);
  const hs = xs + fStep * R;
  const scratch = hs + hStep * R;
  const dW = at(partials + chunk * (F + H + 1) * G);
  const dU = dW + gStep * F;
  const db = dU + gStep * H;
  memory.fill(dW, 0, gStep * (F + H + 1));
  const dhRows = at(dh + from * H);
  for (let t = T - 1; t >= 0; t--) {
    const g = at(gates + (from * T + t * R) * G);
    const c = at(cells + (from * T + t * R) * H);
    const before: usize = t > 0 ? c - hStep * R : c0 < 0 ? 0 : at(c0 + from * H);
    const arriving: usize = dOut < 0 ? 0 : at(dOut + (from * T + t) * H);
    stepBackward(R, H, g, before, c, arriving, hStep * T, dhRows, at(dc + from * H));
    copyRows(R, F, at(x + (from * T + t) * F), fStep * T, xs, fStep);
    outer(R, F, xs, fStep, g, gStep, G, dW, scratch);
    if (t > 0 || h0 >= 0) {
      if (t > 0) copyRows(R, H, at(out + (from * T + t - 1) * H), hStep * T, hs, hStep);
      else memory.copy(hs, at(h0 + from * H), hStep * R);
      outer(R, H, hs, hStep, g, gStep, G, dU, scratch);
    }
    columnSums(R, g, gStep, G, db);
    product(R, G, g, gStep, at(recurrentBack), H, 0, 0, dhRows, hStep);
    if (dx >= 0) {
      const d = at(dx + (from * T + t) * F);
      if (add) product(R, G, g, gStep, at(inputBack), F, d, fStep * T, d, fStep * T);
      else product(R, G, g, gStep, at(inputBack), F, 0, 0, d, fStep * T);
    }
  }
}

/** Gates in place to the gradients of their pre-activations; dc to the cells before. */
function stepBackward(
  R: i32,
  H: i32,
  g: usize,
  before: usize,
  c: usize,
  dOut: usize,
  dOutStep: usize,
  dh: usize,
  dc: usize,
): void {
  const step = (<usize>H) << 2;
  const one = f32x4.splat(1);
  for (let r = 0; r < R; r++) {
    for (let k = 0; k < H; k += 4) {
      const left = H - k;
      const p = (<usize>k) << 2;
      const i = v128.load(g + p);
      const f = v128.load(g + p + step);
      const candidate = v128.load(g + p + 2 * step);
      const o = v128.load(g + p + 3 * step);
      const cell = Rational.tanh4(v128.load(c + p));
      let d = v128.load(dh + p);
      if (dOut != 0) d = f32x4.add(d, v128.load(dOut + p));
      const through = f32x4.mul(f32x4.mul(d, o), multiplySubtract(cell, cell, one));
      const dCell = f32x4.add(v128.load(dc + p), through);
      const previous = before == 0 ? f32x4.splat(0) : v128.load(before + p);
      put(dc + p, f32x4.mul(dCell, f), left);
      put(g + p, f32x4.mul(f32x4.mul(dCell, candidate), f32x4.mul(i, f32x4.sub(one, i))), left);
      put(g + p + step, f32x4.mul(f32x4.mul(dCell, previous), f32x4.mul(f, f32x4.sub(one, f))), left);
      put(g + p + 2 * step, f32x4.mul(f32x4.mul(dCell, i), multiplySubtract(candidate, candidate, one)), left);
      put(g + p + 3 * step, f32x4.mul(f32x4.mul(d, cell), f32x4.mul(o, f32x4.sub(one, o))), left);
    }
    g += 4 * step;
    c += step;
    dh += step;
    dc += step;
    if (before != 0) before += step;
    if (dOut != 0) dOut += dOutStep;
  }
}
