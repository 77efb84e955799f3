import { describe, expect, it } from '@jest/globals';
import { ConfigError } from '../../src/errors.ts';
import {
  oraclePredictiveR2,
  oracleTotalR2,
  simulateConditionalFactorPanel,
  type ConditionalFactorPanelOptions,
} from '../../src/simulate/index.ts';
import { formatTimestamp } from '../../src/timestamps.ts';

const small: ConditionalFactorPanelOptions = { nAssets: 20, nDates: 24, nCharacteristics: 4, seed: 5 };

function mean(values: Iterable<number>): number {
  const list = [...values];
  return list.reduce((a, b) => a + b, 0) / list.length;
}

function correlation(a: number[], b: number[]): number {
  const [ma, mb] = [mean(a), mean(b)];
  const moment = (x: number[], mx: number, y: number[], my: number): number =>
    mean(x.map((v, i) => (v - mx) * (y[i] - my)));
  return moment(a, ma, b, mb) / Math.sqrt(moment(a, ma, a, ma) * moment(b, mb, b, mb));
}

describe('the conditional factor panel', () => {
  it('has the dimensions, assets and dates of the design by default', () => {
    const { batch, truth } = simulateConditionalFactorPanel();
    expect([batch.nDates, batch.nAssets, batch.nCharacteristics, batch.nRows]).toEqual([180, 200, 50, 36000]);
    expect([batch.assetIds[0], batch.assetIds[199]]).toEqual(['asset001', 'asset200']);
    expect([0, 1, 12, 179].map((t) => formatTimestamp(batch.timestamps[t]))).toEqual([
      '2000-01-31',
      '2000-02-29',
      '2001-01-31',
      '2014-12-31',
    ]);
    expect(truth.betas.length).toBe(36000 * 3);
    expect(truth.factorReturns.length).toBe(180 * 3);
    expect(truth.managedFactors.length).toBe(180 * 50);
  });

  it.each(['linear', 'nonlinear'] as const)('pairs each row with loadings of its own date (%s)', (design) => {
    const { batch, truth } = simulateConditionalFactorPanel({ ...small, design, missingShare: 0.3 });
    for (let t = 0; t < batch.nDates; t++)
      for (let row = batch.index.rowOffsets[t]; row < batch.index.rowOffsets[t + 1]; row++) {
        const [c1, c2, c3] = batch.characteristics.subarray(row * 4, row * 4 + 3);
        const beta =
          design === 'linear' ? [1.2 * c1, c2, 0.8 * c3] : [c1 ** 2, 2 * c1 * c2, c3 > 0 ? 0.6 : c3 < 0 ? -0.6 : 0];
        const f = truth.factorReturns.subarray(t * 3, t * 3 + 3);
        const fit = beta[0] * f[0] + beta[1] * f[1] + beta[2] * f[2];
        // Sums of three products of order one: rounding only.
        expect(truth.fittedReturns[row]).toBeCloseTo(fit, 14);
        expect(truth.expectedReturns[row]).toBeCloseTo(0.03 * (beta[0] + beta[1] + beta[2]), 14);
        expect((batch.returns ?? [])[row]).toBeCloseTo(fit + truth.noise[row], 14);
      }
  });

  it('rank-normalises each characteristic on each date to the whole grid', () => {
    const { batch } = simulateConditionalFactorPanel(small);
    const grid = Array.from({ length: 20 }, (_, i) => (2 * (i + 1)) / 21 - 1);
    for (const t of [0, 23])
      for (let j = 0; j < 4; j++) {
        const column = Array.from({ length: 20 }, (_, i) => batch.characteristics[(t * 20 + i) * 4 + j]);
        expect(column.sort((a, b) => a - b)).toEqual(grid);
      }
  });

  it('has persistent characteristics from the first date on when started so, and factors near their portfolios', () => {
    const options = { nAssets: 300, nDates: 60, nCharacteristics: 8, seed: 3 };
    const { batch, truth } = simulateConditionalFactorPanel({ ...options, start: 'stationary' });
    const at = (t: number): number[] => [...batch.characteristics.subarray(t * 2400, (t + 1) * 2400)];
    // Rank correlation of an AR(1) with rho on [.9, 1] is about rho: .95 on average. 8 columns of U[.9, 1] put the mean
    // within 4 x .029 / sqrt(8) = .04 of it; the sampling error of 300 ranks is smaller by far.
    expect(Math.abs(correlation(at(0), at(1)) - 0.95)).toBeLessThan(0.045);
    expect(Math.abs(correlation(at(58), at(59)) - 0.95)).toBeLessThan(0.045);
    // From zero the first two values are e1 and rho e1 + e2: correlation rho / sqrt(1 + rho^2) = .69, of ranks .67.
    const fromZero = simulateConditionalFactorPanel(options).batch.characteristics;
    const [first, second] = [0, 1].map((t) => [...fromZero.subarray(t * 2400, (t + 1) * 2400)]);
    expect(Math.abs(correlation(first, second) - 0.67)).toBeLessThan(0.045);
    // f = x + noise with standard deviations .1 and .01: correlation .995.
    const f = Array.from({ length: 60 }, (_, t) => truth.factorReturns[t * 3]);
    const x = Array.from({ length: 60 }, (_, t) => truth.managedFactors[t * 8]);
    expect(correlation(f, x)).toBeGreaterThan(0.98);
    // Innovations .01 N(0, 1): 180 of them, 4 standard errors.
    const gaps = [0, 1, 2].flatMap((k) =>
      f.map((_, t) => truth.factorReturns[t * 3 + k] - truth.managedFactors[t * 8 + k]),
    );
    expect(Math.abs(Math.sqrt(mean(gaps.map((g) => g * g))) / 0.01 - 1)).toBeLessThan(4 / Math.sqrt(2 * 180));
  });

  it('reaches the published oracle figures', () => {
    // Population values: second moments of f are .1^2 + .01^2 + .03^2 = .011; E beta'beta is (1.44 + 1 + .64) / 3 and
    // 1/5 + 4/9 + .36; the noise has variance .01 x 5/3. So 40.4 % and 39.9 %. The reference runs gave 40.3 and 39.9 over
    // 40 repetitions. Standard deviation over repetitions, last third of the dates: 2.7 points in both designs, measured
    // over 300 repetitions, whose means were 40.1 and 39.6.
    const sd = 0.027;
    const seeds = Array.from({ length: 10 }, (_, i) => i + 1);
    for (const [design, expected] of [
      ['linear', 0.403],
      ['nonlinear', 0.399],
    ] as const) {
      const panels = seeds.map((seed) => simulateConditionalFactorPanel({ design, nCharacteristics: 3, seed }));
      const outOfSample = mean(panels.map((panel) => oracleTotalR2(panel, 120, 180)));
      // Our error and that of the reference's 40 repetitions, four standard errors.
      expect(Math.abs(outOfSample - expected)).toBeLessThan(4 * sd * Math.sqrt(1 / 10 + 1 / 40));
      // Over all dates the error is smaller by sqrt(3), and the population value is exact.
      const all = mean(panels.map((panel) => oracleTotalR2(panel)));
      const population = design === 'linear' ? 0.4038 : 0.3987;
      expect(Math.abs(all - population)).toBeLessThan((4 * sd) / Math.sqrt(3 * 10));
      // Predictive: .03^2 E (sum of betas)^2 = .03^2 x 1.0267 (1.0044) over the same denominators; 1.6 and .7 points.
      const [forecast, forecastSd] = design === 'linear' ? [0.033, 0.016] : [0.0326, 0.007];
      expect(Math.abs(mean(panels.map((panel) => oraclePredictiveR2(panel, 120, 180))) - forecast)).toBeLessThan(
        (4 * forecastSd) / Math.sqrt(10),
      );
    }
  });

  it('is equal to the bit for equal options, and different for another seed', () => {
    const a = simulateConditionalFactorPanel(small);
    const b = simulateConditionalFactorPanel({ ...small });
    expect(b.batch.returns).toEqual(a.batch.returns);
    expect(b.batch.characteristics).toEqual(a.batch.characteristics);
    expect(b.truth).toEqual(a.truth);
    expect(simulateConditionalFactorPanel({ ...small, seed: 6 }).batch.returns).not.toEqual(a.batch.returns);
  });

  it('leaves rows out of the same panel when some are missing', () => {
    const full = simulateConditionalFactorPanel(small);
    const part = simulateConditionalFactorPanel({ ...small, missingShare: 0.25 });
    const share = 1 - part.batch.nRows / full.batch.nRows;
    // 480 independent rows, 4 standard errors.
    expect(Math.abs(share - 0.25)).toBeLessThan(4 * Math.sqrt((0.25 * 0.75) / 480));
    for (let t = 0; t < 24; t++)
      for (let row = part.batch.index.rowOffsets[t]; row < part.batch.index.rowOffsets[t + 1]; row++) {
        const whole = t * 20 + part.batch.index.assetIndex[row];
        expect((part.batch.returns ?? [])[row]).toBe((full.batch.returns ?? [])[whole]);
        expect(part.batch.characteristics[row * 4 + 3]).toBe(full.batch.characteristics[whole * 4 + 3]);
      }
  });

  it('refuses options that make no sense', () => {
    expect(() => simulateConditionalFactorPanel({ nCharacteristics: 2 })).toThrow(ConfigError);
    expect(() => simulateConditionalFactorPanel({ missingShare: 1 })).toThrow(ConfigError);
    const misspelt = { desing: 'linear' } as ConditionalFactorPanelOptions;
    expect(() => simulateConditionalFactorPanel(misspelt)).toThrow(/Did you mean design\?/);
  });
});
