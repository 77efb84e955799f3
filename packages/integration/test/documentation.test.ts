import { existsSync, mkdirSync, readFileSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { AssetForecastResult, AssetWeightsResult, PanelIndex, type CrossSectionBatch } from '@ml4t/core';
import type { Table } from 'apache-arrow';
import * as integration from '../src/index.ts';
import { TestPostgres } from './postgres/pglite.ts';
import { temporaryFolder, writeParquet } from './temporary-folder.ts';

/** The examples of docs/integration.md, run as they stand in a folder that holds the files they name. */
const page = readFileSync(join(__dirname, '../../../docs/integration.md'), 'utf8');
const examples = [...page.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map(([, code]) => code);

const folder = temporaryFolder();
const home = process.cwd();
const client = new TestPostgres();
const streamed: CrossSectionBatch[] = [];
const index = PanelIndex.full(Float64Array.of(0, 86_400_000), ['A', 'B']);

/** Names that an example takes for granted, each with a stand-in. */
const given = {
  client,
  model: {
    fitStream: async (parts: AsyncIterable<CrossSectionBatch>): Promise<void> => {
      for await (const part of parts) streamed.push(part);
    },
  },
  fetchPage: (page: number) =>
    Promise.resolve([1, 2].map((stock) => ({ day: `2014-0${page}-28`, stock, price_to_book: stock / 2 }))),
  forecast: new AssetForecastResult({ index, expectedReturns: Float64Array.of(1, 2, 3, 4) }),
  weights: new AssetWeightsResult({ index, weights: Float64Array.of(0.5, 0.5, 0.25, 0.75) }),
  console: { log: () => undefined },
};

beforeAll(async () => {
  await client.exec(`CREATE TABLE panel AS SELECT date '2014-01-01' + t AS date, 'S' || i AS ticker, i + t AS size, 0.01 * i AS ret
    FROM generate_series(0, 9) t, generate_series(1, 4) i`);
  mkdirSync(join(folder, 'prices'));
  mkdirSync(join(folder, 'runs'));
  await writeParquet(
    join(folder, 'panel.parquet'),
    `SELECT CAST(DATE '2014-01-31' + INTERVAL (t) MONTH AS DATE) AS date, i AS permno, (i - t) / 100 AS ret_fwd1m,
       i * t AS size, i - t AS value, i % 3 AS sector_code FROM range(6) d(t), range(20) a(i) ORDER BY t, i`,
  );
  const keys = `strftime(DATE '2014-01-29' + CAST(t AS INTEGER), '%d/%m/%Y') AS day, i AS permno`;
  for (const year of [1, 2])
    await writeParquet(
      join(folder, 'prices', `${year}.parquet`),
      `SELECT ${keys}, i / 100 AS ret FROM range(${3 * (year - 1)}, ${3 * year}) d(t), range(5) a(i)`,
    );
  await writeParquet(
    join(folder, 'signals.parquet'),
    `SELECT ${keys}, i * t AS mom, i - t AS size FROM range(6) d(t), range(5) a(i)`,
  );
  const { connection, close } = await (await import('../src/duckdb/connection.ts')).openConnection();
  await connection.run(`COPY (SELECT DATE '2014-01-31' + CAST(t AS INTEGER) AS date, 100 + t AS SPY, 50 - t AS TLT FROM range(4) d(t))
    TO '${join(folder, 'etf_prices.csv')}'`);
  close();
  await writeParquet(
    join(folder, 'prices.parquet'),
    `SELECT DATE '1970-01-01' + t::INT AS date, name AS ticker, 10.0 + t AS close FROM range(2) d(t), (VALUES ('A'), ('B')) a(name)`,
  );
  await writeParquet(
    join(folder, 'futures.parquet'),
    `SELECT DATE '2014-01-01' + CAST(t AS INTEGER) AS date, 'F' || i AS symbol, 100 + 10 * sin(t * i) AS close,
       sin(t) AS momentum_1m, cos(t) AS momentum_12m FROM range(200) d(t), range(1, 6) a(i) ORDER BY t, i`,
  );
  process.chdir(folder);
});
afterAll(async () => {
  process.chdir(home);
  await client.close();
});

/** Runs an example; `collect` names a variable of its own to give back. */
async function run(code: string, extra: Readonly<Record<string, unknown>>, collect: string): Promise<unknown> {
  const body = code.replaceAll(/import (\{[^}]*\}) from '@ml4t\/integration';/g, 'const $1 = integration;');
  expect(body).not.toMatch(/^import /m);
  const scope = { integration, ...given, ...extra };
  const AsyncFunction = Object.getPrototypeOf(run).constructor as new (
    ...args: string[]
  ) => (...args: unknown[]) => Promise<unknown>;
  const names = Object.keys(scope);
  const result = `\nreturn typeof ${collect} === 'undefined' ? undefined : ${collect};`;
  return new AsyncFunction(...names, body + result)(...Object.values(scope));
}

const example = (text: string): string => {
  const found = examples.filter((code) => code.includes(text));
  expect(found).toHaveLength(1);
  return found[0];
};

describe('the examples of docs/integration.md', () => {
  it.each([
    ["exclude: ['sector_code'] },\n});", { nDates: 6, nRows: 120, characteristicNames: ['size', 'value'] }],
    ['const metadata = {', { nDates: 6, nRows: 120, characteristicNames: ['size', 'value'] }],
    ["'prices/*.parquet'", { nDates: 6, nAssets: 5, characteristicNames: ['mom', 'size'] }],
    ['etf_prices.csv', { nDates: 4, assetIds: ['SPY', 'TLT'] }],
    ['pages()', { nDates: 3, assetIds: ['1', '2'] }],
    ['readPortfolioSequenceBatch', { nWindows: 6, nSteps: 63, nAssets: 5, nFeatures: 2 }],
  ])('reads %s', async (text, expected) => {
    const code = example(text);
    const imported = code.includes('import ') ? {} : integration;
    expect(await run(code, imported, 'batch')).toMatchObject(expected);
  });

  it('streams a file and a query of PostgreSQL', async () => {
    await run(example('fitStream'), {}, 'undefined');
    expect(streamed.map((part) => part.nRows)).toEqual([120]);
    const logged: unknown[][] = [];
    await run(
      example('postgres: client'),
      { console: { log: (...args: unknown[]) => logged.push(args) } },
      'undefined',
    );
    expect(logged).toEqual([[10, 40]]);
  });

  it('writes tables', async () => {
    await run(example('writeFrames'), { batch: { returns: new Float64Array(4) } }, 'undefined');
    for (const path of ['predictions.parquet', 'runs/2024-01/predictions.parquet', 'runs/2024-01/weights.parquet'])
      expect(existsSync(join(folder, path))).toBe(true);
  });

  it('renames columns for another program', async () => {
    const names = (table: unknown): string[] => (table as Table).schema.fields.map(({ name }) => name);
    const extra = { batch: { returns: new Float64Array(4) } };
    expect(names(await run(example('const diagnostic'), extra, 'diagnostic'))).toEqual([
      ...['timestamp', 'symbol', 'y_score', 'y_true', 'model', 'fold_id'],
    ]);
    expect(names(await run(example('const diagnostic'), extra, 'signals'))).toEqual([
      ...['timestamp', 'asset', 'signal_value', 'selected'],
    ]);
  });

  it('hands over to a backtest and finds what was written', async () => {
    await run(example('backtestInputsFromForecast'), {}, 'undefined');
    const dataFeed = await run(example('readBacktestFrames'), {}, 'dataFeed');
    expect(dataFeed).toMatchObject({
      prices_path: realpathSync(join(folder, 'prices.parquet')),
      signals_path: 'runs/ipca/generation-000001/signals.parquet',
      feed_spec: { timestamp_col: 'date', entity_col: 'ticker', calendar: 'NYSE' },
    });
  });

  it('are all run', () => {
    expect(examples).toHaveLength(12);
  });
});
