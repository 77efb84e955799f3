import { Ml4tError } from '@ml4t/core';
import { matrix, solvePositiveDefinite, type Matrix } from '@ml4t/core/linalg';
import { isMissing } from './observed-moments.ts';

/** Per asset, `r_{i,t} = alpha_i + beta_i' f_t + e_{i,t}` by least squares. */
export interface TimeSeriesExposures {
  /** (N x K); NaN for assets with too few dates. */
  readonly betas: Matrix;
  /** (N) */
  readonly alphas: Float64Array;
  /** (N): mean squared residual, divisor the number of dates of the asset. */
  readonly residualVariances: Float64Array;
}

/**
 * Regressions of each asset's observed returns (T x N) on a constant and the factors (T x K), over the dates on which both
 * are known. An asset with fewer than K + 2 such dates, or on whose dates the factors are collinear, gets NaN.
 */
export function timeSeriesExposures(returns: Matrix, factors: Matrix): TimeSeriesExposures {
  const { rows: nDates, columns: n } = returns;
  const k = factors.columns;
  const betas = matrix(n, k, new Float64Array(n * k).fill(Number.NaN));
  const alphas = new Float64Array(n).fill(Number.NaN);
  const residualVariances = new Float64Array(n).fill(Number.NaN);
  const dates = new Int32Array(nDates);
  const means = new Float64Array(k);
  const moments = matrix(k, k);
  const cross = matrix(k, 1);
  for (let i = 0; i < n; i++) {
    let count = 0;
    let meanReturn = 0;
    means.fill(0);
    for (let t = 0; t < nDates; t++) {
      const value = returns.data[t * n + i];
      if (isMissing(value) || isMissing(factors.data[t * k])) continue;
      dates[count++] = t;
      meanReturn += value;
      for (let j = 0; j < k; j++) means[j] += factors.data[t * k + j];
    }
    if (count < k + 2) continue;
    meanReturn /= count;
    for (let j = 0; j < k; j++) means[j] /= count;
    // Demeaned normal equations: the constant is solved for by hand, so a large mean costs no accuracy.
    moments.data.fill(0);
    cross.data.fill(0);
    for (let at = 0; at < count; at++) {
      const t = dates[at];
      const deviation = returns.data[t * n + i] - meanReturn;
      for (let p = 0; p < k; p++) {
        const left = factors.data[t * k + p] - means[p];
        cross.data[p] += left * deviation;
        for (let q = 0; q <= p; q++) moments.data[p * k + q] += left * (factors.data[t * k + q] - means[q]);
      }
    }
    for (let p = 0; p < k; p++) for (let q = p + 1; q < k; q++) moments.data[p * k + q] = moments.data[q * k + p];
    const slopes = solveOrUndefined(moments, cross);
    if (!slopes) continue;
    let alpha = meanReturn;
    for (let j = 0; j < k; j++) alpha -= slopes[j] * means[j];
    let squares = 0;
    for (let at = 0; at < count; at++) {
      const t = dates[at];
      let error = returns.data[t * n + i] - alpha;
      for (let j = 0; j < k; j++) error -= slopes[j] * factors.data[t * k + j];
      squares += error * error;
    }
    betas.data.set(slopes, i * k);
    alphas[i] = alpha;
    residualVariances[i] = squares / count;
  }
  return { betas, alphas, residualVariances };
}

function solveOrUndefined(moments: Matrix, cross: Matrix): Float64Array | undefined {
  try {
    return solvePositiveDefinite(moments, cross).data;
  } catch (error) {
    if (error instanceof Ml4tError && error.code === 'not-identified') return undefined;
    throw error;
  }
}
