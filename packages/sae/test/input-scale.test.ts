import { describe, expect, it } from '@jest/globals';
import { CrossSectionBatch, PanelIndex, Random } from '@ml4t/core';
import { parseSAEConfig } from '../src/sae/config.ts';
import { inputScale } from '../src/sae/dataset.ts';

describe('the scale of inputs', () => {
  it('is 1 for a characteristic that is constant, over however many rows, and for no other', () => {
    const [nDates, nAssets] = [1000, 1000];
    const index = PanelIndex.full(
      Float64Array.from({ length: nDates }, (_, t) => t),
      Array.from({ length: nAssets }, (_, i) => `a${i}`),
    );
    const random = new Random(1);
    // The mean of a million equal numbers is off by a hundred thousand roundings.
    const characteristics = Float64Array.from({ length: 2 * index.nRows }, (_, at) =>
      at % 2 === 0 ? 0.1 : 0.1 * random.normal(),
    );
    const batch = new CrossSectionBatch({ index, characteristicNames: ['constant', 'other'], characteristics });
    const rows = Int32Array.from({ length: index.nRows }, (_, row) => row);
    const { scale } = inputScale(batch, rows, parseSAEConfig({}));
    expect(scale[0]).toBe(1);
    expect(scale[1]).toBeCloseTo(0.1, 2);
  });
});
