import type { Activation } from '../../../nn/ops.ts';

/** What the kernels call each activation. */
export const activationCodes: Readonly<Record<Activation, number>> = {
  identity: 0,
  relu: 1,
  tanh: 2,
  sigmoid: 3,
  silu: 4,
  gelu: 5,
};

export function sigmoid(u: number): number {
  return u >= 0 ? 1 / (1 + Math.exp(-u)) : Math.exp(u) / (1 + Math.exp(u));
}

/** log(1 + e^u) without overflow. */
export function softplus(u: number): number {
  return Math.max(u, 0) + Math.log1p(Math.exp(-Math.abs(u)));
}

/** Standard normal distribution function: series near zero, continued fraction in the tails; full float64 precision. */
export function normalCdf(u: number): number {
  const a = Math.abs(u);
  if (a < 3) {
    let term = a;
    let sum = a;
    for (let k = 1; k < 120 && term > 1e-18 * sum; k++) sum += term *= (a * a) / (2 * k + 1);
    const half = sum * normalDensity(a);
    return u < 0 ? 0.5 - half : 0.5 + half;
  }
  let fraction = a;
  for (let k = 60; k > 0; k--) fraction = a + k / fraction;
  const tail = normalDensity(a) / fraction;
  return u < 0 ? tail : 1 - tail;
}

export function normalDensity(u: number): number {
  return Math.exp(-0.5 * u * u) / Math.sqrt(2 * Math.PI);
}

export function activate(code: number, u: number): number {
  switch (code) {
    case 1:
      // Written so that NaN stays NaN and the guards of the training loop see it.
      return u < 0 ? 0 : u;
    case 2:
      return Math.tanh(u);
    case 3:
      return sigmoid(u);
    case 4:
      return u * sigmoid(u);
    case 5:
      return u * normalCdf(u);
    default:
      return u;
  }
}

/** Derivative at the pre-activation u. */
export function activationSlope(code: number, u: number): number {
  switch (code) {
    case 1:
      return u > 0 ? 1 : 0;
    case 2: {
      const t = Math.tanh(u);
      return 1 - t * t;
    }
    case 3: {
      const s = sigmoid(u);
      return s * (1 - s);
    }
    case 4: {
      const s = sigmoid(u);
      return s * (1 + u * (1 - s));
    }
    case 5:
      return normalCdf(u) + u * normalDensity(u);
    default:
      return 1;
  }
}

/** Derivative from the output y: identity, relu, tanh and sigmoid only. */
export function slopeFromOutput(code: number, y: number): number {
  switch (code) {
    case 1:
      return y > 0 ? 1 : 0;
    case 2:
      return 1 - y * y;
    case 3:
      return y * (1 - y);
    default:
      return 1;
  }
}
