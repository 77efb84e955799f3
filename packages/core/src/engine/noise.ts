import { randomBits } from '../nn/random.ts';

/** Whether dropout keeps element i of the stream `key`. */
export function keep(key: number, i: number, rate: number): boolean {
  return randomBits(key, i) >>> 8 >= Math.floor(rate * 16777216);
}

/**
 * Standard normal from 24 uniform bits by the inverse distribution function: M. Giles, "Approximating the erfinv
 * function" (2010), single precision, relative error 3e-7; one uniform number a deviate, so it vectorises.
 */
export function normalAt(key: number, i: number): number {
  const x = ((randomBits(key, i) >>> 8) + 0.5) / 8388608 - 1;
  let w = -Math.log((1 - x) * (1 + x));
  let p: number;
  if (w < 5) {
    w -= 2.5;
    p = 2.81022636e-8;
    for (const c of central) p = c + p * w;
  } else {
    w = Math.sqrt(w) - 3;
    p = -0.000200214257;
    for (const c of tail) p = c + p * w;
  }
  return Math.SQRT2 * p * x;
}

const central = [
  3.43273939e-7, -3.5233877e-6, -4.39150654e-6, 0.00021858087, -0.00125372503, -0.00417768164, 0.246640727, 1.50140941,
];
const tail = [
  0.000100950558, 0.00134934322, -0.00367342844, 0.00573950773, -0.0076224613, 0.00943887047, 1.00167406, 2.83297682,
];
