import { ShapeError, type PanelIndex, type StochasticDiscountFactorState } from '@ml4t/core';
import { sdfSharpeRatio } from './weights.ts';

/** How well one exposure per row explains returns, as fractions. */
export interface ExplainedReturns {
  /** `EV = 1 - mean_t mean_i e^2 / mean_t mean_i r^2`. */
  readonly explainedVariation: number;
  /** `XS-R2 = 1 - sum_i (T_i / T) (mean_t e)^2 / sum_i (T_i / T) (mean_t r)^2`. */
  readonly crossSectionalR2: number;
}

/** {@link ExplainedReturns}, the Sharpe ratio of the SDF portfolio, per period, and what M leaves unpriced. */
export interface SdfStatistics extends ExplainedReturns {
  readonly sharpe: number;
  /**
   * `sqrt(sum_i T_i (mean_t M_t r_ti)^2 / sum_i T_i (mean_t r_ti)^2)` with the kernel before its normalisation: 0 where M prices all
   * assets, 1 where it prices as little as M = 1 does.
   */
  readonly pricingError: number;
}

/**
 * Explained variation and cross-sectional R2 of one exposure per row: e_t is the residual of the regression, without a
 * constant, of the returns of a date on the exposures of that date. The scale and the sign of the exposures at a date play no
 * part. Rows without an exposure or a return are left out; T_i counts the dates of asset i.
 *
 * @param index coordinates of the rows (R)
 * @param exposures (R): betas of the SDF portfolio, or its weights
 * @param returns (R), earned after the row's date
 * @throws ShapeError when lengths differ from the rows of the index.
 *
 * Source: Chen, Pelger and Zhu (2024), "Deep learning in asset pricing", Management Science 70.
 */
export function explainedReturns(index: PanelIndex, exposures: Float64Array, returns: Float64Array): ExplainedReturns {
  for (const [field, values] of Object.entries({ exposures, returns }))
    if (values.length !== index.nRows)
      throw new ShapeError({
        field,
        expected: `${index.nRows} entries, one per row of the index`,
        found: String(values.length),
        remedy: 'Pass the rows of one batch.',
      });
  const { rowOffsets, assetIndex, nAssets, nDates } = index;
  const [dates, residualSums, returnSums] = [0, 1, 2].map(() => new Float64Array(nAssets));
  let residualSquares = 0;
  let returnSquares = 0;
  for (let t = 0; t < nDates; t++) {
    let [cross, squares, size, count] = [0, 0, 0, 0];
    for (let row = rowOffsets[t]; row < rowOffsets[t + 1]; row++) {
      const [b, r] = [exposures[row], returns[row]];
      if (b !== b || r !== r) continue;
      cross += b * r;
      squares += b * b;
      size += r * r;
      count++;
    }
    if (count === 0) continue;
    const slope = squares > 0 ? cross / squares : 0;
    returnSquares += size / count;
    let unexplained = 0;
    for (let row = rowOffsets[t]; row < rowOffsets[t + 1]; row++) {
      const [b, r] = [exposures[row], returns[row]];
      if (b !== b || r !== r) continue;
      const e = r - slope * b;
      unexplained += e * e;
      const asset = assetIndex[row];
      dates[asset]++;
      residualSums[asset] += e;
      returnSums[asset] += r;
    }
    residualSquares += unexplained / count;
  }
  let [errors, means] = [0, 0];
  for (let i = 0; i < nAssets; i++) {
    if (dates[i] === 0) continue;
    // T_i (sum / T_i)^2; the common factor 1 / (N T) goes.
    errors += residualSums[i] ** 2 / dates[i];
    means += returnSums[i] ** 2 / dates[i];
  }
  return { explainedVariation: 1 - residualSquares / returnSquares, crossSectionalR2: 1 - errors / means };
}

/**
 * Sharpe ratio, EV and XS-R2 of an extracted state. Exposures are the betas given, where there are some, else the SDF weights
 * themselves, as in the authors' own monitoring: a weight is a beta only when residual covariances are alike across assets. The
 * pricing error is of the state's `pricingKernel`, or of its `sdfValues` where it has none.
 */
export function sdfStatistics(
  state: StochasticDiscountFactorState,
  returns: Float64Array,
  betas: Float64Array = state.weights,
): SdfStatistics {
  const explained = explainedReturns(state.index, betas, returns);
  const { index, sdfValues, pricingKernel = sdfValues } = state;
  return { sharpe: sdfSharpeRatio(sdfValues), ...explained, pricingError: pricingError(index, pricingKernel, returns) };
}

/** See {@link SdfStatistics.pricingError}. Rows without a return or at dates without M are left out. */
function pricingError(
  { rowOffsets, assetIndex, nAssets, nDates }: PanelIndex,
  kernel: Float64Array,
  returns: Float64Array,
): number {
  const [dates, errorSums, returnSums] = [0, 1, 2].map(() => new Float64Array(nAssets));
  for (let t = 0; t < nDates; t++)
    for (let row = rowOffsets[t]; row < rowOffsets[t + 1]; row++) {
      const error = kernel[t] * returns[row];
      if (error !== error) continue;
      dates[assetIndex[row]]++;
      errorSums[assetIndex[row]] += error;
      returnSums[assetIndex[row]] += returns[row];
    }
  let [errors, means] = [0, 0];
  for (let i = 0; i < nAssets; i++) {
    if (dates[i] === 0) continue;
    errors += (errorSums[i] * errorSums[i]) / dates[i];
    means += (returnSums[i] * returnSums[i]) / dates[i];
  }
  return Math.sqrt(errors / means);
}
