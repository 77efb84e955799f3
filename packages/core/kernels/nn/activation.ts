// Elementary functions on four lanes. Polynomials of Cephes (S. Moshier), about 1e-7 relative in float32.

function splat(x: f32): v128 {
  return f32x4.splat(x);
}

function madd(p: v128, x: v128, c: f32): v128 {
  return f32x4.add(f32x4.mul(p, x), splat(c));
}

/** e^x; clamps to the range of normal numbers, lets NaN through. */
export function exp4(x: v128): v128 {
  x = f32x4.pmin(f32x4.pmax(x, splat(-87.3)), splat(88.37));
  const n = f32x4.nearest(f32x4.mul(x, splat(1.44269504088896341)));
  let r = f32x4.sub(x, f32x4.mul(n, splat(0.693359375)));
  r = f32x4.sub(r, f32x4.mul(n, splat(-2.1219444e-4)));
  let p = madd(splat(1.98756915e-4), r, 1.3981999507e-3);
  p = madd(p, r, 8.3334519073e-3);
  p = madd(p, r, 4.1665795894e-2);
  p = madd(p, r, 1.6666665459e-1);
  p = madd(p, r, 5.0000001201e-1);
  p = f32x4.add(f32x4.add(f32x4.mul(f32x4.mul(r, r), p), r), splat(1));
  const power = i32x4.shl(i32x4.add(i32x4.trunc_sat_f32x4_s(n), i32x4.splat(127)), 23);
  return f32x4.mul(p, power);
}

/** Natural logarithm of a positive normal number. */
export function log4(x: v128): v128 {
  // x = m 2^e with m in [sqrt 1/2, sqrt 2)
  const shifted = i32x4.sub(x, i32x4.splat(0x3f3504f3));
  const e = f32x4.convert_i32x4_s(i32x4.shr_s(shifted, 23));
  const m = f32x4.sub(i32x4.add(v128.and(shifted, i32x4.splat(0x007fffff)), i32x4.splat(0x3f3504f3)), splat(1));
  let p = madd(splat(7.0376836292e-2), m, -1.151461031e-1);
  p = madd(p, m, 1.167699874e-1);
  p = madd(p, m, -1.2420140846e-1);
  p = madd(p, m, 1.4249322787e-1);
  p = madd(p, m, -1.6668057665e-1);
  p = madd(p, m, 2.0000714765e-1);
  p = madd(p, m, -2.4999993993e-1);
  p = madd(p, m, 3.3333331174e-1);
  const z = f32x4.mul(m, m);
  let y = f32x4.mul(f32x4.mul(p, m), z);
  y = f32x4.add(y, f32x4.mul(e, splat(-2.1219444e-4)));
  y = f32x4.sub(y, f32x4.mul(z, splat(0.5)));
  return f32x4.add(f32x4.add(m, y), f32x4.mul(e, splat(0.693359375)));
}

export function sigmoid4(x: v128): v128 {
  return f32x4.div(splat(1), f32x4.add(splat(1), exp4(f32x4.neg(x))));
}

/**
 * x P(x^2) / Q(x^2), the rational approximation of degree 13 over 6 that Eigen uses, a few units in the last place; beyond
 * 7.9 the result is 1 in float32. A static method because only methods may carry the decorator that makes the compiler
 * inline it: a call in the innermost loop of the LSTM would spill every register.
 */
export class Rational {
  @inline static tanh4(u: v128): v128 {
    const x = f32x4.pmin(f32x4.pmax(u, splat(-7.90531110763549805)), splat(7.90531110763549805));
    const z = f32x4.mul(x, x);
    let p = madd(splat(-2.76076847742355e-16), z, 2.00018790482477e-13);
    p = madd(p, z, -8.60467152213735e-11);
    p = madd(p, z, 5.12229709037114e-8);
    p = madd(p, z, 1.48572235717979e-5);
    p = madd(p, z, 6.37261928875436e-4);
    p = madd(p, z, 4.89352455891786e-3);
    let q = madd(splat(1.19825839466702e-6), z, 1.18534705686654e-4);
    q = madd(q, z, 2.268434632439e-3);
    q = madd(q, z, 4.89352518554385e-3);
    return f32x4.div(f32x4.mul(x, p), q);
  }

  /** 1 / (1 + e^-x) = (1 + tanh(x/2)) / 2, to 6e-8 absolute: for gates, where the far tail is nothing. */
  @inline static gate4(x: v128): v128 {
    const half = splat(0.5);
    return f32x4.add(half, f32x4.mul(half, Rational.tanh4(f32x4.mul(half, x))));
  }
}

export function tanh4(x: v128): v128 {
  return Rational.tanh4(x);
}

/** Standard normal distribution function: Abramowitz-Stegun 7.1.26, 1.5e-7 absolute. */
function normalCdf4(u: v128): v128 {
  const a = f32x4.mul(f32x4.abs(u), splat(0.70710678118654752));
  const t = f32x4.div(splat(1), f32x4.add(splat(1), f32x4.mul(a, splat(0.3275911))));
  let p = madd(splat(1.061405429), t, -1.453152027);
  p = madd(p, t, 1.421413741);
  p = madd(p, t, -0.284496736);
  p = madd(p, t, 0.254829592);
  const tail = f32x4.mul(f32x4.mul(f32x4.mul(p, t), exp4(f32x4.neg(f32x4.mul(a, a)))), splat(0.5));
  return v128.bitselect(tail, f32x4.sub(splat(1), tail), f32x4.lt(u, splat(0)));
}

function normalDensity4(u: v128): v128 {
  return f32x4.mul(exp4(f32x4.mul(f32x4.mul(u, u), splat(-0.5))), splat(0.3989422804014327));
}

export function relu4(u: v128): v128 {
  return f32x4.pmax(u, splat(0));
}

/** log(1 + e^u) = max(u, 0) + log(1 + e^-|u|). */
export function softplus4(u: v128): v128 {
  const e = exp4(f32x4.neg(f32x4.abs(u)));
  // log1p by the correction log(w) e / (w - 1), w = 1 + e rounded; e itself where w rounds to 1.
  const w = f32x4.add(e, splat(1));
  const below = f32x4.sub(w, splat(1));
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
      return f32x4.mul(u, normalCdf4(u));
    default:
      return u;
  }
}

/** Derivative at the pre-activation u. */
export function slope4(code: i32, u: v128): v128 {
  const one = splat(1);
  switch (code) {
    case 1:
      return v128.and(one, f32x4.gt(u, splat(0)));
    case 2: {
      const t = tanh4(u);
      return f32x4.sub(one, f32x4.mul(t, t));
    }
    case 3: {
      const s = sigmoid4(u);
      return f32x4.mul(s, f32x4.sub(one, s));
    }
    case 4: {
      const s = sigmoid4(u);
      return f32x4.mul(s, f32x4.add(one, f32x4.mul(u, f32x4.sub(one, s))));
    }
    case 5:
      return f32x4.add(normalCdf4(u), f32x4.mul(u, normalDensity4(u)));
    default:
      return one;
  }
}

/** Derivative from the output y: identity, relu, tanh, sigmoid. */
export function slopeFromOutput4(code: i32, y: v128): v128 {
  const one = splat(1);
  if (code == 1) return v128.and(one, f32x4.gt(y, splat(0)));
  if (code == 2) return f32x4.sub(one, f32x4.mul(y, y));
  if (code == 3) return f32x4.mul(y, f32x4.sub(one, y));
  return one;
}
