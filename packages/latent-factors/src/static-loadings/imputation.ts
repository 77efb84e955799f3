import { throwIfAborted, type RunOptions } from '@ml4t/core';
import { matrix, type Matrix } from '@ml4t/core/linalg';
import { setImmediate } from 'node:timers/promises';
import { isMissing } from './observed-moments.ts';

/** How gaps are filled and when filling them stops. */
export interface ImputationSettings {
  readonly imputation: 'em' | 'mean';
  readonly maxIter: number;
  readonly tol: number;
}

/** A model of a completed panel. */
export interface PanelFit {
  /** (T x N): what the model says of every cell. */
  fitted(): Float64Array;
  /** Mean square of the completed panel's deviations from its means: the unit in which movement is measured. */
  readonly cellVariance: number;
}

export interface Imputed<F> {
  readonly fit: F;
  readonly rounds: number;
  readonly converged: boolean;
}

/**
 * Fits a low-rank model to a panel with gaps by expectation-maximisation: fill the gaps with what the model says of them,
 * fit again, repeat until the filled values move by at most `tol` of the returns' standard deviation. Every round lowers
 * the sum of squared errors over the observed cells. At first the gaps hold `start` (N, per asset); 'mean' stops there.
 * Throws AbortedError under the name `operation`.
 */
export async function imputeByModel<F extends PanelFit>(
  panel: Matrix,
  start: Float64Array,
  fitPanel: (completed: Matrix) => F,
  { imputation, maxIter, tol }: ImputationSettings,
  operation: string,
  { signal, onProgress }: RunOptions = {},
): Promise<Imputed<F>> {
  const missing: number[] = [];
  for (let cell = 0; cell < panel.data.length; cell++) if (isMissing(panel.data[cell])) missing.push(cell);
  const completed = matrix(panel.rows, panel.columns, panel.data.slice());
  for (const cell of missing) completed.data[cell] = start[cell % panel.columns];
  let fit = fitPanel(completed);
  let rounds = 0;
  let converged = missing.length === 0 || imputation === 'mean';
  let lastTurn = performance.now();
  while (!converged && rounds < maxIter) {
    throwIfAborted(signal, operation);
    rounds++;
    const fitted = fit.fitted();
    let moved = 0;
    for (const cell of missing) {
      moved += (fitted[cell] - completed.data[cell]) ** 2;
      completed.data[cell] = fitted[cell];
    }
    fit = fitPanel(completed);
    const movement = Math.sqrt(moved / missing.length / fit.cellVariance);
    converged = movement <= tol;
    if (performance.now() - lastTurn > 50) {
      onProgress?.({ phase: 'imputation', step: rounds, total: maxIter, metrics: { movement } });
      await setImmediate();
      lastTurn = performance.now();
    }
  }
  return { fit, rounds, converged };
}
