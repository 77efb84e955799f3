import { hostDraws } from './draws.ts';
import type { Tf, TfArray } from './namespace.ts';
import { sizeOf } from '../shapes.ts';
import { isTensorFlow, tensorFlowKernels } from './tensorflow-kernels.ts';
import { isWebGpu, webGpuKernels } from './webgpu-kernels.ts';

/** The numbers of one step of Adam for one weight array: see optimizer.ts. */
export interface AdamNumbers {
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  /** What the gradient is multiplied by: clipping. */
  readonly scale: number;
  /** Share of the weight that is added to the gradient, and that is taken off the weight. */
  readonly coupled: number;
  readonly decoupled: number;
  /** lr / (1 - b1^t) and 1 / sqrt(1 - b2^t). */
  readonly rate: number;
  readonly root: number;
}

export interface AdamArrays {
  readonly weight: TfArray;
  readonly first: TfArray;
  readonly second: TfArray;
}

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
  /**
   * The dropout of stream `key`: takes an array of the shape to x / (1 - rate) where an element is kept, and 0 elsewhere, whatever x is
   * there. It holds until something else is drawn.
   */
  mask(shape: readonly number[], rate: number, key: number): (x: TfArray) => TfArray;
  /** deviation * standard normals of stream `key`; it must be used before something else is drawn. */
  normals(shape: readonly number[], deviation: number, key: number): TfArray;
  /** The weight and its moments after a step. */
  adam(arrays: AdamArrays, gradient: TfArray, numbers: AdamNumbers): AdamArrays;
}

/** The kernels of an initialised backend. */
export function kernelsOf(tf: Tf, backend: string): Kernels {
  const found = tf.findBackend(backend);
  const common = commonKernels(tf);
  if (isTensorFlow(found)) return { ...common, ...tensorFlowKernels(tf, found) };
  return isWebGpu(found) ? { ...common, ...webGpuKernels(tf, found, common.gated) } : common;
}

function commonKernels(tf: Tf): Kernels {
  const gated: Kernels['gated'] = (a, b) => tf.where(tf.notEqual(b, 0), tf.mul(b, a), tf.zerosLike(b));
  return {
    gated,
    logisticBack: (y, dy) => tf.mul(dy, tf.mul(y, tf.sub(1, y))),
    addRow: (x, row) => tf.add(x, row),
    columnSums: (x) => tf.sum(x, 0),
    // Copies, because a backend may keep the array that it is given.
    mask(shape, rate, key) {
      const factors = tf.tensor(hostDraws().factors(sizeOf(shape), rate, key).slice(), [...shape]);
      return (x) => gated(x, factors);
    },
    normals: (shape, deviation, key) =>
      tf.tensor(hostDraws().normals(sizeOf(shape), deviation, key).slice(), [...shape]),
    adam({ weight, first, second }, gradient, { beta1, beta2, epsilon, scale, coupled, decoupled, rate, root }) {
      const scaled = scale === 1 ? gradient : tf.mul(gradient, scale);
      const g = coupled > 0 ? tf.add(scaled, tf.mul(weight, coupled)) : scaled;
      const m = tf.add(tf.mul(first, beta1), tf.mul(g, 1 - beta1));
      const v = tf.add(tf.mul(second, beta2), tf.mul(tf.square(g), 1 - beta2));
      const move = tf.div(tf.mul(m, rate), tf.add(tf.mul(tf.sqrt(v), root), epsilon));
      return {
        weight: tf.sub(decoupled > 0 ? tf.mul(weight, 1 - decoupled) : weight, move),
        first: m,
        second: v,
      };
    },
  };
}
