import { ShapeError } from '../errors.ts';
import { leastSquares } from '../linalg/least-squares.ts';
import { matrix } from '../linalg/matrix.ts';
import { requireLength } from '../validation.ts';

/** The mean-variance efficient portfolio of a set of factors, whose returns are excess returns. */
export interface TangencyPortfolio {
  /** (K): `Sigma^-1 mu`. Only their proportions matter to the Sharpe ratio. */
  readonly weights: Float64Array;
  /** `sqrt(mu' Sigma^-1 mu)`, per period: the highest Sharpe ratio that any combination had. */
  readonly sharpe: number;
  /** Dates used: those on which every factor is known. */
  readonly nDates: number;
}

/**
 * Tangency portfolio of the factors over the dates on which all are known: mu their mean, Sigma their covariance matrix
 * (divisor n - 1, as in {@link sharpeRatio}, of which this is the absolute value for a single factor). Collinear factors are no error: the weights of least norm are taken.
 *
 * In sample the Sharpe ratio is biased upwards, by about K / (2 T S) for S the true one; see
 * {@link outOfSampleTangencySharpe}. NaN with no more dates than factors, or without variation.
 *
 * @param factorReturns (T x K), row-major; a date with a NaN is left out.
 * Throws ShapeError when the length is not a multiple of `nFactors`.
 */
export function tangencyPortfolio(factorReturns: Float64Array, nFactors: number): TangencyPortfolio {
  const { means, covariance, nDates } = momentsOf(factorReturns, nFactors);
  if (nDates <= nFactors || !covariance.some((value) => value > 0))
    return { weights: new Float64Array(nFactors).fill(Number.NaN), sharpe: Number.NaN, nDates };
  // In units of each factor's volatility, so that what counts as collinear does not depend on scales.
  const volatility = means.map((_, j) => Math.sqrt(covariance[j * nFactors + j]) || 1);
  const correlation = covariance.map(
    (value, at) => value / (volatility[Math.floor(at / nFactors)] * volatility[at % nFactors]),
  );
  const ratios = means.map((mean, j) => mean / volatility[j]);
  const { solution } = leastSquares(matrix(nFactors, nFactors, correlation), matrix(nFactors, 1, ratios), {
    rcond: 1e-12,
  });
  const square = solution.data.reduce((sum, weight, j) => sum + weight * ratios[j], 0);
  return { weights: solution.data.map((weight, j) => weight / volatility[j]), sharpe: Math.sqrt(square), nDates };
}

/** The Sharpe ratio, per period, of {@link tangencyPortfolio}: the maximal one in sample. Throws ShapeError. */
export function tangencySharpe(factorReturns: Float64Array, nFactors: number): number {
  return tangencyPortfolio(factorReturns, nFactors).sharpe;
}

/**
 * Sharpe ratio on `test` of the portfolio that was the tangency portfolio on `train` (both T x K, row-major, of the same
 * factors), per period: `w'mu / sqrt(w'Sigma w)` with the moments of `test`. It can be negative. NaN where either span
 * has too few dates. Throws ShapeError.
 */
export function outOfSampleTangencySharpe(train: Float64Array, test: Float64Array, nFactors: number): number {
  const { weights } = tangencyPortfolio(train, nFactors);
  const { means, covariance, nDates } = momentsOf(test, nFactors);
  if (nDates < 2) return Number.NaN;
  let mean = 0;
  let variance = 0;
  for (let p = 0; p < nFactors; p++) {
    mean += weights[p] * means[p];
    for (let q = 0; q < nFactors; q++) variance += weights[p] * covariance[p * nFactors + q] * weights[q];
  }
  return mean / Math.sqrt(variance);
}

function momentsOf(
  factorReturns: Float64Array,
  k: number,
): { means: Float64Array; covariance: Float64Array; nDates: number } {
  if (!(Number.isInteger(k) && k > 0))
    throw new ShapeError({
      field: 'nFactors',
      expected: 'a whole number > 0',
      found: String(k),
      remedy: 'Pass the number of columns of the factor returns.',
    });
  requireLength('factorReturns', factorReturns, Math.ceil(factorReturns.length / k) * k, `dates x ${k} factors`);
  const known: number[] = [];
  for (let first = 0; first < factorReturns.length; first += k)
    if (!factorReturns.subarray(first, first + k).some(Number.isNaN)) known.push(first);
  const nDates = known.length;
  const means = new Float64Array(k);
  for (const first of known) for (let j = 0; j < k; j++) means[j] += factorReturns[first + j] / nDates;
  const covariance = new Float64Array(k * k);
  for (const first of known)
    for (let p = 0; p < k; p++)
      for (let q = 0; q < k; q++)
        covariance[p * k + q] +=
          ((factorReturns[first + p] - means[p]) * (factorReturns[first + q] - means[q])) / (nDates - 1);
  return { means, covariance, nDates };
}
