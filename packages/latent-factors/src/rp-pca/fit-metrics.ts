import { sharpeRatio, tangencySharpe } from '@ml4t/core';
import { onlyFinite } from '@ml4t/core/authoring';
import type { Matrix } from '@ml4t/core/linalg';
import { observedTotalR2 } from '../static-loadings/factor-returns.ts';
import { columnMeans, isMissing } from '../static-loadings/observed-moments.ts';
import type { TimeSeriesExposures } from '../static-loadings/time-series-regression.ts';
import type { RPPCAEstimate } from './estimate.ts';

/** Means and Sharpe ratios of factors over a span, per period. */
export interface FactorPerformance {
  /** (K) */
  readonly premia: Float64Array;
  /** (K), divisor of the variance the number of dates less one. */
  readonly sharpeRatios: Float64Array;
}

/** In-sample figures of an RP-PCA fit. One that the data do not determine is not there. */
export type RPPCAMetrics = Readonly<
  Record<
    | 'totalR2'
    | 'maximalSharpe'
    | 'meanAbsoluteFactorPremium'
    | 'meanFactorSharpe'
    | 'meanAbsoluteAlpha'
    | 'rootMeanSquareAlpha'
    | 'meanResidualVariance',
    number
  >
>;

/** Means and Sharpe ratios over the dates on which the factors (T x K) are known. */
export function factorPerformance(factors: Matrix): FactorPerformance {
  const premia = columnMeans(factors);
  const column = (j: number): Float64Array => factors.data.filter((_, at) => at % factors.columns === j);
  return { premia, sharpeRatios: premia.map((_, j) => sharpeRatio(column(j))) };
}

/**
 * In-sample figures of an RP-PCA fit, as fractions per period: total R2 of `L f_t` over the observed returns of dates with
 * factors (uncentred), maximal Sharpe ratio of the factors, and means over factors or assets of |premium|, Sharpe ratio,
 * |alpha|, squared alpha (as a root) and residual variance of the time-series regressions. Figures that the data do not
 * determine are left out.
 */
export function rppcaFitMetrics(
  returns: Matrix,
  { loadings, factorReturns }: Pick<RPPCAEstimate, 'loadings' | 'factorReturns'>,
  { alphas, residualVariances }: TimeSeriesExposures,
): RPPCAMetrics {
  const { premia, sharpeRatios } = factorPerformance(factorReturns);
  return onlyFinite({
    totalR2: observedTotalR2(returns, loadings, factorReturns),
    maximalSharpe: tangencySharpe(factorReturns.data, factorReturns.columns),
    meanAbsoluteFactorPremium: meanOf(premia, Math.abs),
    meanFactorSharpe: meanOf(sharpeRatios, Math.abs),
    meanAbsoluteAlpha: meanOf(alphas, Math.abs),
    rootMeanSquareAlpha: Math.sqrt(meanOf(alphas, (alpha) => alpha * alpha)),
    meanResidualVariance: meanOf(residualVariances, (variance) => variance),
  }) as RPPCAMetrics;
}

/** Mean of a function over the entries that are not NaN. */
function meanOf(values: Float64Array, of: (value: number) => number): number {
  const known = values.filter((value) => !isMissing(value));
  return known.reduce((sum, value) => sum + of(value), 0) / known.length;
}
