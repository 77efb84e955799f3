import { describe, expect, it } from '@jest/globals';
import { rankInformationCoefficient } from '../../src/index.ts';
import { simulateNonlinearSignalPanel } from '../../src/simulate/index.ts';

const mean = (values: ArrayLike<number>): number => Array.from(values).reduce((a, b) => a + b, 0) / values.length;
const moment = (a: Float64Array, b: Float64Array): number => mean(a.map((value, i) => value * b[i]));

describe('the nonlinear signal panel', () => {
  const { batch, signal } = simulateNonlinearSignalPanel({ nDates: 100 });
  const returns = batch.requireReturns('this test');

  it('has a signal of mean 0 and variance 1, of which a line in c1 is three tenths', () => {
    // 20,000 independent rows: standard errors .007 of the mean and about .01 of the moments; four of them.
    expect(Math.abs(mean(signal))).toBeLessThan(0.03);
    expect(Math.abs(moment(signal, signal) - 1)).toBeLessThan(0.05);
    const line = moment(signal, batch.characteristic('c1')) / Math.sqrt(1 / 3);
    expect(Math.abs(line - Math.sqrt(0.3))).toBeLessThan(0.03);
    for (const name of ['c2', 'c3', 'c4', 'c5'])
      expect(Math.abs(moment(signal, batch.characteristic(name)) / Math.sqrt(1 / 3))).toBeLessThan(0.03);
  });

  it('has the rank IC it promises', () => {
    // Standard error .007. For normal variables a correlation of .155 is a rank correlation of .148.
    expect(Math.abs(rankInformationCoefficient(batch.index, signal, returns).mean - 0.148)).toBeLessThan(0.028);
  });

  it('shares the market among the assets of a date, and gives equal bits for equal options', () => {
    const byDate = Float64Array.from({ length: 100 }, (_, t) => mean(returns.subarray(t * 200, (t + 1) * 200)));
    // sd .03 of the market with .007 of averaged noise; 100 dates.
    expect(Math.abs(Math.sqrt(moment(byDate, byDate)) - 0.031)).toBeLessThan(0.009);
    expect(simulateNonlinearSignalPanel({ nDates: 100 }).batch.returns).toEqual(returns);
    expect(simulateNonlinearSignalPanel({ nDates: 100, seed: 1 }).batch.returns).not.toEqual(returns);
  });
});
