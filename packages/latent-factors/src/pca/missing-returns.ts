import type { RunOptions } from '@ml4t/core';
import { matrix, multiply, type Matrix } from '@ml4t/core/linalg';
import { imputeByModel, type PanelFit, type StaticLoadingsPhase } from '../static-loadings/imputation.ts';
import { columnMeans } from '../static-loadings/observed-moments.ts';
import {
  principalSubspace,
  sizeOfReturns,
  unexplainedVariance,
  type PrincipalSubspace,
} from '../static-loadings/principal-subspace.ts';
import type { PCAConfig } from './config.ts';

export interface CompletedPanel extends PrincipalSubspace {
  /** (N): mean of each asset over the completed panel. */
  readonly means: Float64Array;
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
  config: Pick<PCAConfig, 'nFactors' | 'imputation' | 'maxIter' | 'tol' | 'acceleration'>,
  accelerate: boolean,
  options: RunOptions<StaticLoadingsPhase> = {},
): Promise<CompletedPanel> {
  const size = sizeOfReturns(returns);
  const decompose = (completed: Matrix): PanelFit & { means: Float64Array; subspace: PrincipalSubspace } => {
    const { rows, columns, data } = completed;
    const means = columnMeans(completed);
    const centred = matrix(rows, columns, data.slice());
    for (let t = 0, cell = 0; t < rows; t++) for (let i = 0; i < columns; i++) centred.data[cell++] -= means[i];
    const subspace = principalSubspace(centred, config.nFactors, size);
    return {
      means,
      subspace,
      cellVariance: subspace.totalVariance / columns,
      unexplained: unexplainedVariance(subspace),
      squareUnit: 1 / rows,
      fitted: () =>
        multiply(multiply(centred, subspace.loadings), subspace.loadings, { transposeB: true }).data.map(
          (value, cell) => value + means[cell % columns],
        ),
    };
  };
  const { fit, rounds, converged } = await imputeByModel(
    returns,
    columnMeans(returns),
    decompose,
    { ...config, accelerate },
    'PCAModel.fit',
    options,
  );
  return { ...fit.subspace, means: fit.means, rounds, converged };
}
