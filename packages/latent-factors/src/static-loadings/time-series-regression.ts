import { Ml4tError } from '@ml4t/core';
import { gram, matrix, multiply, solvePositiveDefinite, type Matrix } from '@ml4t/core/linalg';
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
  const { columns: n } = returns;
  const k = factors.columns;
  const out: TimeSeriesExposures = {
    betas: matrix(n, k, new Float64Array(n * k).fill(Number.NaN)),
    alphas: new Float64Array(n).fill(Number.NaN),
    residualVariances: new Float64Array(n).fill(Number.NaN),
  };
  for (const { assets, dates } of assetsByDates(returns, factors))
    if (dates.length >= k + 2) regress(returns, factors, assets, dates, out);
  return out;
}

/** Assets that are known on the same dates, with those dates: one regression matrix serves them all. */
function assetsByDates(returns: Matrix, factors: Matrix): { assets: number[]; dates: number[] }[] {
  const { rows: nDates, columns: n, data } = returns;
  const k = factors.columns;
  const known = Array.from({ length: nDates }, (_, t) => t).filter((t) => !isMissing(factors.data[t * k]));
  const isComplete = new Uint8Array(n).fill(1);
  for (const t of known) for (let i = 0; i < n; i++) if (isMissing(data[t * n + i])) isComplete[i] = 0;
  const complete: number[] = [];
  const others: { assets: number[]; dates: number[] }[] = [];
  isComplete.forEach((flag, i) => {
    if (flag === 1) complete.push(i);
    else others.push({ assets: [i], dates: known.filter((t) => !isMissing(data[t * n + i])) });
  });
  return complete.length > 0 ? [{ assets: complete, dates: known }, ...others] : others;
}

/** The regressions of some assets over dates on which all of them and the factors are known, written into `out`. */
function regress(
  returns: Matrix,
  factors: Matrix,
  assets: readonly number[],
  dates: readonly number[],
  { betas, alphas, residualVariances }: TimeSeriesExposures,
): void {
  const k = factors.columns;
  // Demeaned on both sides: the constant is solved for by hand, so a large mean costs no accuracy.
  const x = demeaned(dates, k, (t, j) => factors.data[t * k + j]);
  const y = demeaned(dates, assets.length, (t, at) => returns.data[t * returns.columns + assets[at]]);
  const slopes = solveOrUndefined(gram(x.deviations), multiply(x.deviations, y.deviations, { transposeA: true }));
  if (!slopes) return;
  const fitted = multiply(x.deviations, slopes).data;
  const squares = new Float64Array(assets.length);
  for (let cell = 0; cell < fitted.length;) {
    for (let at = 0; at < assets.length; at++, cell++) squares[at] += (y.deviations.data[cell] - fitted[cell]) ** 2;
  }
  assets.forEach((i, at) => {
    alphas[i] = y.means[at];
    for (let j = 0; j < k; j++) {
      const slope = slopes.data[j * assets.length + at];
      betas.data[i * k + j] = slope;
      alphas[i] -= slope * x.means[j];
    }
    residualVariances[i] = squares[at] / dates.length;
  });
}

function demeaned(
  dates: readonly number[],
  columns: number,
  value: (date: number, column: number) => number,
): { deviations: Matrix; means: Float64Array } {
  const deviations = matrix(dates.length, columns);
  const means = new Float64Array(columns);
  dates.forEach((t, row) => {
    for (let j = 0; j < columns; j++) means[j] += deviations.data[row * columns + j] = value(t, j);
  });
  for (let j = 0; j < columns; j++) means[j] /= dates.length;
  for (let cell = 0; cell < deviations.data.length; cell++) deviations.data[cell] -= means[cell % columns];
  return { deviations, means };
}

function solveOrUndefined(moments: Matrix, cross: Matrix): Matrix | undefined {
  try {
    return solvePositiveDefinite(moments, cross);
  } catch (error) {
    if (error instanceof Ml4tError && error.code === 'not-identified') return undefined;
    throw error;
  }
}
