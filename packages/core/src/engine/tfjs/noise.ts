import { requireShare } from '../embedded/shapes.ts';
import type { TfArray } from './namespace.ts';
import { sizeOf } from './step.ts';
import type { Step, TfTensor } from './step.ts';

/** Numbers that the step draws, as an array: operations must have read it before the next ones are drawn. */
function upload(step: Step, numbers: Float32Array, shape: readonly number[]): TfArray {
  return step.tf.tensor(step.kernels.readsAtOnce ? numbers : numbers.slice(), [...shape]);
}

/** 1 / (1 - rate) where an element is kept, which it is with probability 1 - rate, and 0 elsewhere. */
export function dropoutFactors(step: Step, shape: readonly number[], rate: number, key: number): TfArray {
  return upload(step, step.draws.factors(sizeOf(shape), rate, key), shape);
}

/** In training, x kept with probability 1 - rate, over 1 - rate. The mask is made again on the way back, not kept. */
export function dropout(step: Step, x: TfTensor, rate: number): TfTensor {
  requireShare('dropout.rate', rate);
  if (!step.training || rate === 0) return x;
  const key = step.nextKey();
  const masked = (values: TfArray) => step.tf.mul(values, dropoutFactors(step, x.shape, rate, key));
  return step.custom(
    [x],
    () => ({ value: masked(x.array) }),
    (dy) => [masked(dy)],
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
      const normals = upload(step, step.draws.normals(sizeOf(x.shape), deviation, key), x.shape);
      return { value: tf.add(x.array, normals) };
    },
    (dy) => [tf.clone(dy)],
  );
}
