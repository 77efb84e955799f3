import { describe, expect, it } from '@jest/globals';
import { sharpeRatio } from '../../src/index.ts';
import { simulateChenPelgerZhu } from '../../src/simulate/index.ts';

describe('simulateChenPelgerZhu', () => {
  it('has a factor of Sharpe ratio one, variance .1, and residuals of variance one', () => {
    const nDates = 20000;
    const { batch, truth } = simulateChenPelgerZhu({ nAssets: 2, nDates });
    // Standard error of a Sharpe ratio of one: sqrt(1.5 / T); of a variance: sqrt(2 / T). Four of each.
    expect(Math.abs(sharpeRatio(truth.factorReturns) - 1)).toBeLessThan(4 * Math.sqrt(1.5 / nDates));
    const mean = truth.factorReturns.reduce((a, b) => a + b, 0) / nDates;
    const variance = truth.factorReturns.reduce((a, b) => a + (b - mean) ** 2, 0) / nDates;
    expect(Math.abs(variance / 0.1 - 1)).toBeLessThan(4 * Math.sqrt(2 / nDates));
    let squares = 0;
    for (let row = 0; row < batch.nRows; row++)
      squares += (batch.requireReturns('test')[row] - truth.betas[row] * truth.factorReturns[row >> 1]) ** 2;
    expect(Math.abs(squares / batch.nRows - 1)).toBeLessThan(4 * Math.sqrt(2 / batch.nRows));
  });

  it("'characteristics' has loadings C1 C2 and no context", () => {
    const { batch, truth } = simulateChenPelgerZhu({ nAssets: 5, nDates: 7, seed: 3 });
    const [c1, c2] = [batch.characteristic('c1'), batch.characteristic('c2')];
    expect(truth.betas).toEqual(c1.map((c, row) => c * c2[row]));
    expect(batch.nContext).toBe(0);
  });

  it("'recurrent' turns the sign of C with h, of which the batch shows .05 t + h alone", () => {
    const { batch, truth } = simulateChenPelgerZhu({ design: 'recurrent', nAssets: 5, nDates: 4800, seed: 3 });
    const c = batch.characteristic('c');
    expect(truth.betas).toEqual(c.map((value, row) => (truth.states[Math.floor(row / 5)] > 0 ? value : -value)));
    const z = batch.contextFeatures ?? new Float64Array(0);
    expect(Math.max(...truth.states.map((h, t) => Math.abs(z[t] - 0.05 * t - h)))).toBeLessThan(1e-12);
    const residuals = truth.states.map((h, t) => h - Math.sin((Math.PI * t) / 24));
    const variance = residuals.reduce((sum, e) => sum + e * e, 0) / 4800;
    expect(Math.abs(variance / 0.25 - 1)).toBeLessThan(4 * Math.sqrt(2 / 4800));
  });

  it('gives equal bits for equal options and refuses unknown ones', () => {
    const options = { nAssets: 3, nDates: 4, seed: 9 };
    expect(simulateChenPelgerZhu(options).batch.returns).toEqual(simulateChenPelgerZhu(options).batch.returns);
    expect(simulateChenPelgerZhu({ ...options, seed: 8 }).batch.returns).not.toEqual(
      simulateChenPelgerZhu(options).batch.returns,
    );
    expect(() => simulateChenPelgerZhu({ assets: 3 } as object)).toThrow(/nAssets/);
  });
});
