import type { PanelIndex } from '../batches/panel-index.ts';
import { requireLength } from '../validation.ts';

/** An uncentred R2 with what it was computed from, so that parts can be pooled. */
export interface UncentredR2 {
  /** 1 - residualSumOfSquares / totalSumOfSquares, a fraction; NaN when nothing could be compared. */
  readonly r2: number;
  /** Sum of (r - fit)^2. */
  readonly residualSumOfSquares: number;
  /** Sum of r^2: uncentred, against a forecast of zero. */
  readonly totalSumOfSquares: number;
  /** Entries compared: both values present. */
  readonly count: number;
}

/**
 * Uncentred R2 with its parts: `1 - sum (r - fit)^2 / sum r^2` over the entries where neither is NaN.
 *
 * NaN means missing and is left out on either side; look at `count` when a model may be silent on part of the rows. An
 * infinite fit is not missing: it gives -Infinity.
 *
 * Throws ShapeError when the lengths differ.
 */
export function uncentredR2(returns: Float64Array, fitted: Float64Array): UncentredR2 {
  requireLength('fitted', fitted, returns.length, 'one per return');
  return compareRange(returns, fitted, 0, returns.length);
}

/**
 * Total R2, a fraction: `1 - sum (r_{i,t+1} - fit_{i,t+1})^2 / sum r_{i,t+1}^2`, the fit made with *realised* factors.
 *
 * Uncentred, over all entries where neither value is NaN, as in Gu, Kelly and Xiu (2021) and Kelly, Pruitt and
 * Su (2019). NaN when there is none. Throws ShapeError when the lengths differ.
 */
export function totalR2(returns: Float64Array, fitted: Float64Array): number {
  return uncentredR2(returns, fitted).r2;
}

/**
 * Predictive R2, a fraction: the formula of {@link totalR2} with *expected* returns, known before the return was
 * earned, in place of the fit: `1 - sum (r_{i,t+1} - E_t r_{i,t+1})^2 / sum r_{i,t+1}^2`.
 *
 * The benchmark is a forecast of zero, not the historical mean. Throws ShapeError when the lengths differ.
 */
export function predictiveR2(returns: Float64Array, expectedReturns: Float64Array): number {
  requireLength('expectedReturns', expectedReturns, returns.length, 'one per return');
  return compareRange(returns, expectedReturns, 0, returns.length).r2;
}

/**
 * The uncentred R2 of each date's cross-section (T): NaN on dates without a comparable entry.
 * Throws ShapeError when the lengths differ from the index.
 */
export function r2ByDate(index: PanelIndex, returns: Float64Array, fitted: Float64Array): Float64Array {
  requireLength('returns', returns, index.nRows, 'one per row of the index');
  requireLength('fitted', fitted, index.nRows, 'one per row of the index');
  const out = new Float64Array(index.nDates);
  for (let t = 0; t < index.nDates; t++)
    out[t] = compareRange(returns, fitted, index.rowOffsets[t], index.rowOffsets[t + 1]).r2;
  return out;
}

function compareRange(returns: Float64Array, fitted: Float64Array, from: number, to: number): UncentredR2 {
  let residual = 0;
  let total = 0;
  let count = 0;
  for (let i = from; i < to; i++) {
    const r = returns[i];
    const error = r - fitted[i];
    if (Number.isNaN(r) || Number.isNaN(fitted[i])) continue;
    residual += error * error;
    total += r * r;
    count++;
  }
  // Without any return that differs from zero there is nothing to explain.
  const r2 = total > 0 ? 1 - residual / total : Number.NaN;
  return { r2, residualSumOfSquares: residual, totalSumOfSquares: total, count };
}
