import { describe, expect, it } from '@jest/globals';
import {
  AssetSignalResult,
  AssetWeightsResult,
  CrossSectionBatch,
  PanelIndex,
  PortfolioSequenceBatch,
  PortfolioWeightsResult,
} from '@ml4t/core';
import type { Table } from 'apache-arrow';
import { contextTable, predictionsTable, renameColumns, weightsContextTable, weightsTable } from '../../src/index.ts';

const index = new PanelIndex({
  timestamps: Float64Array.of(0, 1000),
  rowOffsets: Int32Array.of(0, 2, 3),
  assetIndex: Int32Array.of(1, 0, 1),
  assetIds: ['10', 'B'],
});
const rows = (table: Table): unknown[] => table.toArray().map((row) => ({ ...(row as object) }));
const names = (table: Table): string[] => table.schema.fields.map(({ name }) => name);

describe('weightsContextTable', () => {
  it('has one column per asset, 0 where there is no row or no weight', () => {
    const weights = new AssetWeightsResult({ index, weights: Float64Array.of(0.25, NaN, -1) });
    const table = weightsContextTable(weights);
    expect(rows(table)).toEqual([
      { timestamp: 0, w_10: 0, w_B: 0.25 },
      { timestamp: 1000, w_10: 0, w_B: -1 },
    ]);
    // In order even where an object would put the whole number first.
    expect(names(weightsContextTable(weights, { prefix: '' }))).toEqual(['timestamp', '10', 'B']);
  });

  it('gives each date of overlapping windows once', () => {
    const batch = new PortfolioSequenceBatch({
      features: new Float64Array(4),
      shape: [2, 2, 1, 1],
      assetIds: ['A'],
      timestamps: [
        [0, 1],
        [1, 2],
      ],
    });
    const table = weightsContextTable(new PortfolioWeightsResult(batch, Float64Array.of(1, 2, 3, 4)));
    expect(rows(table)).toEqual([
      { timestamp: 0, w_A: 1 },
      { timestamp: 1, w_A: 2 },
      { timestamp: 2, w_A: 4 },
    ]);
  });
});

describe('contextTable', () => {
  const batch = (contextNames: string[], contextFeatures?: Float64Array): CrossSectionBatch =>
    new CrossSectionBatch({
      index,
      characteristicNames: ['x'],
      characteristics: new Float64Array(3),
      ...(contextFeatures ? { contextNames, contextFeatures } : {}),
    });

  it('has one row per date', () => {
    expect(rows(contextTable(batch(['vix', 'term'], Float64Array.of(1, 2, 3, 4))))).toEqual([
      { timestamp: 0, vix: 1, term: 2 },
      { timestamp: 1000, vix: 3, term: 4 },
    ]);
  });

  it('refuses a batch without context, and a series called timestamp', () => {
    expect(() => contextTable(batch([]))).toThrow(/batch.contextFeatures: expected at least one/);
    expect(() => contextTable(batch(['timestamp'], Float64Array.of(1, 2)))).toThrow(/timestamp is taken/);
  });
});

describe('renameColumns', () => {
  it('gives a table the names that another program looks for', () => {
    const weights = weightsTable(new AssetWeightsResult({ index, weights: Float64Array.of(0.5, 0, -1) }), {
      selectedAbove: 1e-9,
    });
    const signals = renameColumns(weights, { asset: 'symbol', weight: 'signal_value' });
    expect(rows(signals)).toEqual([
      { timestamp: 0, symbol: 'B', signal_value: 0.5, selected: true },
      { timestamp: 0, symbol: '10', signal_value: 0, selected: false },
      { timestamp: 1000, symbol: 'B', signal_value: -1, selected: true },
    ]);
    expect(names(weights)).toEqual(['timestamp', 'asset', 'weight', 'selected']);
    const stacked = renameColumns(weights.concat(weights), { asset: 'symbol' });
    expect(stacked.getChild('symbol')?.toArray()).toHaveLength(6);
  });

  it('refuses columns that are not there, and names that are', () => {
    const table = weightsTable(new AssetWeightsResult({ index, weights: new Float64Array(3) }));
    expect(() => renameColumns(table, { ticker: 'symbol' })).toThrow(/timestamp, asset, weight/);
    expect(() => renameColumns(table, { asset: 'weight' })).toThrow(/"weight" again/);
  });
});

describe('predictionsTable', () => {
  it('takes direct predictions, one signal of several by name', () => {
    const one = new AssetSignalResult({ index, signals: Float64Array.of(1, NaN, 3), unit: 'score' });
    const scores = (table: Table): unknown[] => rows(table).map((row) => (row as { y_score: number }).y_score);
    expect(scores(predictionsTable(one))).toEqual([1, null, 3]);
    const two = new AssetSignalResult({
      index,
      signals: Float64Array.of(1, 2, 3, 4, 5, 6),
      signalNames: ['up', 'down'],
      unit: 'score',
    });
    expect(scores(predictionsTable(two, { signal: 'down' }))).toEqual([2, 4, 6]);
    expect(() => predictionsTable(two)).toThrow(/signal: expected one of up, down/);
  });
});
