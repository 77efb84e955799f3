import { ConfigError, LatentFactorState, NotFittedError, NotIdentifiedError, PanelIndex, Random } from '@ml4t/core';
import { describe, expect, it } from '@jest/globals';
import { AR1FactorForecaster, EWMAFactorForecaster, ExpandingMeanFactorForecaster } from '../../src/index.ts';
import { days } from '../golden/load.ts';

const stateOf = (factorReturns: readonly number[], first = 0): LatentFactorState =>
  new LatentFactorState({
    index: PanelIndex.full(
      Float64Array.from(days(factorReturns.length, first), (date) => Date.parse(date)),
      ['a'],
    ),
    nFactors: 1,
    betaLayout: 'asset',
    betas: Float64Array.of(1),
    factorReturns: Float64Array.from(factorReturns),
  });
const forecasters = [
  ['expanding-mean', (lag = 1) => new ExpandingMeanFactorForecaster({ realisationLag: lag })],
  ['ewma', (lag = 1) => new EWMAFactorForecaster({ realisationLag: lag })],
  ['ar1', (lag = 1) => new AR1FactorForecaster({ realisationLag: lag })],
] as const;

describe.each(forecasters)('%s', (_, create) => {
  const random = new Random(3);
  const series = Array.from({ length: 40 }, () => random.normal());

  it.each([1, 3])('uses nothing dated t or later, training dates included (realisation lag %i)', (lag) => {
    const premiaOf = (values: readonly number[]): Float64Array => {
      const forecaster = create(lag);
      forecaster.fit(stateOf(values.slice(0, 25)));
      const training = forecaster.predict(stateOf(values.slice(0, 25))).premia;
      return Float64Array.of(...training, ...forecaster.predict(stateOf(values.slice(25), 25)).premia);
    };
    const before = premiaOf(series);
    for (const cut of [5, 20, 25, 33]) {
      const disturbed = premiaOf(series.map((value, s) => (s >= cut ? value + 10 : value)));
      // The return dated `cut` is realised `lag` dates later: the premium of date cut + lag is the first to see it.
      expect(disturbed.slice(0, cut + lag)).toEqual(before.slice(0, cut + lag));
      expect(disturbed[cut + lag]).not.toBe(before[cut + lag]);
    }
  });

  it('says NaN before anything was realised, and refuses to work unfitted or on empty factors', () => {
    const forecaster = create();
    expect(() => forecaster.predict(stateOf(series))).toThrow(NotFittedError);
    expect(() => forecaster.fit(stateOf([Number.NaN, Number.NaN]))).toThrow(NotIdentifiedError);
    forecaster.fit(stateOf(series));
    const { premia, standardErrors } = forecaster.predict(stateOf(series));
    expect(Number.isNaN(premia[0])).toBe(true);
    expect(premia[1]).toBe(series[0]);
    expect(Number.isFinite(standardErrors?.[10] ?? Number.NaN)).toBe(true);
  });

  it('goes on from training into the batch at hand, also when they overlap', () => {
    const [separate, overlapping] = [create(), create()];
    separate.fit(stateOf(series.slice(0, 25)));
    overlapping.fit(stateOf(series.slice(0, 30)));
    const target = stateOf(series.slice(25), 25);
    expect(overlapping.predict(target).premia).toEqual(separate.predict(target).premia);
  });
});

describe('numbers', () => {
  it('the mean and its standard error', () => {
    const forecaster = new ExpandingMeanFactorForecaster({ covType: 'nonrobust' });
    forecaster.fit(stateOf([1, 2, 6]));
    const { premia, standardErrors, degreesOfFreedom } = forecaster.predict(stateOf([100, 100], 3));
    // Mean of 1, 2, 6 is 3; deviations -2, -1, 3: variance 14 / 2, over 3 observations. Then 100 joins.
    expect(premia[0]).toBe(3);
    expect(standardErrors?.[0]).toBeCloseTo(Math.sqrt(7 / 3), 14);
    expect(degreesOfFreedom?.[0]).toBe(2);
    expect(premia[1]).toBe(109 / 4);
  });

  it('exponential weights by hand, and the standard error of equal weights in the limit', () => {
    const forecaster = new EWMAFactorForecaster({ halfLife: 1 });
    forecaster.fit(stateOf([4, 2, 1]));
    // Weights 1/4, 1/2, 1.
    expect(forecaster.predict(stateOf([0], 3)).premia[0]).toBeCloseTo((4 / 4 + 2 / 2 + 1) / 1.75, 14);
    for (const covType of ['nonrobust', 'EWC'] as const) {
      const slow = new EWMAFactorForecaster({ halfLife: 1e9, covType });
      const mean = new ExpandingMeanFactorForecaster({ covType });
      for (const each of [slow, mean]) each.fit(stateOf([4, 2, 1, 3, 8, -2]));
      const [a, b] = [slow, mean].map((each) => each.predict(stateOf([0], 6)));
      expect(a.premia[0]).toBeCloseTo(b.premia[0], 7);
      expect(a.standardErrors?.[0]).toBeCloseTo(b.standardErrors?.[0] ?? 0, 7);
    }
  });

  it('exponential weights have the same bits on every version of Node', () => {
    const forecaster = new EWMAFactorForecaster({ halfLife: 2, covType: 'nonrobust' });
    forecaster.fit(stateOf([4, 2, 1, 7, -3]));
    const { premia, standardErrors } = forecaster.predict(stateOf([0, 0.5, 1], 5));
    expect([...premia]).toEqual([1.4789601002742696, 0.9839002325417012, 0.8284271247461901]);
    expect([...(standardErrors ?? [])]).toEqual([2.240409527792915, 1.745348743244372, 1.3765971557494452]);
  });

  it('a first-order autoregression: slope, shrinkage, bound, and the way back to the mean', () => {
    const random = new Random(11);
    const values = [0];
    for (let t = 1; t < 4000; t++) values.push(0.1 + 0.6 * values[t - 1] + random.normal());
    values.push(5);
    const oneStep = (config: { shrinkage?: number; stationarityBound?: number }): Float64Array => {
      const forecaster = new AR1FactorForecaster({ update: 'frozen', ...config });
      forecaster.fit(stateOf(values));
      return forecaster.predict(stateOf(new Array<number>(60).fill(0), values.length)).premia;
    };
    // The slope's standard error is sqrt((1 - .36) / 4000) = .013 and the last value is 5: five of them are .3.
    const free = oneStep({ shrinkage: 0 });
    expect(Math.abs(free[0] - (0.1 + 0.6 * 5))).toBeLessThan(0.3);
    expect(Math.abs(free[59] - 0.25)).toBeLessThan(0.2);
    const full = oneStep({ shrinkage: 1 });
    expect(full[0]).toBeCloseTo(full[59], 12);
    const half = oneStep({ shrinkage: 0.5 });
    expect(half[0]).toBeCloseTo((free[0] + full[0]) / 2, 10);
    expect(oneStep({ shrinkage: 0, stationarityBound: 0.1 })[0]).toBeLessThan(half[0]);
  });

  it('standard errors of the autoregression match repeated samples', () => {
    // Monte Carlo: the spread of the forecast of E[f | last = 1] around the truth, against the mean reported error.
    const [errors, reported] = [[] as number[], [] as number[]];
    for (let seed = 0; seed < 400; seed++) {
      const random = new Random(seed);
      const values = [0];
      for (let t = 1; t < 120; t++) values.push(0.3 * values[t - 1] + random.normal());
      values.push(1);
      const forecaster = new AR1FactorForecaster({ shrinkage: 0 });
      forecaster.fit(stateOf(values));
      const { premia, standardErrors } = forecaster.predict(stateOf([0], values.length));
      errors.push(premia[0] - 0.3);
      reported.push(standardErrors?.[0] ?? Number.NaN);
    }
    const spread = Math.sqrt(errors.reduce((sum, e) => sum + e * e, 0) / errors.length);
    const mean = reported.reduce((sum, e) => sum + e, 0) / reported.length;
    // A standard deviation from 400 draws has a relative error of 1 / sqrt(800) = 3.5 %; small-sample bias adds a little.
    expect(Math.abs(mean / spread - 1)).toBeLessThan(0.15);
  });

  it('refuses impossible configurations', () => {
    expect(() => new EWMAFactorForecaster({ halfLife: 0 })).toThrow(ConfigError);
    expect(() => new AR1FactorForecaster({ stationarityBound: 1 })).toThrow(ConfigError);
    expect(() => new ExpandingMeanFactorForecaster({ realisationLag: 0 })).toThrow(ConfigError);
  });
});
