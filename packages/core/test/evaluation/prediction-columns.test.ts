import { describe, expect, it } from '@jest/globals';
import { latentFactorColumns, signalColumns } from '../../src/evaluation/prediction-columns.ts';
import { AssetSignalResult } from '../../src/results/asset-level.ts';
import {
  AssetForecastResult,
  FactorForecastResult,
  LatentFactorPrediction,
  LatentFactorState,
  combineBetas,
} from '../../src/results/latent-factors.ts';
import { raggedPanel } from './fixtures.ts';

describe('prediction columns', () => {
  it('separates the forecast at expected premia from the fit at realised factor returns', () => {
    const { index } = raggedPanel(3, 4);
    const betas = Float64Array.from({ length: index.nRows * 2 }, (_, i) => 1 + i);
    const realised = Float64Array.of(0.1, 0.2, 0.3, 0.4, 0.5, 0.6);
    const premia = Float64Array.of(0.01, 0.02, 0.03, 0.04, 0.05, 0.06);
    const state = new LatentFactorState({ index, nFactors: 2, betaLayout: 'row', betas, factorReturns: realised });
    const prediction = new LatentFactorPrediction(
      state,
      new FactorForecastResult({ timestamps: index.timestamps, factorNames: state.factorNames, premia }),
      new AssetForecastResult({ index, expectedReturns: combineBetas(state, premia) }),
    );
    const { forecast, fitted } = latentFactorColumns(prediction);
    const row = index.rowOffsets[1];
    expect(forecast[row]).toBe(betas[2 * row] * 0.03 + betas[2 * row + 1] * 0.04);
    expect(fitted[row]).toBe(betas[2 * row] * 0.3 + betas[2 * row + 1] * 0.4);
  });

  it('reads the first of several signals', () => {
    const { index } = raggedPanel(1, 3);
    const signals = Float64Array.from({ length: index.nRows * 2 }, (_, i) => i);
    const result = new AssetSignalResult({ index, signals, signalNames: ['main', 'other'], unit: 'score' });
    expect(Array.from(signalColumns(result).forecast)).toEqual(Array.from({ length: index.nRows }, (_, i) => 2 * i));
  });
});
