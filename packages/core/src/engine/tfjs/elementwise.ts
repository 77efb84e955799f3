import type { BinaryKind, Broadcast, UnaryKind } from '../raw-ops.ts';
import type { Kernels } from './kernel-set.ts';
import type { Tf, TfArray } from './namespace.ts';
import type { Step, TfTensor } from './step.ts';

/** x where the condition holds, zero elsewhere, whatever x holds there. */
export function select(tf: Tf, condition: TfArray, x: TfArray): TfArray {
  return tf.where(condition, x, tf.zerosLike(x));
}

/** f(x), and on demand f'(x). */
interface Sloped {
  readonly y: TfArray;
  readonly slope: () => TfArray;
}

type Unary = (kernels: Kernels, tf: Tf, x: TfArray) => Sloped;

/** Phi(x) by the error function: absolute error 1.5e-7 on backends that use Abramowitz-Stegun 7.1.26 (cpu, webgpu). */
function normalCdf(tf: Tf, x: TfArray): TfArray {
  return tf.mul(tf.add(tf.erf(tf.mul(x, Math.SQRT1_2)), 1), 0.5);
}

/** A function whose derivative is made of x and y. */
function made(value: (tf: Tf, x: TfArray) => TfArray, slope: (tf: Tf, x: TfArray, y: TfArray) => TfArray): Unary {
  return (_kernels, tf, x) => {
    const y = value(tf, x);
    return { y, slope: () => slope(tf, x, y) };
  };
}

export const unaries = {
  abs: made(
    (tf, x) => tf.abs(x),
    (tf, x) => tf.sign(x),
  ),
  square: made(
    (tf, x) => tf.square(x),
    (tf, x) => tf.mul(x, 2),
  ),
  sqrt: made(
    (tf, x) => tf.sqrt(x),
    (tf, _x, y) => tf.div(tf.fill([], 0.5), y),
  ),
  exp: made(
    (tf, x) => tf.exp(x),
    (_tf, _x, y) => y,
  ),
  log: made(
    (tf, x) => tf.log(x),
    (tf, x) => tf.div(tf.fill([], 1), x),
  ),
  tanh: made(
    (tf, x) => tf.tanh(x),
    (tf, _x, y) => tf.sub(1, tf.square(y)),
  ),
  sigmoid: made(
    (tf, x) => tf.sigmoid(x),
    (tf, _x, y) => tf.mul(y, tf.sub(1, y)),
  ),
  // Not tf.relu: a NaN must stay NaN on every backend for the guards of the training loop.
  relu: made(
    (tf, x) => tf.where(tf.lessEqual(x, 0), tf.zerosLike(x), x),
    (tf, x) => tf.cast(tf.greater(x, 0), 'float32'),
  ),
  // f' = s + x s (1 - s), s = sigmoid(x).
  silu(kernels, tf, x) {
    const s = tf.sigmoid(x);
    return { y: tf.mul(x, s), slope: () => tf.add(s, kernels.logisticBack(s, x)) };
  },
  // f' = Phi(x) + x phi(x).
  gelu(_kernels, tf, x) {
    const cdf = normalCdf(tf, x);
    return {
      y: tf.mul(x, cdf),
      slope() {
        const density = tf.mul(tf.exp(tf.mul(tf.square(x), -0.5)), 1 / Math.sqrt(2 * Math.PI));
        return tf.add(cdf, tf.mul(x, density));
      },
    };
  },
  // Not tf.softplus: its thresholds cut the tail on some backends. max(x, 0) + log(1 + e^-|x|).
  softplus: made(
    (tf, x) => tf.add(tf.maximum(x, 0), tf.log(tf.add(tf.exp(tf.neg(tf.abs(x))), 1))),
    (tf, x) => tf.sigmoid(x),
  ),
} as const satisfies Record<UnaryKind, Unary>;

/** f(x). The derivative is made on the way there, so that it is all that is kept for the way back. */
export function unary(step: Step, kind: UnaryKind, x: TfTensor): TfTensor {
  const { tf, kernels } = step;
  return step.custom(
    [x],
    (keep) => {
      const { y, slope } = unaries[kind](kernels, tf, x.array);
      return { value: y, saved: keep ? [slope()] : [] };
    },
    (dy, [slope]) => [kernels.gated(slope, dy)],
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
    (keep) => ({
      value: tf.clipByValue(x.array, low, high),
      saved: keep ? [tf.logicalAnd(tf.greaterEqual(x.array, low), tf.lessEqual(x.array, high))] : [],
    }),
    (dy, [inside]) => [select(tf, inside, dy)],
  );
}

/** Sum over the axes along which an argument of this shape was repeated. */
export function sumTo(tf: Tf, dy: TfArray, shape: readonly number[]): TfArray {
  const ahead = dy.shape.length - shape.length;
  const axes = dy.shape.flatMap((n, axis) => (axis < ahead || shape[axis - ahead] !== n ? [axis] : []));
  return tf.reshape(axes.length > 0 ? tf.sum(dy, axes) : dy, [...shape]);
}

type BinaryBack = (tf: Tf, dy: TfArray, a: TfArray, b: TfArray, gated: Kernels['gated']) => TfArray;

interface Binary {
  readonly value: (tf: Tf, a: TfArray, b: TfArray) => TfArray;
  readonly first: BinaryBack;
  readonly second: BinaryBack;
  /** Whether the arguments enter the gradient. */
  readonly saves: boolean;
}

const binaries = {
  add: { value: (tf, a, b) => tf.add(a, b), first: (_tf, dy) => dy, second: (_tf, dy) => dy, saves: false },
  sub: { value: (tf, a, b) => tf.sub(a, b), first: (_tf, dy) => dy, second: (tf, dy) => tf.neg(dy), saves: false },
  mul: {
    value: (tf, a, b) => tf.mul(a, b),
    first: (_tf, dy, _a, b, gated) => gated(b, dy),
    second: (_tf, dy, a, _b, gated) => gated(a, dy),
    saves: true,
  },
  div: {
    value: (tf, a, b) => tf.div(a, b),
    first: (tf, dy, _a, b, gated) => gated(tf.div(tf.fill([], 1), b), dy),
    second: (tf, dy, a, b, gated) => gated(tf.neg(tf.div(tf.div(a, b), b)), dy),
    saves: true,
  },
  // tfjs's gradient of Maximum forgets to sum over broadcast axes.
  maximum: {
    value: (tf, a, b) => tf.where(tf.greaterEqual(a, b), a, b),
    first: (tf, dy, a, b) => select(tf, tf.greaterEqual(a, b), dy),
    second: (tf, dy, a, b) => tf.where(tf.greaterEqual(a, b), tf.zerosLike(dy), dy),
    saves: true,
  },
} as const satisfies Record<BinaryKind, Binary>;

export function binary(
  step: Step,
  kind: BinaryKind,
  a: TfTensor,
  b: TfTensor,
  { rowStep, step: along }: Broadcast,
): TfTensor {
  const { tf, kernels } = step;
  const { value, first, second, saves }: Binary = binaries[kind];
  // tfjs broadcasts as the vocabulary does, but for a scalar of more axes than the first argument.
  const shape = rowStep === 0 && along === 0 ? [] : [...b.shape];
  return step.custom(
    [a, b],
    () => {
      const other = tf.reshape(b.array, shape);
      return { value: value(tf, a.array, other), saved: saves ? [a.array, other] : [] };
    },
    (dy, [left, right], wanted) => [
      wanted[0] ? tf.clone(first(tf, dy, left, right, kernels.gated)) : undefined,
      wanted[1] ? tf.reshape(sumTo(tf, second(tf, dy, left, right, kernels.gated), shape), [...b.shape]) : undefined,
    ],
  );
}

/** mask ? a : b. Selection, not multiplication: what is not taken is not read, forward or backward. */
export function where(step: Step, mask: TfTensor, a: TfTensor, b: TfTensor | number): TfTensor {
  const { tf } = step;
  const other = typeof b === 'number' ? undefined : b;
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
