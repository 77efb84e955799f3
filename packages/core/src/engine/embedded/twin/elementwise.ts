import { activate, activationSlope, sigmoid, softplus } from './activation.ts';
import type { HeapViews } from './kernel.ts';

/** Codes below 6 are the activations. */
export const unaryCodes = {
  relu: 1,
  tanh: 2,
  sigmoid: 3,
  silu: 4,
  gelu: 5,
  scale: 6,
  abs: 7,
  square: 8,
  sqrt: 9,
  exp: 10,
  log: 11,
  softplus: 12,
  clip: 13,
} as const;

export const binaryCodes = { add: 0, sub: 1, mul: 2, div: 3, maximum: 4 } as const;

function unaryValue(code: number, x: number, a: number, b: number): number {
  switch (code) {
    case 6:
      return a * x + b;
    case 7:
      return Math.abs(x);
    case 8:
      return x * x;
    case 9:
      return Math.sqrt(x);
    case 10:
      return Math.exp(x);
    case 11:
      return Math.log(x);
    case 12:
      return softplus(x);
    case 13:
      return x < a ? a : x > b ? b : x;
    default:
      return activate(code, x);
  }
}

function unarySlope(code: number, x: number, a: number, b: number): number {
  switch (code) {
    case 6:
      return a;
    case 7:
      return Math.sign(x);
    case 8:
      return 2 * x;
    case 9:
      return 0.5 / Math.sqrt(x);
    case 10:
      return Math.exp(x);
    case 11:
      return 1 / x;
    case 12:
      return sigmoid(x);
    case 13:
      return x >= a && x <= b ? 1 : 0;
    default:
      return activationSlope(code, x);
  }
}

function binaryValue(code: number, a: number, b: number): number {
  switch (code) {
    case 0:
      return a + b;
    case 1:
      return a - b;
    case 2:
      return a * b;
    case 3:
      return a / b;
    default:
      return a >= b ? a : b;
  }
}

/** Derivative in the first argument. */
function slopeA(code: number, a: number, b: number): number {
  switch (code) {
    case 2:
      return b;
    case 3:
      return 1 / b;
    case 4:
      return a >= b ? 1 : 0;
    default:
      return 1;
  }
}

function slopeB(code: number, a: number, b: number): number {
  switch (code) {
    case 0:
      return 1;
    case 1:
      return -1;
    case 2:
      return a;
    case 3:
      return -a / (b * b);
    default:
      return a >= b ? 0 : 1;
  }
}

/**
 * Binary operations run over rows of `inner` elements of the first argument; the second has step `rowStep` from row to row
 * and `stepB` within a row: (inner, 1) for equal shapes, (0, 1) for one row repeated, (1, 0) for one number a row.
 */
export function elementwiseKernels(heap: HeapViews) {
  return {
    unary(_c: number, from: number, to: number, code: number, x: number, y: number, a: number, b: number): void {
      const { f } = heap;
      for (let i = from; i < to; i++) f[y + i] = unaryValue(code, f[x + i], a, b);
    },

    /** dx += dy f'(x). */
    unaryGradient(
      _c: number,
      from: number,
      to: number,
      code: number,
      x: number,
      dy: number,
      dx: number,
      a: number,
      b: number,
    ): void {
      const { f } = heap;
      for (let i = from; i < to; i++) if (f[dy + i] !== 0) f[dx + i] += f[dy + i] * unarySlope(code, f[x + i], a, b);
    },

    binary(
      _c: number,
      from: number,
      to: number,
      code: number,
      a: number,
      b: number,
      y: number,
      inner: number,
      rowStep: number,
      step: number,
    ): void {
      const { f } = heap;
      for (let r = from; r < to; r++)
        for (let i = 0; i < inner; i++)
          f[y + r * inner + i] = binaryValue(code, f[a + r * inner + i], f[b + r * rowStep + i * step]);
    },

    /** da += dy df/da, and db: added in place for equal shapes and numbers a row, into a partial of `inner` for a repeated row. */
    binaryGradient(
      c: number,
      from: number,
      to: number,
      code: number,
      a: number,
      b: number,
      dy: number,
      da: number,
      db: number,
      inner: number,
      rowStep: number,
      step: number,
      partials: number,
    ): void {
      const { f } = heap;
      const target = partials < 0 ? db : partials + c * inner;
      const targetRow = partials < 0 ? rowStep : 0;
      if (partials >= 0) f.fill(0, target, target + inner);
      for (let r = from; r < to; r++) {
        for (let i = 0; i < inner; i++) {
          const d = f[dy + r * inner + i];
          if (d === 0) continue;
          const u = f[a + r * inner + i];
          const v = f[b + r * rowStep + i * step];
          if (da >= 0) f[da + r * inner + i] += d * slopeA(code, u, v);
          if (target >= 0) f[target + r * targetRow + i * step] += d * slopeB(code, u, v);
        }
      }
    },

    /** y = mask ? a : (b or the number `other`); arrays at -1 are not read. */
    where(_c: number, from: number, to: number, mask: number, a: number, b: number, other: number, y: number): void {
      const { f } = heap;
      for (let i = from; i < to; i++) f[y + i] = f[mask + i] !== 0 ? f[a + i] : b < 0 ? other : f[b + i];
    },

    /** dx += dy where the mask is (taken = 1) or is not (taken = 0) set. */
    whereGradient(_c: number, from: number, to: number, mask: number, dy: number, dx: number, taken: number): void {
      const { f } = heap;
      for (let i = from; i < to; i++) if ((f[mask + i] !== 0) === (taken === 1)) f[dx + i] += f[dy + i];
    },

    fill(_c: number, from: number, to: number, x: number, value: number): void {
      heap.f.fill(value, x + from, x + to);
    },

    /** y += factor x. */
    accumulate(_c: number, from: number, to: number, x: number, y: number, factor: number): void {
      const { f } = heap;
      for (let i = from; i < to; i++) f[y + i] += factor * f[x + i];
    },
  };
}
