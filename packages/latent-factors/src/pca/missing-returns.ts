import { throwIfAborted, type RunOptions } from '@ml4t/core';
import { matrix, multiply, type Matrix } from '@ml4t/core/linalg';
import { setImmediate } from 'node:timers/promises';
import type { PCAConfig } from './config.ts';
import { principalSubspace, type PrincipalSubspace } from './principal-subspace.ts';

export interface CompletedPanel extends PrincipalSubspace {
  /** (N): mean of each asset over the completed panel. */
  readonly means: Float64Array;
  /** Returns less means, with the missing ones imputed (T x N). */
  readonly centred: Matrix;
  readonly rounds: number;
  readonly converged: boolean;
}

/**
 * Principal components of a panel with gaps by expectation-maximisation: fill the gaps with `mean_i + loading_i' f_t`,
 * decompose, repeat until the filled values stand still. Filling them with the mean alone (the start, and all that
 * 'mean' does) shrinks the factors on dates with many gaps.
 *
 * Source: Stock and Watson (2002), "Macroeconomic forecasting using diffusion indexes", appendix A.
 */
export async function completePanel(
  returns: Matrix,
  config: Pick<PCAConfig, 'nFactors' | 'imputation' | 'maxIter' | 'tol'>,
  { signal, onProgress }: RunOptions = {},
): Promise<CompletedPanel> {
  const { rows, columns } = returns;
  const missing: number[] = [];
  returns.data.forEach((value, cell) => {
    if (Number.isNaN(value)) missing.push(cell);
  });
  const filled = returns.data.slice();
  const observedMeans = columnMeans(returns);
  for (const cell of missing) filled[cell] = observedMeans[cell % columns];
  let means = observedMeans;
  let centred = centre(filled, rows, columns, means);
  let subspace = principalSubspace(centred, config.nFactors);
  const iterate = missing.length > 0 && config.imputation === 'em';
  let rounds = 0;
  let converged = !iterate;
  let lastTurn = performance.now();
  while (!converged && rounds < config.maxIter) {
    throwIfAborted(signal, 'PCAModel.fit');
    rounds++;
    const factors = multiply(centred, subspace.loadings);
    const fitted = multiply(factors, subspace.loadings, { transposeB: true }).data;
    let moved = 0;
    for (const cell of missing) {
      const value = means[cell % columns] + fitted[cell];
      moved += (value - filled[cell]) ** 2;
      filled[cell] = value;
    }
    means = columnMeans(matrix(rows, columns, filled));
    centred = centre(filled, rows, columns, means);
    subspace = principalSubspace(centred, config.nFactors);
    const movement = Math.sqrt(moved / missing.length / (subspace.totalVariance / columns));
    converged = movement <= config.tol;
    if (performance.now() - lastTurn > 50) {
      onProgress?.({ phase: 'imputation', step: rounds, total: config.maxIter, metrics: { movement } });
      await setImmediate();
      lastTurn = performance.now();
    }
  }
  return { ...subspace, means, centred, rounds, converged };
}

/** Mean of each column over its entries that are not NaN; NaN when there is none. */
export function columnMeans({ rows, columns, data }: Matrix): Float64Array {
  const sums = new Float64Array(columns);
  const counts = new Float64Array(columns);
  for (let t = 0; t < rows; t++)
    for (let i = 0; i < columns; i++) {
      const value = data[t * columns + i];
      if (Number.isNaN(value)) continue;
      sums[i] += value;
      counts[i]++;
    }
  return sums.map((sum, i) => sum / counts[i]);
}

function centre(data: Float64Array, rows: number, columns: number, means: Float64Array): Matrix {
  return matrix(
    rows,
    columns,
    data.map((value, cell) => value - means[cell % columns]),
  );
}
