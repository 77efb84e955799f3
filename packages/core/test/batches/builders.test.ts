import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { CrossSectionBatch } from '../../src/batches/cross-section.ts';
import { alignForwardReturns } from '../../src/batches/forward-returns.ts';
import type { DensePanel } from '../../src/batches/from-dense.ts';
import type { LongRows } from '../../src/batches/from-rows.ts';
import { PanelIndex } from '../../src/batches/panel-index.ts';
import { failure } from './failure.ts';

const { NaN: missing } = Number;

const rows: LongRows = {
  timestamps: ['2020-01-31', '2020-01-31', '2020-02-29', '2020-03-31', '2020-03-31'],
  assets: ['x', 'y', 'y', 'x', 'z'],
  characteristics: { size: [1, 2, 3, 4, 5], value: [10, null, undefined, 40, 50] },
  returns: [0.01, 0.02, 0.03, 0.04, null],
  returnLag: 0,
};

describe('batches from long rows', () => {
  it('index dates and assets in order of appearance', () => {
    const batch = CrossSectionBatch.fromRows(rows);
    expect(batch.assetIds).toEqual(['x', 'y', 'z']);
    expect([...batch.index.rowOffsets]).toEqual([0, 2, 3, 5]);
    expect([...batch.index.assetIndex]).toEqual([0, 1, 1, 0, 2]);
    expect(batch.characteristicNames).toEqual(['size', 'value']);
    expect([...batch.characteristics]).toEqual([1, 10, 2, missing, 3, missing, 4, 40, 5, 50]);
    expect([...(batch.returns ?? [])]).toEqual([0.01, 0.02, 0.03, 0.04, missing]);
  });

  it('pair a row with the return that comes after it, one panel date on', () => {
    // With lag 1, x on 2020-01-31 has no row on 2020-02-29; y has one, with .03.
    const batch = CrossSectionBatch.fromRows({ ...rows, returnLag: 1 });
    expect([...(batch.returns ?? [])]).toEqual([missing, 0.03, missing, missing, missing]);
  });

  it('sort when asked to, and give the same batch whatever the order of the rows', () => {
    const order = [4, 2, 0, 3, 1];
    const pick = <A>(column: ArrayLike<A>): A[] => order.map((i) => column[i]);
    const shuffled: LongRows = {
      timestamps: pick(rows.timestamps as string[]),
      assets: pick(rows.assets),
      characteristics: { size: pick(rows.characteristics.size), value: pick(rows.characteristics.value) },
      returns: pick(rows.returns ?? []),
      returnLag: 1,
    };
    expect(failure(() => CrossSectionBatch.fromRows(shuffled))).toMatchObject({ code: 'data', field: 'timestamps[1]' });
    const sorted = CrossSectionBatch.fromRows({ ...shuffled, sort: true }).toDense();
    const byName = (batch: CrossSectionBatch): string[] =>
      Array.from(
        { length: batch.nRows },
        (_, row) => `${batch.assetIds[batch.index.assetIndex[row]]} ${batch.returns?.[row]}`,
      ).sort();
    expect(byName(CrossSectionBatch.fromRows({ ...shuffled, sort: true }))).toEqual(
      byName(CrossSectionBatch.fromRows({ ...rows, returnLag: 1 })),
    );
    expect(sorted.mask.reduce((a, b) => a + b, 0)).toBe(5);
  });

  it('leave the columns they were given as they were', () => {
    const returns = Float64Array.of(1, 2, 3, 4, 5);
    const timestamps = Float64Array.of(3, 1, 2, 2, 2);
    CrossSectionBatch.fromRows({ ...rows, timestamps, returns, returnLag: 1, sort: true });
    expect([...returns]).toEqual([1, 2, 3, 4, 5]);
    expect([...timestamps]).toEqual([3, 1, 2, 2, 2]);
  });

  it.each([
    ['shape', 'timestamps', { timestamps: [], assets: [], characteristics: {}, returns: [] }],
    ['shape', 'assets', { assets: ['x'] }],
    ['shape', 'characteristics.size', { characteristics: { size: [1] } }],
    ['data', 'characteristics.size[1]', { characteristics: { size: [1, '2', 3, 4, 5] } }],
    ['shape', 'returns', { returns: [1] }],
    ['data', 'returns[0]', { returns: [true, 2, 3, 4, 5] }],
    ['config', 'returnLag', { returnLag: undefined }],
    ['config', 'returnLag', { returnLag: -1 }],
    ['config', 'returnLag', { returnLag: 0.5 }],
    ['data', 'assetIndex[1]', { assets: ['x', 'x', 'y', 'x', 'z'] }],
    ['data', 'assetIds[0]', { assets: [7, 'y', 'y', 'x', 'z'] }],
    ['data', 'timestamps[1]', { timestamps: ['2020-02-29', '2020-01-31', '2020-02-29', '2020-03-31', '2020-03-31'] }],
    ['data', 'timestamps[2]', { timestamps: [1, 1, '2020-02-29', 3, 3] }],
    ['data', 'timestamps[4]', { timestamps: Float64Array.of(1, 1, 2, 3, missing) }],
  ])('refuse a %s error at %s', (code, field, change) => {
    const error = failure(() => CrossSectionBatch.fromRows({ ...rows, ...change } as LongRows));
    expect([error.code, error.field]).toEqual([code, field]);
  });

  it('may be of returns alone, which models of characteristics refuse by name', () => {
    const batch = CrossSectionBatch.fromRows({ ...rows, characteristics: {} });
    expect([batch.nCharacteristics, batch.characteristics.length]).toEqual([0, 0]);
    const error = failure(() => {
      batch.requireCharacteristics('CAEModel.fit');
    });
    expect([error.code, error.field]).toEqual(['data', 'characteristics']);
    expect(error.expected).toContain('CAEModel.fit');
  });

  it('name asset and date of a duplicate', () => {
    const error = failure(() => CrossSectionBatch.fromRows({ ...rows, assets: ['x', 'y', 'y', 'z', 'z'] }));
    expect(error.found).toBe('z twice on 2020-03-31');
  });
});

describe('batches from a dense cube', () => {
  const panel: DensePanel = {
    timestamps: ['2020-01-31', '2020-02-29'],
    characteristics: [
      [
        [1, 2],
        [missing, missing],
      ],
      [
        [5, missing],
        [7, 8],
      ],
    ],
    returns: [
      [0.1, 0.2],
      [0.3, 0.4],
    ],
    returnLag: 1,
  };

  it('keep cells with at least one characteristic when there is no mask', () => {
    const batch = CrossSectionBatch.fromDense(panel);
    expect([...batch.index.assetIndex]).toEqual([0, 0, 1]);
    expect([...batch.characteristics]).toEqual([1, 2, 5, missing, 7, 8]);
    expect([...(batch.returns ?? [])]).toEqual([0.3, missing, missing]);
    expect([batch.assetIds, batch.characteristicNames]).toEqual([
      ['a0', 'a1'],
      ['c0', 'c1'],
    ]);
  });

  it('take the mask, nested or flat, for what belongs', () => {
    const nested = CrossSectionBatch.fromDense({
      ...panel,
      mask: [
        [true, true],
        [false, 1],
      ],
    });
    const flat = CrossSectionBatch.fromDense({ ...panel, mask: Uint8Array.of(1, 1, 0, 1) });
    expect([...nested.index.assetIndex]).toEqual([0, 1, 1]);
    expect(flat.index).toEqual(nested.index);
  });

  it('never choose members by what is known of their returns', () => {
    const gone = CrossSectionBatch.fromDense({ ...panel, returns: new Float64Array(4).fill(missing) });
    expect(gone.index).toEqual(CrossSectionBatch.fromDense(panel).index);
  });

  it.each([
    ['shape', 'timestamps', { timestamps: ['2020-01-31'] }],
    ['shape', 'characteristics', { characteristics: Float64Array.of(1, 2, 3) }],
    ['shape', 'characteristics[1]', { characteristics: [[[1], [2]], [[3]]] }],
    ['shape', 'assetIds', { assetIds: ['a'] }],
    ['shape', 'characteristicNames', { characteristicNames: ['size'] }],
    ['shape', 'mask', { mask: [1, 0] }],
    ['shape', 'mask', { mask: [[1, 0]] }],
    ['shape', 'mask[1]', { mask: [[1, 0], [1]] }],
    ['shape', 'returns[0]', { returns: [[1], [2]] }],
    ['config', 'returnLag', { returnLag: undefined }],
    ['shape', 'contextFeatures', { contextNames: ['rate'] }],
  ])('refuse a %s error at %s', (code, field, change) => {
    const error = failure(() => CrossSectionBatch.fromDense({ ...panel, ...change } as DensePanel));
    expect([error.code, error.field]).toEqual([code, field]);
  });
});

describe('forward returns', () => {
  const ragged = fc
    .array(fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }), { minLength: 1, maxLength: 8 })
    .map((dates) => {
      const assetIndex = dates.flatMap((date) => date.flatMap((present, i) => (present ? [i] : [])));
      const rowOffsets = [0];
      for (const date of dates) rowOffsets.push(rowOffsets[rowOffsets.length - 1] + date.filter(Boolean).length);
      return new PanelIndex({
        timestamps: Float64Array.from(dates.keys()),
        rowOffsets: Int32Array.from(rowOffsets),
        assetIndex: Int32Array.from(assetIndex),
        assetIds: ['a', 'b', 'c', 'd'],
      });
    });

  it('are what the same asset has that many dates later, for any ragged panel', () => {
    fc.assert(
      fc.property(ragged, fc.integer({ min: 1, max: 3 }), (index, lag) => {
        const values = Float64Array.from({ length: index.nRows }, (_, row) => row + 1);
        const aligned = alignForwardReturns(index, values, lag);
        for (let t = 0; t < index.nDates; t++)
          for (let row = index.rowOffsets[t]; row < index.rowOffsets[t + 1]; row++) {
            let expected = missing;
            if (t + lag < index.nDates)
              for (let later = index.rowOffsets[t + lag]; later < index.rowOffsets[t + lag + 1]; later++)
                if (index.assetIndex[later] === index.assetIndex[row]) expected = values[later];
            expect(aligned[row]).toBe(expected);
          }
      }),
      { seed: 1, numRuns: 200 },
    );
  });

  it('use no date beyond the lag: changing later values changes no earlier row', () => {
    const index = PanelIndex.full(Float64Array.of(1, 2, 3, 4, 5), ['a', 'b']);
    const values = Float64Array.from({ length: 10 }, (_, i) => i);
    const later = values.map((v, i) => (i < 6 ? v : 100 + v));
    // Rows of dates 1 and 2 end at date 3 with lag 1: values of position 6 on (date 4) do not reach them.
    expect(alignForwardReturns(index, later, 1).subarray(0, 4)).toEqual(
      alignForwardReturns(index, values, 1).subarray(0, 4),
    );
    expect(alignForwardReturns(index, values, 0)).toBe(values);
    expect([...alignForwardReturns(index, values, 7)]).toEqual(new Array(10).fill(missing));
  });
});
