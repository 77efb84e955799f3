import { describe, expect, it } from '@jest/globals';
import { LatentFactorState, PanelIndex, Random, type FactorForecastResult } from '@ml4t/core';
import { meanInference } from '@ml4t/core/inference';
import { AR1FactorForecaster, EWMAFactorForecaster, ExpandingMeanFactorForecaster } from '../../src/index.ts';
import { estimationSize, longRunCovariance } from '../../src/forecasters/factor-errors.ts';

const day = 86_400_000;
/** A state of one factor whose returns span `horizon` dates, from date `first` on. */
function stateOf(factorReturns: ArrayLike<number>, first = 0, horizon = 1): LatentFactorState {
  const index = PanelIndex.full(
    Float64Array.from({ length: factorReturns.length }, (_, t) => (first + t) * day),
    ['asset'],
  );
  return new LatentFactorState({
    index,
    nFactors: 1,
    betaLayout: 'asset',
    betas: Float64Array.of(1),
    factorNames: ['factor1'],
    factorReturns: Float64Array.from(factorReturns),
    timing: { returnHorizon: horizon, realisationLag: horizon },
  });
}

function overlapping(random: Random, n: number, horizon: number): number[] {
  const steps = Array.from({ length: n + horizon }, () => random.normal());
  return Array.from({ length: n }, (_, t) => steps.slice(t, t + horizon).reduce((a, b) => a + b, 0));
}

/** Two-sided 5 % points of t with 1 to 15 degrees of freedom. */
const critical = [
  12.71, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.16, 2.145, 2.131,
];
const rejects = ({ premia, standardErrors, degreesOfFreedom }: FactorForecastResult): boolean =>
  Math.abs(premia[0] / (standardErrors?.[0] ?? 0)) > critical[Math.min(15, degreesOfFreedom?.[0] ?? 0) - 1];
const share = (draws: number, one: (random: Random) => boolean): number => {
  let count = 0;
  for (let seed = 1; seed <= draws; seed++) if (one(new Random(seed))) count++;
  return (100 * count) / draws;
};

describe('errors of premia', () => {
  it('of the mean are those of meanInference, whatever dates are asked for', () => {
    const values = overlapping(new Random(1), 60, 3);
    const forecaster = new ExpandingMeanFactorForecaster();
    forecaster.fit(stateOf(values.slice(0, 20), 0, 3));
    const all = forecaster.predict(stateOf(values.slice(20), 20, 3));
    // The return of date 16 is the last that date 19 knows: at date 20 there are 18.
    const known = meanInference(Float64Array.from(values.slice(0, 18)), { horizon: 3 });
    expect(all.standardErrors?.[0]).toBeCloseTo(known.standardError, 14);
    expect(all.degreesOfFreedom?.[0]).toBe(known.degreesOfFreedom);
    const late = forecaster.predict(stateOf(values.slice(0, 60), 0, 3));
    expect(late.standardErrors?.subarray(20)).toEqual(all.standardErrors);
  });

  for (const [horizon, n] of [
    [1, 252],
    [5, 252],
    [21, 252],
    [5, 1000],
  ])
    it(`of the mean hold their size: ${n} returns over ${horizon} dates`, () => {
      const rate = share(n > 500 ? 250 : 600, (random) => {
        const forecaster = new ExpandingMeanFactorForecaster();
        forecaster.fit(stateOf(overlapping(random, n, horizon), 0, horizon));
        return rejects(forecaster.predict(stateOf([0], n + horizon, horizon)));
      });
      expect(rate).toBeGreaterThan(2);
      expect(rate).toBeLessThan(8);
    });

  it('of exponential weights, too: at most 8 % and not nothing, where independent dates reject far more', () => {
    const rate = (covType: 'EWC' | 'nonrobust'): number =>
      share(400, (random) => {
        const forecaster = new EWMAFactorForecaster({ halfLife: 60, covType });
        forecaster.fit(stateOf(overlapping(random, 252, 5), 0, 5));
        return rejects(forecaster.predict(stateOf([0], 257, 5)));
      });
    expect(rate('EWC')).toBeGreaterThan(1);
    expect(rate('EWC')).toBeLessThan(8);
    expect(rate('nonrobust')).toBeGreaterThan(25);
  });

  it('of the autoregression are about the spread of its coefficients under overlap', () => {
    // Returns over five dates have a slope of .8 by overlap alone; the forecast of E[f | last = 0] is about the mean.
    const [errors, robust, plain] = [[] as number[], [] as number[], [] as number[]];
    for (let seed = 1; seed <= 300; seed++) {
      const values = [...overlapping(new Random(seed), 300, 5), 0];
      const of = (covType: 'EWC' | 'nonrobust'): FactorForecastResult => {
        const forecaster = new AR1FactorForecaster({ shrinkage: 0, covType });
        forecaster.fit(stateOf(values, 0, 5));
        // The last of these dates is the first that knows the last value.
        return forecaster.predict(stateOf(new Array<number>(5).fill(0), values.length, 5));
      };
      const [a, b] = [of('EWC'), of('nonrobust')];
      errors.push(a.premia[4]);
      robust.push(a.standardErrors?.[4] ?? Number.NaN);
      plain.push(b.standardErrors?.[4] ?? Number.NaN);
    }
    const root = (x: number[]): number => Math.sqrt(x.reduce((sum, e) => sum + e * e, 0) / x.length);
    expect(root(robust) / root(errors)).toBeGreaterThan(0.75);
    expect(root(robust) / root(errors)).toBeLessThan(1.25);
    expect(Math.abs(Math.log(root(robust) / root(errors)))).toBeLessThan(
      Math.abs(Math.log(root(plain) / root(errors))),
    );
  });

  it('are not said of a history that is too short for its horizon', () => {
    const forecaster = new ExpandingMeanFactorForecaster();
    forecaster.fit(stateOf(overlapping(new Random(2), 40, 21), 0, 21));
    const { premia, standardErrors, degreesOfFreedom } = forecaster.predict(stateOf([0], 61, 21));
    expect(premia[0]).not.toBeNaN();
    expect([standardErrors?.[0], degreesOfFreedom?.[0]]).toEqual([Number.NaN, 0]);
  });

  it('are estimated at sizes that depend on the length of the history alone', () => {
    const sizes = Array.from({ length: 3000 }, (_, n) => estimationSize(n));
    expect(sizes.slice(0, 24)).toEqual([...Array.from({ length: 22 }, (_, n) => n), 21, 23]);
    sizes.slice(1).forEach((size, n) => {
      expect(size).toBeGreaterThanOrEqual(sizes[n]);
      expect(size).toBeLessThanOrEqual(n + 1);
      expect(size).toBeGreaterThan((n + 1) / 1.11);
    });
  });

  it('of several coefficients have the covariance of any combination of them', () => {
    const random = new Random(4);
    const x = Float64Array.from({ length: 200 }, () => random.normal());
    const y = x.map((value) => 1e-5 * (value + random.normal()));
    const options = { covType: 'EWC', horizon: 2 } as const;
    const { xx, xy, yy } = longRunCovariance(x, y, options);
    const combined = longRunCovariance(
      x.map((value, t) => 2 * value - 3e5 * y[t]),
      y,
      options,
    ).xx;
    expect((4 * xx - 12e5 * xy + 9e10 * yy) / combined).toBeCloseTo(1, 10);
  });
});
