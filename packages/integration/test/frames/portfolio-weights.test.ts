import { describe, expect, it } from '@jest/globals';
import { Ml4tError, PortfolioSequenceBatch, PortfolioWeightsResult } from '@ml4t/core';
import { portfolioWeightsTable } from '../../src/index.ts';

const day = 86_400_000;
/** Three windows of three dates, one date apart; weight = 100 window + 10 step + asset. */
const batch = new PortfolioSequenceBatch({
  features: new Float64Array(3 * 3 * 2),
  shape: [3, 3, 2, 1],
  mask: Uint8Array.from({ length: 18 }, (_, cell) => (cell % 5 === 0 ? 0 : 1)),
  timestamps: [0, 1, 2].map((b) => [b, b + 1, b + 2].map((t) => t * day)),
  assetIds: ['A', 'B'],
});
const weights = Float64Array.from(
  { length: 18 },
  (_, cell) => 100 * Math.floor(cell / 6) + 10 * (Math.floor(cell / 2) % 3) + (cell % 2),
);
const result = new PortfolioWeightsResult(batch, weights);
const rowsOf = (table: ReturnType<typeof portfolioWeightsTable>) =>
  table.toArray().map((row) => ({ ...(row as object) }) as Record<string, unknown>);

describe('portfolioWeightsTable', () => {
  it('gives each date once, from the window that has seen most', () => {
    const rows = rowsOf(portfolioWeightsTable(result, { modelName: 'lstm', fold: 1 }));
    expect(rows.map(({ timestamp, asset, weight }) => [Number(timestamp) / day, asset, weight])).toEqual([
      [0, 'A', 0],
      [0, 'B', 1],
      [1, 'A', 10],
      [1, 'B', 11],
      [2, 'A', 20],
      [2, 'B', 21],
      [3, 'A', 120],
      [3, 'B', 121],
      [4, 'A', 220],
      [4, 'B', 221],
    ]);
    expect(Object.keys(rows[0])).toEqual(['timestamp', 'asset', 'weight', 'model', 'fold']);
  });

  it('gives all windows, and only what can be held', () => {
    const rows = rowsOf(portfolioWeightsTable(result, { overlap: 'all', mask: batch.mask }));
    expect(rows).toHaveLength(14);
    expect(rows.map(({ weight }) => weight)).toEqual([...weights].filter((_, cell) => cell % 5 !== 0));
    expect(rows.map(({ window }) => window)).toEqual([0, 0, 0, 0, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2]);
    expect(rows.slice(0, 2)).toEqual([
      { timestamp: 0, asset: 'B', weight: 1, window: 0 },
      { timestamp: day, asset: 'A', weight: 10, window: 0 },
    ]);
  });

  it('refuses a mask of another batch and an unknown choice', () => {
    expect(() => portfolioWeightsTable(result, { mask: new Uint8Array(3) })).toThrow(Ml4tError);
    expect(() => portfolioWeightsTable(result, { overlap: 'some' as 'all' })).toThrow("'longest-history' or 'all'");
  });
});
