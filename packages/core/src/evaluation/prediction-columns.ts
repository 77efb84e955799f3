import type { AssetSignalResult } from '../results/asset-level.ts';
import type { LatentFactorPrediction } from '../results/latent-factors.ts';

/**
 * The two columns by which a latent factor model is judged.
 *
 * `forecast` = alpha + beta' lambda, lambda the premia expected on the row's date: what predictive R2 compares.
 * `fitted` = alpha + beta' f, f the factor returns realised after the row's date on the fold's loadings: what total R2
 * compares. It uses the test returns by construction and is not a forecast.
 */
export function latentFactorColumns(prediction: LatentFactorPrediction): {
  forecast: Float64Array;
  fitted: Float64Array;
} {
  return { forecast: prediction.assetForecast.expectedReturns, fitted: prediction.state.fittedReturns() };
}

/** The first signal of a direct prediction, as `forecast` (R). */
export function signalColumns(prediction: AssetSignalResult): { forecast: Float64Array } {
  const width = prediction.signalNames.length;
  if (width === 1) return { forecast: prediction.signals };
  return {
    forecast: Float64Array.from({ length: prediction.index.nRows }, (_, row) => prediction.signals[row * width]),
  };
}
