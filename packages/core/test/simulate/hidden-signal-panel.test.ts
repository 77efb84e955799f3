import { describe, expect, it } from '@jest/globals';
import { simulateHiddenSignalPanel } from '../../src/simulate/index.ts';

const mean = (values: ArrayLike<number>): number => Array.from(values).reduce((a, b) => a + b, 0) / values.length;
const correlation = (a: Float64Array, b: Float64Array): number => {
  const [ma, mb] = [mean(a), mean(b)];
  const cross = (x: Float64Array, y: Float64Array, mx: number, my: number) =>
    mean(x.map((v, i) => (v - mx) * (y[i] - my)));
  return cross(a, b, ma, mb) / Math.sqrt(cross(a, a, ma, ma) * cross(b, b, mb, mb));
};

describe('the hidden signal panel', () => {
  const options = { nDates: 2000, correlation: 0.2 };
  const { batch, signal, filtered, volatility } = simulateHiddenSignalPanel(options);
  const n = batch.nAssets;
  const width = batch.characteristicNames.length;
  const column = (j: number) =>
    Float64Array.from({ length: 2000 * n }, (_, c) => batch.characteristics?.[c * width + j] ?? 0);
  const scaled = batch.returns.map((r, cell) => r / volatility[cell % n]);

  it('has the correlations it promises', () => {
    // 20,000 cells; products of two persistent series count for about 1,000 independent ones: standard error .03, at most two of them.
    expect(Math.abs(correlation(signal, scaled) - 0.2)).toBeLessThan(0.02);
    expect(Math.abs(correlation(column(0), signal) - 1 / Math.sqrt(5))).toBeLessThan(0.05);
    expect(Math.abs(mean(scaled.map((r) => r * r)) - 1)).toBeLessThan(0.03);
    for (let j = 2; j < width; j++) expect(Math.abs(correlation(column(j), scaled))).toBeLessThan(0.04);
  });

  it('has a filter that knows more than the latest view, and trades less', () => {
    const best = correlation(filtered, signal);
    expect(best).toBeGreaterThan(0.65);
    expect(best).toBeLessThan(0.8);
    // What is believed is unbiased: the filtered signal has regression slope 1.
    const slope = mean(filtered.map((g, i) => g * signal[i])) / mean(filtered.map((g) => g * g));
    expect(Math.abs(slope - 1)).toBeLessThan(0.05);
    const trades = (x: Float64Array) =>
      mean(x.subarray(n).map((v, i) => Math.abs(v - x[i]))) / Math.sqrt(mean(x.map((v) => v * v)));
    expect(trades(filtered)).toBeLessThan(0.5 * trades(column(0)));
  });

  it('has volatilities of the same bits on every version of Node', () => {
    expect([...simulateHiddenSignalPanel({ nDates: 2, nAssets: 7 }).volatility]).toEqual([
      0.005, 0.006299605249474366, 0.007937005259840996, 0.01, 0.012599210498948729, 0.015874010519681993, 0.02,
    ]);
  });

  it('dates features before the returns they see, and gives equal bits for equal options', () => {
    const last = column(1);
    expect(Math.max(...last.subarray(n).map((x, cell) => Math.abs(x - scaled[cell])))).toBeLessThan(1e-12);
    expect(simulateHiddenSignalPanel(options).batch.returns).toEqual(batch.returns);
    expect(simulateHiddenSignalPanel({ ...options, seed: 1 }).batch.returns).not.toEqual(batch.returns);
  });
});
