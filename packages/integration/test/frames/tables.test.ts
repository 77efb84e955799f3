import { describe, expect, it } from '@jest/globals';
import {
  AssetForecastResult,
  AssetSignalResult,
  AssetWeightsResult,
  CrossSectionBatch,
  FactorForecastResult,
  LatentFactorState,
  PanelIndex,
  PersistentPanelBatch,
  StochasticDiscountFactorState,
} from '@ml4t/core';
import type { Table } from 'apache-arrow';
import { factorTable, panelTable, predictionsTable, signalsTable, weightsTable } from '../../src/index.ts';

const index = new PanelIndex({
  // Before 1970, and beyond 2^32 milliseconds, where the halves of a 64-bit integer are easy to get wrong.
  timestamps: Float64Array.of(Date.UTC(1955, 0, 31, 12), 0, Date.UTC(2014, 0, 31)),
  rowOffsets: Int32Array.of(0, 2, 3, 5),
  assetIndex: Int32Array.of(0, 1, 1, 0, 2),
  assetIds: ['A', 'B', 'C'],
});
const types = (table: Table): Record<string, string> =>
  Object.fromEntries(table.schema.fields.map(({ name, type }) => [name, String(type)]));
const rows = (table: Table): unknown[] => table.toArray().map((row) => ({ ...(row as object) }));
const key = { timestamp: 'Timestamp<MILLISECOND>', asset: 'Dictionary<Int32, Utf8>' };

describe('predictionsTable', () => {
  const forecast = new AssetForecastResult({ index, expectedReturns: Float64Array.of(0.1, NaN, 0.3, 0.4, 0.5) });

  it('has the documented columns and types, in order', () => {
    const table = predictionsTable(forecast, { returns: new Float64Array(5), modelName: 'ipca', fold: 2 });
    expect(Object.entries(types(table))).toEqual(
      Object.entries({
        ...key,
        y_score: 'Float64',
        y_true: 'Float64',
        model: 'Dictionary<Int32, Utf8>',
        fold: 'Int32',
      }),
    );
    expect(Object.keys(types(predictionsTable(forecast)))).toEqual(['timestamp', 'asset', 'y_score']);
  });

  it('zips the forecast with the rows of its panel; NaN is null', () => {
    const table = predictionsTable(forecast, { modelName: 'ipca', fold: Int32Array.of(0, 0, 1, 2, 2) });
    const expected = [
      [Date.UTC(1955, 0, 31, 12), 'A', 0.1, 0],
      [Date.UTC(1955, 0, 31, 12), 'B', null, 0],
      [0, 'B', 0.3, 1],
      [Date.UTC(2014, 0, 31), 'A', 0.4, 2],
      [Date.UTC(2014, 0, 31), 'C', 0.5, 2],
    ].map(([timestamp, asset, score, fold]) => ({ timestamp, asset, y_score: score, model: 'ipca', fold }));
    expect(rows(table)).toEqual(expected);
  });

  it('works on the part of a batch', () => {
    const part = new AssetForecastResult({ index: index.slice(1), expectedReturns: Float64Array.of(1, 2, 3) });
    expect(rows(predictionsTable(part))).toEqual([
      { timestamp: 0, asset: 'B', y_score: 1 },
      { timestamp: Date.UTC(2014, 0, 31), asset: 'A', y_score: 2 },
      { timestamp: Date.UTC(2014, 0, 31), asset: 'C', y_score: 3 },
    ]);
  });

  it('refuses columns of another length', () => {
    expect(() => predictionsTable(forecast, { returns: new Float64Array(4) })).toThrow('returns: expected 5 entries');
    expect(() => predictionsTable(forecast, { fold: new Int32Array(4) })).toThrow('fold: expected 5 entries');
  });
});

describe('signalsTable and weightsTable', () => {
  it('give one column per signal, and the weight', () => {
    const signals = new AssetSignalResult({
      index,
      signals: Float64Array.from({ length: 10 }, (_, i) => i),
      signalNames: ['week', 'month'],
      unit: 'score',
    });
    expect(rows(signalsTable(signals))[3]).toEqual({ timestamp: Date.UTC(2014, 0, 31), asset: 'A', week: 6, month: 7 });
    const weights = new AssetWeightsResult({ index, weights: Float64Array.of(1, 2, 3, 4, 5) });
    expect(types(weightsTable(weights))).toEqual({ ...key, weight: 'Float64' });
    expect(rows(weightsTable(weights))[4]).toEqual({ timestamp: Date.UTC(2014, 0, 31), asset: 'C', weight: 5 });
  });

  it('take the weights of a stochastic discount factor, row by row', () => {
    const sdfValues = new Float64Array(index.nDates).fill(1);
    const state = new StochasticDiscountFactorState({ index, weights: Float64Array.of(-0.5, 0.5, 1, 0, 0), sdfValues });
    expect(rows(weightsTable(state, { modelName: 'sdf' }))[0]).toMatchObject({
      asset: 'A',
      weight: -0.5,
      model: 'sdf',
    });
  });
});

describe('factorTable', () => {
  const state = new LatentFactorState({
    index,
    nFactors: 2,
    betaLayout: 'asset',
    betas: new Float64Array(6),
    factorReturns: Float64Array.of(1, 2, 3, 4, 5, NaN),
    factorNames: ['market', 'size'],
  });

  it('has one row per date and factor', () => {
    const forecast = new FactorForecastResult({
      timestamps: index.timestamps,
      factorNames: ['market', 'size'],
      premia: Float64Array.of(NaN, NaN, 0.1, 0.2, 0.3, 0.4),
      standardErrors: new Float64Array(6).fill(0.01),
      degreesOfFreedom: new Float64Array(6).fill(3),
    });
    const table = factorTable(state, forecast);
    expect(Object.keys(types(table))).toEqual([
      'timestamp',
      'factor',
      'factor_return',
      'premium',
      'premium_se',
      'premium_df',
    ]);
    expect(rows(table)[5]).toEqual({
      timestamp: Date.UTC(2014, 0, 31),
      factor: 'size',
      factor_return: null,
      premium: 0.4,
      premium_se: 0.01,
      premium_df: 3,
    });
    expect(rows(table)[2]).toMatchObject({ timestamp: 0, factor: 'market', factor_return: 3, premium: 0.1 });
  });

  it('refuses the forecast of other dates', () => {
    const forecast = new FactorForecastResult({
      timestamps: Float64Array.of(0, 1, 2),
      factorNames: ['market', 'size'],
      premia: new Float64Array(6),
    });
    expect(() => factorTable(state, forecast)).toThrow('forecast.timestamps');
  });
});

describe('panelTable', () => {
  it('writes returns, characteristics, context and extra columns', () => {
    const batch = new CrossSectionBatch({
      index,
      characteristicNames: ['x', 'y'],
      characteristics: Float64Array.from({ length: 10 }, (_, i) => i),
      returns: Float64Array.of(1, 2, 3, 4, NaN),
      contextNames: ['vix'],
      contextFeatures: Float64Array.of(15, 16, 17),
    });
    const table = panelTable(batch, { beta: Float64Array.of(5, 4, 3, 2, 1) });
    expect(Object.keys(types(table))).toEqual(['timestamp', 'asset', 'returns', 'x', 'y', 'vix', 'beta']);
    expect(rows(table)[4]).toEqual({
      timestamp: Date.UTC(2014, 0, 31),
      asset: 'C',
      returns: null,
      x: 8,
      y: 9,
      vix: 17,
      beta: 1,
    });
    expect(() => panelTable(batch, { x: new Float64Array(5) })).toThrow('"x" again');
  });

  it('writes all cells of a persistent panel', () => {
    const batch = new PersistentPanelBatch({
      timestamps: ['2014-01-31', '2014-02-28'],
      returns: [
        [1, NaN],
        [3, 4],
      ],
    });
    expect(rows(panelTable(batch)).map((row) => Object.values(row as object))).toEqual([
      [Date.UTC(2014, 0, 31), 'a0', 1],
      [Date.UTC(2014, 0, 31), 'a1', null],
      [Date.UTC(2014, 1, 28), 'a0', 3],
      [Date.UTC(2014, 1, 28), 'a1', 4],
    ]);
  });
});
