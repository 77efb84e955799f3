import { beforeAll, describe, expect, it, jest } from '@jest/globals';
import fc from 'fast-check';
import * as tf from '@tensorflow/tfjs';
import { kernelsOf } from '../../../src/engine/tfjs/kernels.ts';
import type { Tf } from '../../../src/engine/tfjs/namespace.ts';
import { planGroups, sumGroups } from '../../../src/engine/tfjs/segments.ts';
import { Step } from '../../../src/engine/tfjs/step.ts';

const cpu = tf as unknown as Tf;
const step = new Step(cpu, kernelsOf(cpu, 'cpu'));

// The cpu backend advertises tfjs-node when it is first used.
beforeAll(() => {
  jest.spyOn(console, 'warn').mockImplementation(() => undefined);
});

describe('sums by group', () => {
  it('equal a plain loop for any grouping', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 11 }), { minLength: 1, maxLength: 120 }), (groups) => {
        const values = groups.map((_, i) => ((7 * i) % 13) - 6);
        const expected = new Array<number>(12).fill(0);
        groups.forEach((group, i) => (expected[group] += values[i]));
        const sums = tf.tidy(() => {
          const x = tf.tensor2d(values, [values.length, 1]);
          return Array.from((sumGroups(step, x, planGroups(groups, 12)) as tf.Tensor).dataSync());
        });
        // Small integers: every order gives the same float32 sum.
        expect(sums).toEqual(expected);
      }),
      { numRuns: 200, seed: 5 },
    );
  });

  it('read no more than three times the rows, however uneven the groups', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 400 }), { minLength: 1, maxLength: 40 }), (counts) => {
        const groups = counts.flatMap((count, group) => new Array<number>(count).fill(group));
        const { levels } = planGroups(groups, counts.length);
        // The first level pads each group's last block, to at most n more; later ones shrink towards one row a group.
        if (levels.length > 0) expect(levels[0].rows.length).toBeLessThanOrEqual(2 * groups.length + counts.length);
        expect(levels.length).toBeLessThan(14);
      }),
      { numRuns: 100, seed: 6 },
    );
  });
});
