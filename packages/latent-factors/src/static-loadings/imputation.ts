import { throwIfAborted, type RunOptions } from '@ml4t/core';
import { matrix, type Matrix } from '@ml4t/core/linalg';
import { setImmediate } from 'node:timers/promises';
import { AndersonAcceleration } from '../anderson.ts';
import { isMissing } from './observed-moments.ts';

/** What PCA and RP-PCA report: the rounds that fill gaps. Without gaps they report nothing. */
export type StaticLoadingsPhase = 'imputation';

/** How gaps are filled and when filling them stops. */
export interface ImputationSettings {
  readonly imputation: 'em' | 'mean';
  readonly maxIter: number;
  readonly tol: number;
  readonly acceleration: 'anderson' | 'none';
}

/** A model of a completed panel. */
export interface PanelFit {
  /** (T x N): what the model says of every cell. */
  fitted(): Float64Array;
  /** Mean square of the completed panel's deviations from its means: the unit in which movement is measured. */
  readonly cellVariance: number;
  /** Squares that the model leaves unexplained of the completed panel, up to a constant factor: what every round lowers. */
  readonly unexplained: number;
}

export interface Imputed<F> {
  readonly fit: F;
  readonly rounds: number;
  readonly converged: boolean;
}

/**
 * Fits a low-rank model to a panel with gaps by expectation-maximisation: fill the gaps with what the model says of them,
 * fit again, repeat until a round moves the filled values by at most `tol` of the returns' standard deviation. Every round lowers
 * the sum of squared errors over the observed cells. At first the gaps hold `start` (N, per asset); 'mean' stops there.
 *
 * The rounds converge as slowly as much is missing, so the filled values are extrapolated from the last rounds (Anderson
 * acceleration). With x the filled values, rounds and extrapolations are steps on one function, `min over models of |completed(x) -
 * model|^2`, whose minimum is that of the observed cells: an extrapolation that raises it is taken back. Fixed points are the same.
 * Throws AbortedError under the name `operation`.
 */
export async function imputeByModel<F extends PanelFit>(
  panel: Matrix,
  start: Float64Array,
  fitPanel: (completed: Matrix) => F,
  { imputation, maxIter, tol, acceleration }: ImputationSettings,
  operation: string,
  { signal, onProgress }: RunOptions<StaticLoadingsPhase> = {},
): Promise<Imputed<F>> {
  const missing: number[] = [];
  for (let cell = 0; cell < panel.data.length; cell++) if (isMissing(panel.data[cell])) missing.push(cell);
  const completed = matrix(panel.rows, panel.columns, panel.data.slice());
  let filled: Float64Array = Float64Array.from(missing, (cell) => start[cell % panel.columns]);
  const fitFilled = (values: Float64Array): F => {
    filled = values;
    missing.forEach((cell, at) => (completed.data[cell] = values[at]));
    return fitPanel(completed);
  };
  const anderson = acceleration === 'anderson' ? new AndersonAcceleration() : undefined;
  let fit = fitFilled(filled);
  let rounds = 0;
  let converged = missing.length === 0 || imputation === 'mean';
  let lastTurn = performance.now();
  while (!converged && rounds < maxIter) {
    throwIfAborted(signal, operation);
    rounds++;
    const fitted = fit.fitted();
    const image = Float64Array.from(missing, (cell) => fitted[cell]);
    const residual = image.map((value, at) => value - filled[at]);
    const moved = residual.reduce((sum, value) => sum + value * value, 0);
    const movement = Math.sqrt(moved / missing.length / fit.cellVariance);
    converged = movement <= tol;
    const { unexplained } = fit;
    fit = fitFilled(anderson && !converged ? anderson.next(image, residual) : image);
    if (anderson && fit.unexplained > unexplained * (1 + 1e-11)) {
      anderson.restart();
      if (rounds < maxIter) rounds++;
      fit = fitFilled(image);
    }
    if (performance.now() - lastTurn > 50) {
      onProgress?.({ phase: 'imputation', unit: 'iteration', step: rounds, metrics: { movement } });
      await setImmediate();
      lastTurn = performance.now();
    }
  }
  return { fit, rounds, converged };
}
