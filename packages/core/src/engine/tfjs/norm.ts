import { EngineError } from '../../errors.ts';
import type { RawNorm } from '../raw-ops.ts';
import type { TfArray } from './namespace.ts';
import { sizeOf } from '../shapes.ts';
import type { Step, TfTensor } from './step.ts';

/** running <- (1 - momentum) running + momentum batch. */
function move(step: Step, field: string, running: TfTensor, batch: TfArray, momentum: number): void {
  const { variable } = running;
  if (!variable)
    throw new EngineError({
      field,
      expected: 'state of a parameter set, or a tensor of the engine',
      found: 'a tensor of the step, which would be forgotten',
      remedy: 'Declare the running statistics with batchNormParameters(name, features).',
    });
  const { tf } = step;
  variable.assign(tf.add(tf.mul(variable, 1 - momentum), tf.mul(batch, momentum)));
}

/**
 * Batch normalisation over every axis but the last. With d = x - mean, s = gain / deviation and batch statistics,
 * dx = s (dy - sum dy / n - d sum(dy d) / (n deviation^2)); with running ones dx = s dy.
 */
export function batchNorm(step: Step, x: TfTensor, norm: RawNorm<TfTensor>): TfTensor {
  const { tf, training, kernels } = step;
  const N = x.shape[x.shape.length - 1];
  const n = sizeOf(x.shape) / N;
  const { weight, bias, runningMean, runningVariance, momentum } = norm;
  const means = (rows: TfArray) => tf.mul(kernels.columnSums(rows), 1 / n);
  return step.custom(
    [x, weight, bias],
    (keep) => {
      const rows = tf.reshape(x.array, [n, N]);
      if (!training && !keep) {
        const { scale, offset } = affineOf(step, norm);
        return { value: tf.reshape(kernels.addRow(tf.mul(rows, scale), offset), [...x.shape]) };
      }
      const mean = training ? means(rows) : runningMean.array;
      const deviations = tf.sub(rows, mean);
      const variance = training ? means(tf.square(deviations)) : runningVariance.array;
      if (training) {
        const unbiased = tf.mul(variance, n > 1 ? n / (n - 1) : 1);
        move(step, 'batchNorm.runningMean', runningMean, mean, momentum);
        move(step, 'batchNorm.runningVariance', runningVariance, unbiased, momentum);
      }
      const { inverse, scale } = scaleOf(step, variance, norm);
      const scaled = tf.mul(deviations, scale);
      const value = bias ? kernels.addRow(scaled, bias.array) : scaled;
      return { value: tf.reshape(value, [...x.shape]), saved: [deviations, inverse, scale] };
    },
    (dy, [deviations, inverse, scale], wanted) => {
      const d = tf.reshape(dy, [n, N]);
      const sum = kernels.columnSums(d);
      const product = kernels.columnSums(tf.mul(d, deviations));
      const back = () => {
        const scaled = tf.mul(d, scale);
        if (!training) return scaled;
        const slope = tf.mul(tf.mul(product, tf.square(inverse)), tf.mul(scale, -1 / n));
        const offset = tf.mul(tf.mul(sum, scale), -1 / n);
        return tf.add(scaled, kernels.addRow(tf.mul(deviations, slope), offset));
      };
      return [
        wanted[0] ? tf.reshape(back(), [...x.shape]) : undefined,
        wanted[1] ? tf.mul(product, inverse) : undefined,
        sum,
      ];
    },
  );
}

/** 1 / deviation, and that times the gain. */
function scaleOf(
  { tf }: Step,
  variance: TfArray,
  { weight, epsilon }: RawNorm<TfTensor>,
): { inverse: TfArray; scale: TfArray } {
  const root = tf.sqrt(tf.add(variance, epsilon));
  const inverse = tf.div(tf.fill([], 1), root);
  return { inverse, scale: weight ? tf.mul(inverse, weight.array) : inverse };
}

/** The norm with running statistics as scale x + offset. Not on the tape. */
export function affineOf(step: Step, norm: RawNorm<TfTensor>): { scale: TfArray; offset: TfArray } {
  const { tf } = step;
  const scale = step.quiet(() => tf.clone(scaleOf(step, norm.runningVariance.array, norm).scale));
  const offset = step.quiet(() => {
    const moved = tf.neg(tf.mul(norm.runningMean.array, scale));
    return norm.bias ? tf.add(norm.bias.array, moved) : moved;
  });
  return { scale, offset };
}

/** Normalisation of every row over the last axis: dx = (g - mean g - h mean(g h)) / deviation, g = dy gain, h the normalised row. */
export function layerNorm(step: Step, x: TfTensor, weight: TfTensor, bias: TfTensor, epsilon: number): TfTensor {
  const { tf } = step;
  const N = x.shape[x.shape.length - 1];
  const n = sizeOf(x.shape) / N;
  return step.custom(
    [x, weight, bias],
    () => {
      const rows = tf.reshape(x.array, [n, N]);
      const deviations = tf.sub(rows, tf.mean(rows, 1, true));
      const root = tf.sqrt(tf.add(tf.mean(tf.square(deviations), 1, true), epsilon));
      const normal = tf.div(deviations, root);
      const value = tf.add(tf.mul(normal, weight.array), bias.array);
      return { value: tf.reshape(value, [...x.shape]), saved: [normal, root, weight.array] };
    },
    (dy, [normal, root, gain], wanted) => {
      const d = tf.reshape(dy, [n, N]);
      const back = () => {
        const g = tf.mul(d, gain);
        const along = tf.mul(normal, tf.mean(tf.mul(g, normal), 1, true));
        return tf.reshape(tf.div(tf.sub(tf.sub(g, tf.mean(g, 1, true)), along), root), [...x.shape]);
      };
      return [
        wanted[0] ? back() : undefined,
        wanted[1] ? tf.sum(tf.mul(d, normal), 0) : undefined,
        wanted[2] ? tf.sum(d, 0) : undefined,
      ];
    },
  );
}
