import { ShapeError } from '../../errors.ts';
import { requireShape, shapeText } from '../embedded/shapes.ts';
import type { Tf, TfArray } from './namespace.ts';
import { sizeOf } from './step.ts';
import type { Step, TfTensor } from './step.ts';

/** x where the condition holds, zero elsewhere, whatever x holds there. */
export function select(tf: Tf, condition: TfArray, x: TfArray): TfArray {
  return tf.where(condition, x, tf.zerosLike(x));
}

/** Nothing flows back where nothing arrived: a slope that is not finite under a mask further on must not matter. */
function guard(tf: Tf, dy: TfArray, gradient: TfArray): TfArray {
  return select(tf, tf.notEqual(dy, 0), gradient);
}

interface Unary {
  readonly value: (tf: Tf, x: TfArray) => TfArray;
  /** dy f'(x), from x and y. */
  readonly gradient: (tf: Tf, dy: TfArray, x: TfArray, y: TfArray) => TfArray;
  /** Whether the gradient is finite whatever x is. */
  readonly safe?: true;
}

/** Phi(x) by the error function: absolute error 1.5e-7 on backends that use Abramowitz-Stegun 7.1.26 (cpu, webgpu). */
function normalCdf(tf: Tf, x: TfArray): TfArray {
  return tf.mul(tf.add(tf.erf(tf.mul(x, Math.SQRT1_2)), 1), 0.5);
}

export const unaries = {
  abs: { value: (tf, x) => tf.abs(x), gradient: (tf, dy, x) => tf.mul(dy, tf.sign(x)) },
  square: { value: (tf, x) => tf.square(x), gradient: (tf, dy, x) => tf.mul(tf.mul(dy, 2), x) },
  sqrt: { value: (tf, x) => tf.sqrt(x), gradient: (tf, dy, _x, y) => tf.div(tf.mul(dy, 0.5), y) },
  exp: { value: (tf, x) => tf.exp(x), gradient: (tf, dy, _x, y) => tf.mul(dy, y) },
  log: { value: (tf, x) => tf.log(x), gradient: (tf, dy, x) => tf.div(dy, x) },
  tanh: { value: (tf, x) => tf.tanh(x), gradient: (tf, dy, _x, y) => tf.mul(dy, tf.sub(1, tf.square(y))) },
  sigmoid: { value: (tf, x) => tf.sigmoid(x), gradient: (tf, dy, _x, y) => tf.mul(dy, tf.mul(y, tf.sub(1, y))) },
  relu: {
    // Not tf.relu: a NaN must stay NaN on every backend for the guards of the training loop.
    value: (tf, x) => tf.where(tf.lessEqual(x, 0), tf.zerosLike(x), x),
    gradient: (tf, dy, x) => select(tf, tf.greater(x, 0), dy),
    safe: true,
  },
  silu: {
    value: (tf, x) => tf.mul(x, tf.sigmoid(x)),
    gradient(tf, dy, x) {
      const s = tf.sigmoid(x);
      return tf.mul(dy, tf.mul(s, tf.add(tf.mul(x, tf.sub(1, s)), 1)));
    },
  },
  gelu: {
    value: (tf, x) => tf.mul(x, normalCdf(tf, x)),
    gradient(tf, dy, x) {
      const density = tf.mul(tf.exp(tf.mul(tf.square(x), -0.5)), 1 / Math.sqrt(2 * Math.PI));
      return tf.mul(dy, tf.add(normalCdf(tf, x), tf.mul(x, density)));
    },
  },
  // Not tf.softplus: its thresholds cut the tail on some backends. max(x, 0) + log(1 + e^-|x|).
  softplus: {
    value: (tf, x) => tf.add(tf.maximum(x, 0), tf.log(tf.add(tf.exp(tf.neg(tf.abs(x))), 1))),
    gradient: (tf, dy, x) => tf.mul(dy, tf.sigmoid(x)),
  },
} as const satisfies Record<string, Unary>;

export type UnaryName = keyof typeof unaries;

export function unary(step: Step, kind: UnaryName, x: TfTensor): TfTensor {
  const { tf } = step;
  const { value, gradient, safe }: Unary = unaries[kind];
  return step.custom(
    [x],
    () => {
      const y = value(tf, x.array);
      return { value: y, saved: [x.array, y] };
    },
    (dy, [input, y]) => {
      const dx = gradient(tf, dy, input, y);
      return [safe ? dx : guard(tf, dy, dx)];
    },
  );
}

/** factor x + offset. */
export function scale(step: Step, x: TfTensor, factor: number, offset: number): TfTensor {
  const { tf } = step;
  return step.custom(
    [x],
    () => ({ value: tf.add(tf.mul(x.array, factor), offset) }),
    (dy) => [tf.mul(dy, factor)],
  );
}

export function clip(step: Step, x: TfTensor, low: number, high: number): TfTensor {
  const { tf } = step;
  return step.custom(
    [x],
    () => ({ value: tf.clipByValue(x.array, low, high), saved: [x.array] }),
    (dy, [input]) => [select(tf, tf.logicalAnd(tf.greaterEqual(input, low), tf.lessEqual(input, high)), dy)],
  );
}

/** The shape under which tfjs broadcasts the second argument as the vocabulary allows, and no further. */
function broadcastShape(kind: string, a: readonly number[], b: readonly number[]): number[] {
  const rank = a.length;
  const agrees = (axes: readonly number[]) => axes.every((n, i) => n === b[i]);
  if (b.length === rank && agrees(a)) return [...b];
  if (sizeOf(b) === 1) return [];
  if (b.length === rank && b[rank - 1] === 1 && agrees(a.slice(0, -1))) return [...b];
  if (b.length < rank && agrees(a.slice(rank - b.length))) return [...b];
  throw new ShapeError({
    field: `${kind}.b`,
    expected: `the shape ${shapeText(a)}, its last axes, one number a row, or a scalar`,
    found: shapeText(b),
    remedy: 'Reshape the second argument; the first is never broadcast.',
  });
}

/** Sum over the axes along which an argument of this shape was repeated. */
export function sumTo(tf: Tf, dy: TfArray, shape: readonly number[]): TfArray {
  const ahead = dy.shape.length - shape.length;
  const axes = dy.shape.flatMap((n, axis) => (axis < ahead || shape[axis - ahead] !== n ? [axis] : []));
  return tf.reshape(axes.length > 0 ? tf.sum(dy, axes) : dy, [...shape]);
}

interface Binary {
  readonly value: (tf: Tf, a: TfArray, b: TfArray) => TfArray;
  readonly first: (tf: Tf, dy: TfArray, a: TfArray, b: TfArray) => TfArray;
  readonly second: (tf: Tf, dy: TfArray, a: TfArray, b: TfArray) => TfArray;
  /** Whether the arguments enter the gradient. */
  readonly saves: boolean;
}

const binaries = {
  add: { value: (tf, a, b) => tf.add(a, b), first: (_tf, dy) => dy, second: (_tf, dy) => dy, saves: false },
  sub: { value: (tf, a, b) => tf.sub(a, b), first: (_tf, dy) => dy, second: (tf, dy) => tf.neg(dy), saves: false },
  mul: {
    value: (tf, a, b) => tf.mul(a, b),
    first: (tf, dy, _a, b) => guard(tf, dy, tf.mul(dy, b)),
    second: (tf, dy, a) => guard(tf, dy, tf.mul(dy, a)),
    saves: true,
  },
  div: {
    value: (tf, a, b) => tf.div(a, b),
    first: (tf, dy, _a, b) => guard(tf, dy, tf.div(dy, b)),
    second: (tf, dy, a, b) => guard(tf, dy, tf.neg(tf.div(tf.div(tf.mul(dy, a), b), b))),
    saves: true,
  },
  // tfjs's gradient of Maximum forgets to sum over broadcast axes.
  maximum: {
    value: (tf, a, b) => tf.where(tf.greaterEqual(a, b), a, b),
    first: (tf, dy, a, b) => select(tf, tf.greaterEqual(a, b), dy),
    second: (tf, dy, a, b) => tf.where(tf.greaterEqual(a, b), tf.zerosLike(dy), dy),
    saves: true,
  },
} as const satisfies Record<string, Binary>;

export type BinaryName = keyof typeof binaries;

export function binary(step: Step, kind: BinaryName, a: TfTensor, b: TfTensor): TfTensor {
  const { tf } = step;
  const { value, first, second, saves }: Binary = binaries[kind];
  const shape = broadcastShape(kind, a.shape, b.shape);
  return step.custom(
    [a, b],
    () => {
      const other = tf.reshape(b.array, shape);
      return { value: value(tf, a.array, other), saved: saves ? [a.array, other] : [] };
    },
    (dy, [left, right], wanted) => [
      wanted[0] ? tf.clone(first(tf, dy, left, right)) : undefined,
      wanted[1] ? tf.reshape(sumTo(tf, second(tf, dy, left, right), shape), [...b.shape]) : undefined,
    ],
  );
}

/** mask ? a : b. Selection, not multiplication: what is not taken is not read, forward or backward. */
export function where(step: Step, mask: TfTensor, a: TfTensor, b: TfTensor | number): TfTensor {
  const { tf } = step;
  const other = typeof b === 'number' ? undefined : b;
  requireShape('where.mask', mask.shape, a.shape);
  if (other) requireShape('where.b', other.shape, a.shape);
  return step.custom(
    [a, other],
    () => {
      const taken = tf.notEqual(mask.array, 0);
      return {
        value: tf.where(taken, a.array, typeof b === 'number' ? tf.fill([...a.shape], b) : b.array),
        saved: [taken],
      };
    },
    (dy, [taken]) => [select(tf, taken, dy), tf.where(taken, tf.zerosLike(dy), dy)],
  );
}
