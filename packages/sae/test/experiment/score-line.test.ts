import { describe, expect, it } from '@jest/globals';
import { scoreLine } from '../../src/experiment/score-line.ts';

const scores = Float64Array.of(-2, -1, 0, 1, 2, Number.NaN, 5);

describe('scoreLine', () => {
  it('is the least-squares line over the rows where both are known', () => {
    const returns = scores.map((x) => (Number.isNaN(x) ? 9 : 0.02 + 0.003 * x));
    const line = scoreLine(scores, returns.with(6, Number.NaN));
    expect(line?.intercept).toBeCloseTo(0.02, 14);
    expect(line?.slope).toBeCloseTo(0.003, 14);
  });

  it('never turns the order of assets around', () => {
    const line = scoreLine(
      scores,
      scores.map((x) => -0.01 * x),
    );
    expect(line?.slope).toBeGreaterThan(0);
    expect(line?.slope).toBeLessThan(1e-7);
  });

  it('is none where scores are alike, or there are too few', () => {
    expect(scoreLine(Float64Array.of(0.1, 0.1, 0.1), Float64Array.of(1, 2, 3))).toBeUndefined();
    expect(scoreLine(Float64Array.of(1, 2), Float64Array.of(1, Number.NaN))).toBeUndefined();
  });
});
