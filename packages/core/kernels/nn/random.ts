// The counter-based generator of src/nn/random.ts, one number and four at a time.
import { log4 } from './activation';
import { put } from './memory';
import { multiplyAdd } from './multiply-add';

/** Inlined into the loops of dropout, for the reason of activation.ts's Exponential. */
export class Stream {
  @inline static mix4(x: v128): v128 {
    x = i32x4.mul(v128.xor(x, i32x4.shr_u(x, 16)), i32x4.splat(0x7feb352d));
    x = i32x4.mul(v128.xor(x, i32x4.shr_u(x, 15)), i32x4.splat(0x846ca68b));
    return v128.xor(x, i32x4.shr_u(x, 16));
  }

  /** The numbers `counter` of the stream `key`, 32 bits each; `second` is `secondKey` of the key. */
  @inline static bits4(key: v128, second: v128, counter: v128): v128 {
    return Stream.mix4(i32x4.add(Stream.mix4(v128.xor(counter, key)), second));
  }
}

/** Numbers i .. i+3. */
export function counter4(i: i32): v128 {
  return i32x4.add(i32x4.splat(i), i32x4(0, 1, 2, 3));
}

/** What the key adds between the two rounds. */
export function secondKey(key: i32): v128 {
  return i32x4.splat(key * 0x9e3779b9);
}

/** Numbers i .. i+3 of the stream `key`, 32 bits each. */
export function random4(key: i32, i: i32): v128 {
  return Stream.bits4(i32x4.splat(key), secondKey(key), counter4(i));
}

/**
 * Share to drop as a threshold on 24 bits, with eight zeros behind: 32 bits are below it exactly when their upper 24 are below those.
 */
export function threshold(rate: f64): u32 {
  return (<u32>Math.floor(rate * 16777216)) << 8;
}

/** All ones in the lanes that dropout keeps. */
export function keep4(key: i32, i: i32, threshold: u32): v128 {
  return i32x4.ge_u(random4(key, i), i32x4.splat(threshold));
}

/** Dropout in place of the numbers from .. from + n - 1 of the stream. */
export function dropAll(rate: f64, key: i32, from: i32, y: usize, n: i32): void {
  const raise = f32x4.splat(<f32>(1 / (1 - rate)));
  const cut = i32x4.splat(threshold(rate));
  const first = i32x4.splat(key);
  const second = secondKey(key);
  let counter = counter4(from);
  for (let i = 0; i < n; i += 4, y += 16) {
    const kept = i32x4.ge_u(Stream.bits4(first, second, counter), cut);
    put(y, v128.and(f32x4.mul(v128.load(y), raise), kept), n - i);
    counter = i32x4.add(counter, i32x4.splat(4));
  }
}

/** Central coefficients from the eighth power down, those of the tail, the normalising numbers. In memory for activation.ts's reason. */
const central: usize = memory.data<f32>([
  2.81022636e-8, 3.43273939e-7, -3.5233877e-6, -4.39150654e-6, 0.00021858087, -0.00125372503, -0.00417768164,
  0.246640727, 1.50140941,
]);
const tail: usize = memory.data<f32>([
  -0.000200214257, 0.000100950558, 0.00134934322, -0.00367342844, 0.00573950773, -0.0076224613, 0.00943887047,
  1.00167406, 2.83297682,
]);

/** The polynomial of degree 8 with the coefficients of a table. */
function polynomial(table: usize, x: v128): v128 {
  let p = multiplyAdd(v128.load32_splat(table), x, v128.load32_splat(table, 4));
  p = multiplyAdd(p, x, v128.load32_splat(table, 8));
  p = multiplyAdd(p, x, v128.load32_splat(table, 12));
  p = multiplyAdd(p, x, v128.load32_splat(table, 16));
  p = multiplyAdd(p, x, v128.load32_splat(table, 20));
  p = multiplyAdd(p, x, v128.load32_splat(table, 24));
  p = multiplyAdd(p, x, v128.load32_splat(table, 28));
  return multiplyAdd(p, x, v128.load32_splat(table, 32));
}

/** Standard normals i .. i+3 of the stream: the inverse distribution function of M. Giles (2010), as in noise.ts. */
export function normal4(key: i32, i: i32): v128 {
  const bits = f32x4.convert_i32x4_s(i32x4.shr_u(random4(key, i), 8));
  const one = f32x4.splat(1);
  // (bits + 0.5) 2^-23 - 1 rounds to 1 - |x| >= 2^-24 only when 1 - |x| is formed from the integer.
  const x = f32x4.sub(f32x4.mul(f32x4.add(bits, f32x4.splat(0.5)), f32x4.splat(1.1920928955078125e-7)), one);
  const low = f32x4.mul(f32x4.add(bits, f32x4.splat(0.5)), f32x4.splat(1.1920928955078125e-7));
  const high = f32x4.mul(f32x4.sub(f32x4.splat(16777215.5), bits), f32x4.splat(1.1920928955078125e-7));
  const w = f32x4.neg(log4(f32x4.pmax(f32x4.mul(low, high), f32x4.splat(1e-30))));
  const p = polynomial(central, f32x4.sub(w, f32x4.splat(2.5)));
  const q = polynomial(tail, f32x4.sub(f32x4.sqrt(w), f32x4.splat(3)));
  const r = v128.bitselect(p, q, f32x4.lt(w, f32x4.splat(5)));
  return f32x4.mul(f32x4.mul(r, x), f32x4.splat(1.4142135623730951));
}
