import { describe, expect, it } from '@jest/globals';
import { PanelIndex } from '../../src/batches/panel-index.ts';
import { PersistentPanelBatch } from '../../src/batches/persistent-panel.ts';
import { alignRows } from '../../src/evaluation/align-rows.ts';
import { raggedPanel } from './fixtures.ts';

describe('alignRows', () => {
  it('takes the observed rows of a ragged panel back out of the full one', () => {
    const batch = raggedPanel(12, 7);
    const full = PersistentPanelBatch.fromCrossSection(batch);
    expect(alignRows(full.index, full.returns, batch.index)).toEqual(batch.returns);
    expect(alignRows(full.index.slice(4, 9), full.returns.slice(28, 63), batch.index.slice(4, 9))).toEqual(
      batch.slice(4, 9).returns,
    );
  });

  it('puts a ragged column on the full panel, NaN where there is no row', () => {
    const batch = raggedPanel(12, 7);
    const full = PersistentPanelBatch.fromCrossSection(batch);
    expect(alignRows(batch.index, batch.requireReturns('a test'), full.index)).toEqual(full.returns);
  });

  it('matches by asset id and date, whatever the order of ids and the dates covered', () => {
    const source = new PanelIndex({
      timestamps: Float64Array.of(1, 2, 3),
      rowOffsets: Int32Array.of(0, 2, 3, 5),
      assetIndex: Int32Array.of(0, 1, 1, 0, 1),
      assetIds: ['a', 'b'],
    });
    const target = new PanelIndex({
      timestamps: Float64Array.of(2, 3, 4),
      rowOffsets: Int32Array.of(0, 2, 5, 6),
      assetIndex: Int32Array.of(0, 1, 2, 1, 0, 0),
      assetIds: ['b', 'a', 'z'],
    });
    const aligned = alignRows(source, Float64Array.of(10, 11, 21, 30, 31), target);
    expect(Array.from(aligned)).toEqual([21, Number.NaN, Number.NaN, 30, 31, Number.NaN]);
  });
});
