import { hostDraws } from './draws.ts';
import type { Tf } from './namespace.ts';
import { sizeOf } from '../shapes.ts';
import { isTensorFlow, tensorFlowKernels } from './tensorflow-kernels.ts';
import { isWebGpu, webGpuKernels } from './webgpu-kernels.ts';
import type { Kernels } from './kernel-set.ts';

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
