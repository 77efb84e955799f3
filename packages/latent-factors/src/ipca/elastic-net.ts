import { NotIdentifiedError } from '@ml4t/core';
import type { IPCAConfig } from './config.ts';

/** Penalty of the Gamma regression, as scikit-learn writes it. */
export type ElasticNetPenalty = NonNullable<IPCAConfig['elasticNet']>;

/**
 * Minimises `(1 / 2n) |y - X w|^2 + alpha l1Ratio |w|_1 + alpha (1 - l1Ratio) / 2 |w|^2` by cyclic coordinate descent on the
 * normal equations, from `start`, until no coordinate moves by more than 1e-10 of the largest.
 *
 * @param normal X'X (size x size); only the lower triangle is read.
 * @param right X'y (size).
 * @param n number of observations.
 *
 * Source: Friedman, Hastie and Tibshirani (2010), "Regularization paths for generalized linear models", section 2.2.
 */
export function elasticNet(
  normal: Float64Array,
  right: Float64Array,
  n: number,
  { alpha, l1Ratio }: ElasticNetPenalty,
  start: Float64Array,
): Float64Array {
  const size = right.length;
  const w = start.slice();
  const entry = (i: number, j: number): number => (i >= j ? normal[i * size + j] : normal[j * size + i]);
  // gradient_i = (X'y - X'X w)_i, kept up to date as coordinates move.
  const gradient = right.slice();
  for (let i = 0; i < size; i++) for (let j = 0; j < size; j++) gradient[i] -= entry(i, j) * w[j];
  const threshold = n * alpha * l1Ratio;
  const ridge = n * alpha * (1 - l1Ratio);
  for (let sweep = 0; sweep < 10000; sweep++) {
    let moved = 0;
    let largest = 0;
    for (let i = 0; i < size; i++) {
      const curvature = normal[i * size + i];
      if (curvature === 0) continue;
      const z = gradient[i] + curvature * w[i];
      const next = (Math.sign(z) * Math.max(0, Math.abs(z) - threshold)) / (curvature + ridge);
      const step = next - w[i];
      largest = Math.max(largest, Math.abs(next));
      if (step === 0) continue;
      w[i] = next;
      moved = Math.max(moved, Math.abs(step));
      for (let j = 0; j < size; j++) gradient[j] -= step * entry(j, i);
    }
    if (moved <= 1e-10 * largest) return w;
  }
  throw new NotIdentifiedError({
    field: 'elasticNet',
    expected: 'coordinate descent to settle within 10000 sweeps',
    found: 'it still moves',
    remedy: 'Raise alpha or lower l1Ratio: the instruments are nearly collinear.',
  });
}
