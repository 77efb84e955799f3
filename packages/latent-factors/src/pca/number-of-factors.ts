import { ConfigError, DataError, formatTimestamp, type PersistentPanelBatch } from '@ml4t/core';
import { describe, exceedsRounding } from '@ml4t/core/authoring';
import { gram, matrix, symmetricEigen, transpose, type Matrix } from '@ml4t/core/linalg';
import { columnDeviations, columnMeans } from '../static-loadings/observed-moments.ts';

export interface NumberOfFactorsOptions {
  /** Largest number considered; 8 unless given, less in small panels. */
  readonly maxFactors?: number;
  /** Divide each asset's returns by their standard deviation first, so that a few volatile assets do not rule; off unless given. */
  readonly standardize?: boolean;
}

/** One number per method, or one series over k. */
export interface FactorCountMethods<T> {
  /** Bai and Ng (2002). */
  readonly icp1: T;
  readonly icp2: T;
  readonly icp3: T;
  /** Ahn and Horenstein (2013). */
  readonly eigenvalueRatio: T;
  readonly growthRatio: T;
}

export interface NumberOfFactors {
  /** What each method says; `onatski` is the edge distribution estimator. */
  readonly estimates: FactorCountMethods<number> & { readonly onatski: number };
  /** The criterion at k = 0 … maxFactors: minimised by `icp…`, maximised by the ratios. */
  readonly criteria: FactorCountMethods<Float64Array>;
  /** Onatski's delta: neighbouring eigenvalues further apart than this belong to factors. Units of `eigenvalues`. */
  readonly onatskiThreshold: number;
  /** (min(N, T - 1)), descending, of X'X / (NT), X the demeaned (and standardised) returns. */
  readonly eigenvalues: Float64Array;
  readonly maxFactors: number;
}

/**
 * Estimates the number of factors of a panel from the eigenvalues `mu_1 >= mu_2 >= …` of `X'X / (NT)`, X the returns less
 * each asset's mean, in six ways. With `V(k) = sum_{j > k} mu_j`, the mean squared residual of k principal components:
 *
 * - Bai and Ng (2002), Econometrica 70: minimise `ln V(k) + k g`, with `g = (N + T) / (NT) ln(NT / (N + T))` for ICp1,
 *   `(N + T) / (NT) ln C` for ICp2 and `ln(C) / C` for ICp3, `C = min(N, T)`.
 * - Ahn and Horenstein (2013), Econometrica 81: maximise `mu_k / mu_{k+1}` (eigenvalue ratio) or
 *   `ln(1 + mu_k / V(k)) / ln(1 + mu_{k+1} / V(k+1))` (growth ratio); no factor competes through the mock eigenvalue
 *   `mu_0 = V(0) / ln m`, m the number of eigenvalues.
 * - Onatski (2010), Review of Economics and Statistics 92: the largest k with `mu_k - mu_{k+1} >= delta`, where delta is twice
 *   the slope of `mu_j, …, mu_{j+4}` on `(j - 1)^(2/3), …, (j + 3)^(2/3)`, j = k + 1, iterated from j = maxFactors + 1.
 *
 * They agree on strong factors and weakly correlated residuals. Residuals that are correlated across assets make Bai and
 * Ng's count too many; one dominant factor makes the eigenvalue ratio count it alone; and a factor too weak to stand out
 * in variance is found by none of them, whatever its premium (see `selectRPPCA`).
 *
 * Throws DataError naming the first missing return (impute first, or select complete assets), ConfigError when
 * `maxFactors` is out of range: Onatski's rule needs maxFactors + 5 eigenvalues.
 */
export function numberOfFactors(batch: PersistentPanelBatch, options: NumberOfFactorsOptions = {}): NumberOfFactors {
  const { nDates, nAssets } = batch;
  requireComplete(batch);
  const count = Math.min(nAssets, nDates - 1);
  const maxFactors = checkMaxFactors(options.maxFactors, count);
  const eigenvalues = panelEigenvalues(batch, options.standardize ?? false).slice(0, count);
  const { length: m } = eigenvalues;
  // V(k) for k = 0 … m, summed from the small end.
  const unexplained = new Float64Array(m + 1);
  for (let k = m - 1; k >= 0; k--) unexplained[k] = unexplained[k + 1] + eigenvalues[k];

  const smaller = Math.min(nAssets, nDates);
  const share = (nAssets + nDates) / (nAssets * nDates);
  const overCounts = (value: (k: number) => number): Float64Array =>
    Float64Array.from({ length: maxFactors + 1 }, (_, k) => value(k));
  const informationCriterion = (penalty: number): Float64Array =>
    overCounts((k) => Math.log(unexplained[k]) + k * penalty);
  const mu = (k: number): number => (k === 0 ? unexplained[0] / Math.log(m) : eigenvalues[k - 1]);
  const growth = (k: number): number => Math.log1p(mu(k) / unexplained[k]);
  const criteria = {
    icp1: informationCriterion(share * Math.log(1 / share)),
    icp2: informationCriterion(share * Math.log(smaller)),
    icp3: informationCriterion(Math.log(smaller) / smaller),
    eigenvalueRatio: overCounts((k) => mu(k) / mu(k + 1)),
    growthRatio: overCounts((k) => growth(k) / growth(k + 1)),
  };
  const onatski = edgeDistribution(eigenvalues, maxFactors);
  return {
    estimates: {
      icp1: indexOfLargest(criteria.icp1.map((value) => -value)),
      icp2: indexOfLargest(criteria.icp2.map((value) => -value)),
      icp3: indexOfLargest(criteria.icp3.map((value) => -value)),
      eigenvalueRatio: indexOfLargest(criteria.eigenvalueRatio),
      growthRatio: indexOfLargest(criteria.growthRatio),
      onatski: onatski.count,
    },
    criteria,
    onatskiThreshold: onatski.threshold,
    eigenvalues,
    maxFactors,
  };
}

/** Onatski's iteration; a cycle (rare) ends after ten rounds at the value reached. */
function edgeDistribution(eigenvalues: Float64Array, maxFactors: number): { count: number; threshold: number } {
  let count = maxFactors;
  let threshold = 0;
  for (let round = 0; round < 10; round++) {
    threshold = 2 * Math.abs(slopeFrom(eigenvalues, count + 1));
    let next = maxFactors;
    while (next > 0 && eigenvalues[next - 1] - eigenvalues[next] < threshold) next--;
    if (next === count && round > 0) break;
    count = next;
  }
  return { count, threshold };
}

/** Slope of the regression of mu_j, …, mu_{j+4} on a constant and (j - 1)^(2/3), …, (j + 3)^(2/3). */
function slopeFrom(eigenvalues: Float64Array, j: number): number {
  const x = Array.from({ length: 5 }, (_, i) => Math.cbrt((j - 1 + i) ** 2));
  const y = x.map((_, i) => eigenvalues[j - 1 + i]);
  const meanX = x.reduce((sum, value) => sum + value, 0) / 5;
  const meanY = y.reduce((sum, value) => sum + value, 0) / 5;
  const covariance = x.reduce((sum, value, i) => sum + (value - meanX) * (y[i] - meanY), 0);
  return covariance / x.reduce((sum, value) => sum + (value - meanX) ** 2, 0);
}

/** All eigenvalues of X'X / (NT) by the smaller of the two problems. */
function panelEigenvalues(batch: PersistentPanelBatch, standardize: boolean): Float64Array {
  const { nDates, nAssets } = batch;
  const returns = matrix(nDates, nAssets, batch.returns);
  const means = columnMeans(returns);
  const scale = standardize ? deviationsOf(returns, means, batch.assetIds) : means.map(() => 1);
  const x = matrix(
    nDates,
    nAssets,
    returns.data.map((value, cell) => (value - means[cell % nAssets]) / scale[cell % nAssets]),
  );
  const { values } = symmetricEigen(gram(nAssets <= nDates ? x : transpose(x)), { vectors: false });
  // Rounding may leave the smallest just below zero.
  return values.map((value) => Math.max(0, value) / (nDates * nAssets));
}

function deviationsOf(returns: Matrix, means: Float64Array, assetIds: readonly string[]): Float64Array {
  const deviations = columnDeviations(returns, means);
  const still = deviations.findIndex((value, i) => !exceedsRounding(value, Math.max(1, Math.abs(means[i]))));
  if (still >= 0)
    throw new DataError({
      field: 'returns',
      expected: 'returns that vary, for every asset, with standardize',
      found: `constant returns of ${assetIds[still]}`,
      remedy: 'Leave the asset out with `batch.selectAssets`, or set standardize to false.',
    });
  return deviations;
}

function requireComplete({ returns, nAssets, timestamps, assetIds }: PersistentPanelBatch): void {
  const gap = returns.findIndex(Number.isNaN);
  if (gap < 0) return;
  throw new DataError({
    field: 'returns',
    expected: 'a complete panel',
    found: `no return of ${assetIds[gap % nAssets]} on ${formatTimestamp(timestamps[Math.floor(gap / nAssets)])}`,
    remedy: 'Select assets and dates without gaps: filling gaps by a factor model would decide the count beforehand.',
  });
}

function checkMaxFactors(given: number | undefined, eigenvalues: number): number {
  const most = eigenvalues - 5;
  const wanted = given ?? Math.min(8, most);
  if (Number.isInteger(wanted) && wanted >= 1 && wanted <= most) return wanted;
  throw new ConfigError({
    field: 'maxFactors',
    expected: `a whole number from 1 to ${most} (the panel has ${eigenvalues} eigenvalues, five are kept for Onatski's rule)`,
    found: describe(wanted),
    remedy: 'Lower maxFactors, or pass more dates and assets.',
  });
}

function indexOfLargest(values: Float64Array): number {
  let best = 0;
  for (let i = 1; i < values.length; i++) if (values[i] > values[best]) best = i;
  return best;
}
