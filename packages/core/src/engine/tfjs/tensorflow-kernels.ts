import { hostDraws } from './draws.ts';
import type { Kernels } from './kernel-set.ts';
import type { Tf, TfArray } from './namespace.ts';
import { sizeOf } from '../shapes.ts';

/** The part of tfjs-node's backend that runs a TensorFlow operation by its name. */
interface TensorFlow {
  readonly binding: { readonly TF_ATTR_TYPE: number; readonly TF_FLOAT: number };
  readonly isUsingGpuDevice?: boolean;
  executeSingleOutput(name: string, attributes: object[], inputs: TfArray[]): TfArray;
}

export function isTensorFlow(backend: unknown): backend is TensorFlow {
  return typeof backend === 'object' && backend !== null && 'binding' in backend && 'executeSingleOutput' in backend;
}

/**
 * On a CPU every operation is a pass over memory, so TensorFlow's own ones count, one pass each: MulNoNan in place of four operations,
 * SigmoidGrad, BiasAdd. A product with ones adds columns up in half the time of Sum.
 */
export function tensorFlowKernels(tf: Tf, backend: TensorFlow): Partial<Kernels> {
  const { TF_ATTR_TYPE, TF_FLOAT } = backend.binding;
  const attributes = [{ name: 'T', type: TF_ATTR_TYPE, value: TF_FLOAT }];
  const run =
    (name: string) =>
    (...inputs: TfArray[]) =>
      backend.executeSingleOutput(name, attributes, inputs);
  const gated = run('MulNoNan');
  // On the CPU, TensorFlow reads numbers where they are, when an operation first needs them, and is done with them when it returns.
  const upload = (numbers: Float32Array, shape: readonly number[]) =>
    tf.tensor(backend.isUsingGpuDevice === true ? numbers.slice() : numbers, [...shape]);
  return {
    gated,
    logisticBack: run('SigmoidGrad'),
    addRow: run('BiasAdd'),
    columnSums: (x) => tf.reshape(tf.matMul(tf.fill([1, x.shape[0]], 1), x), [x.shape[1]]),
    mask(shape, rate, key) {
      const factors = upload(hostDraws().factors(sizeOf(shape), rate, key), shape);
      return (x) => gated(x, factors);
    },
    normals: (shape, deviation, key) => upload(hostDraws().normals(sizeOf(shape), deviation, key), shape),
  };
}
