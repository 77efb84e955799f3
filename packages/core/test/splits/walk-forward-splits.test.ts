import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { ConfigError, DataError } from '../../src/errors.ts';
import { expandingSplits, rollingSplits } from '../../src/splits/walk-forward-splits.ts';

describe('expanding splits', () => {
  it('grow from the first date, and test every later date once', () => {
    expect(expandingSplits(10, { initialTrain: 4, testSize: 2 })).toEqual([
      { fold: 0, train: { from: 0, to: 4 }, test: { from: 4, to: 6 } },
      { fold: 1, train: { from: 0, to: 6 }, test: { from: 6, to: 8 } },
      { fold: 2, train: { from: 0, to: 8 }, test: { from: 8, to: 10 } },
    ]);
  });

  it('leave purge and embargo before validation and before test', () => {
    expect(
      expandingSplits(20, { initialTrain: 5, validationSize: 3, testSize: 4, purge: 1, embargo: 1, maxTrain: 7 }),
    ).toEqual([
      { fold: 0, train: { from: 0, to: 5 }, validation: { from: 7, to: 10 }, test: { from: 12, to: 16 } },
      { fold: 1, train: { from: 2, to: 9 }, validation: { from: 11, to: 14 }, test: { from: 16, to: 20 } },
    ]);
  });

  it('keep a short last test block unless told otherwise', () => {
    expect(expandingSplits(9, { initialTrain: 4, testSize: 3 }).map(({ test }) => test)).toEqual([
      { from: 4, to: 7 },
      { from: 7, to: 9 },
    ]);
    expect(expandingSplits(9, { initialTrain: 4, testSize: 3, dropShortTest: true })).toHaveLength(1);
  });
});

describe('rolling splits', () => {
  it('train on a window of constant length', () => {
    expect(rollingSplits(9, { trainSize: 3, testSize: 2, step: 3, purge: 1 })).toEqual([
      { fold: 0, train: { from: 0, to: 3 }, test: { from: 4, to: 6 } },
      { fold: 1, train: { from: 3, to: 6 }, test: { from: 7, to: 9 } },
    ]);
  });

  it('equal expanding splits whose training window is capped at its initial length', () => {
    const sizes = { testSize: 3, validationSize: 2, purge: 1 };
    expect(rollingSplits(40, { trainSize: 10, ...sizes })).toEqual(
      expandingSplits(40, { initialTrain: 10, maxTrain: 10, ...sizes }),
    );
  });
});

it('never lets a training date come within the gap of what it is evaluated on, for any sizes', () => {
  const size = (min: number): fc.Arbitrary<number> => fc.integer({ min, max: 12 });
  fc.assert(
    fc.property(
      fc.record({
        nDates: fc.integer({ min: 60, max: 120 }),
        initialTrain: size(1),
        testSize: size(1),
        validationSize: size(0),
        purge: size(0),
        embargo: size(0),
      }),
      ({ nDates, ...sizes }) => {
        const gap = sizes.purge + sizes.embargo;
        const splits = expandingSplits(nDates, sizes);
        let next = splits[0].test.from;
        for (const { train, validation, test } of splits) {
          const evaluated = validation ?? test;
          expect(evaluated.from - train.to).toBe(gap);
          if (validation) expect(test.from - validation.to).toBe(gap);
          expect(validation ? validation.to - validation.from : 0).toBe(sizes.validationSize);
          // Test blocks follow each other without a hole up to the last date.
          expect(test.from).toBe(next);
          next = test.to;
        }
        expect(next).toBe(nDates);
        expect(splits[0].train).toEqual({ from: 0, to: sizes.initialTrain });
      },
    ),
    { seed: 1, numRuns: 200 },
  );
});

describe('errors', () => {
  it('name the sizes and the dates available when no fold fits', () => {
    const tooMuch = (): unknown => expandingSplits(20, { initialTrain: 18, validationSize: 3, testSize: 2, purge: 1 });
    expect(tooMuch).toThrow(DataError);
    expect(tooMuch).toThrow(
      'splits: expected at least 24 dates (initialTrain 18 + purge and embargo 1 + validationSize 3 + purge and embargo 1 + test 1), found 20.',
    );
    expect(() => rollingSplits(10, { trainSize: 8, testSize: 3, dropShortTest: true })).toThrow(/at least 11 dates/);
  });

  it.each([
    ['testSize', { initialTrain: 5, testSize: 0 }],
    ['initialTrain', { initialTrain: 0, testSize: 1 }],
    ['step', { initialTrain: 5, testSize: 1, step: 0 }],
    ['purge', { initialTrain: 5, testSize: 1, purge: -1 }],
    ['embargo', { initialTrain: 5, testSize: 1, embargo: 0.5 }],
    ['validationSize', { initialTrain: 5, testSize: 1, validationSize: Number.NaN }],
    ['maxTrain', { initialTrain: 5, testSize: 1, maxTrain: 4 }],
  ])('name a wrong %s', (field, options) => {
    expect(() => expandingSplits(50, options)).toThrow(ConfigError);
    expect(() => expandingSplits(50, options)).toThrow(new RegExp(`^${field}: `));
  });
});
