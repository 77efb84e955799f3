import { leastSquares, matrix, multiply, type Matrix } from '@ml4t/core/linalg';
import { columnMeans, isMissing } from './observed-moments.ts';

/** Static exposures and the portfolios that go with them. */
export interface StaticFactors {
  /** (N x K) */
  readonly loadings: Matrix;
  /** (N x K), `P = L (L'L)^-1`: column k holds the asset weights of factor k. Equals the loadings where they are orthonormal. */
  readonly weights: Matrix;
  /** (N): mean return of each asset. */
  readonly means: Float64Array;
}

/**
 * Uncentred factor returns of static loadings (T x K). With every asset observed, `f_t = P' r_t`. With gaps, the deviation
 * from the means is regressed on the observed loadings and the means' own projection is added:
 *
 * `f_t = P' mu + (L_o' L_o)^-1 L_o' (r_o - mu_o)`,
 *
 * which is the same number when nothing is missing, and does not shrink when much is. NaN with fewer observed assets
 * than factors, or when their loadings do not tell the factors apart.
 */
export function staticFactorReturns(returns: Matrix, { loadings, weights, means }: StaticFactors): Matrix {
  const { rows: nDates, columns: n } = returns;
  const k = loadings.columns;
  const out = matrix(nDates, k, new Float64Array(nDates * k).fill(Number.NaN));
  const base = new Float64Array(k);
  for (let i = 0; i < n; i++) for (let j = 0; j < k; j++) base[j] += weights.data[i * k + j] * means[i];
  const deviations = matrix(nDates, n);
  const isComplete = new Uint8Array(nDates).fill(1);
  for (let t = 0, cell = 0; t < nDates; t++)
    for (let i = 0; i < n; i++, cell++) {
      const deviation = returns.data[cell] - means[i];
      if (isMissing(deviation)) isComplete[t] = 0;
      else deviations.data[cell] = deviation;
    }
  const projected = multiply(deviations, weights).data;
  for (let t = 0; t < nDates; t++) {
    const factors = out.data.subarray(t * k, (t + 1) * k);
    if (isComplete[t] === 1) {
      for (let j = 0; j < k; j++) factors[j] = base[j] + projected[t * k + j];
      continue;
    }
    const observed: number[] = [];
    for (let i = 0; i < n; i++) if (!isMissing(returns.data[t * n + i])) observed.push(i);
    if (observed.length < k) continue;
    const part = matrix(observed.length, k);
    const target = matrix(observed.length, 1);
    observed.forEach((i, row) => {
      part.data.set(loadings.data.subarray(i * k, (i + 1) * k), row * k);
      target.data[row] = deviations.data[t * n + i];
    });
    const { solution, rank } = leastSquares(part, target);
    if (rank < k) continue;
    for (let j = 0; j < k; j++) factors[j] = base[j] + solution.data[j];
  }
  return out;
}

/** `1 - sum (r - L f_t)^2 / sum r^2` over the observed returns of dates with factors: uncentred, a fraction. NaN without one. */
export function observedTotalR2(returns: Matrix, loadings: Matrix, factors: Matrix): number {
  const { rows: nDates, columns: n, data } = returns;
  const k = factors.columns;
  const known = matrix(nDates, k, factors.data.slice());
  for (let at = 0; at < known.data.length; at++) if (isMissing(known.data[at])) known.data[at] = 0;
  const fitted = multiply(known, loadings, { transposeB: true }).data;
  let errors = 0;
  let squares = 0;
  for (let t = 0; t < nDates; t++) {
    if (isMissing(factors.data[t * k])) continue;
    for (let cell = t * n; cell < (t + 1) * n; cell++) {
      const value = data[cell];
      if (isMissing(value)) continue;
      errors += (value - fitted[cell]) ** 2;
      squares += value * value;
    }
  }
  return 1 - errors / squares;
}

/**
 * Share of the variation of the observed returns that the factors explain, `1 - sum (r - mu_i - l_i' (f_t - P' mu))^2 / sum (r - m_i)^2`,
 * m the means of the observed returns: a fraction. Only observed returns of dates with factors count, so that a model is not
 * praised for returns that it made up itself. In a complete panel it is the leading eigenvalues' share of the variance.
 */
export function observedExplainedVariance(
  returns: Matrix,
  factors: Matrix,
  { loadings, weights, means }: StaticFactors,
): number {
  const { rows: nDates, columns: n, data } = returns;
  const k = factors.columns;
  const base = new Float64Array(k);
  for (let i = 0; i < n; i++) for (let j = 0; j < k; j++) base[j] += weights.data[i * k + j] * means[i];
  const observed = matrix(nDates, n, data.slice());
  const known = matrix(nDates, k);
  for (let t = 0; t < nDates; t++) {
    if (isMissing(factors.data[t * k])) observed.data.fill(Number.NaN, t * n, (t + 1) * n);
    else for (let j = 0; j < k; j++) known.data[t * k + j] = factors.data[t * k + j] - base[j];
  }
  const centres = columnMeans(observed);
  const fitted = multiply(known, loadings, { transposeB: true }).data;
  let errors = 0;
  let squares = 0;
  for (let cell = 0; cell < data.length; cell++) {
    const value = observed.data[cell];
    if (isMissing(value)) continue;
    const i = cell % n;
    errors += (value - means[i] - fitted[cell]) * (value - means[i] - fitted[cell]);
    squares += (value - centres[i]) * (value - centres[i]);
  }
  return 1 - errors / squares;
}
