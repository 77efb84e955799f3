import { DataError, type RunOptions } from '@ml4t/core';
import { exceedsRounding } from '@ml4t/core/authoring';
import {
  choleskyFactor,
  gram,
  matrix,
  multiply,
  solvePositiveDefinite,
  transpose,
  type Matrix,
} from '@ml4t/core/linalg';
import { factorSigns, scaleColumns } from '../identification.ts';
import { someOf } from '../static-loadings/assets.ts';
import { staticFactorReturns, type StaticFactors } from '../static-loadings/factor-returns.ts';
import { imputeByModel, type PanelFit, type StaticLoadingsPhase } from '../static-loadings/imputation.ts';
import { columnDeviations, columnMeans } from '../static-loadings/observed-moments.ts';
import {
  principalSubspace,
  rankError,
  sizeOfReturns,
  unexplainedVariance,
  type PrincipalSubspace,
} from '../static-loadings/principal-subspace.ts';
import type { RPPCAConfig } from './config.ts';

export interface RPPCAEstimate extends StaticFactors {
  /** (K), of the matrix that was decomposed. */
  readonly eigenvalues: Float64Array;
  /** (T x K) of the training dates; NaN where too few assets are observed. */
  readonly factorReturns: Matrix;
  readonly rounds: number;
  readonly converged: boolean;
}

/**
 * Loadings and factor portfolios of risk-premium PCA: eigenvectors V of `base + gamma m m'`, m the mean returns.
 *
 * With D the deviations from the means, that matrix is `A'A` for `A = [D / sqrt(d); sqrt(w) m']`, where (d, w) is
 * (T, 1 + gamma) with the second moment as base and (T - 1, gamma) with the covariance. So it is decomposed through the
 * smaller of an N x N and a (T + 1) x (T + 1) problem, and `V'A'A V` is the paper's objective: explained variation plus
 * 1 + gamma times explained squared means.
 *
 * Means are those of the observed returns. Gaps in D are filled by `V V' d_t`, iterated, which lowers at every round
 * the paper's objective over the observed cells, `sum_observed (d_ti - v_i' g_t)^2 / d + w sum_i (m_i - v_i' mu)^2`.
 * Pairwise moments were the other choice: they are not positive semi-definite, do not exist for two assets that
 * never trade on the same date, and allow no T x T problem.
 */
export async function estimateRPPCA(
  returns: Matrix,
  assetIds: readonly string[],
  config: RPPCAConfig,
  accelerate: boolean,
  options: RunOptions<StaticLoadingsPhase>,
): Promise<RPPCAEstimate> {
  const n = returns.columns;
  const means = columnMeans(returns);
  const magnitude = sizeOfReturns(returns);
  // The means are one more row of what is decomposed: a direction of theirs alone is no variation.
  if (!columnDeviations(returns, means).some((deviation) => exceedsRounding(deviation, magnitude)))
    throw rankError(0, config.nFactors);
  const scale = config.scaleByAssetVolatility ? volatilities(returns, means, assetIds) : new Float64Array(n).fill(1);
  const deviations = matrix(
    returns.rows,
    n,
    returns.data.map((value, cell) => (value - means[cell % n]) / scale[cell % n]),
  );
  const scaledMeans = means.map((mean, i) => mean / scale[i]);
  const { fit, rounds, converged } = await imputeByModel(
    deviations,
    new Float64Array(n),
    (completed) => decompose(completed, scaledMeans, config),
    { ...config, accelerate },
    'RPPCAModel.fit',
    options,
  );
  const { loadings: vectors, eigenvalues } = fit.subspace;
  // Back in units of returns; from here on `weights' loadings = I` throughout.
  const unscaled = matrix(
    n,
    config.nFactors,
    vectors.data.map((value, at) => value * scale[Math.floor(at / config.nFactors)]),
  );
  const portfolios = transpose(solvePositiveDefinite(gram(unscaled), transpose(unscaled)));
  const size = columnLengths(portfolios).map((length, j) =>
    config.normalizeLoadings === 'variance' ? length * Math.sqrt(eigenvalues[j]) : length,
  );
  const plain = {
    loadings: scaleColumns(unscaled, (j) => size[j]),
    weights: scaleColumns(portfolios, (j) => 1 / size[j]),
  };
  const rotated = config.orthogonalizeFactors
    ? orthogonalise(plain, staticFactorReturns(returns, { ...plain, means }), config.normalizeLoadings)
    : plain;
  const factors = staticFactorReturns(returns, { ...rotated, means });
  requireVariation(factors, rotated.weights, magnitude);
  const signs = factorSigns({ loadings: rotated.loadings, factors });
  const turn = (a: Matrix): Matrix => scaleColumns(a, (j) => signs[j]);
  return {
    loadings: turn(rotated.loadings),
    weights: turn(rotated.weights),
    means,
    eigenvalues,
    factorReturns: turn(factors),
    rounds,
    converged,
  };
}

/** Leading eigenvectors for completed deviations, with the means as one more row. */
function decompose(
  deviations: Matrix,
  means: Float64Array,
  { nFactors, gamma, baseMoment }: RPPCAConfig,
): PanelFit & { subspace: PrincipalSubspace } {
  const { rows: nDates, columns: n, data } = deviations;
  const [divisor, meanWeight] = baseMoment === 'covariance' ? [nDates - 1, gamma] : [nDates, 1 + gamma];
  const augmented = matrix(nDates + 1, n);
  const shrink = 1 / Math.sqrt(divisor);
  let squares = 0;
  for (let cell = 0; cell < data.length; cell++) {
    augmented.data[cell] = data[cell] * shrink;
    squares += data[cell] * data[cell];
  }
  for (let i = 0; i < n; i++) augmented.data[nDates * n + i] = Math.sqrt(meanWeight) * means[i];
  const subspace = principalSubspace(augmented, nFactors, 0);
  return {
    // `principalSubspace` divides by the number of rows; the weights are already in the rows here.
    subspace: { ...subspace, eigenvalues: subspace.eigenvalues.map((value) => value * augmented.rows) },
    cellVariance: squares / data.length,
    unexplained: unexplainedVariance(subspace),
    squareUnit: 1 / divisor / augmented.rows,
    fitted: () => multiply(multiply(deviations, subspace.loadings), subspace.loadings, { transposeB: true }).data,
  };
}

/**
 * Rotates to factors that are uncorrelated over the training dates, one after the other (Gram-Schmidt: with F the demeaned
 * factors, `F / sqrt(T) = Q R`, and the new ones `F R^-1`, of variance one). With 'unit-length' weights are scaled to length
 * one again. Loadings follow by the inverse, so fitted returns are the same.
 */
function orthogonalise(
  { loadings, weights }: Pick<StaticFactors, 'loadings' | 'weights'>,
  factors: Matrix,
  normalization: RPPCAConfig['normalizeLoadings'],
): Pick<StaticFactors, 'loadings' | 'weights'> {
  // R' = `lower`: weights P R^-1 = P lower^-T, loadings L lower.
  const lower = choleskyFactor(factorCovariance(factors));
  const uncorrelated = solveLowerTransposed(weights, lower);
  const size = normalization === 'variance' ? new Float64Array(lower.rows).fill(1) : columnLengths(uncorrelated);
  return {
    loadings: scaleColumns(multiply(loadings, lower), (j) => size[j]),
    weights: scaleColumns(uncorrelated, (j) => 1 / size[j]),
  };
}

/** Throws NotIdentifiedError when a factor is the same on all dates: then it stands for means alone, and returns have a lower rank. */
function requireVariation(factors: Matrix, weights: Matrix, size: number): void {
  const gross = new Float64Array(factors.columns);
  for (let at = 0; at < weights.data.length; at++) gross[at % factors.columns] += Math.abs(weights.data[at]);
  const deviations = columnDeviations(factors, columnMeans(factors));
  const rank = deviations.filter((sd, j) => Number.isNaN(sd) || exceedsRounding(sd, size * gross[j])).length;
  if (rank < factors.columns) throw rankError(rank, factors.columns);
}

function columnLengths(a: Matrix): Float64Array {
  const squares = new Float64Array(a.columns);
  for (let at = 0; at < a.data.length; at++) squares[at % a.columns] += a.data[at] ** 2;
  return squares.map(Math.sqrt);
}

/** Covariance matrix (K x K, divisor the number of dates) over the dates whose factors are finite. */
export function factorCovariance(factors: Matrix): Matrix {
  const k = factors.columns;
  const means = columnMeans(factors);
  const dates = Array.from({ length: factors.rows }, (_, t) => t).filter((t) => !Number.isNaN(factors.data[t * k]));
  const centred = matrix(dates.length, k);
  dates.forEach((t, row) => {
    for (let j = 0; j < k; j++) centred.data[row * k + j] = factors.data[t * k + j] - means[j];
  });
  return matrix(
    k,
    k,
    gram(centred).data.map((value) => value / dates.length),
  );
}

/** A lower^-T, row by row: `x lower' = a`, from the first column on. */
function solveLowerTransposed(a: Matrix, lower: Matrix): Matrix {
  const k = a.columns;
  const out = matrix(a.rows, k, a.data.slice());
  for (let i = 0; i < a.rows; i++)
    for (let j = 0; j < k; j++) {
      let value = out.data[i * k + j];
      for (let p = 0; p < j; p++) value -= out.data[i * k + p] * lower.data[j * k + p];
      out.data[i * k + j] = value / lower.data[j * k + j];
    }
  return out;
}

function volatilities(returns: Matrix, means: Float64Array, assetIds: readonly string[]): Float64Array {
  const volatility = columnDeviations(returns, means);
  const still = assetIds.filter((_, i) => !(volatility[i] > 1e-12 * Math.abs(means[i])));
  if (still.length > 0)
    throw new DataError({
      field: 'returns',
      expected: 'returns that vary, for every asset, with scaleByAssetVolatility',
      found: `constant returns of ${someOf(still)}`,
      remedy: 'Leave those assets out with `batch.selectAssets`, or set scaleByAssetVolatility to false.',
    });
  return volatility;
}
