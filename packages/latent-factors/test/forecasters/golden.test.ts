import { FactorForecastResult, LatentFactorState, PanelIndex } from '@ml4t/core';
import { describe, expect, it } from '@jest/globals';
import { BetaLambdaMapper, ExpandingMeanFactorForecaster } from '../../src/index.ts';
import { days, flat, golden, largestDifference } from '../golden/load.ts';

interface Golden {
  factors_full: number[][];
  factors_missing: (number | null)[][];
  cases: { input: 'full' | 'missing' | 'single_row'; forecaster: string; forecast_7_periods: number[][] }[];
  mapper: { asset_betas: number[][][]; factor_premia: number[][]; expected_returns: number[][] };
}
const data = golden<Golden>('forecasters_mapper');

const stateOf = (factorReturns: Float64Array, dates: string[]): LatentFactorState => {
  const k = 3;
  return new LatentFactorState({
    index: PanelIndex.full(
      Float64Array.from(dates, (date) => Date.parse(date)),
      ['a'],
    ),
    nFactors: k,
    betaLayout: 'asset',
    betas: new Float64Array(k),
    factorReturns,
  });
};

describe('against the Python reference', () => {
  const inputs = {
    full: flat(data.factors_full),
    missing: flat(data.factors_missing),
    single_row: flat(data.factors_full).slice(0, 3),
  };
  it.each(data.cases.filter((each) => each.forecaster === 'expanding_mean').map((each) => [each.input, each] as const))(
    'the frozen mean of the %s history agrees',
    (input, expected) => {
      const factors = inputs[input];
      const n = factors.length / 3;
      const forecaster = new ExpandingMeanFactorForecaster({ update: 'frozen' });
      forecaster.fit(stateOf(factors, days(n)));
      const { premia } = forecaster.predict(stateOf(new Float64Array(21).fill(9), days(7, n)));
      // The running mean and the reference's sum round differently: a few units in the last place of 0.01.
      expect(largestDifference(premia, flat(expected.forecast_7_periods))).toBeLessThan(1e-16);
    },
  );

  it('beta x lambda agrees', () => {
    const { asset_betas, factor_premia, expected_returns } = data.mapper;
    const assets = asset_betas[0].map((_, i) => `a${i}`);
    const timestamps = Float64Array.from(days(7), (date) => Date.parse(date));
    const state = new LatentFactorState({
      index: PanelIndex.full(timestamps, assets),
      nFactors: 3,
      betaLayout: 'row',
      betas: flat(asset_betas),
      factorReturns: new Float64Array(21),
    });
    const forecast = new FactorForecastResult({
      timestamps,
      factorNames: state.factorNames,
      premia: flat(factor_premia),
    });
    const { expectedReturns } = new BetaLambdaMapper().predict(state, forecast);
    // Three products of numbers near one, added in another order.
    expect(largestDifference(expectedReturns, flat(expected_returns))).toBeLessThan(1e-14);
  });
});
