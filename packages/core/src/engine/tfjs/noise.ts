import { keep, normalAt } from '../embedded/kernels/noise.ts';
import { requireShare } from '../embedded/shapes.ts';
import { sizeOf } from './step.ts';
import type { Step, TfTensor } from './step.ts';

/** Numbers made on the host from the embedded engine's streams, so that equal seeds give equal masks on both engines. */
function draw(size: number, number: (i: number) => number): Float32Array {
  const numbers = new Float32Array(size);
  for (let i = 0; i < size; i++) numbers[i] = number(i);
  return numbers;
}

/** In training, x kept with probability 1 - rate, over 1 - rate. */
export function dropout(step: Step, x: TfTensor, rate: number): TfTensor {
  requireShare('dropout.rate', rate);
  if (!step.training || rate === 0) return x;
  const { tf } = step;
  const key = step.nextKey();
  const kept = 1 / (1 - rate);
  return step.custom(
    [x],
    () => {
      const factors = tf.tensor(
        draw(sizeOf(x.shape), (i) => (keep(key, i, rate) ? kept : 0)),
        [...x.shape],
      );
      return { value: tf.mul(x.array, factors), saved: [factors] };
    },
    (dy, [factors]) => [tf.mul(dy, factors)],
  );
}

/** x + deviation * normal in training. */
export function noise(step: Step, x: TfTensor, deviation: number): TfTensor {
  if (!step.training || deviation === 0) return x;
  const { tf } = step;
  const key = step.nextKey();
  return step.custom(
    [x],
    () => {
      const normals = draw(sizeOf(x.shape), (i) => deviation * normalAt(key, i));
      return { value: tf.add(x.array, tf.tensor(normals, [...x.shape])) };
    },
    (dy) => [tf.clone(dy)],
  );
}
