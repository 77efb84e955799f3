import { describe, expect, it } from '@jest/globals';
import { CrossSectionBatch } from '../../src/batches/cross-section.ts';
import { PersistentPanelBatch } from '../../src/batches/persistent-panel.ts';
import { failure } from './failure.ts';

const { NaN: missing } = Number;

const panel = {
  timestamps: ['2020-01-31', '2020-02-29', '2020-03-31'],
  assetIds: ['a', 'b'],
  returns: Float64Array.of(1, 2, 3, missing, 5, 6),
};

describe('PersistentPanelBatch', () => {
  it('takes the returns over, with an index of every cell', () => {
    const batch = new PersistentPanelBatch(panel);
    expect(batch.returns).toBe(panel.returns);
    expect([batch.nDates, batch.nAssets, batch.index.nRows]).toEqual([3, 2, 6]);
    expect(Object.isFrozen(batch)).toBe(true);
  });

  it('reads nested returns and names the assets', () => {
    const batch = new PersistentPanelBatch({
      timestamps: [1, 2],
      returns: [
        [1, 2, 3],
        [4, 5, 6],
      ],
    });
    expect(batch.assetIds).toEqual(['a0', 'a1', 'a2']);
    expect([...batch.returns]).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it('slices by date, characteristics included, sharing memory', () => {
    const characteristics = Float64Array.from({ length: 6 }, (_, i) => 10 * i);
    const part = new PersistentPanelBatch({ ...panel, characteristicNames: ['x'], characteristics }).slice(1);
    expect([...part.returns]).toEqual([3, missing, 5, 6]);
    expect([...(part.characteristics ?? [])]).toEqual([20, 30, 40, 50]);
    expect(part.returns.buffer).toBe(panel.returns.buffer);
    expect([part.nDates, part.index.nRows]).toEqual([2, 4]);
    expect(part).toBeInstanceOf(PersistentPanelBatch);
  });

  it('selects assets in the order asked for', () => {
    const batch = new PersistentPanelBatch(panel);
    expect([...batch.selectAssets(['b', 'a']).returns]).toEqual([2, 1, missing, 3, 6, 5]);
    expect([...batch.selectAssets(['b']).returns]).toEqual([2, missing, 6]);
    expect(failure(() => batch.selectAssets(['c']))).toMatchObject({ code: 'data', field: 'assetIds', found: '"c"' });
  });

  it('spreads a ragged batch over its asset axis', () => {
    const ragged = CrossSectionBatch.fromRows({
      timestamps: [1, 2, 2],
      assets: ['a', 'b', 'a'],
      characteristics: { x: [1, 2, 3] },
      returns: [0.1, 0.2, 0.3],
      returnLag: 0,
    });
    const batch = PersistentPanelBatch.fromCrossSection(ragged);
    expect([...batch.returns]).toEqual([0.1, missing, 0.3, 0.2]);
    expect(failure(() => PersistentPanelBatch.fromCrossSection(ragged.withoutReturns())).field).toBe('returns');
  });

  it.each([
    ['shape', 'returns', { returns: new Float64Array(5) }],
    ['data', 'returns[4]', { returns: Float64Array.of(1, 2, 3, 4, Infinity, 6) }],
    ['data', 'assetIds[1]', { assetIds: ['a', 'a'] }],
    ['data', 'timestamps[2]', { timestamps: ['2020-01-31', '2020-02-29', '2020-02-01'] }],
    ['shape', 'characteristicNames', { characteristicNames: ['x'] }],
    ['shape', 'characteristics', { characteristicNames: ['x'], characteristics: new Float64Array(5) }],
    [
      'data',
      'characteristics[1]',
      { characteristicNames: ['x'], characteristics: Float64Array.of(1, Infinity, 3, 4, 5, 6) },
    ],
  ])('refuses a %s error at %s', (code, field, change) => {
    const error = failure(() => new PersistentPanelBatch({ ...panel, ...change }));
    expect([error.code, error.field]).toEqual([code, field]);
  });
});
