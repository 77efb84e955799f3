import { CrossSectionBatch } from '@ml4t/core';
import { describe, expect, it } from '@jest/globals';
import { contextHistory, type ContextOptions } from '../src/sdf/context.ts';

/** A batch of one asset with one context series. */
function withContext(series: readonly number[]): CrossSectionBatch {
  return CrossSectionBatch.fromArrays({
    timestamps: Float64Array.from(series, (_, t) => Date.UTC(2000, t, 1)),
    rowOffsets: Array.from({ length: series.length + 1 }, (_, t) => t),
    assetIndex: new Int32Array(series.length),
    assetIds: ['a'],
    characteristicNames: ['c'],
    characteristics: new Float64Array(series.length),
    contextNames: ['z'],
    contextFeatures: Float64Array.from(series),
  });
}

const scaleOf = (series: readonly number[], contextTransform: ContextOptions['contextTransform']): number =>
  contextHistory(withContext(series), undefined, { contextScaling: 'standardize', contextTransform, contextWindow: 12 })
    ?.deviations[0] ?? Number.NaN;

describe('a context series that does not vary', () => {
  it('is not scaled by rounding: levels that are equal, differences of a line', () => {
    for (const level of [1e-3, 0.1, 3.3, 10.1, 7e8])
      for (const n of [20, 77, 300]) {
        const steps = Array.from({ length: n }, (_, t) => t);
        expect(
          scaleOf(
            steps.map((t) => (level * (t + 3)) / (t + 3)),
            'levels',
          ),
        ).toBe(1);
        expect(
          scaleOf(
            steps.map((t) => 1e6 * level + 0.1 * level * t),
            'differences',
          ),
        ).toBe(1);
        expect(
          scaleOf(
            steps.map((t) => level * (1 + 0.1 * (t % 3))),
            'levels',
          ),
        ).toBeGreaterThan(0.01 * level);
      }
  });
});
