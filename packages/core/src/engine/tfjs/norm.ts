import { EngineError } from '../../errors.ts';
import { requireShape } from '../embedded/shapes.ts';
import type { TfArray } from './namespace.ts';
import { sizeOf } from './step.ts';
import type { Step, TfTensor } from './step.ts';

export interface Norm {
  readonly weight: TfTensor | undefined;
  readonly bias: TfTensor | undefined;
  readonly runningMean: TfTensor;
  readonly runningVariance: TfTensor;
  readonly momentum: number;
  readonly epsilon: number;
}

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
export function batchNorm(step: Step, x: TfTensor, norm: Norm): TfTensor {
  const { tf, training } = step;
  const N = x.shape[x.shape.length - 1];
  for (const [name, vector] of Object.entries({
    weight: norm.weight,
    bias: norm.bias,
    runningMean: norm.runningMean,
    runningVariance: norm.runningVariance,
  }))
    if (vector) requireShape(`batchNorm.${name}`, vector.shape, [N]);
  const n = sizeOf(x.shape) / N;
  const { weight, bias, runningMean, runningVariance, momentum, epsilon } = norm;
  return step.custom(
    [x, weight, bias],
    () => {
      const rows = tf.reshape(x.array, [n, N]);
      const mean = training ? tf.mean(rows, 0) : runningMean.array;
      const deviations = tf.sub(rows, mean);
      const variance = training ? tf.mean(tf.square(deviations), 0) : runningVariance.array;
      if (training) {
        const unbiased = tf.mul(variance, n > 1 ? n / (n - 1) : 1);
        move(step, 'batchNorm.runningMean', runningMean, mean, momentum);
        move(step, 'batchNorm.runningVariance', runningVariance, unbiased, momentum);
      }
      const root = tf.sqrt(tf.add(variance, epsilon));
      const inverse = tf.div(tf.add(tf.zerosLike(root), 1), root);
      const scale = weight ? tf.mul(inverse, weight.array) : inverse;
      const scaled = tf.mul(deviations, scale);
      const value = bias ? tf.add(scaled, bias.array) : scaled;
      return { value: tf.reshape(value, [...x.shape]), saved: [deviations, inverse, scale] };
    },
    (dy, [deviations, inverse, scale], wanted) => {
      const d = tf.reshape(dy, [n, N]);
      const sum = tf.sum(d, 0);
      const product = tf.sum(tf.mul(d, deviations), 0);
      const slope = tf.mul(tf.mul(product, tf.square(inverse)), 1 / n);
      const moved = training ? tf.sub(tf.sub(d, tf.mul(sum, 1 / n)), tf.mul(deviations, slope)) : d;
      return [
        wanted[0] ? tf.reshape(tf.mul(moved, scale), [...x.shape]) : undefined,
        wanted[1] ? tf.mul(product, inverse) : undefined,
        sum,
      ];
    },
  );
}

/** Normalisation of every row over the last axis: dx = (g - mean g - h mean(g h)) / deviation, g = dy gain, h the normalised row. */
export function layerNorm(step: Step, x: TfTensor, weight: TfTensor, bias: TfTensor, epsilon: number): TfTensor {
  const { tf } = step;
  const N = x.shape[x.shape.length - 1];
  requireShape('layerNorm.weight', weight.shape, [N]);
  requireShape('layerNorm.bias', bias.shape, [N]);
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
