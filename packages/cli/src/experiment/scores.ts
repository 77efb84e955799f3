import {
  CrossSectionBatch,
  managedPortfolioR2,
  predictiveR2,
  rankInformationCoefficient,
  sharpeRatio,
  tangencyPortfolio,
  totalR2,
} from '@ml4t/core';
import type { ExperimentFold, OutOfSample } from './record.ts';

/** How good out-of-sample predictions are. R2 are fractions, Sharpe ratios per period. */
export interface Scores {
  /** Rows on test dates whose return is known: what everything below is computed on. */
  readonly rows: number;
  /** Share of those rows for which the model has a forecast. */
  readonly coverage: number;
  /** Absent for models without factors. */
  readonly totalR2?: number | undefined;
  readonly predictiveR2: number;
  readonly managedTotalR2?: number | undefined;
  readonly managedPredictiveR2: number;
  /** Mean over dates of the rank correlation between forecast and return. */
  readonly rankIC: number;
  readonly rankICStandardError: number;
  /** Absent for models without factors, or when a fold cannot determine it. */
  readonly tangencySharpe?: number | undefined;
}

/**
 * Scores forecasts against the returns that followed, on the rows of all test dates.
 *
 * A missing forecast counts as zero: the benchmark of an uncentred R2, and the only way to compare models that are
 * silent on different rows. The rank IC is over the rows that have a forecast.
 */
export function scoreForecasts(panel: CrossSectionBatch, predicted: OutOfSample): Scores {
  const { index, span, columns, foldOfRow } = predicted;
  const part = panel.slice(span.from, span.to);
  const returns = part.requireReturns('scores').map((value, row) => (foldOfRow[row] < 0 ? Number.NaN : value));
  const { forecast, fitted } = columns;
  let rows = 0;
  let covered = 0;
  for (let row = 0; row < index.nRows; row++) {
    if (Number.isNaN(returns[row])) continue;
    rows++;
    if (!Number.isNaN(forecast[row])) covered++;
  }
  const judged = new CrossSectionBatch({ ...part, returns });
  const { mean, standardError } = rankInformationCoefficient(index, forecast, returns);
  const forecastOrZero = zeroWhereMissing(forecast);
  return {
    rows,
    coverage: rows === 0 ? Number.NaN : covered / rows,
    predictiveR2: predictiveR2(returns, forecastOrZero),
    managedPredictiveR2: managedPortfolioR2(judged, forecastOrZero),
    rankIC: mean,
    rankICStandardError: standardError,
    ...(fitted ? fittedScores(judged, returns, zeroWhereMissing(fitted)) : {}),
  };
}

/**
 * Sharpe ratio per period of the factors' tangency portfolio, out of sample: each fold's weights come from its training
 * factors, scaled to a volatility of one there, and are held over its test dates. The scaling makes folds comparable and
 * the figure independent of each fold's coordinates. Undefined without factors.
 */
export function tangencySharpe(folds: readonly ExperimentFold[]): number | undefined {
  const returns: number[] = [];
  for (const { prediction } of folds) {
    const { factors, trainingFactors } = prediction;
    if (!factors || !trainingFactors) return undefined;
    const nFactors = factors.forecast.nFactors;
    const weights = unitVolatilityTangency(trainingFactors, nFactors);
    if (!weights) return undefined;
    for (let t = 0; t < factors.forecast.timestamps.length; t++)
      returns.push(dot(weights, factors.realised, t * nFactors));
  }
  return sharpeRatio(Float64Array.from(returns));
}

/** `Sigma^-1 mu / sqrt(mu' Sigma^-1 mu)`; undefined when the training factors are too few or have no premium. */
function unitVolatilityTangency(training: Float64Array, nFactors: number): Float64Array | undefined {
  const { weights, sharpe } = tangencyPortfolio(training, nFactors);
  return sharpe > 0 ? weights.map((weight) => weight / sharpe) : undefined;
}

function dot(weights: Float64Array, values: Float64Array, first: number): number {
  return weights.reduce((sum, weight, k) => sum + weight * values[first + k], 0);
}

function fittedScores(
  panel: CrossSectionBatch,
  returns: Float64Array,
  fitted: Float64Array,
): Pick<Scores, 'totalR2' | 'managedTotalR2'> {
  return { totalR2: totalR2(returns, fitted), managedTotalR2: managedPortfolioR2(panel, fitted) };
}

function zeroWhereMissing(values: Float64Array): Float64Array {
  return values.map((value) => (Number.isNaN(value) ? 0 : value));
}
