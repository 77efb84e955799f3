import { activate4, exp4, log4, sigmoid4, slope4, softplus4 } from './activation';
import { only, sumLanes } from './lanes';
import { at, put } from './memory';
import { Stream, counter4, normal4, secondKey, threshold } from './random';

// Codes below 6 are the activations; then scale, abs, square, sqrt, exp, log, softplus, clip.

function unary4(code: i32, x: v128, a: v128, b: v128): v128 {
  switch (code) {
    case 6:
      return f32x4.add(f32x4.mul(a, x), b);
    case 7:
      return f32x4.abs(x);
    case 8:
      return f32x4.mul(x, x);
    case 9:
      return f32x4.sqrt(x);
    case 10:
      return exp4(x);
    case 11:
      return logarithm(x);
    case 12:
      return softplus4(x);
    case 13:
      return f32x4.pmin(f32x4.pmax(x, a), b);
    default:
      return activate4(code, x);
  }
}

/** Zero, negative and infinite arguments as IEEE has them. */
function logarithm(x: v128): v128 {
  const zero = f32x4.splat(0);
  let y = log4(x);
  y = v128.bitselect(f32x4.splat(-f32(Infinity)), y, f32x4.eq(x, zero));
  y = v128.bitselect(x, y, f32x4.eq(x, f32x4.splat(f32(Infinity))));
  return v128.bitselect(f32x4.splat(f32(NaN)), y, v128.not(f32x4.ge(x, zero)));
}

function unarySlope4(code: i32, x: v128, a: v128, b: v128): v128 {
  const one = f32x4.splat(1);
  switch (code) {
    case 6:
      return a;
    case 7: {
      const zero = f32x4.splat(0);
      return f32x4.sub(v128.and(one, f32x4.gt(x, zero)), v128.and(one, f32x4.lt(x, zero)));
    }
    case 8:
      return f32x4.add(x, x);
    case 9:
      return f32x4.div(f32x4.splat(0.5), f32x4.sqrt(x));
    case 10:
      return exp4(x);
    case 11:
      return f32x4.div(one, x);
    case 12:
      return sigmoid4(x);
    case 13:
      return v128.and(one, v128.and(f32x4.ge(x, a), f32x4.le(x, b)));
    default:
      return slope4(code, x);
  }
}

export function unary(chunk: i32, from: i32, to: i32, code: i32, x: i32, y: i32, a: f32, b: f32): void {
  const a4 = f32x4.splat(a);
  const b4 = f32x4.splat(b);
  for (let i = from; i < to; i += 4) put(at(y + i), unary4(code, v128.load(at(x + i)), a4, b4), to - i);
}

export function unaryGradient(
  chunk: i32,
  from: i32,
  to: i32,
  code: i32,
  x: i32,
  dy: i32,
  dx: i32,
  a: f32,
  b: f32,
): void {
  const a4 = f32x4.splat(a);
  const b4 = f32x4.splat(b);
  for (let i = from; i < to; i += 4) {
    const d = v128.load(at(dy + i));
    // Nothing flows where dy is zero, whatever the slope is there.
    const flow = v128.and(f32x4.mul(d, unarySlope4(code, v128.load(at(x + i)), a4, b4)), f32x4.ne(d, f32x4.splat(0)));
    put(at(dx + i), f32x4.add(v128.load(at(dx + i)), flow), to - i);
  }
}

function binary4(code: i32, a: v128, b: v128): v128 {
  switch (code) {
    case 0:
      return f32x4.add(a, b);
    case 1:
      return f32x4.sub(a, b);
    case 2:
      return f32x4.mul(a, b);
    case 3:
      return f32x4.div(a, b);
    default:
      return v128.bitselect(a, b, f32x4.ge(a, b));
  }
}

function slopeA(code: i32, a: v128, b: v128): v128 {
  switch (code) {
    case 2:
      return b;
    case 3:
      return f32x4.div(f32x4.splat(1), b);
    case 4:
      return v128.and(f32x4.splat(1), f32x4.ge(a, b));
    default:
      return f32x4.splat(1);
  }
}

function slopeB(code: i32, a: v128, b: v128): v128 {
  switch (code) {
    case 0:
      return f32x4.splat(1);
    case 1:
      return f32x4.splat(-1);
    case 2:
      return a;
    case 3:
      return f32x4.neg(f32x4.div(a, f32x4.mul(b, b)));
    default:
      return v128.andnot(f32x4.splat(1), f32x4.ge(a, b));
  }
}

export function binary(
  chunk: i32,
  from: i32,
  to: i32,
  code: i32,
  a: i32,
  b: i32,
  y: i32,
  inner: i32,
  rowStep: i32,
  step: i32,
): void {
  if (rowStep == inner && step == 1) {
    // Equal shapes: one run over all rows.
    for (let i = from * inner; i < to * inner; i += 4)
      put(at(y + i), binary4(code, v128.load(at(a + i)), v128.load(at(b + i))), to * inner - i);
    return;
  }
  for (let r = from; r < to; r++) {
    const row = r * inner;
    const other = b + r * rowStep;
    for (let i = 0; i < inner; i += 4) {
      const v = step ? v128.load(at(other + i)) : v128.load32_splat(at(other));
      put(at(y + row + i), binary4(code, v128.load(at(a + row + i)), v), inner - i);
    }
  }
}

export function binaryGradient(
  chunk: i32,
  from: i32,
  to: i32,
  code: i32,
  a: i32,
  b: i32,
  dy: i32,
  da: i32,
  db: i32,
  inner: i32,
  rowStep: i32,
  step: i32,
  partials: i32,
): void {
  const target = partials < 0 ? db : partials + chunk * inner;
  const targetStep = partials < 0 ? rowStep : 0;
  if (partials >= 0) memory.fill(at(target), 0, (<usize>inner) << 2);
  for (let r = from; r < to; r++) {
    const row = r * inner;
    const other = b + r * rowStep;
    const out = target + r * targetStep;
    let total = f32x4.splat(0);
    for (let i = 0; i < inner; i += 4) {
      const left = inner - i;
      const d = only(v128.load(at(dy + row + i)), left);
      const flows = f32x4.ne(d, f32x4.splat(0));
      const u = v128.load(at(a + row + i));
      const v = step ? v128.load(at(other + i)) : v128.load32_splat(at(other));
      if (da >= 0) {
        const flow = v128.and(f32x4.mul(d, slopeA(code, u, v)), flows);
        put(at(da + row + i), f32x4.add(v128.load(at(da + row + i)), flow), left);
      }
      if (target >= 0) {
        const flow = v128.and(f32x4.mul(d, slopeB(code, u, v)), flows);
        if (step) put(at(out + i), f32x4.add(v128.load(at(out + i)), flow), left);
        else total = f32x4.add(total, flow);
      }
    }
    if (target >= 0 && !step) store<f32>(at(out), load<f32>(at(out)) + sumLanes(total));
  }
}

export function where(chunk: i32, from: i32, to: i32, mask: i32, a: i32, b: i32, other: f32, y: i32): void {
  const constant = f32x4.splat(other);
  for (let i = from; i < to; i += 4) {
    const taken = f32x4.ne(v128.load(at(mask + i)), f32x4.splat(0));
    const v = b < 0 ? constant : v128.load(at(b + i));
    put(at(y + i), v128.bitselect(v128.load(at(a + i)), v, taken), to - i);
  }
}

export function whereGradient(chunk: i32, from: i32, to: i32, mask: i32, dy: i32, dx: i32, taken: i32): void {
  const flip = i32x4.splat(taken ? 0 : -1);
  for (let i = from; i < to; i += 4) {
    const flows = v128.xor(f32x4.ne(v128.load(at(mask + i)), f32x4.splat(0)), flip);
    put(at(dx + i), f32x4.add(v128.load(at(dx + i)), v128.and(v128.load(at(dy + i)), flows)), to - i);
  }
}

export function fill(chunk: i32, from: i32, to: i32, x: i32, value: f32): void {
  if (value == 0) memory.fill(at(x + from), 0, (<usize>(to - from)) << 2);
  else for (let i = from; i < to; i += 4) put(at(x + i), f32x4.splat(value), to - i);
}

export function accumulate(chunk: i32, from: i32, to: i32, x: i32, y: i32, factor: f32): void {
  const s = f32x4.splat(factor);
  for (let i = from; i < to; i += 4)
    put(at(y + i), f32x4.add(v128.load(at(y + i)), f32x4.mul(s, v128.load(at(x + i)))), to - i);
}

export function dropout(chunk: i32, from: i32, to: i32, x: i32, y: i32, rate: f64, key: i32, add: i32): void {
  const cut = i32x4.splat(threshold(rate));
  const raise = f32x4.splat(<f32>(1 / (1 - rate)));
  const first = i32x4.splat(key);
  const second = secondKey(key);
  let counter = counter4(from);
  for (let i = from; i < to; i += 4) {
    const kept = i32x4.ge_u(Stream.bits4(first, second, counter), cut);
    let v = v128.and(f32x4.mul(v128.load(at(x + i)), raise), kept);
    if (add) v = f32x4.add(v, v128.load(at(y + i)));
    put(at(y + i), v, to - i);
    counter = i32x4.add(counter, i32x4.splat(4));
  }
}

export function noise(chunk: i32, from: i32, to: i32, x: i32, y: i32, deviation: f32, key: i32): void {
  const s = f32x4.splat(deviation);
  for (let i = from; i < to; i += 4)
    put(at(y + i), f32x4.add(v128.load(at(x + i)), f32x4.mul(s, normal4(key, i))), to - i);
}

/** Blocks between arrays of different row lengths. */
export function copyBlocks(
  chunk: i32,
  from: i32,
  to: i32,
  x: i32,
  stepX: i32,
  y: i32,
  stepY: i32,
  width: i32,
  add: i32,
): void {
  for (let r = from; r < to; r++) {
    const source = at(x + r * stepX);
    const target = at(y + r * stepY);
    if (add) addRow(width, source, target);
    else memory.copy(target, source, (<usize>width) << 2);
  }
}

/** target += source, `width` numbers. */
function addRow(width: i32, source: usize, target: usize): void {
  for (; width >= 4; width -= 4, source += 16, target += 16)
    v128.store(target, f32x4.add(v128.load(target), v128.load(source)));
  if (width > 0) put(target, f32x4.add(v128.load(target), v128.load(source)), width);
}

/** Rows whose memory is asked for at once before they are copied: rows from anywhere come one by one otherwise, each as late as memory is. */
const ahead: i32 = 16;

export function gatherRows(chunk: i32, from: i32, to: i32, x: i32, width: i32, index: i32, y: i32): void {
  const bytes = (<usize>width) << 2;
  for (let r0 = from; r0 < to; r0 += ahead) {
    const last = min(r0 + ahead, to);
    for (let r = r0; r < last; r++) {
      const row = at(x + load<i32>(at(index + r)) * width);
      for (let o: usize = 0; o < bytes; o += 64) load<i32>(row + o);
    }
    for (let r = r0; r < last; r++) {
      const row = at(x + load<i32>(at(index + r)) * width);
      const out = at(y + r * width);
      // A copy of memory is a call, which costs more than a few numbers.
      if (width > 8) memory.copy(out, row, bytes);
      else for (let o: usize = 0; o < bytes; o += 4) store<f32>(out + o, load<f32>(row + o));
    }
  }
}

export function scatterRows(chunk: i32, from: i32, to: i32, x: i32, width: i32, index: i32, y: i32): void {
  for (let r = from; r < to; r++) addRow(width, at(x + r * width), at(y + load<i32>(at(index + r)) * width));
}

export function gatherAdd(chunk: i32, from: i32, to: i32, x: i32, width: i32, index: i32, y: i32): void {
  for (let r = from; r < to; r++) addRow(width, at(x + load<i32>(at(index + r)) * width), at(y + r * width));
}

export function segmentRepeat(
  chunk: i32,
  from: i32,
  to: i32,
  x: i32,
  width: i32,
  offsets: i32,
  y: i32,
  add: i32,
): void {
  for (let t = from; t < to; t++) {
    const last = load<i32>(at(offsets + t + 1));
    for (let r = load<i32>(at(offsets + t)); r < last; r++)
      copyBlocks(0, 0, 1, x + t * width, 0, y + r * width, 0, width, add);
  }
}

export function segmentSum(chunk: i32, from: i32, to: i32, x: i32, width: i32, offsets: i32, y: i32, add: i32): void {
  for (let t = from; t < to; t++) {
    const last = load<i32>(at(offsets + t + 1));
    for (let k = 0; k < width; k += 4) {
      let sum = add ? v128.load(at(y + t * width + k)) : f32x4.splat(0);
      for (let r = load<i32>(at(offsets + t)); r < last; r++) sum = f32x4.add(sum, v128.load(at(x + r * width + k)));
      put(at(y + t * width + k), sum, width - k);
    }
  }
}

export function permute(
  chunk: i32,
  from: i32,
  to: i32,
  x: i32,
  y: i32,
  plan: i32,
  rank: i32,
  width: i32,
  add: i32,
): void {
  const sizes = at(plan);
  const steps = at(plan + rank);
  const last: usize = (<usize>(rank - 1)) << 2;
  const count = load<i32>(sizes + last);
  const step = load<i32>(steps + last);
  for (let r = from; r < to; r++) {
    let rest = r;
    let place = 0;
    for (let axis = rank - 2; axis >= 0; axis--) {
      const o = (<usize>axis) << 2;
      const size = load<i32>(sizes + o);
      const above = rest / size;
      place += (rest - above * size) * load<i32>(steps + o);
      rest = above;
    }
    const row = r * count * width;
    if (add) copyBlocks(0, 0, count, x + row, width, y + place, step, width, 1);
    else if (width > 1) copyBlocks(0, 0, count, x + place, step, y + row, width, width, 0);
    else for (let n = 0; n < count; n++) store<f32>(at(y + row + n), load<f32>(at(x + place + n * step)));
  }
}
