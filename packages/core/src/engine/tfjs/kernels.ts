import type { Tf, TfArray } from './namespace.ts';

/** What the engine asks of a backend beyond tfjs's functions, by the shortest way that the backend has. */
export interface Kernels {
  /** a b, and zero where b is zero, whatever a is there. */
  gated(a: TfArray, b: TfArray): TfArray;
  /** dy y (1 - y): the way back through a logistic function. */
  logisticBack(y: TfArray, dy: TfArray): TfArray;
  /** x (rows, N) + row (N). */
  addRow(x: TfArray, row: TfArray): TfArray;
  /** The sum of the rows of x (rows, N). */
  columnSums(x: TfArray): TfArray;
  /** Whether an operation has read numbers of the host when it returns, and keeps nothing of them; otherwise they are kept or sent later. */
  readonly readsAtOnce: boolean;
}

/** The part of tfjs-node's backend that runs a TensorFlow operation by its name. */
interface TensorFlow {
  readonly binding: { readonly TF_ATTR_TYPE: number; readonly TF_FLOAT: number };
  readonly isUsingGpuDevice?: boolean;
  executeSingleOutput(name: string, attributes: object[], inputs: TfArray[]): TfArray;
}

function isTensorFlow(backend: unknown): backend is TensorFlow {
  return typeof backend === 'object' && backend !== null && 'binding' in backend && 'executeSingleOutput' in backend;
}

/** The kernels of an initialised backend. */
export function kernelsOf(tf: Tf, backend: string): Kernels {
  const found = tf.findBackend(backend);
  return isTensorFlow(found) ? tensorFlowKernels(tf, found) : commonKernels(tf);
}

function commonKernels(tf: Tf): Kernels {
  return {
    gated: (a, b) => tf.where(tf.notEqual(b, 0), tf.mul(b, a), tf.zerosLike(b)),
    logisticBack: (y, dy) => tf.mul(dy, tf.mul(y, tf.sub(1, y))),
    addRow: (x, row) => tf.add(x, row),
    columnSums: (x) => tf.sum(x, 0),
    readsAtOnce: false,
  };
}

/**
 * On a CPU every operation is a pass over memory, so TensorFlow's own ones count, one pass each: MulNoNan in place of four operations,
 * SigmoidGrad, BiasAdd. A product with ones adds columns up in half the time of Sum.
 */
function tensorFlowKernels(tf: Tf, backend: TensorFlow): Kernels {
  const { TF_ATTR_TYPE, TF_FLOAT } = backend.binding;
  const attributes = [{ name: 'T', type: TF_ATTR_TYPE, value: TF_FLOAT }];
  const run =
    (name: string) =>
    (...inputs: TfArray[]) =>
      backend.executeSingleOutput(name, attributes, inputs);
  return {
    gated: run('MulNoNan'),
    logisticBack: run('SigmoidGrad'),
    addRow: run('BiasAdd'),
    columnSums: (x) => tf.reshape(tf.matMul(tf.fill([1, x.shape[0]], 1), x), [x.shape[1]]),
    readsAtOnce: backend.isUsingGpuDevice !== true,
  };
}
