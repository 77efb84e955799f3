import { select } from './elementwise.ts';
import type { Tf, TfArray } from './namespace.ts';
import type { Step, TfTensor } from './step.ts';

/** Below every logit that means anything, and finite: shaders may assume that infinities do not occur. */
const lowest = -1e30;

/** Sum or mean over one axis, which goes, or over all. tfjs's gradients of both are right. */
export function reduce(step: Step, kind: 'sum' | 'mean', x: TfTensor, axis: number | undefined): TfTensor {
  const { tf } = step;
  return step.native([x], () => tf[kind](x.array, axis));
}

/** Softmax over the last axis of the entries that are taken; rows without any give zeros. */
export function softmaxOf(tf: Tf, x: TfArray, taken?: TfArray): TfArray {
  const logits = taken ? tf.where(taken, x, tf.fill([...x.shape], lowest)) : x;
  const top = tf.maximum(tf.max(logits, -1, true), lowest);
  const powers = tf.exp(tf.sub(logits, top));
  const e = taken ? select(tf, taken, powers) : powers;
  const sum = tf.sum(e, -1, true);
  return tf.div(e, tf.add(sum, tf.cast(tf.equal(sum, 0), 'float32')));
}

/** dx = y (dy - y'dy); where nothing was taken y is zero and dy is not read. */
export function softmaxGradient(tf: Tf, y: TfArray, dy: TfArray): TfArray {
  const arrived = select(tf, tf.notEqual(y, 0), dy);
  return tf.mul(y, tf.sub(arrived, tf.sum(tf.mul(arrived, y), -1, true)));
}

export function softmax(step: Step, x: TfTensor, mask?: TfTensor): TfTensor {
  const { tf } = step;
  return step.custom(
    [x],
    () => {
      const y = softmaxOf(tf, x.array, mask && tf.notEqual(mask.array, 0));
      return { value: y, saved: [y] };
    },
    (dy, [y]) => [softmaxGradient(tf, y, dy)],
  );
}

/** log sum e^x over the last axis, which goes; dx = dy e^(x - y). */
export function logSumExp(step: Step, x: TfTensor): TfTensor {
  const { tf } = step;
  const rows = x.shape.slice(0, -1);
  return step.custom(
    [x],
    () => {
      const top = tf.maximum(tf.max(x.array, -1, true), lowest);
      const y = tf.add(tf.log(tf.sum(tf.exp(tf.sub(x.array, top)), -1, true)), top);
      return { value: tf.reshape(y, rows), saved: [x.array, y] };
    },
    (dy, [input, y]) => {
      const shares = select(tf, tf.greater(input, -Infinity), tf.exp(tf.sub(input, y)));
      return [tf.mul(shares, tf.reshape(dy, [...rows, 1]))];
    },
  );
}

const losses = {
  meanSquaredError: {
    value: (tf: Tf, x: TfArray, t: TfArray) => tf.square(tf.sub(x, t)),
    slope: (tf: Tf, x: TfArray, t: TfArray) => tf.mul(tf.sub(x, t), 2),
  },
  binaryCrossEntropy: {
    value: (tf: Tf, x: TfArray, t: TfArray) =>
      tf.sub(tf.add(tf.maximum(x, 0), tf.log(tf.add(tf.exp(tf.neg(tf.abs(x))), 1))), tf.mul(t, x)),
    slope: (tf: Tf, x: TfArray, t: TfArray) => tf.sub(tf.sigmoid(x), t),
  },
} as const;

/** sum w l(x, t) / sum w over elements, zero when the weights are; an element of weight 0 is not read. */
export function loss(
  step: Step,
  kind: keyof typeof losses,
  x: TfTensor,
  target: TfTensor,
  weights?: TfTensor,
): TfTensor {
  const { tf } = step;
  const { value, slope } = losses[kind];
  return step.custom(
    [x],
    () => {
      if (!weights) return { value: tf.mean(value(tf, x.array, target.array)), saved: [x.array, target.array] };
      const w = weights.array;
      const taken = tf.notEqual(w, 0);
      const input = select(tf, taken, x.array);
      const wish = select(tf, taken, target.array);
      const total = tf.sum(w);
      const none = tf.cast(tf.equal(total, 0), 'float32');
      const shares = tf.div(tf.mul(w, tf.sub(1, none)), tf.add(total, none));
      return { value: tf.sum(tf.mul(value(tf, input, wish), shares)), saved: [input, wish, shares] };
    },
    (dy, [input, wish, shares]) => {
      const d = slope(tf, input, wish);
      const n = input.shape.reduce((product, size) => product * size, 1);
      return [tf.mul(shares ? tf.mul(d, shares) : tf.mul(d, 1 / n), dy)];
    },
  );
}
