import type { Step, TfTensor } from './step.ts';

/** In training, x kept with probability 1 - rate, over 1 - rate. The mask is made again on the way back, not kept. */
export function dropout(step: Step, x: TfTensor, rate: number): TfTensor {
  const key = step.nextKey();
  const mask = () => step.kernels.mask(x.shape, rate, key);
  return step.custom(
    [x],
    () => ({ value: mask()(x.array) }),
    (dy) => [mask()(dy)],
  );
}

/** x + deviation * normal in training. */
export function noise(step: Step, x: TfTensor, deviation: number): TfTensor {
  const { tf, kernels } = step;
  const key = step.nextKey();
  return step.custom(
    [x],
    () => ({ value: tf.add(x.array, kernels.normals(x.shape, deviation, key)) }),
    (dy) => [tf.clone(dy)],
  );
}
