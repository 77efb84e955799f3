import { describe, expect, it } from '@jest/globals';
import { inputScale } from '../../src/training/windows.ts';
import { edited, smallBatch } from './small-batch.ts';

describe('the scale of inputs', () => {
  it('is 1 for a feature that is constant but for rounding, at any level, and for no other', () => {
    for (const level of [0.1, 10.1, 3.3e7, -1e-9]) {
      const batch = edited(smallBatch(4, { nWindows: 60, available: 1 }), ({ features }) => {
        for (let at = 1; at < features.length; at += 3) features[at] = (level * (at + 2)) / (at + 2);
      });
      const { deviation } = inputScale(batch, true);
      expect(deviation[1]).toBe(1);
      expect(deviation[0]).not.toBe(1);
      expect(deviation[2]).toBeCloseTo(3, 0);
    }
  });
});
