import type { RunOptions } from '@ml4t/core';
import { throwIfAborted } from '@ml4t/core/authoring';
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
  /** Whether the panel hangs together well enough for extrapolation. */
  readonly accelerate: boolean;
}

/** A model of a completed panel. */
export interface PanelFit {
  /** (T x N): what the model says of every cell. */
  fitted(): Float64Array;
  /** Mean square of the completed panel's deviations from its means: the unit in which movement is measured. */
  readonly cellVariance: number;
  /** Squares that the model leaves unexplained of the completed panel, in a unit of its own: what every round lowers. */
  readonly unexplained: number;
  /** What one squared cell adds to `unexplained`. */
  readonly squareUnit: number;
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
 * acceleration). With x the filled values and F(x) the least squares `min over models of |completed(x) - model|^2`, the errors H of
 * that model over the observed cells are F(x) less what the next round moves. A plain round promises `F(next) <= H`; an extrapolation
 * that does not keep this promise is taken back, so that H falls in every round, as in plain ones. Fixed points are the same.
 *
 * Where `accelerate` is false the rounds are plain: in a panel that hangs together by few dates ({@link overlapOf}), F is a valley
 * without a floor, along which an extrapolation can leave for asset means that no return has. Extrapolated rounds that have not
 * converged after `maxIter` are compared with as many plain ones, and the lower errors are kept.
 * Throws AbortedError under the name `operation`.
 */
export async function imputeByModel<F extends PanelFit>(
  panel: Matrix,
  start: Float64Array,
  fitPanel: (completed: Matrix) => F,
  { imputation, maxIter, tol, acceleration, accelerate }: ImputationSettings,
  operation: string,
  { signal, onProgress }: RunOptions<StaticLoadingsPhase> = {},
): Promise<Imputed<F>> {
  const missing: number[] = [];
  for (let cell = 0; cell < panel.data.length; cell++) if (isMissing(panel.data[cell])) missing.push(cell);
  const completed = matrix(panel.rows, panel.columns, panel.data.slice());
  const first = Float64Array.from(missing, (cell) => start[cell % panel.columns]);
  const fitFilled = (values: Float64Array): F => {
    missing.forEach((cell, at) => (completed.data[cell] = values[at]));
    return fitPanel(completed);
  };
  if (missing.length === 0 || imputation === 'mean') return { fit: fitFilled(first), rounds: 0, converged: true };

  let lastTurn = performance.now();
  let step = 0;
  const takeTurn = async (movement: number): Promise<void> => {
    step++;
    if (performance.now() - lastTurn <= 50) return;
    onProgress?.({ phase: 'imputation', unit: 'iteration', step, metrics: { movement } });
    await setImmediate();
    lastTurn = performance.now();
  };
  const run = async (anderson: AndersonAcceleration | undefined): Promise<Imputed<F> & { observed: number }> => {
    let filled: Float64Array = first;
    let fit = fitFilled(filled);
    let observed = fit.unexplained;
    let rounds = 0;
    let converged = false;
    while (!converged && rounds < maxIter) {
      throwIfAborted(signal, operation);
      rounds++;
      const fitted = fit.fitted();
      const image = Float64Array.from(missing, (cell) => fitted[cell]);
      const from = filled;
      const residual = image.map((value, at) => value - from[at]);
      const moved = residual.reduce((sum, value) => sum + value * value, 0);
      const movement = Math.sqrt(moved / missing.length / fit.cellVariance);
      converged = movement <= tol;
      observed = fit.unexplained - fit.squareUnit * moved;
      filled = anderson && !converged ? anderson.next(image, residual) : image;
      fit = fitFilled(filled);
      if (anderson && fit.unexplained > observed * (1 + 1e-11)) {
        anderson.restart();
        if (rounds < maxIter) rounds++;
        filled = image;
        fit = fitFilled(filled);
      }
      await takeTurn(movement);
    }
    return { fit, rounds, converged, observed };
  };
  const accelerated = await run(acceleration === 'anderson' && accelerate ? new AndersonAcceleration() : undefined);
  if (accelerated.converged || acceleration === 'none' || !accelerate) return accelerated;
  // Still on its way: plain rounds may have come further by another one.
  const plain = await run(undefined);
  return plain.converged || plain.observed < accelerated.observed ? plain : accelerated;
}
