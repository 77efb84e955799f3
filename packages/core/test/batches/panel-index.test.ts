import { describe, expect, it } from '@jest/globals';
import { PanelIndex } from '../../src/batches/panel-index.ts';
import { failure } from './failure.ts';

const valid = {
  timestamps: Float64Array.of(10, 20, 30),
  rowOffsets: Int32Array.of(0, 2, 2, 5),
  assetIndex: Int32Array.of(0, 2, 2, 1, 0),
  assetIds: ['a', 'b', 'c'],
};

describe('PanelIndex', () => {
  it('counts dates, rows and assets, a date without rows included', () => {
    const index = new PanelIndex(valid);
    expect([index.nDates, index.nRows, index.nAssets]).toEqual([3, 5, 3]);
    expect(Object.isFrozen(index)).toBe(true);
  });

  it('slices by date and shares memory', () => {
    const index = new PanelIndex(valid);
    const part = index.slice(1, 3);
    expect([...part.timestamps]).toEqual([20, 30]);
    expect([...part.rowOffsets]).toEqual([0, 0, 3]);
    expect([...part.assetIndex]).toEqual([2, 1, 0]);
    expect(part.assetIndex.buffer).toBe(index.assetIndex.buffer);
    expect(part.assetIds).toBe(index.assetIds);
    expect(part).toBeInstanceOf(PanelIndex);
    // A slice of a slice counts from the slice.
    expect([...part.slice(1).rowOffsets]).toEqual([0, 3]);
    expect([index.slice(0, 0).nDates, index.slice(3).nRows]).toEqual([0, 0]);
  });

  it('lists every asset on every date of a full panel', () => {
    const index = PanelIndex.full(Float64Array.of(1, 2), ['a', 'b', 'c']);
    expect([...index.rowOffsets]).toEqual([0, 3, 6]);
    expect([...index.assetIndex]).toEqual([0, 1, 2, 0, 1, 2]);
  });

  it.each([
    ['data', 'timestamps[1]', { timestamps: Float64Array.of(10, 10, 30) }],
    ['data', 'timestamps[2]', { timestamps: Float64Array.of(10, 20, 15) }],
    ['data', 'timestamps[0]', { timestamps: Float64Array.of(Number.NaN, 20, 30) }],
    ['data', 'assetIds[2]', { assetIds: ['a', 'b', 'a'] }],
    ['data', 'assetIds[1]', { assetIds: ['a', '', 'c'] }],
    ['shape', 'rowOffsets', { rowOffsets: Int32Array.of(0, 2, 5) }],
    ['shape', 'rowOffsets', { rowOffsets: Int32Array.of(1, 2, 2, 5) }],
    ['shape', 'rowOffsets', { rowOffsets: Int32Array.of(0, 2, 2, 4) }],
    ['shape', 'rowOffsets[2]', { rowOffsets: Int32Array.of(0, 2, 1, 5) }],
    ['data', 'assetIndex[1]', { assetIndex: Int32Array.of(0, 3, 2, 1, 0) }],
    ['data', 'assetIndex[0]', { assetIndex: Int32Array.of(-1, 2, 2, 1, 0) }],
    ['data', 'assetIndex[1]', { assetIndex: Int32Array.of(2, 2, 2, 1, 0) }],
  ])('refuses a %s error at %s', (code, field, change) => {
    const error = failure(() => new PanelIndex({ ...valid, ...change }));
    expect([error.code, error.field]).toEqual([code, field]);
  });

  it.each([
    [-1, 2],
    [0, 4],
    [2, 1],
    [0.5, 2],
    [0, Number.NaN],
  ])('refuses the slice from %d to %d', (from, to) => {
    expect(failure(() => new PanelIndex(valid).slice(from, to))).toMatchObject({ code: 'shape', field: 'slice' });
  });

  it('keeps the assets that have a row, in order of first appearance, and shares memory where it can', () => {
    const index = new PanelIndex({
      timestamps: Float64Array.of(0, 1, 2),
      rowOffsets: Int32Array.of(0, 2, 4, 6),
      assetIndex: Int32Array.of(0, 1, 3, 1, 1, 2),
      assetIds: ['a', 'b', 'c', 'd'],
    });
    expect(index.withOwnAssets()).toMatchObject({ assetIds: ['a', 'b', 'd', 'c'] });
    const prefix = index.slice(0, 1);
    expect(prefix.withOwnAssets()).toMatchObject({ assetIds: ['a', 'b'], assetIndex: Int32Array.of(0, 1) });
    expect(prefix.withOwnAssets().assetIndex).toBe(prefix.assetIndex);
    const later = index.slice(1, 3).withOwnAssets();
    expect(later).toBeInstanceOf(PanelIndex);
    expect(later).toMatchObject({ assetIds: ['d', 'b', 'c'], assetIndex: Int32Array.of(0, 1, 1, 2) });
    expect(later.withOwnAssets()).toBe(later);
  });
});
