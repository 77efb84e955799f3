import { ShapeError } from '../errors.ts';
import { leastSquares } from '../linalg/least-squares.ts';
import { matrix } from '../linalg/matrix.ts';
import { requireLength } from '../validation.ts';
import { sampleMoments } from './sample-moments.ts';

/** The mean-variance efficient portfolio of a set of factors, whose returns are excess returns. */
export interface TangencyPortfolio {
  /** (K): `Sigma^-1 mu`, 0 for a factor that does not vary. Only their proportions matter to the Sharpe ratio. */
  readonly weights: Float64Array;
  /** `sqrt(mu' Sigma^-1 mu)`, per period: the highest Sharpe ratio that any combination had. */
  readonly sharpe: number;
  /** {@link tangencySharpeBias} at `sharpe`: about how much of it is the choice of weights, with dates taken for independent. */
  readonly bias: number;
  /** Dates used: those on which every factor is known. */
  readonly nDates: number;
  /** Columns of the factors that took part: those whose returns vary by more than rounding. */
  readonly varying: readonly number[];
}

/**
 * Tangency portfolio of the factors over the dates on which all are known: mu their mean, Sigma their covariance matrix
 * (divisor n - 1, as in {@link sharpeRatio}, of which this is the absolute value for a single factor). Collinear factors are
 * no error: the weights of least norm are taken. A factor that does not vary by more than rounding has no risk to be
 * weighed against: it gets no weight, see `varying`.
 *
 * In sample the Sharpe ratio is biased upwards: see {@link tangencySharpeBias} and {@link outOfSampleTangencySharpe}. NaN with no
 * more dates than factors, or when no factor varies; with few more the ratio means little, as the bias shows.
 *
 * @param factorReturns (T x K), row-major; a date with a NaN is left out.
 * Throws ShapeError when the length is not a multiple of `nFactors`.
 */
export function tangencyPortfolio(factorReturns: Float64Array, nFactors: number): TangencyPortfolio {
  const dates = completeDates(factorReturns, nFactors);
  const nDates = dates.length;
  const moments = Array.from({ length: nFactors }, (_, j) =>
    sampleMoments(dates.map((first) => factorReturns[first + j])),
  );
  const varying = Array.from(moments.keys()).filter((j) => !Number.isNaN(moments[j].sd));
  const k = varying.length;
  if (nDates <= nFactors || k === 0)
    return {
      weights: new Float64Array(nFactors).fill(Number.NaN),
      sharpe: Number.NaN,
      bias: Number.NaN,
      nDates,
      varying,
    };
  // In units of each factor's volatility, so that what counts as collinear does not depend on scales.
  const correlation = new Float64Array(k * k);
  for (const first of dates) {
    const scores = varying.map((j) => (factorReturns[first + j] - moments[j].mean) / moments[j].sd);
    for (let p = 0; p < k; p++)
      for (let q = 0; q < k; q++) correlation[p * k + q] += (scores[p] * scores[q]) / (nDates - 1);
  }
  const ratios = Float64Array.from(varying, (j) => moments[j].mean / moments[j].sd);
  const { solution } = leastSquares(matrix(k, k, correlation), matrix(k, 1, ratios), { rcond: 1e-12 });
  const square = solution.data.reduce((sum, weight, j) => sum + weight * ratios[j], 0);
  const weights = new Float64Array(nFactors);
  varying.forEach((j, at) => (weights[j] = solution.data[at] / moments[j].sd));
  const sharpe = Math.sqrt(square);
  return { weights, sharpe, bias: tangencySharpeBias(sharpe, k, nDates), nDates, varying };
}

/**
 * By how much the tangency portfolio's Sharpe ratio in sample exceeds the true one, S, on average, to first order in 1 / T:
 *
 * `(K - 1) / (2 T S) + S (K + 1) / (2 T)`,
 *
 * the first term for the choice of K weights, the second for the covariance matrix that they invert. S is not known: with the ratio
 * in sample in its place the bias is understated where S is near zero. T are independent dates: of returns over h dates, T / h.
 *
 * @param sharpe S, per period
 * @returns the bias, per period; Infinity for S = 0 and several factors
 * Source: expansion of the noncentral F distribution of the squared ratio (Jobson and Korkie 1980).
 */
export function tangencySharpeBias(sharpe: number, nFactors: number, nDates: number): number {
  const choice = nFactors > 1 ? (nFactors - 1) / (2 * nDates * sharpe) : 0;
  return choice + (sharpe * (nFactors + 1)) / (2 * nDates);
}

/** The Sharpe ratio, per period, of {@link tangencyPortfolio}: the maximal one in sample. Throws ShapeError. */
export function tangencySharpe(factorReturns: Float64Array, nFactors: number): number {
  return tangencyPortfolio(factorReturns, nFactors).sharpe;
}

/**
 * Sharpe ratio on `test` of the portfolio that was the tangency portfolio on `train` (both T x K, row-major, of the same
 * factors), per period. It can be negative. NaN where either span has too few dates, or the portfolio does not vary by more
 * than rounding. Throws ShapeError.
 */
export function outOfSampleTangencySharpe(train: Float64Array, test: Float64Array, nFactors: number): number {
  const { weights } = tangencyPortfolio(train, nFactors);
  const returns = completeDates(test, nFactors).map((first) =>
    weights.reduce((sum, weight, j) => sum + weight * test[first + j], 0),
  );
  const exposure = weights.reduce((sum, weight) => sum + Math.abs(weight), 0);
  const { mean, sd } = sampleMoments(returns, exposure);
  return mean / sd;
}

/** Where the dates begin on which every factor is known. */
function completeDates(factorReturns: Float64Array, k: number): number[] {
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
  return known;
}
