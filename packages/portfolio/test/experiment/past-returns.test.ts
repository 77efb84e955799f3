import { describe, expect, it } from '@jest/globals';
import { CrossSectionBatch, PanelIndex, Random } from '@ml4t/core';
import { lookBack, panelOf, windowsSchema } from '../../src/experiment/panel-windows.ts';

const [nDates, nAssets] = [40, 3];
const random = new Random(5);
const returns = Float64Array.from({ length: nDates * nAssets }, () => 0.01 * random.normal());
const index = PanelIndex.full(
  Float64Array.from({ length: nDates }, (_, t) => Date.UTC(2020, 0, t + 1)),
  ['a', 'b', 'c'],
);
const batchOf = (values: Float64Array, realisationLag: number): CrossSectionBatch =>
  new CrossSectionBatch({ index, characteristicNames: [], characteristics: [], returns: values, realisationLag });
const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;

describe.each([1, 3])('a panel of returns alone, known after %i dates', (lag) => {
  const panel = panelOf([batchOf(returns, lag)]);

  it('has means of known past returns as features, so that linear models are linear in returns', () => {
    expect(panel.characteristicNames).toEqual(['present', 'return 1', 'return 5', 'return 21']);
    for (let t = 0; t < nDates; t++)
      for (let i = 0; i < nAssets; i++) {
        const cell = t * nAssets + i;
        const known = Array.from({ length: Math.max(0, t - lag + 1) }, (_, s) => returns[s * nAssets + i]);
        const expected = [1, 5, 21].map((n) => (known.length === 0 ? 0 : mean(known.slice(-n))));
        expect(panel.characteristics?.[4 * cell]).toBe(1);
        expected.forEach((value, j) => expect(panel.characteristics?.[4 * cell + 1 + j]).toBeCloseTo(value, 14));
      }
  });

  it('knows nothing of returns that are not known yet', () => {
    const t = 20;
    const changed = returns.map((value, cell) => (cell >= (t - lag + 1) * nAssets ? -7 * value : value));
    const other = panelOf([batchOf(changed, lag)]);
    const upTo = (t + 1) * nAssets * 4;
    expect(other.characteristics?.slice(0, upTo)).toEqual(panel.characteristics?.slice(0, upTo));
    expect(other.characteristics?.slice(upTo)).not.toEqual(panel.characteristics?.slice(upTo));
  });

  it('looks back far enough for them', () => {
    const options = windowsSchema.parse({ length: 10 });
    expect(lookBack(options, { nCharacteristics: 0, realisationLag: lag })).toBe(10 + lag + 21);
    expect(lookBack(options, { nCharacteristics: 2, realisationLag: lag })).toBe(10);
    // From the part that is looked back on, the same features as from the whole.
    const from = nDates - 1 - (lag + 21);
    const part = panelOf([batchOf(returns, lag).slice(from)]);
    expect(part.characteristics?.slice(-4 * nAssets)).toEqual(panel.characteristics?.slice(-4 * nAssets));
  });
});
