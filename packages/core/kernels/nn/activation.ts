// Elementary functions on four lanes. Polynomials of Cephes (S. Moshier), about 1e-7 relative in float32.
//
// Coefficients lie in memory: V8 loads one into all lanes in one step, where a constant in the code takes it three, one of them
// through a general register. Tables are in the order of use.

import { put } from './memory';
import { multiplyAdd, multiplySubtract } from './multiply-add';

/** Number i of a table, in all lanes. */
function entry(table: usize, i: usize): v128 {
  return v128.load32_splat(table + (i << 2));
}

/** p x + c, c number i of a table: a step of Horner's rule. */
function horner(p: v128, x: v128, table: usize, i: usize): v128 {
  return multiplyAdd(p, x, entry(table, i));
}

function splat(x: f32): v128 {
  return f32x4.splat(x);
}

const one: usize = memory.data<f32>([1]);
const half: usize = memory.data<f32>([0.5]);

/** Range, 1 / log 2, log 2 in two parts, the polynomial from the sixth power down to 1 + r. */
const exponential: usize = memory.data<f32>([
  -87.3, 88.37, 1.44269504088896341, 0.693359375, -2.1219444e-4, 1.98756915e-4, 1.3981999507e-3, 8.3334519073e-3,
  4.1665795894e-2, 1.6666665459e-1, 5.0000001201e-1,
]);

/** 1.5 2^23: a number added to it keeps its integer part, rounded to nearest, in the low bits of the mantissa. */
const rounder: usize = memory.data<f32>([12582912]);

/**
 * The exponential function. A static method because only methods may carry the decorator that makes the compiler inline it:
 * calls in a loop over activations would be most of its time.
 */
export class Exponential {
  /** e^x = 2^n e^r, n = round(x / log 2); clamps to the range of normal numbers, lets NaN through. */
  @inline static exp4(u: v128): v128 {
    const x = f32x4.pmin(f32x4.pmax(u, entry(exponential, 0)), entry(exponential, 1));
    const shifted = f32x4.add(f32x4.mul(x, entry(exponential, 2)), entry(rounder, 0));
    const n = f32x4.sub(shifted, entry(rounder, 0));
    let r = multiplySubtract(n, entry(exponential, 3), x);
    r = multiplySubtract(n, entry(exponential, 4), r);
    let p = horner(entry(exponential, 5), r, exponential, 6);
    p = horner(p, r, exponential, 7);
    p = horner(p, r, exponential, 8);
    p = horner(p, r, exponential, 9);
    p = horner(p, r, exponential, 10);
    p = f32x4.add(multiplyAdd(f32x4.mul(r, r), p, r), entry(one, 0));
    // The shift drops all of `shifted` but n.
    const power = i32x4.shl(i32x4.add(shifted, i32x4.splat(127)), 23);
    return f32x4.mul(p, power);
  }

  /** 1 / (1 + e^-x). */
  @inline static sigmoid4(x: v128): v128 {
    return f32x4.div(entry(one, 0), f32x4.add(entry(one, 0), Exponential.exp4(f32x4.neg(x))));
  }
}

export function exp4(x: v128): v128 {
  return Exponential.exp4(x);
}

/** The polynomial from the eighth power down to the first, then log 2 in two parts. */
const logarithmic: usize = memory.data<f32>([
  7.0376836292e-2, -1.151461031e-1, 1.167699874e-1, -1.2420140846e-1, 1.4249322787e-1, -1.6668057665e-1,
  2.0000714765e-1, -2.4999993993e-1, 3.3333331174e-1, -2.1219444e-4, 0.693359375,
]);

/** Natural logarithm of a positive normal number. */
export function log4(x: v128): v128 {
  // x = m 2^e with m in [sqrt 1/2, sqrt 2)
  const shifted = i32x4.sub(x, i32x4.splat(0x3f3504f3));
  const e = f32x4.convert_i32x4_s(i32x4.shr_s(shifted, 23));
  const m = f32x4.sub(i32x4.add(v128.and(shifted, i32x4.splat(0x007fffff)), i32x4.splat(0x3f3504f3)), entry(one, 0));
  let p = horner(entry(logarithmic, 0), m, logarithmic, 1);
  p = horner(p, m, logarithmic, 2);
  p = horner(p, m, logarithmic, 3);
  p = horner(p, m, logarithmic, 4);
  p = horner(p, m, logarithmic, 5);
  p = horner(p, m, logarithmic, 6);
  p = horner(p, m, logarithmic, 7);
  p = horner(p, m, logarithmic, 8);
  const z = f32x4.mul(m, m);
  let y = f32x4.mul(f32x4.mul(p, m), z);
  y = multiplyAdd(e, entry(logarithmic, 9), y);
  y = multiplySubtract(z, entry(half, 0), y);
  return multiplyAdd(e, entry(logarithmic, 10), f32x4.add(m, y));
}

export function sigmoid4(x: v128): v128 {
  return Exponential.sigmoid4(x);
}

/** Range; the numerator from the thirteenth power down; the denominator from the sixth. */
const rational: usize = memory.data<f32>([
  -7.90531110763549805, 7.90531110763549805, -2.76076847742355e-16, 2.00018790482477e-13, -8.60467152213735e-11,
  5.12229709037114e-8, 1.48572235717979e-5, 6.37261928875436e-4, 4.89352455891786e-3, 1.19825839466702e-6,
  1.18534705686654e-4, 2.268434632439e-3, 4.89352518554385e-3,
]);

/**
 * x P(x^2) / Q(x^2), the rational approximation of degree 13 over 6 that Eigen uses, a few units in the last place; beyond
 * 7.9 the result is 1 in float32. A static method because only methods may carry the decorator that makes the compiler
 * inline it: a call in the innermost loop of the LSTM would spill every register.
 */
export class Rational {
  @inline static tanh4(u: v128): v128 {
    const x = f32x4.pmin(f32x4.pmax(u, entry(rational, 0)), entry(rational, 1));
    const z = f32x4.mul(x, x);
    let p = horner(entry(rational, 2), z, rational, 3);
    p = horner(p, z, rational, 4);
    p = horner(p, z, rational, 5);
    p = horner(p, z, rational, 6);
    p = horner(p, z, rational, 7);
    p = horner(p, z, rational, 8);
    let q = horner(entry(rational, 9), z, rational, 10);
    q = horner(q, z, rational, 11);
    q = horner(q, z, rational, 12);
    return f32x4.div(f32x4.mul(x, p), q);
  }

  /** 1 / (1 + e^-x) = (1 + tanh(x/2)) / 2, to 6e-8 absolute: for gates, where the far tail is nothing. */
  @inline static gate4(x: v128): v128 {
    const h = entry(half, 0);
    return multiplyAdd(h, Rational.tanh4(f32x4.mul(h, x)), h);
  }
}

export function tanh4(x: v128): v128 {
  return Rational.tanh4(x);
}

/** 1 / sqrt 2, p, the polynomial from the fifth power down, 1 / sqrt(2 pi). */
const gaussian: usize = memory.data<f32>([
  0.70710678118654752, 0.3275911, 1.061405429, -1.453152027, 1.421413741, -0.284496736, 0.254829592, 0.3989422804014327,
]);

/** e^(-u^2/2), which the distribution function and the density share. */
function bell4(u: v128): v128 {
  const a = f32x4.mul(f32x4.abs(u), entry(gaussian, 0));
  return exp4(f32x4.neg(f32x4.mul(a, a)));
}

/** Standard normal distribution function: Abramowitz-Stegun 7.1.26, 1.5e-7 absolute. */
function normalCdf4(u: v128, bell: v128): v128 {
  const a = f32x4.mul(f32x4.abs(u), entry(gaussian, 0));
  const t = f32x4.div(entry(one, 0), multiplyAdd(a, entry(gaussian, 1), entry(one, 0)));
  let p = horner(entry(gaussian, 2), t, gaussian, 3);
  p = horner(p, t, gaussian, 4);
  p = horner(p, t, gaussian, 5);
  p = horner(p, t, gaussian, 6);
  const tail = f32x4.mul(f32x4.mul(f32x4.mul(p, t), bell), entry(half, 0));
  return v128.bitselect(tail, f32x4.sub(entry(one, 0), tail), f32x4.lt(u, splat(0)));
}

export function relu4(u: v128): v128 {
  return f32x4.pmax(u, splat(0));
}

/** log(1 + e^u) = max(u, 0) + log(1 + e^-|u|). */
export function softplus4(u: v128): v128 {
  const e = exp4(f32x4.neg(f32x4.abs(u)));
  // log1p by the correction log(w) e / (w - 1), w = 1 + e rounded; e itself where w rounds to 1.
  const w = f32x4.add(e, entry(one, 0));
  const below = f32x4.sub(w, entry(one, 0));
  const corrected = f32x4.div(f32x4.mul(log4(w), e), below);
  return f32x4.add(relu4(u), v128.bitselect(e, corrected, f32x4.eq(below, splat(0))));
}

// Codes: 0 identity, 1 relu, 2 tanh, 3 sigmoid, 4 silu, 5 gelu.

export function activate4(code: i32, u: v128): v128 {
  switch (code) {
    case 1:
      return relu4(u);
    case 2:
      return tanh4(u);
    case 3:
      return sigmoid4(u);
    case 4:
      return f32x4.mul(u, sigmoid4(u));
    case 5:
      return f32x4.mul(u, normalCdf4(u, bell4(u)));
    default:
      return u;
  }
}

/** In place, n numbers. The codes that matter have loops of their own, without a call in them. */
export function activateAll(code: i32, y: usize, n: i32): void {
  if (code == 1) for (let i = 0; i < n; i += 4, y += 16) put(y, relu4(v128.load(y)), n - i);
  else if (code == 4)
    for (let i = 0; i < n; i += 4, y += 16) {
      const u = v128.load(y);
      put(y, f32x4.mul(u, Exponential.sigmoid4(u)), n - i);
    }
  else if (code != 0) for (let i = 0; i < n; i += 4, y += 16) put(y, activate4(code, v128.load(y)), n - i);
}

/** Derivative at the pre-activation u. */
export function slope4(code: i32, u: v128): v128 {
  const unit = entry(one, 0);
  switch (code) {
    case 1:
      return v128.and(unit, f32x4.gt(u, splat(0)));
    case 2: {
      const t = tanh4(u);
      return multiplySubtract(t, t, unit);
    }
    case 3: {
      const s = sigmoid4(u);
      return f32x4.mul(s, f32x4.sub(unit, s));
    }
    case 4: {
      const s = sigmoid4(u);
      return f32x4.mul(s, multiplyAdd(u, f32x4.sub(unit, s), unit));
    }
    case 5: {
      const bell = bell4(u);
      return multiplyAdd(f32x4.mul(u, bell), entry(gaussian, 7), normalCdf4(u, bell));
    }
    default:
      return unit;
  }
}

/** Derivative from the output y: identity, tanh, sigmoid. */
function slopeFromOutput4(code: i32, y: v128): v128 {
  const unit = entry(one, 0);
  if (code == 2) return multiplySubtract(y, y, unit);
  if (code == 3) return f32x4.mul(y, f32x4.sub(unit, y));
  return unit;
}

/** d in place from the gradient of y = dropout(activation(u)) to that of u, n numbers; with dropout, relu alone. */
export function throughActivation(code: i32, rate: f64, y: usize, d: usize, n: i32): void {
  const raise = f32x4.splat(<f32>(1 / (1 - rate)));
  if (code == 1)
    for (let i = 0; i < n; i += 4, y += 16, d += 16)
      put(d, v128.and(f32x4.mul(v128.load(d), raise), f32x4.gt(v128.load(y), splat(0))), n - i);
  else
    for (let i = 0; i < n; i += 4, y += 16, d += 16)
      put(d, f32x4.mul(v128.load(d), slopeFromOutput4(code, v128.load(y))), n - i);
}
