import { DataError, NotIdentifiedError } from '../errors.ts';
import { choleskyFactor, choleskySolve, gram, leastSquares, matrix, type Matrix } from '../linalg/index.ts';
import { cephes } from './cephes.ts';
import { requireSameLength } from './comparison-input.ts';
import { twoSidedPValue } from './student-t.ts';

/** Regression of one return series on factors. Coefficients: the constant (alpha) first, then a slope for each factor. */
export interface FactorRegression {
  /** (K + 1) */
  readonly coefficients: Float64Array;
  /** (K + 1), with Bartlett weights. */
  readonly standardErrors: Float64Array;
  readonly tStatistics: Float64Array;
  /** Two-sided, normal. */
  readonly pValues: Float64Array;
  readonly rSquared: number;
  /** (T) NaN where a date took no part. */
  readonly residuals: Float64Array;
  /** Dates that took part. */
  readonly count: number;
}

/**
 * `r_t = alpha + beta' f_t + e_t` by least squares, with errors that allow for heteroscedasticity and autocorrelation up to a lag:
 *
 * V = (X'X)^-1 (S_0 + sum_{l=1}^L (1 - l / (L + 1)) (S_l + S_l')) (X'X)^-1, S_l = sum_t x_t e_t e_{t-l} x_{t-l}'.
 *
 * @param returns (T), NaN for none; @param factors each (T), on the same dates
 * @param maxLags L; 0 for White's errors
 * @throws DataError for fewer dates than coefficients + 1; NotIdentifiedError for factors that explain each other
 * Source: Newey and West (1987), "A simple, positive semi-definite, heteroskedasticity and autocorrelation consistent covariance
 * matrix", Econometrica 55.
 */
export function factorRegression(
  returns: Float64Array,
  factors: readonly Float64Array[],
  maxLags: number,
): FactorRegression {
  const { x, y, at } = design(returns, factors);
  const [n, k] = [x.rows, x.columns];
  const coefficients = solve(x, y);
  const errors = residualsOf(x, y, coefficients);
  const middle = new Float64Array(k * k);
  for (let lag = 0; lag <= Math.min(maxLags, n - 1); lag++) {
    const weight = lag === 0 ? 0.5 : 1 - lag / (maxLags + 1);
    for (let t = lag; t < n; t++) {
      const product = weight * errors[t] * errors[t - lag];
      for (let i = 0; i < k; i++)
        for (let j = 0; j < k; j++)
          middle[i * k + j] +=
            product * (x.data[t * k + i] * x.data[(t - lag) * k + j] + x.data[(t - lag) * k + i] * x.data[t * k + j]);
    }
  }
  const covariance = sandwich(gram(x), matrix(k, k, middle));
  const standardErrors = Float64Array.from({ length: k }, (_, i) => Math.sqrt(covariance.data[i * k + i]));
  const tStatistics = coefficients.map((value, i) => value / standardErrors[i]);
  const mean = y.reduce((sum, value) => sum + value, 0) / n;
  const total = y.reduce((sum, value) => sum + (value - mean) * (value - mean), 0);
  const unexplained = errors.reduce((sum, value) => sum + value * value, 0);
  const residuals = new Float64Array(returns.length).fill(Number.NaN);
  at.forEach((t, i) => (residuals[t] = errors[i]));
  return {
    coefficients,
    standardErrors,
    tStatistics,
    pValues: tStatistics.map((t) => twoSidedPValue(t, Infinity)),
    rSquared: 1 - unexplained / total,
    residuals,
    count: n,
  };
}

/** A joint test that all alphas are zero. */
export interface AlphaTest {
  /** (N) alphas of the portfolios. */
  readonly alphas: Float64Array;
  readonly statistic: number;
  /** Of the F distribution: N, and T - N - K. */
  readonly degreesOfFreedom: readonly [number, number];
  readonly pValue: number;
}

/**
 * Test of Gibbons, Ross and Shanken that N portfolios have no alpha on K traded factors:
 *
 * F = ((T - N - K) / N) a' S^-1 a / (1 + m' O^-1 m), S the covariance of residuals and O of factors (divisor T), m factor means;
 * exact under normal errors that do not depend on each other over time.
 *
 * @param portfolios returns of each (T), complete; @param factors each (T), complete
 * @throws DataError for missing returns, or fewer dates than portfolios and factors; NotIdentifiedError for collinear ones
 * Source: Gibbons, Ross and Shanken (1989), "A test of the efficiency of a given portfolio", Econometrica 57.
 */
export function grsTest(portfolios: readonly Float64Array[], factors: readonly Float64Array[]): AlphaTest {
  const [n, k, t] = [portfolios.length, factors.length, portfolios[0]?.length ?? 0];
  if (t - n - k < 1)
    throw new DataError({
      field: 'portfolios',
      expected: `more than ${n + k} dates, the portfolios and factors together`,
      found: String(t),
      remedy: 'Test fewer portfolios, or over a longer time.',
    });
  const fits = portfolios.map((returns) => factorRegression(returns, factors, 0));
  const short = fits.findIndex(({ count }) => count < t);
  if (short >= 0)
    throw new DataError({
      field: `portfolios[${short}]`,
      expected: 'a return of it and of all factors on every date',
      found: `${fits[short].count} of ${t}`,
      remedy: 'Test over the dates that all of them have.',
    });
  const alphas = Float64Array.from(fits, ({ coefficients }) => coefficients[0]);
  const residuals = matrix(t, n);
  fits.forEach(({ residuals: column }, i) => column.forEach((value, row) => (residuals.data[row * n + i] = value)));
  const deviations = matrix(t, k);
  const means = Float64Array.from(factors, (values) => values.reduce((sum, value) => sum + value, 0) / t);
  factors.forEach((values, j) => values.forEach((value, row) => (deviations.data[row * k + j] = value - means[j])));
  const form = (a: Float64Array, columns: Matrix, field: string): number => {
    const scaled = gram(columns);
    for (let i = 0; i < scaled.data.length; i++) scaled.data[i] /= t;
    const solved = solvePositive(scaled, a, field);
    return a.reduce((sum, value, i) => sum + value * solved[i], 0);
  };
  const statistic =
    (((t - n - k) / n) * form(alphas, residuals, 'portfolios')) /
    (1 + (k === 0 ? 0 : form(means, deviations, 'factors')));
  return {
    alphas,
    statistic,
    degreesOfFreedom: [n, t - n - k],
    pValue: cephes().fdtrc(n, t - n - k, statistic),
  };
}

/** Rows of (1, factors) on the dates on which all are known. */
function design(
  returns: Float64Array,
  factors: readonly Float64Array[],
): { readonly x: Matrix; readonly y: Float64Array; readonly at: readonly number[] } {
  factors.forEach((factor, j) => {
    requireSameLength(`factors[${j}]`, returns, factor);
  });
  const at = Array.from(returns.keys()).filter(
    (t) => !Number.isNaN(returns[t]) && !factors.some((factor) => Number.isNaN(factor[t])),
  );
  const k = factors.length + 1;
  if (at.length <= k)
    throw new DataError({
      field: 'returns',
      expected: `more than ${k} dates on which the returns and all factors are known`,
      found: String(at.length),
      remedy: 'Use fewer factors, or a longer time.',
    });
  const x = matrix(at.length, k);
  at.forEach((t, row) => {
    x.data[row * k] = 1;
    factors.forEach((factor, j) => (x.data[row * k + j + 1] = factor[t]));
  });
  return { x, y: Float64Array.from(at, (t) => returns[t]), at };
}

function solve(x: Matrix, y: Float64Array): Float64Array {
  const { solution, rank } = leastSquares(x, matrix(y.length, 1, y));
  if (rank === x.columns) return solution.data;
  throw new NotIdentifiedError({
    field: 'factors',
    expected: `${x.columns - 1} factors that do not explain each other, and vary`,
    found: `rank ${rank} of ${x.columns} with the constant`,
    remedy: 'Leave out a factor that is a combination of the others.',
  });
}

function residualsOf(x: Matrix, y: Float64Array, coefficients: Float64Array): Float64Array {
  return y.map((value, t) => {
    let fitted = 0;
    for (let j = 0; j < x.columns; j++) fitted += x.data[t * x.columns + j] * coefficients[j];
    return value - fitted;
  });
}

/** A^-1 M A^-1 of symmetric matrices. */
function sandwich(a: Matrix, middle: Matrix): Matrix {
  const factor = choleskyFactor(a);
  const half = choleskySolve(factor, middle);
  const turned = matrix(half.columns, half.rows);
  for (let i = 0; i < half.rows; i++)
    for (let j = 0; j < half.columns; j++) turned.data[j * half.rows + i] = half.data[i * half.columns + j];
  return choleskySolve(factor, turned);
}

function solvePositive(a: Matrix, b: Float64Array, field: string): Float64Array {
  try {
    return choleskySolve(choleskyFactor(a), matrix(b.length, 1, b)).data;
  } catch (cause) {
    throw new NotIdentifiedError({
      field,
      expected: 'series that are not combinations of each other',
      found: 'a covariance matrix without an inverse',
      remedy: 'Leave out one that the others make up.',
      cause,
    });
  }
}
