import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  ConfigError,
  CrossSectionBatch,
  DataError,
  expandingSplits,
  purgedGroupSplits,
  rollingSplits,
  walkForward,
  type LatentFactorPrediction,
  type WalkForwardSplit,
} from '../../src/index.ts';
import { requireFitArguments, runFold, type RowColumns } from '../../src/authoring/index.ts';

const day = 86_400_000;
const horizon = fc.integer({ min: 1, max: 21 });

/** The return dated t is known on date t + d; a split leaks when one of a block is known after the next block begins. */
function leaks({ train, validation, test }: WalkForwardSplit, realisationLag: number): boolean {
  const blocks = [train, ...(validation ? [validation] : []), test];
  return blocks.slice(1).some(({ from }, i) => blocks[i].to - 1 + realisationLag > from);
}

describe('splits of returns over h dates', () => {
  it('leave out what is not known yet, for every horizon and size', () => {
    fc.assert(
      fc.property(
        horizon,
        fc.integer({ min: 0, max: 9 }),
        fc.integer({ min: 0, max: 5 }),
        (h, validationSize, embargo) => {
          const dates = { nDates: 300, realisationLag: h };
          const sizes = { testSize: 7, validationSize, embargo };
          const all = [
            ...expandingSplits(dates, { initialTrain: 20, ...sizes }),
            ...rollingSplits(dates, { trainSize: 30, ...sizes }),
            ...purgedGroupSplits(dates, { nSplits: 4 }),
            ...purgedGroupSplits(
              Array.from({ length: 300 }, (_, t) => Math.floor(t / 4)),
              { nSplits: 4, realisationLag: h },
            ),
          ];
          for (const split of all) expect(leaks(split, h)).toBe(false);
          // And not one date more than that: the last training return is known when the test dates begin.
          const [first] = expandingSplits(dates, { initialTrain: 20, testSize: 7 });
          expect(leaks({ ...first, train: { from: 0, to: first.train.to + 1 } }, h)).toBe(true);
          const [group] = purgedGroupSplits(dates, { nSplits: 4 });
          expect(leaks({ ...group, train: { from: 0, to: group.train.to + 1 } }, h)).toBe(true);
        },
      ),
    );
  });

  it('refuse a smaller purge by name, unless the overlap is asked for', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 21 }), fc.nat(19), (h, smaller) => {
        const dates = { nDates: 300, realisationLag: h };
        const purge = Math.min(smaller, h - 2);
        const ways = [
          (allowOverlap?: boolean) => expandingSplits(dates, { initialTrain: 20, testSize: 7, purge, allowOverlap }),
          (allowOverlap?: boolean) => rollingSplits(dates, { trainSize: 20, testSize: 7, purge, allowOverlap }),
          (allowOverlap?: boolean) => purgedGroupSplits(dates, { nSplits: 3, groupGap: purge, allowOverlap }),
        ];
        for (const split of ways) {
          expect(() => split()).toThrow(ConfigError);
          expect(() => split()).toThrow(
            new RegExp(`^(purge|groupGap): expected at least ${h - 1}.*allowOverlap: true`),
          );
          expect(split(true)[0].test.from - split(true)[0].train.to).toBe(purge);
        }
      }),
    );
    expect(() =>
      expandingSplits({ nDates: 60, realisationLag: 5 }, { initialTrain: 20, testSize: 7, embargo: 4, purge: 0 }),
    ).not.toThrow();
    const [open] = expandingSplits(
      { nDates: 60, realisationLag: 5 },
      { initialTrain: 20, testSize: 7, allowOverlap: true },
    );
    expect(open.test.from).toBe(open.train.to);
  });

  it('take a longer purge', () => {
    const [split] = expandingSplits({ nDates: 60, realisationLag: 5 }, { initialTrain: 20, testSize: 7, purge: 9 });
    expect(split.test.from - split.train.to).toBe(9);
  });
});

describe('a walk-forward of returns over h dates', () => {
  const batch = CrossSectionBatch.fromDense({
    timestamps: Float64Array.from({ length: 40 }, (_, t) => t * day),
    characteristics: Array.from({ length: 40 }, () => [[1], [2]]),
    returns: Array.from({ length: 40 }, () => [0.1, 0.2]),
    returnLag: 0,
    returnHorizon: 5,
  });
  const silent = {
    fit: () => Promise.resolve({} as never),
    predict: (on: CrossSectionBatch) => Promise.resolve({ index: on.index } as unknown as LatentFactorPrediction),
  };
  const columns = (): RowColumns => ({});
  const fold = (gap: number, validationGap?: number): WalkForwardSplit => ({
    train: { from: 0, to: 20 - gap },
    ...(validationGap === undefined ? {} : { validation: { from: 20, to: 25 } }),
    test: validationGap === undefined ? { from: 20, to: 30 } : { from: 25 + validationGap, to: 35 },
  });

  it('refuses splits that leak, whoever made them', async () => {
    const run = (split: WalkForwardSplit, allowOverlap?: boolean): Promise<unknown> =>
      walkForward({ batch, splits: [split], create: () => silent, columns, allowOverlap });
    await expect(run(fold(3))).rejects.toThrow(DataError);
    await expect(run(fold(3))).rejects.toThrow(
      /^splits\[0\]\.train: expected at least 4 dates left out before test begins.*known after 5 dates, found 3.*purge of 4/,
    );
    await expect(run(fold(4, 3))).rejects.toThrow(/^splits\[0\]\.validation: .*before test begins/);
    await expect(run(fold(3, 4))).rejects.toThrow(/^splits\[0\]\.train: .*before validation begins/);
    for (const accepted of [run(fold(4)), run(fold(4, 4)), run(fold(0), true)])
      await expect(accepted).resolves.toBeDefined();
    await expect(runFold({ batch, splits: [fold(3)], columns }, silent, 0)).rejects.toThrow(/^splits\[0\]\.train/);
    await expect(runFold({ batch, splits: [fold(3)], columns, allowOverlap: true }, silent, 0)).resolves.toBeDefined();
  });
});

describe('a validation batch', () => {
  const panelOf = (returnHorizon: number): CrossSectionBatch =>
    CrossSectionBatch.fromDense({
      timestamps: Float64Array.from({ length: 40 }, (_, t) => t * day),
      characteristics: Array.from({ length: 40 }, () => [[1], [2]]),
      returns: Array.from({ length: 40 }, () => [0.1, 0.2]),
      returnLag: 0,
      returnHorizon,
    });
  const check = (train: CrossSectionBatch, validation: CrossSectionBatch, allowOverlap?: boolean) => (): void => {
    requireFitArguments(train, { validation, allowOverlap }, { operation: 'Model.fit', kind: 'cross-section' });
  };

  it('of the same panel begins when the training returns are known, or is refused', () => {
    fc.assert(
      fc.property(horizon, fc.integer({ min: 0, max: 20 }), (h, gap) => {
        const panel = panelOf(h);
        const [train, validation] = [panel.slice(0, 15), panel.slice(15 + gap)];
        if (gap >= h - 1) expect(check(train, validation)).not.toThrow();
        else {
          expect(check(train, validation)).toThrow(DataError);
          expect(check(train, validation)).toThrow(
            new RegExp(
              `^Model.fit: options.validation: expected at least ${h - 1} .*found ${gap}\\..*${h - 1 - gap} earlier`,
            ),
          );
          expect(check(train, validation, true)).not.toThrow();
          // Parts that were read apart, and dates before the training dates: nothing is known, or nothing to say.
          expect(check(CrossSectionBatch.fromArrays({ ...apart(train) }), validation)).not.toThrow();
        }
        expect(check(panel.slice(20), panel.slice(0, 20))).not.toThrow();
      }),
    );
  });

  const apart = (batch: CrossSectionBatch): Parameters<typeof CrossSectionBatch.fromArrays>[0] => ({
    ...batch.index,
    characteristicNames: batch.characteristicNames,
    characteristics: batch.characteristics,
    returns: batch.returns,
    returnHorizon: batch.returnHorizon,
  });
});
