import { describe, expect, it } from '@jest/globals';
import { CrossSectionBatch } from '../../src/batches/cross-section.ts';
import { PanelIndex } from '../../src/batches/panel-index.ts';
import { DataError, ShapeError } from '../../src/errors.ts';
import { managedPortfolioR2, managedPortfolios } from '../../src/metrics/managed-portfolios.ts';
import { predictiveR2, r2ByDate, totalR2, uncentredR2 } from '../../src/metrics/r-squared.ts';
import { simulateConditionalFactorPanel } from '../../src/simulate/index.ts';

const of = (...values: number[]): Float64Array => Float64Array.from(values);

describe('uncentred R2', () => {
  it('is one minus squared errors over squared returns', () => {
    // Errors 0.5, -1, 0: 1.25 over 1 + 4 + 9.
    expect(totalR2(of(1, -2, 3), of(0.5, -1, 3))).toBeCloseTo(1 - 1.25 / 14, 15);
    expect(predictiveR2(of(1, -2, 3), of(0.5, -1, 3))).toBe(totalR2(of(1, -2, 3), of(0.5, -1, 3)));
  });

  it('is 1 for the returns, 0 for zeros, and below 0 for the mean of returns far from it', () => {
    const r = of(1, 2, 3);
    expect(totalR2(r, r)).toBe(1);
    expect(totalR2(r, of(0, 0, 0))).toBe(0);
    expect(totalR2(r, of(-1, -1, -1))).toBeLessThan(0);
    // Not centred: a constant fit explains what is common to all returns (a centred R2 would be 0).
    expect(totalR2(r, of(2, 2, 2))).toBeCloseTo(1 - 2 / 14, 15);
  });

  it('leaves out NaN on either side and counts the rest', () => {
    const parts = uncentredR2(of(1, Number.NaN, 3, 4), of(0, 1, Number.NaN, 4));
    expect(parts).toEqual({ r2: 1 - 1 / 17, residualSumOfSquares: 1, totalSumOfSquares: 17, count: 2 });
  });

  it('does not hide a fit that exploded, nor invent a figure without data', () => {
    expect(totalR2(of(1, 2), of(1, Infinity))).toBe(-Infinity);
    expect(totalR2(of(Number.NaN), of(1))).toBe(Number.NaN);
    expect(totalR2(of(0, 0), of(1, 1))).toBe(Number.NaN);
  });

  it('pools over dates and splits by date', () => {
    const index = PanelIndex.full(of(1, 2), ['a', 'b']);
    const [r, fit] = [of(1, 2, 3, Number.NaN), of(1, 1, 1, 1)];
    expect([...r2ByDate(index, r, fit)]).toEqual([1 - 1 / 5, 1 - 4 / 9]);
    expect(totalR2(r, fit)).toBeCloseTo(1 - 5 / 14, 15);
    expect([...r2ByDate(index, of(Number.NaN, Number.NaN, 1, 1), fit)]).toEqual([Number.NaN, 1]);
    expect(() => r2ByDate(index, of(1), fit)).toThrow(ShapeError);
    expect(() => totalR2(r, of(1))).toThrow(ShapeError);
  });
});

describe('managed portfolios', () => {
  const batch = CrossSectionBatch.fromArrays({
    timestamps: ['2020-01-31', '2020-02-29', '2020-03-31'],
    rowOffsets: [0, 3, 5, 6],
    assetIndex: [0, 1, 2, 0, 2, 1],
    assetIds: ['a', 'b', 'c'],
    characteristicNames: ['size', 'value'],
    characteristics: [
      [1, 2],
      [3, -1],
      [Number.NaN, 5],
      [2, 0],
      [1, 1],
      [4, 4],
    ],
    returns: [0.1, 0.2, 9, 0.3, -0.1, Number.NaN],
  });

  it('average characteristic times return over complete rows', () => {
    const { names, returns, counts } = managedPortfolios(batch, { constant: true });
    expect(names).toEqual(['size', 'value', 'constant']);
    expect([...counts]).toEqual([2, 2, 0]);
    // First date, rows a and b: (1 x .1 + 3 x .2) / 2, (2 x .1 - 1 x .2) / 2, (.1 + .2) / 2.
    const expected = [0.35, 0, 0.15, 0.25, -0.05, 0.1];
    expected.forEach((value, i) => expect(returns[i]).toBeCloseTo(value, 15));
    expect([...returns.subarray(6)]).toEqual([Number.NaN, Number.NaN, Number.NaN]);
    expect(managedPortfolios(batch).returns).toHaveLength(6);
  });

  it('use the returns meant for factors where the batch has them', () => {
    const other = new CrossSectionBatch({ ...batch, factorReturns: Float64Array.from([1, 1, 1, 1, 1, 1]) });
    expect(managedPortfolios(other).returns[0]).toBe(2);
    expect(managedPortfolios(other).counts[2]).toBe(1);
  });

  it('need returns', () => {
    expect(() => managedPortfolios(batch.withoutReturns())).toThrow(DataError);
  });

  it('have an R2 of 1 for the returns themselves and 0 for zeros, on common rows', () => {
    expect(managedPortfolioR2(batch, batch.requireReturns('test'))).toBe(1);
    expect(managedPortfolioR2(batch, new Float64Array(6))).toBe(0);
    // Without row b the first date is row a alone on both sides, so a fit that is right on a is right.
    expect(managedPortfolioR2(batch, of(0.1, Number.NaN, 7, 0.3, -0.1, 1))).toBe(1);
    expect(() => managedPortfolioR2(batch, of(1))).toThrow(ShapeError);
  });

  it('have an R2 that units of single characteristics move, unless it is standardised', () => {
    const { batch: panel, truth } = simulateConditionalFactorPanel({ nAssets: 40, nDates: 60, nCharacteristics: 3 });
    const noisy = truth.fittedReturns.map((fit, row) => fit * (1 + 0.5 * Math.sin(row)));
    const plain = managedPortfolioR2(panel, noisy, { standardize: true });
    for (const unit of [1e-6, 100, 1e9]) {
      const scaled = panel.withCharacteristics(panel.characteristics.map((c, at) => (at % 3 === 2 ? unit * c : c)));
      expect(managedPortfolioR2(scaled, noisy, { standardize: true })).toBeCloseTo(plain, 10);
      expect(Math.abs(managedPortfolioR2(scaled, noisy) - managedPortfolioR2(panel, noisy))).toBeGreaterThan(1e-4);
    }
    // A portfolio that never earns anything says nothing.
    const none = panel.withCharacteristics(panel.characteristics.map((c, at) => (at % 3 === 2 ? 0 : c)));
    expect(managedPortfolioR2(none, noisy, { standardize: true })).not.toBeNaN();
  });

  it('have a far higher R2 than assets when noise averages out', () => {
    const { batch: panel, truth } = simulateConditionalFactorPanel({ nAssets: 200, nDates: 60, nCharacteristics: 3 });
    // 200 assets average the noise away: per date and portfolio, signal variance is of the order of .011 / 9 and noise
    // variance .0167 / (3 x 200), so that about 1 - .0000278 / .00125 = 98 % is explained; asset R2 is about 40 %.
    expect(managedPortfolioR2(panel, truth.fittedReturns)).toBeGreaterThan(0.9);
    expect(totalR2(panel.requireReturns('test'), truth.fittedReturns)).toBeLessThan(0.6);
  });
});
