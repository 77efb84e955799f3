import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  compareSharpeRatios,
  deflatedSharpeRatio,
  dieboldMariano,
  expectedMaximumSharpeRatio,
  factorRegression,
  grsTest,
  modelConfidenceSet,
  probabilisticSharpeRatio,
  superiorPredictiveAbility,
} from '../../src/inference/index.ts';
import { DataError, NotIdentifiedError, Random, ShapeError } from '../../src/index.ts';

interface Golden {
  readonly portfolios: readonly (readonly number[])[];
  readonly factors: readonly (readonly number[])[];
  readonly losses: { readonly l1: readonly number[]; readonly l2: readonly number[] };
  readonly sharpe_pair: { readonly r1: readonly number[]; readonly r2: readonly number[] };
  readonly regression_p0_hac4: Readonly<Record<'params' | 'se' | 't', readonly number[]>> & { readonly r2: number };
  readonly grs: { readonly stat: number; readonly p: number; readonly alphas: readonly number[] };
  readonly diebold_mariano: Readonly<
    Record<string, { readonly dm: number; readonly hln: number; readonly p_t: number }>
  >;
  readonly sharpe_difference: Readonly<Record<string, Readonly<Record<'difference' | 'se' | 'z' | 'p', number>>>>;
  readonly deflated: {
    readonly inputs: Readonly<Record<'s' | 'T' | 'skew' | 'kurt' | 'trials_sd' | 'N', number>>;
    readonly expected: Readonly<Record<'sr0' | 'dsr' | 'psr0', number>>;
  };
  readonly spa: {
    readonly benchmark_losses: readonly number[];
    readonly model_losses: readonly (readonly number[])[];
    readonly pvalues: Readonly<Record<'lower' | 'consistent' | 'upper', number>>;
    readonly mcs_pvalues: readonly number[];
    readonly mcs_included: readonly number[];
  };
}
const golden = JSON.parse(readFileSync(join(__dirname, 'golden', 'comparisons.json'), 'utf8')) as Golden;
const series = (values: readonly number[]): Float64Array => Float64Array.from(values);
const column = (rows: readonly (readonly number[])[], j: number): Float64Array =>
  Float64Array.from(rows, (row) => row[j]);
const columns = (rows: readonly (readonly number[])[]): Float64Array[] => rows[0].map((_, j) => column(rows, j));
const close = (found: number, expected: number): void =>
  expect(Math.abs(found - expected)).toBeLessThan(1e-10 * Math.max(1, Math.abs(expected)));

describe('factor regressions agree with statsmodels and linearmodels', () => {
  it('alpha, betas and their errors with Bartlett weights of four lags', () => {
    const { coefficients, standardErrors, tStatistics, rSquared } = factorRegression(
      column(golden.portfolios, 0),
      columns(golden.factors),
      4,
    );
    const expected = golden.regression_p0_hac4;
    expected.params.forEach((value, i) => close(coefficients[i], value));
    expected.se.forEach((value, i) => close(standardErrors[i], value));
    expected.t.forEach((value, i) => close(tStatistics[i], value));
    close(rSquared, expected.r2);
  });

  it('the GRS test', () => {
    const { statistic, pValue, alphas } = grsTest(columns(golden.portfolios), columns(golden.factors));
    close(statistic, golden.grs.stat);
    close(pValue, golden.grs.p);
    golden.grs.alphas.forEach((value, i) => close(alphas[i], value));
  });

  it('leaves out dates without a return, and refuses what cannot be told apart', () => {
    const returns = column(golden.portfolios, 1);
    const factors = columns(golden.factors);
    const whole = factorRegression(
      returns.slice(10),
      factors.map((factor) => factor.slice(10)),
      2,
    );
    const part = factorRegression(
      returns.map((value, t) => (t < 10 ? Number.NaN : value)),
      factors,
      2,
    );
    expect(part.count).toBe(230);
    whole.coefficients.forEach((value, i) => close(part.coefficients[i], value));
    expect(part.residuals.subarray(0, 10).every(Number.isNaN)).toBe(true);
    expect(() => factorRegression(returns, [factors[0], factors[0].map((value) => 2 * value)], 0)).toThrow(
      NotIdentifiedError,
    );
    expect(() => factorRegression(returns, [returns.map(() => 0.01)], 0)).toThrow(NotIdentifiedError);
    expect(() =>
      factorRegression(
        returns.slice(0, 4),
        factors.map((factor) => factor.slice(0, 4)),
        0,
      ),
    ).toThrow(DataError);
    expect(() => factorRegression(returns.slice(1), factors, 0)).toThrow(ShapeError);
    expect(() => grsTest([returns, returns], factors)).toThrow(NotIdentifiedError);
  });
});

describe('Diebold and Mariano', () => {
  const [a, b] = [series(golden.losses.l1), series(golden.losses.l2)];

  it.each(Object.entries(golden.diebold_mariano))('agrees with the closed form at horizon %s', (horizon, expected) => {
    const found = dieboldMariano(a, b, Number(horizon));
    close(found.statistic, expected.dm);
    close(found.correctedStatistic, expected.hln);
    close(found.pValue, expected.p_t);
  });

  it('is antisymmetric, skips dates without a loss, and says nothing of equal losses', () => {
    close(dieboldMariano(b, a, 3).statistic, -golden.diebold_mariano['3'].dm);
    const gaps = a.map((value, t) => (t % 7 === 0 ? Number.NaN : value));
    expect(dieboldMariano(gaps, b).count).toBe(a.filter((_, t) => t % 7 !== 0).length);
    expect(dieboldMariano(a, a).pValue).toBeNaN();
    // Differences that are rounding alone are none.
    expect(
      dieboldMariano(
        a,
        a.map((value) => value * (1 + 2e-16) + 0),
      ).pValue,
    ).toBeNaN();
    expect(() => dieboldMariano(a, b.slice(1))).toThrow(ShapeError);
  });
});

describe('differences of Sharpe ratios', () => {
  const [a, b] = [series(golden.sharpe_pair.r1), series(golden.sharpe_pair.r2)];

  it.each(Object.entries(golden.sharpe_difference))('agree with Ledoit and Wolf at %s lags', (lags, expected) => {
    const found = compareSharpeRatios(a, b, { maxLags: Number(lags) });
    close(found.difference, expected.difference);
    close(found.standardError, expected.se);
    close(found.statistic, expected.z);
    close(found.pValue, expected.p);
  });

  it('do not depend on leverage, and change sign with the order', () => {
    const found = compareSharpeRatios(a, b, { maxLags: 4 });
    const levered = compareSharpeRatios(
      a.map((value) => 3 * value),
      b,
      { maxLags: 4 },
    );
    close(levered.statistic, found.statistic);
    close(compareSharpeRatios(b, a, { maxLags: 4 }).statistic, -found.statistic);
    expect(
      compareSharpeRatios(
        a,
        a.map(() => 0.01),
      ).pValue,
    ).toBeNaN();
  });

  it('have a bootstrap p-value near the normal one in a large sample, equal for equal seeds', () => {
    const bootstrap = { draws: 2000, blockLength: 5, seed: 3 };
    const { pValue } = compareSharpeRatios(a, b, { maxLags: 4, bootstrap });
    // Three Monte Carlo errors of 2,000 draws, and as much for the two approximations.
    expect(Math.abs(pValue - golden.sharpe_difference['4'].p)).toBeLessThan(0.06);
    expect(compareSharpeRatios(a, b, { maxLags: 4, bootstrap }).pValue).toBe(pValue);
  });
});

describe('deflated Sharpe ratios', () => {
  it('agree with the closed form', () => {
    const { s, T, skew, kurt, trials_sd: deviation, N: trials } = golden.deflated.inputs;
    const estimate = { sharpeRatio: s, count: T, skewness: skew, kurtosis: kurt };
    close(expectedMaximumSharpeRatio({ trials, deviation }), golden.deflated.expected.sr0);
    close(probabilisticSharpeRatio(estimate), golden.deflated.expected.psr0);
    close(deflatedSharpeRatio(estimate, { trials, deviation }), golden.deflated.expected.dsr);
    expect(deflatedSharpeRatio(estimate, { trials: 1, deviation })).toBe(probabilisticSharpeRatio(estimate));
  });
});

describe('sets of models', () => {
  const benchmark = series(golden.spa.benchmark_losses);
  const models = columns(golden.spa.model_losses);
  /** Three Monte Carlo errors of two bootstraps of 5,000 draws. */
  const near = (found: number, expected: number): void =>
    expect(Math.abs(found - expected)).toBeLessThan(
      3 * Math.sqrt((2 * Math.max(expected * (1 - expected), 0.01)) / 5000),
    );

  it("agree with arch's SPA", () => {
    const { pValue, lower, upper } = superiorPredictiveAbility(benchmark, models, { seed: 1 });
    near(lower, golden.spa.pvalues.lower);
    near(pValue, golden.spa.pvalues.consistent);
    near(upper, golden.spa.pvalues.upper);
    expect(lower).toBeLessThanOrEqual(pValue);
    expect(pValue).toBeLessThanOrEqual(upper);
  });

  it("agree with arch's MCS", () => {
    const { pValues, eliminated } = modelConfidenceSet([benchmark, ...models], { seed: 1, blockLength: 10 });
    const inOrder = eliminated.map((k) => pValues[k]);
    golden.spa.mcs_pvalues.forEach((expected, k) => near(pValues[k], expected));
    expect(models.concat(benchmark).flatMap((_, k) => (pValues[k] >= 0.1 ? [k] : []))).toEqual(golden.spa.mcs_included);
    expect(inOrder).toEqual([...inOrder].sort((x, y) => x - y));
  });

  it('do not depend on the order of models, and keep a model that ties with itself', () => {
    const forwards = modelConfidenceSet(models, { seed: 2, draws: 500 });
    const backwards = modelConfidenceSet([...models].reverse(), { seed: 2, draws: 500 });
    expect([...backwards.pValues].reverse()).toEqual([...forwards.pValues]);
    const twins = modelConfidenceSet([models[0], models[0]], { seed: 2, draws: 100 });
    expect([...twins.pValues]).toEqual([1, 1]);
    expect(() => modelConfidenceSet([models[0]])).toThrow(DataError);
    expect(() => superiorPredictiveAbility(benchmark, [models[0].map((v, t) => (t === 3 ? Number.NaN : v))])).toThrow(
      /date 3/,
    );
  });

  it('keep their size where no model is better: the null of equal losses', () => {
    let rejected = 0;
    const runs = 200;
    for (let seed = 0; seed < runs; seed++) {
      const random = new Random(seed);
      const noise = (): Float64Array => Float64Array.from({ length: 120 }, () => random.normal());
      const { pValue } = superiorPredictiveAbility(noise(), [noise(), noise(), noise()], {
        seed,
        draws: 200,
        blockLength: 3,
      });
      if (pValue <= 0.1) rejected++;
    }
    // 20 of 200 expected; four binomial deviations are 17.
    expect(rejected).toBeGreaterThan(3);
    expect(rejected).toBeLessThan(37);
  });
});
