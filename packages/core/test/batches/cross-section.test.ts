import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { CrossSectionBatch } from '../../src/batches/cross-section.ts';
import { rankNormalize } from '../../src/preprocessing/rank-normalize.ts';
import { failure } from './failure.ts';

const { NaN: missing } = Number;

const arrays = {
  timestamps: ['2020-01-31', '2020-02-29', '2020-03-31'],
  rowOffsets: [0, 2, 3, 5],
  assetIndex: [0, 1, 1, 0, 1],
  assetIds: ['a', 'b'],
  characteristicNames: ['size', 'value'],
  characteristics: Float64Array.of(1, 2, 3, 4, 5, missing, 7, 8, 9, 10),
  returns: Float64Array.of(0.1, 0.2, missing, 0.4, 0.5),
  factorReturns: Float64Array.of(1, 2, 3, 4, 5),
  contextNames: ['rate'],
  contextFeatures: [[1], [2], [3]],
};

describe('CrossSectionBatch', () => {
  it('takes typed arrays over without a copy', () => {
    const batch = CrossSectionBatch.fromArrays(arrays);
    expect(batch.characteristics).toBe(arrays.characteristics);
    expect(batch.returns).toBe(arrays.returns);
    expect([batch.nDates, batch.nRows, batch.nAssets, batch.nCharacteristics, batch.nContext]).toEqual([3, 5, 2, 2, 1]);
    expect([...batch.timestamps]).toEqual([0, 1, 2].map((m) => Date.UTC(2020, m + 1, 0)));
    expect(batch.assetIds).toEqual(['a', 'b']);
    expect(Object.isFrozen(batch)).toBe(true);
  });

  it('keeps characteristics in float32, through slices, cubes and preprocessing; all else is float64', () => {
    const narrow = Float32Array.from(arrays.characteristics);
    const batch = CrossSectionBatch.fromArrays({
      ...arrays,
      characteristics: narrow,
      returns: Float32Array.of(0.5, 0.25, missing, 1, 2),
    });
    expect(batch.characteristics).toBe(narrow);
    expect(batch.returns).toEqual(Float64Array.of(0.5, 0.25, missing, 1, 2));
    expect(batch.slice(1).characteristics.buffer).toBe(narrow.buffer);
    expect(batch.characteristic('size')).toEqual(Float64Array.of(1, 3, 5, 7, 9));
    const { characteristics, mask } = batch.toDense();
    const cube = { timestamps: arrays.timestamps, shape: [3, 2, 2] as const, mask };
    const dense = CrossSectionBatch.fromDense({ ...cube, characteristics: Float32Array.from(characteristics) });
    expect(dense.characteristics).toEqual(narrow);
    const ranked = rankNormalize(batch);
    expect(ranked.characteristics).toBeInstanceOf(Float32Array);
    const ranks = rankNormalize(CrossSectionBatch.fromArrays(arrays)).characteristics;
    expect(ranked.characteristics).toEqual(Float32Array.from(ranks));
    expect(failure(() => batch.withCharacteristics(new Float32Array(9)))).toMatchObject({
      code: 'shape',
      field: 'characteristics',
      expected: '10 entries for shape (5, 2)',
      found: '9',
    });
    expect(failure(() => batch.withCharacteristics(narrow.map(() => Infinity)))).toMatchObject({
      code: 'data',
      field: 'characteristics[0]',
    });
  });

  it('slices by date, columns and context included, sharing memory', () => {
    const part = CrossSectionBatch.fromArrays(arrays).slice(1, 3);
    expect([...part.characteristics]).toEqual([5, missing, 7, 8, 9, 10]);
    expect([...(part.returns ?? [])]).toEqual([missing, 0.4, 0.5]);
    expect([...(part.factorReturns ?? [])]).toEqual([3, 4, 5]);
    expect([...(part.contextFeatures ?? [])]).toEqual([2, 3]);
    expect(part.characteristics.buffer).toBe(arrays.characteristics.buffer);
    expect(part).toBeInstanceOf(CrossSectionBatch);
    expect(Object.isFrozen(part)).toBe(true);
    expect([...part.slice(1).characteristics]).toEqual([7, 8, 9, 10]);
    expect(failure(() => part.slice(0, 3)).field).toBe('slice');
  });

  it('replaces characteristics, drops returns, reads columns', () => {
    const batch = CrossSectionBatch.fromArrays(arrays);
    const other = batch.withCharacteristics(new Float64Array(5), ['one']);
    expect([other.nCharacteristics, other.returns, other.index]).toEqual([1, batch.returns, batch.index]);
    expect(failure(() => batch.withCharacteristics(new Float64Array(4), ['one'])).code).toBe('shape');
    const blind = batch.withoutReturns();
    expect([blind.returns, blind.factorReturns]).toEqual([undefined, undefined]);
    expect(batch.requireReturns('the test')).toBe(batch.returns);
    expect(failure(() => blind.requireReturns('the test'))).toMatchObject({ code: 'data', field: 'returns' });
    expect([...batch.characteristic('value')]).toEqual([2, 4, missing, 8, 10]);
    expect(failure(() => batch.characteristic('momentum')).expected).toContain('size, value');
  });

  it.each([
    ['shape', 'characteristics', { characteristicNames: [] }],
    ['data', 'characteristicNames[1]', { characteristicNames: ['size', 'size'] }],
    ['shape', 'characteristics', { characteristics: new Float64Array(9) }],
    ['shape', 'characteristics', { characteristics: [[1, 2]] }],
    ['shape', 'characteristics[1]', { characteristics: [[1, 2], [3], [5, 6], [7, 8], [9, 10]] }],
    ['data', 'characteristics[3]', { characteristics: Float64Array.of(1, 2, 3, Infinity, 5, 6, 7, 8, 9, 10) }],
    ['shape', 'returns', { returns: new Float64Array(4) }],
    ['data', 'returns[2]', { returns: Float64Array.of(1, 2, -Infinity, 4, 5) }],
    ['shape', 'factorReturns', { factorReturns: new Float64Array(6) }],
    ['shape', 'contextFeatures', { contextFeatures: undefined }],
    ['shape', 'contextFeatures', { contextNames: undefined }],
    ['shape', 'contextFeatures', { contextFeatures: [[1], [2]] }],
    ['data', 'contextFeatures[1]', { contextFeatures: [[1], [missing], [3]] }],
    ['data', 'contextNames[1]', { contextNames: ['rate', 'rate'], contextFeatures: new Float64Array(6) }],
    ['data', 'timestamps[1]', { timestamps: ['2020-01-31', '2020-01-31', '2020-03-31'] }],
    ['data', 'assetIndex[1]', { assetIndex: [0, 0, 1, 0, 1] }],
  ])('refuses a %s error at %s', (code, field, change) => {
    const error = failure(() => CrossSectionBatch.fromArrays({ ...arrays, ...change } as typeof arrays));
    expect([error.code, error.field]).toEqual([code, field]);
  });

  it('reads null as missing and text as an error', () => {
    const characteristics = [
      [1, null],
      [3, 4],
      [5, 6],
      [7, 8],
      [9, 10],
    ] as unknown as number[][];
    expect(CrossSectionBatch.fromArrays({ ...arrays, characteristics } as never).characteristics[1]).toBe(missing);
    const text = [['1', 2], ...characteristics.slice(1)] as unknown as number[][];
    expect(failure(() => CrossSectionBatch.fromArrays({ ...arrays, characteristics: text } as never))).toMatchObject({
      code: 'data',
      field: 'characteristics[0][0]',
    });
  });
});

describe('ragged and dense', () => {
  /** A random cube with a mask in which every cell of the mask has a value. */
  const cube = fc
    .record({ T: fc.integer({ min: 1, max: 6 }), N: fc.integer({ min: 1, max: 5 }), P: fc.integer({ min: 1, max: 3 }) })
    .chain(({ T, N, P }) =>
      fc.record({
        shape: fc.constant([T, N, P] as const),
        mask: fc.array(fc.boolean(), { minLength: T * N, maxLength: T * N }),
        characteristics: fc.array(fc.oneof(fc.double({ noDefaultInfinity: true }), fc.constant(missing)), {
          minLength: T * N * P,
          maxLength: T * N * P,
        }),
        returns: fc.array(fc.double({ noDefaultInfinity: true }), { minLength: T * N, maxLength: T * N }),
      }),
    );

  it('are one and the same: dense to ragged to dense gives the cube under its mask', () => {
    fc.assert(
      fc.property(cube, ({ shape: [T, N, P], mask, characteristics, returns }) => {
        const batch = CrossSectionBatch.fromDense({
          timestamps: Float64Array.from({ length: T }, (_, t) => t),
          characteristics: Float64Array.from(characteristics),
          shape: [T, N, P],
          mask,
          returns: Float64Array.from(returns),
          returnLag: 0,
        });
        expect(batch.nRows).toBe(mask.filter(Boolean).length);
        const dense = batch.toDense();
        expect([...dense.mask]).toEqual(mask.map(Number));
        mask.forEach((member, cell) => {
          expect(dense.returns?.[cell]).toBe(member ? returns[cell] : missing);
          for (let j = 0; j < P; j++)
            expect(dense.characteristics[cell * P + j]).toBe(member ? characteristics[cell * P + j] : missing);
        });
        const again = CrossSectionBatch.fromDense({
          timestamps: batch.timestamps,
          characteristics: dense.characteristics,
          shape: [T, N, P],
          mask: dense.mask,
          ...(dense.returns ? { returns: dense.returns, returnLag: 0 } : {}),
        });
        expect(again.index.assetIndex).toEqual(batch.index.assetIndex);
        expect(again.index.rowOffsets).toEqual(batch.index.rowOffsets);
        expect(again.characteristics).toEqual(batch.characteristics);
        expect(again.returns).toEqual(batch.returns);
      }),
      { seed: 1, numRuns: 100 },
    );
  });
});
