import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import {
  AssetForecastResult,
  AssetSignalResult,
  AssetWeightsResult,
  PanelIndex,
  PortfolioSequenceBatch,
  PortfolioWeightsResult,
} from '@ml4t/core';
import { tableFromArrays, type Table } from 'apache-arrow';
import {
  backtestInputsFromForecast,
  backtestInputsFromSignals,
  backtestInputsFromTables,
  backtestInputsFromWeights,
  feedSpecMapping,
  predictionsTable,
  readBacktestFrames,
  weightsTable,
  writeBacktestFrames,
  writeFrame,
  type BacktestOptions,
} from '../../src/index.ts';
import { failureOf } from '../failures.ts';
import { query, temporaryFolder, writeParquet } from '../temporary-folder.ts';

const folder = temporaryFolder();
const day = 86_400_000;
const index = PanelIndex.full(Float64Array.of(0, day), ['A', 'B']);
const forecast = new AssetForecastResult({ index, expectedReturns: Float64Array.of(0.1, NaN, 0.3, 0.4) });
const rows = (table: Table | undefined): unknown[] => table?.toArray().map((row) => ({ ...(row as object) })) ?? [];

let count = 0;
/** Prices of two days and two assets, with the columns that `select` makes of day t and asset i. */
const prices = (select: string): Promise<string> =>
  writeParquet(
    join(folder, `prices-${count++}.parquet`),
    `SELECT ${select} FROM range(2) d(t), (VALUES (1, 'A'), (2, 'B')) a(i, name) ORDER BY t, i`,
  );
const plain = (): Promise<string> =>
  prices(`DATE '1970-01-01' + t::INT AS timestamp, name AS asset, 10.0 + i AS close`);

describe('the feed specification', () => {
  const feedOf = async (path: string, options: Omit<BacktestOptions, 'prices'> = {}) =>
    (await backtestInputsFromForecast(forecast, { prices: path, ...options })).feed;

  it('takes the usual names that the table has, and the close as the price', async () => {
    const path = await prices(
      `DATE '1970-01-01' + t::INT AS date, name AS ticker, i AS "Close", i AS volume, i AS open, 'x' AS sector`,
    );
    expect(await feedOf(path)).toEqual({
      timestamp: 'date',
      asset: 'ticker',
      open: 'open',
      close: 'Close',
      price: 'Close',
      volume: 'volume',
    });
  });

  it('takes every override of DataFeed, in the names of FeedSpec', async () => {
    const roles = ['p', 'o', 'h', 'l', 'c', 'v', 'vw', 'b', 'a', 'm', 'bs', 'as_'];
    const path = await prices(
      `DATE '1970-01-01' + t::INT AS day, name AS code, name AS ticker, ${roles.map((r) => `i AS ${r}`).join(', ')}`,
    );
    const feed = await feedOf(path, {
      ...{ timestamp: 'day', asset: 'code', price: 'p', open: 'o', high: 'h', low: 'l', close: 'c', volume: 'v' },
      ...{ vwap: 'vw', bid: 'b', ask: 'a', mid: 'm', bidSize: 'bs', askSize: 'as_', calendar: 'NYSE' },
      ...{ timezone: 'America/New_York', dataFrequency: 'daily', barType: 'time' },
      ...{ timestampSemantics: 'session_label', sessionStartTime: '09:30' },
    });
    expect(feedSpecMapping(feed)).toEqual({
      ...{ timestamp_col: 'day', entity_col: 'code', price_col: 'p', open_col: 'o', high_col: 'h', low_col: 'l' },
      ...{ close_col: 'c', volume_col: 'v', vwap_col: 'vw', bid_col: 'b', ask_col: 'a', mid_col: 'm' },
      ...{ bid_size_col: 'bs', ask_size_col: 'as_', calendar: 'NYSE', timezone: 'America/New_York' },
      ...{ data_frequency: 'daily', bar_type: 'time', timestamp_semantics: 'session_label' },
      session_start_time: '09:30',
    });
  });

  it('reads the metadata of the prices, and prefers what is stated beside it', async () => {
    const path = await prices(`DATE '1970-01-01' + t::INT AS d, name AS sym, i AS settle, i AS other`);
    const metadata = {
      schema: { timestamp_col: 'd', symbol_col: 'sym', price_col: 'settle' },
      semantics: { calendar: 'CME', frequency: 'daily', timestamp_semantics: 'bar_close' },
    };
    expect(await feedOf(path, { metadata })).toEqual({
      ...{ timestamp: 'd', asset: 'sym', price: 'settle', close: 'settle', calendar: 'CME', dataFrequency: 'daily' },
      timestampSemantics: 'bar_close',
    });
    expect(await feedOf(path, { metadata, price: 'other', calendar: 'ICE' })).toMatchObject({
      price: 'other',
      close: 'other',
      calendar: 'ICE',
    });
  });

  it.each([
    [{ price: 'clsoe' }, { field: 'options.price', remedy: 'Did you mean "close"?' }],
    [{ bid: 'bid' }, { field: 'options.bid', found: '"bid"' }],
    [{ metadata: { schema: { open_col: 'o' } } }, { field: 'options.metadata.schema.open_col' }],
    [{ asset: 'permno' }, { field: 'options.asset' }],
    [{ timestampSemantics: 'close' as 'bar_close' }, { field: 'options.timestampSemantics', found: '"close"' }],
    [{ volume: 'asset' }, { expected: 'a numeric column' }],
  ])('names what is wrong in %j', async (options, expected) => {
    expect(await failureOf(feedOf(await plain(), options))).toMatchObject(expected);
  });

  it('needs a price, dates and a Parquet file', async () => {
    const noPrice = await prices(`DATE '1970-01-01' + t::INT AS timestamp, name AS asset, i AS last`);
    expect(await failureOf(feedOf(noPrice))).toMatchObject({ field: 'options.price', found: '"close"' });
    const text = await prices(`'1970-01-0' || (t + 1) AS timestamp, name AS asset, i AS close`);
    expect(await failureOf(feedOf(text))).toMatchObject({ name: 'SourceError', found: 'type VARCHAR' });
    expect(await failureOf(feedOf('prices.csv'))).toMatchObject({ field: 'options.prices' });
  });
});

describe('backtestInputs…', () => {
  it('gives signals the names and types of the prices, without rows that hold no number', async () => {
    const cases: [string, string, string, string][] = [
      ["DATE '1970-01-01' + t::INT", 'DATE', 'name', 'VARCHAR'],
      ["TIMESTAMP '1970-01-01' + INTERVAL (t) DAY", 'TIMESTAMP', 'name', 'VARCHAR'],
      ["TIMESTAMPTZ '1970-01-01 00:00:00+00' + INTERVAL (t) DAY", 'TIMESTAMP WITH TIME ZONE', 'i', 'BIGINT'],
    ];
    for (const [stamp, stampType, id, idType] of cases) {
      const numbered = new AssetForecastResult({
        index: id === 'i' ? PanelIndex.full(index.timestamps, ['1', '2']) : index,
        expectedReturns: forecast.expectedReturns,
      });
      const path = await prices(`${stamp} AS moment, ${id} AS permno, i AS close`);
      const inputs = await backtestInputsFromForecast(numbered, { prices: path, timestamp: 'moment' });
      expect(inputs.report).toEqual({ nSignals: 3, nWithoutSignal: 1, withoutPrices: { dates: 0, assets: 0 } });
      const { files } = await writeBacktestFrames(join(folder, 'typed'), {}, { inputs });
      const described = await query(`SELECT column_name, column_type FROM (DESCRIBE FROM '${files[0].path}')`);
      expect(described).toEqual([
        ['moment', stampType],
        ['permno', idType],
        ['y_score', 'DOUBLE'],
      ]);
      // Equal values in equal types, which is how DataFeed looks them up.
      const joined = `SELECT y_score FROM '${path}' JOIN '${files[0].path}' USING (moment, permno) ORDER BY moment, permno`;
      expect((await query(joined)).flat()).toEqual([0.1, 0.3, 0.4]);
    }
  });

  it('takes forecasts, signals, weights and windows of weights', async () => {
    const path = await plain();
    const signals = new AssetSignalResult({
      index,
      signals: Float64Array.of(1, NaN, NaN, NaN, 5, 6, 7, 8),
      signalNames: ['up', 'down'],
      unit: 'probability',
    });
    expect(rows((await backtestInputsFromSignals(signals, { prices: path })).signals)).toEqual([
      { timestamp: 0, asset: 'A', up: 1, down: null },
      { timestamp: day, asset: 'A', up: 5, down: 6 },
      { timestamp: day, asset: 'B', up: 7, down: 8 },
    ]);
    const weights = new AssetWeightsResult({ index, weights: Float64Array.of(0.5, 0.5, -1, NaN) });
    const long = await backtestInputsFromWeights(weights, { prices: path });
    expect(rows(long.signals).map((row) => (row as { weight: number }).weight)).toEqual([0.5, 0.5, -1]);
    const wide = await backtestInputsFromWeights(weights, { prices: path, as: 'context', prefix: 'w:' });
    expect(wide.signals).toBeUndefined();
    expect(rows(wide.context)).toEqual([
      { timestamp: 0, 'w:A': 0.5, 'w:B': 0.5 },
      { timestamp: day, 'w:A': -1, 'w:B': 0 },
    ]);
    const batch = new PortfolioSequenceBatch({
      features: new Float64Array(4),
      shape: [1, 2, 2, 1],
      assetIds: ['A', 'B'],
      timestamps: Float64Array.of(0, day),
    });
    const held = new PortfolioWeightsResult(batch, Float64Array.of(1, 0, 0, 1));
    expect((await backtestInputsFromWeights(held, { prices: path })).report.nSignals).toBe(4);
  });

  it('reports what the prices lack, and refuses frames that have nothing in common with them', async () => {
    const path = await prices(`DATE '1970-01-01' + t::INT * 2 AS timestamp, 'A' AS asset, i AS close`);
    const inputs = await backtestInputsFromForecast(forecast, { prices: path });
    expect(inputs.report.withoutPrices).toEqual({ dates: 1, assets: 1 });
    const later = await prices(`DATE '1970-01-31' + t::INT AS timestamp, name AS asset, i AS close`);
    expect(await failureOf(backtestInputsFromForecast(forecast, { prices: later }))).toMatchObject({
      field: 'signals',
      expected: 'dates in common with the prices, whose first is 1970-01-31',
      found: 'none; its first is 1970-01-01',
    });
    const others = await prices(`DATE '1970-01-01' + t::INT AS timestamp, lower(name) AS asset, i AS close`);
    expect(await failureOf(backtestInputsFromForecast(forecast, { prices: others }))).toMatchObject({
      expected: 'asset ids in common with the prices, whose first is "a"',
    });
    const numbers = await prices(`DATE '1970-01-01' + t::INT AS timestamp, i AS asset, i AS close`);
    expect(await failureOf(backtestInputsFromForecast(forecast, { prices: numbers }))).toMatchObject({ found: '"A"' });
  });

  it('refuses the future, two signals for one row, and nothing', async () => {
    const path = await plain();
    const withReturns = predictionsTable(forecast, { returns: Float64Array.of(1, 2, 3, 4) });
    expect(await failureOf(backtestInputsFromTables({ prices: path, signals: withReturns }))).toMatchObject({
      field: 'signals.y_true',
      found: 'returns earned after it',
    });
    const two = predictionsTable(forecast, { modelName: 'a' }).concat(predictionsTable(forecast, { modelName: 'b' }));
    expect(await failureOf(backtestInputsFromTables({ prices: path, signals: two }))).toMatchObject({
      found: 'two for 1970-01-01, A',
    });
    expect(await failureOf(backtestInputsFromTables({ prices: path }))).toMatchObject({ found: 'neither' });
    const context = tableFromArrays({ timestamp: [new Date(0)], asset: ['A'] });
    expect(await failureOf(backtestInputsFromTables({ prices: path, context }))).toMatchObject({ found: 'none' });
  });

  it('are written with the arguments of DataFeed, prices in memory along', async () => {
    const path = await plain();
    const target = join(folder, 'run');
    const first = await backtestInputsFromForecast(forecast, { prices: path });
    await writeBacktestFrames(target, { predictions: predictionsTable(forecast) }, { inputs: first });
    expect(await readBacktestFrames(target)).toMatchObject({
      generation: 1,
      files: { signals: { nRows: 3 }, predictions: { nRows: 4 } },
      dataFeed: {
        prices_path: path,
        signals_path: join(target, 'generation-000001', 'signals.parquet'),
        feed_spec: { timestamp_col: 'timestamp', entity_col: 'asset', price_col: 'close', close_col: 'close' },
      },
    });
    const inMemory = tableFromArrays({
      timestamp: [new Date(0), new Date(day)],
      asset: ['A', 'A'],
      close: Float64Array.of(1, 2),
    });
    const weights = new AssetWeightsResult({ index, weights: Float64Array.of(0.5, 0.5, 0.5, 0.5) });
    const second = await backtestInputsFromWeights(weights, { prices: inMemory, as: 'context' });
    await writeBacktestFrames(target, { weights: weightsTable(weights) }, { inputs: second });
    const { files, dataFeed } = await readBacktestFrames(target);
    expect(Object.keys(files)).toEqual(['context', 'prices', 'weights']);
    expect(dataFeed).toMatchObject({ prices_path: files.prices.path, context_path: files.context.path });
    const clash = writeBacktestFrames(target, { prices: inMemory }, { inputs: second });
    expect(await failureOf(clash)).toMatchObject({ field: 'frames.prices' });
    expect(await failureOf(writeBacktestFrames(target, {}))).toMatchObject({ field: 'frames' });
    expect(await failureOf(writeBacktestFrames(target, {}, { inputs: second, format: 'csv' }))).toMatchObject({
      field: 'options.format',
    });
    await writeFrame(inMemory, join(folder, 'unrelated.parquet'));
    expect((await readBacktestFrames(target)).generation).toBe(2);
  });
});
