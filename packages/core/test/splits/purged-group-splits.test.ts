import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ConfigError, DataError } from '../../src/errors.ts';
import { purgedGroupSplits } from '../../src/index.ts';

describe('purged group splits', () => {
  it('tests the last blocks and trains on what ends a gap of groups before', () => {
    // Six groups of two dates; blocks of floor(6 / 3) = 2 groups.
    const groups = [0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5];
    expect(purgedGroupSplits(groups, { nSplits: 2, groupGap: 1 })).toEqual([
      { fold: 0, train: { from: 0, to: 2 }, test: { from: 4, to: 8 } },
      { fold: 1, train: { from: 0, to: 6 }, test: { from: 8, to: 12 } },
    ]);
  });

  it('limits training and test groups, the latest and the last ones', () => {
    expect(purgedGroupSplits(20, { nSplits: 3, groupGap: 2, maxTrainGroups: 4, maxTestGroups: 3 })).toEqual([
      { fold: 0, train: { from: 5, to: 9 }, test: { from: 11, to: 14 } },
      { fold: 1, train: { from: 8, to: 12 }, test: { from: 14, to: 17 } },
      { fold: 2, train: { from: 11, to: 15 }, test: { from: 17, to: 20 } },
    ]);
  });

  it('never trains within the gap, never splits a group, and tests each date once at most', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 12, maxLength: 30 }),
        fc.integer({ min: 1, max: 3 }),
        fc.integer({ min: 0, max: 2 }),
        (sizes, nSplits, groupGap) => {
          const groups = sizes.flatMap((size, group) => Array<number>(size).fill(10 * group));
          let tested = 0;
          for (const { train, test } of purgedGroupSplits(groups, { nSplits, groupGap })) {
            expect(groups[test.from] - groups[train.to - 1]).toBe(10 * (groupGap + 1));
            for (const edge of [train.from, train.to, test.from, test.to])
              if (edge > 0 && edge < groups.length) expect(groups[edge]).not.toBe(groups[edge - 1]);
            expect(test.from).toBeGreaterThanOrEqual(tested);
            tested = test.to;
          }
          expect(tested).toBe(groups.length);
        },
      ),
    );
  });

  it('refuses sizes without a meaning, groups out of order, and folds with nothing to train on', () => {
    expect(() => purgedGroupSplits(10, { nSplits: 0 })).toThrow(ConfigError);
    expect(() => purgedGroupSplits(10, { nSplits: 2, groupGap: -1 })).toThrow('groupGap');
    expect(() => purgedGroupSplits([0, 1, 0], { nSplits: 1 })).toThrow('groups[2]');
    expect(() => purgedGroupSplits(10, { nSplits: 4, groupGap: 2 })).toThrow(DataError);
    expect(() => purgedGroupSplits(2.5, { nSplits: 1 })).toThrow('the number of dates');
  });
});
