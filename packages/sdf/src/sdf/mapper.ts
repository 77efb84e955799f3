import { AssetForecastResult, DataError, NotFittedError, ShapeError, type PanelIndex } from '@ml4t/core';
import { timesAssetCount } from './weights.ts';

/** One exposure per row: an extracted SDF state, or the signal of the beta head. */
export type RowExposures =
  | {
      readonly index: PanelIndex;
      readonly weights: Float64Array;
      readonly exposures?: Float64Array | undefined;
      readonly checkpoint?: string | undefined;
    }
  | { readonly index: PanelIndex; readonly signals: Float64Array; readonly checkpoint?: string | undefined };

/**
 * Expected returns as a line in one exposure: `E r_{i,t+1} = a + b x_{i,t}`, a and b by pooled least squares over training rows.
 *
 * Theory has expected returns proportional to the beta of the SDF portfolio, `cov(r, F) / var(F)`; so prefer the signals of
 * {@link StochasticDiscountFactorBetaNetworkHead} as exposures. With SDF weights the line is a convenience: they are betas
 * up to scale only when residual risk is alike across assets. Weights are about 1 / N_t, so x is what they were made of, the
 * state's `exposures`; of weights alone, the weight times N_t, the number of weights at its date.
 */
export class LinearStochasticDiscountFactorReturnMapper {
  #line: { readonly intercept: number; readonly slope: number } | undefined;

  get isFitted(): boolean {
    return this.#line !== undefined;
  }
  /** a, per period. */
  get intercept(): number {
    return this.#requireLine('intercept').intercept;
  }
  /** b, per period and unit of the exposure. */
  get slope(): number {
    return this.#requireLine('slope').slope;
  }

  /**
   * @param exposures state or signals of the training rows
   * @param returns (R), earned after each row's date; NaN is left out
   * @throws ShapeError for other lengths; DataError with fewer than two rows or exposures that do not vary.
   */
  fit(exposures: RowExposures, returns: Float64Array): void {
    const x = valuesOf(exposures);
    if (returns.length !== x.length)
      throw new ShapeError({
        field: 'returns',
        expected: `${x.length} entries, one per row of the exposures`,
        found: String(returns.length),
        remedy: 'Pass the returns of the batch the exposures were extracted from.',
      });
    let [n, sumX, sumY] = [0, 0, 0];
    for (let row = 0; row < x.length; row++) {
      if (x[row] !== x[row] || returns[row] !== returns[row]) continue;
      n++;
      sumX += x[row];
      sumY += returns[row];
    }
    const [meanX, meanY] = [sumX / n, sumY / n];
    let [variation, product] = [0, 0];
    for (let row = 0; row < x.length; row++) {
      if (x[row] !== x[row] || returns[row] !== returns[row]) continue;
      variation += (x[row] - meanX) ** 2;
      product += (x[row] - meanX) * (returns[row] - meanY);
    }
    if (n < 2 || !(variation > 1e-24 * n * meanX * meanX))
      throw new DataError({
        field: 'exposures',
        expected: 'at least two rows with a return whose exposures differ',
        found: n < 2 ? `${n} rows` : 'exposures that are all alike',
        remedy: 'Fit on more rows, or train the model for longer.',
      });
    const slope = product / variation;
    this.#line = { intercept: meanY - slope * meanX, slope };
  }

  /** a + b x for every row; NaN where the exposure is. Throws NotFittedError. */
  predict(exposures: RowExposures): AssetForecastResult {
    const { intercept, slope } = this.#requireLine('predict');
    return new AssetForecastResult({
      index: exposures.index,
      expectedReturns: valuesOf(exposures).map((x) => intercept + slope * x),
      checkpoint: exposures.checkpoint,
    });
  }

  #requireLine(operation: string): { readonly intercept: number; readonly slope: number } {
    if (!this.#line) throw new NotFittedError('LinearStochasticDiscountFactorReturnMapper', operation);
    return this.#line;
  }
}

function valuesOf(exposures: RowExposures): Float64Array {
  if (!('weights' in exposures)) return exposures.signals;
  return exposures.exposures ?? timesAssetCount(exposures.weights, exposures.index.rowOffsets);
}
