import { CrossSectionBatch, Random } from '@ml4t/core';
import { leastSquares, matrix } from '@ml4t/core/linalg';
import { describe, expect, it } from '@jest/globals';
import { regressionPortfolios } from '../../src/index.ts';
import { days, largestDifference } from '../golden/load.ts';

const random = new Random(3);
const draw = (n: number): Float64Array => Float64Array.from({ length: n }, () => random.normal());

function panel(nDates: number, nAssets: number, p: number, change: (z: Float64Array) => Float64Array = (z) => z) {
  return CrossSectionBatch.fromDense({
    timestamps: days(nDates),
    characteristics: change(draw(nDates * nAssets * p)),
    shape: [nDates, nAssets, p],
    returns: draw(nDates * nAssets),
    returnLag: 0,
  });
}

/** Least squares of minimum norm on (z, 1), by the SVD. */
function bySvd(batch: CrossSectionBatch, t: number): Float64Array {
  const { index, nCharacteristics: p, characteristics } = batch;
  const [from, to] = [index.rowOffsets[t], index.rowOffsets[t + 1]];
  const design: number[] = [];
  for (let row = from; row < to; row++) design.push(...characteristics.subarray(row * p, (row + 1) * p), 1);
  const target = batch.requireReturns('this test').slice(from, to);
  return leastSquares(matrix(to - from, p + 1, design), matrix(to - from, 1, target)).solution.data;
}

describe('regressionPortfolios', () => {
  it.each([
    ['more assets than characteristics', 20, (z: Float64Array) => z],
    ['fewer assets than characteristics', 4, (z: Float64Array) => z],
    ['two equal columns', 20, (z: Float64Array) => z.map((v, i) => (i % 6 === 1 ? z[i - 1] : v))],
    ['a constant column', 20, (z: Float64Array) => z.map((v, i) => (i % 6 === 2 ? 1 : v))],
  ])('is the minimum-norm regression: %s', (_, nAssets, change) => {
    const batch = panel(3, nAssets, 6, change);
    const { values, names } = regressionPortfolios(batch);
    expect(names).toHaveLength(7);
    // Well-conditioned but for exact dependence, so both ways keep ten digits of coefficients of order one.
    for (let t = 0; t < 3; t++)
      expect(largestDifference(values.subarray(t * 7, (t + 1) * 7), bySvd(batch, t))).toBeLessThan(1e-9);
  });

  it('shrinks with a ridge, uses factorReturns first, leaves incomplete rows out, and is NaN where nothing is known', () => {
    const batch = panel(3, 20, 6);
    const size = (ridge: number): number =>
      regressionPortfolios(batch, { ridge }).values.reduce((sum, x) => sum + x * x, 0);
    expect(size(1)).toBeLessThan(size(0.01));
    expect(size(0.01)).toBeLessThan(size(0));
    const other = new CrossSectionBatch({ ...batch, factorReturns: batch.returns, returns: draw(60) });
    expect(regressionPortfolios(other).values).toEqual(regressionPortfolios(batch).values);
    const returns = batch.requireReturns('this test').map((r, row) => (row < 20 ? Number.NaN : r));
    const silent = regressionPortfolios(batch.withReturns(returns)).values;
    expect(silent.subarray(0, 7).every(Number.isNaN)).toBe(true);
    expect(silent.subarray(7)).toEqual(regressionPortfolios(batch).values.subarray(7));
    expect(() => regressionPortfolios(batch.withoutReturns())).toThrow(/returns/);
    expect(() => regressionPortfolios(batch, { ridge: -1 })).toThrow(/ridge/);
  });
});
