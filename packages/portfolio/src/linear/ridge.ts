import { DataError, type PortfolioSequenceBatch } from '@ml4t/core';
import { gram, matrix, solvePositiveDefinite } from '@ml4t/core/linalg';
import type { InputScale } from '../training/windows.ts';
import type { LinearPortfolioConfig } from './config.ts';

/** Scores `a + b'x` of scaled features x. */
export interface LinearScores {
  /** (F) */
  readonly coefficients: Float64Array;
  readonly intercept: number;
}

export interface RidgeFit extends LinearScores {
  readonly observations: number;
  /** Root of the mean squared residual. */
  readonly rmse: number;
  /** Deviation of the fitted values. */
  readonly deviation: number;
}

/** Rows of the design that are formed at once. */
const blockRows = 4096;

/**
 * Pooled ridge regression of forward returns on scaled features over all cells that can be held:
 *
 * `min_{a,b} sum (y - a - b'x)² + alpha |b|²`, y the return, times the volatility scale where positions are scaled by it.
 *
 * Normal equations of the data less their means, so that the intercept is not penalised. A cell in several windows counts in each.
 *
 * @throws DataError when no cell can be held, or numbers are too large to be squared; NotIdentifiedError when features are collinear and alpha is 0
 */
export function ridgeRegression(
  batch: PortfolioSequenceBatch,
  scale: InputScale,
  config: LinearPortfolioConfig,
): RidgeFit {
  const { ridgeAlpha, intercept, volatilityScaling } = config;
  const { mask, nFeatures: f, forwardReturns, volScale } = batch;
  const returns = forwardReturns ?? new Float64Array(mask.length);
  const scaled = volatilityScaling === 'gross-and-costs' ? volScale : undefined;
  // Column f is the target.
  const row = (cell: number, out: Float64Array, at: number): void => {
    for (let j = 0; j < f; j++) out[at + j] = (batch.features[cell * f + j] - scale.mean[j]) / scale.deviation[j];
    out[at + f] = returns[cell] * (scaled?.[cell] ?? 1);
  };
  const cells = Int32Array.from({ length: mask.length }, (_, cell) => cell).filter((cell) => mask[cell] !== 0);
  if (cells.length === 0)
    throw new DataError({
      field: 'mask',
      expected: 'cells that can be held',
      found: 'none',
      remedy: 'Pass windows in which at least one asset is available.',
    });
  const means = new Float64Array(f + 1);
  const one = new Float64Array(f + 1);
  if (intercept)
    for (const cell of cells) {
      row(cell, one, 0);
      for (let j = 0; j <= f; j++) means[j] += one[j] / cells.length;
    }
  const moments = new Float64Array((f + 1) * (f + 1));
  for (let from = 0; from < cells.length; from += blockRows) {
    const rows = Math.min(blockRows, cells.length - from);
    const block = new Float64Array(rows * (f + 1));
    for (let r = 0; r < rows; r++) row(cells[from + r], block, r * (f + 1));
    for (let i = 0; i < block.length; i++) block[i] -= means[i % (f + 1)];
    gram(matrix(rows, f + 1, block)).data.forEach((value, i) => (moments[i] += value));
  }
  if (!moments.every(Number.isFinite))
    throw new DataError({
      field: 'features and forwardReturns',
      expected: 'numbers whose squares can be summed in float64',
      found: 'some that are too large',
      remedy: 'Look for entries beyond 1e150, or scale the features and returns.',
    });
  const xx = new Float64Array(f * f);
  const xy = new Float64Array(f);
  for (let i = 0; i < f; i++) {
    xx.set(moments.subarray(i * (f + 1), i * (f + 1) + f), i * f);
    xy[i] = moments[i * (f + 1) + f];
  }
  const penalised = xx.slice();
  for (let i = 0; i < f; i++) penalised[i * (f + 1)] += ridgeAlpha;
  const coefficients = solvePositiveDefinite(matrix(f, f, penalised), matrix(f, 1, xy)).data;
  const explained = coefficients.reduce((sum, b, i) => sum + b * xy[i], 0);
  let fitted = 0;
  for (let i = 0; i < f; i++) for (let j = 0; j < f; j++) fitted += coefficients[i] * xx[i * f + j] * coefficients[j];
  const residual = Math.max(0, moments[moments.length - 1] - 2 * explained + fitted);
  return {
    coefficients,
    intercept: intercept ? means[f] - coefficients.reduce((sum, b, j) => sum + b * means[j], 0) : 0,
    observations: cells.length,
    rmse: Math.sqrt(residual / cells.length),
    deviation: Math.sqrt(Math.max(0, fitted) / cells.length),
  };
}
