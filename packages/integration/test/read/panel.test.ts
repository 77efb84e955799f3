import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from '@jest/globals';
import { CrossSectionBatch, formatTimestamp } from '@ml4t/core';
import { tableFromArrays } from 'apache-arrow';
import { readCrossSectionBatch, readPersistentPanelBatch } from '../../src/index.ts';
import { temporaryFolder, writeParquet } from '../temporary-folder.ts';

const folder = temporaryFolder();
const file = (name: string, content: string | Uint8Array): string => {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
};
const dates = (batch: { timestamps: Float64Array }): string[] => Array.from(batch.timestamps, formatTimestamp);

const csv = [
  'date,ticker,size,value,ret',
  '2014-01-31,A,1,0.5,0.01',
  '2014-01-31,B,2,,0.02',
  '2014-02-28,B,3,0.25,-0.03',
  '2014-02-28,C,4,NaN,0.04',
  '2014-03-31,B,5,NA,0.05',
  '',
].join('\n');

describe('readCrossSectionBatch', () => {
  const columns = { returns: { column: 'ret', lag: 0 }, characteristics: { exclude: [] } } as const;

  it('reads CSV into ragged cross-sections, with roles found by their usual names', async () => {
    const { batch, report } = await readCrossSectionBatch(file('a.csv', csv), columns);
    expect(dates(batch)).toEqual(['2014-01-31', '2014-02-28', '2014-03-31']);
    expect(batch.assetIds).toEqual(['A', 'B', 'C']);
    expect([...batch.index.rowOffsets]).toEqual([0, 2, 4, 5]);
    expect([...batch.index.assetIndex]).toEqual([0, 1, 1, 2, 1]);
    expect(batch.characteristicNames).toEqual(['size', 'value']);
    expect([...batch.characteristics]).toEqual([1, 0.5, 2, NaN, 3, 0.25, 4, NaN, 5, NaN]);
    expect([...(batch.returns ?? [])]).toEqual([0.01, 0.02, -0.03, 0.04, 0.05]);
    expect(report).toMatchObject({
      nRows: 5,
      nDates: 3,
      nAssets: 3,
      missing: { size: 0, value: 3, ret: 0 },
      reordered: false,
      unusedColumns: [],
      reentries: 0,
    });
    expect(report.columns).toMatchObject({ timestamp: 'date', asset: 'ticker', returns: 'ret' });
  });

  it('reads .csv.gz, .tsv, an Arrow table and a query to the same batch', async () => {
    const expected = (await readCrossSectionBatch(file('b.csv', csv), columns)).batch;
    const table = tableFromArrays({
      date: ['2014-01-31', '2014-01-31', '2014-02-28', '2014-02-28', '2014-03-31'],
      ticker: ['A', 'B', 'B', 'C', 'B'],
      size: Int32Array.of(1, 2, 3, 4, 5),
      value: [0.5, null, 0.25, null, null],
      ret: Float64Array.of(0.01, 0.02, -0.03, 0.04, 0.05),
    });
    for (const source of [
      file('b.csv.gz', gzipSync(csv)),
      file('b.tsv', csv.replaceAll(',', '\t')),
      table,
      {
        query: `SELECT * REPLACE (nullif(value, 'NA')::DOUBLE AS value) FROM '${join(folder, 'b.csv')}'; `,
        allow: { files: [join(folder, 'b.csv')] },
      },
    ])
      expect((await readCrossSectionBatch(source, columns)).batch).toEqual(expected);
  });

  it('reads every Parquet type of number, of id and of time', async () => {
    const path = await writeParquet(
      join(folder, "it's.parquet"),
      `SELECT * FROM (VALUES
         (DATE '2014-01-31', 10001::BIGINT, true, 1::TINYINT, 2::UBIGINT, 3.25::DECIMAL(9,2), 0.5::FLOAT, 7::HUGEINT),
         (DATE '2014-02-28', 10002::BIGINT, false, -1::TINYINT, 2::UBIGINT, -3.25::DECIMAL(9,2), NULL, 8::HUGEINT)
       ) AS t(date, permno, b, i, u, d, f, h)`,
    );
    const { batch } = await readCrossSectionBatch(path, { characteristics: ['b', 'i', 'u', 'd', 'f', 'h'] });
    expect(batch.assetIds).toEqual(['10001', '10002']);
    expect([...batch.characteristics]).toEqual([1, 1, 2, 3.25, 0.5, 7, 0, -1, 2, -3.25, NaN, 8]);
  });

  it.each([
    ['DATE', "DATE '2014-01-31'", '2014-01-31'],
    ['before 1970', "DATE '1955-01-31'", '1955-01-31'],
    ['TIMESTAMP', "TIMESTAMP '2014-01-31 16:00:00.25'", '2014-01-31T16:00:00.250Z'],
    ['TIMESTAMP_S', "TIMESTAMP_S '2014-01-31 16:00:01'", '2014-01-31T16:00:01.000Z'],
    ['TIMESTAMP_MS', "TIMESTAMP_MS '2014-01-31 16:00:00.001'", '2014-01-31T16:00:00.001Z'],
    ['TIMESTAMP_NS', "TIMESTAMP_NS '1955-01-31 16:00:00.001'", '1955-01-31T16:00:00.001Z'],
    ['TIMESTAMPTZ', "TIMESTAMPTZ '2014-01-31 16:00:00-05:00'", '2014-01-31T21:00:00.000Z'],
    ['ISO text with offset', "'2014-01-31T16:00:00-05:00'", '2014-01-31T21:00:00.000Z'],
    ['ISO text without offset', "'2014-01-31 16:00:00'", '2014-01-31T16:00:00.000Z'],
  ])('reads %s as UTC, whatever the zone of the machine', async (_, sql, expected) => {
    const { batch } = await readCrossSectionBatch(
      { query: `SELECT ${sql} AS date, 'a' AS asset, 1.5 AS x` },
      { characteristics: ['x'] },
    );
    expect(dates(batch)).toEqual([expected]);
  });

  it.each([
    ['yyyymm', 201402, '2014-02-28'],
    ['yyyymmdd', 20140214, '2014-02-14'],
    ['epoch-seconds', 1391212800, '2014-02-01'],
    ['epoch-milliseconds', 1391212800000, '2014-02-01'],
  ] as const)('reads integers as %s when told to, in any source', async (timestampFormat, number, expected) => {
    const roles = { timestampFormat, characteristics: ['x'] };
    for (const source of [
      { query: `SELECT ${number} AS date, 'a' AS asset, 1.5 AS x` },
      file('format.csv', `date,asset,x\n${number},a,1.5\n`),
      tableFromArrays({ date: BigInt64Array.of(BigInt(number)), asset: ['a'], x: Float64Array.of(1.5) }),
    ])
      expect(dates((await readCrossSectionBatch(source, roles)).batch)).toEqual([expected]);
  });

  it('keeps asset ids to the letter: leading zeros, tickers that look like missing values, long and foreign ids', async () => {
    const ids = [
      '000123',
      'NA',
      'null',
      'NULL',
      'None',
      'a, "quoted" id',
      'twelve chars',
      'thirteen chars',
      'ÅÄÖ-aktiebolaget',
      'x'.repeat(300),
    ];
    const quoted = ids.map((id) => `2014-01-31,"${id.replaceAll('"', '""')}",1,NA`);
    const path = file('ids.csv', ['date,asset,x,y', ...quoted, '2014-02-28,NA,2,0.5', ''].join('\n'));
    const { batch } = await readCrossSectionBatch(path, { characteristics: ['x', 'y'] });
    expect(batch.assetIds).toEqual(ids);
    expect(batch.index.assetIndex[ids.length]).toBe(1);
    expect([...batch.characteristics.slice(-4)]).toEqual([1, NaN, 2, 0.5]);
  });

  it('pairs each row with the return dated `lag` panel dates later', async () => {
    const path = file('lag.csv', csv);
    const { batch } = await readCrossSectionBatch(path, {
      returns: { column: 'ret', lag: 1 },
      factorReturns: { column: 'ret', lag: 2 },
      characteristics: ['size'],
    });
    expect([...(batch.returns ?? [])]).toEqual([NaN, -0.03, 0.05, NaN, NaN]);
    expect([...(batch.factorReturns ?? [])]).toEqual([NaN, 0.05, NaN, NaN, NaN]);
  });

  it('sorts by date and asset when asked, so that the order of the source does not matter', async () => {
    const [header, ...rows] = csv.trim().split('\n');
    const orders = [
      [4, 2, 0, 3, 1],
      [0, 2, 4, 1, 3],
      [3, 4, 1, 2, 0],
    ];
    const inOrder = (await readCrossSectionBatch(file('s.csv', csv), columns, { sort: true })).batch;
    for (const order of orders) {
      const shuffled = [header, ...order.map((i) => rows[i]), ''].join('\n');
      const { batch, report } = await readCrossSectionBatch(file('s2.csv', shuffled), columns, { sort: true });
      expect(batch).toEqual(inOrder);
      expect(report.reordered).toBe(true);
    }
  });

  it('keeps the dates of the filter, both ends included, from files, queries and text dates', async () => {
    const parquet = await writeParquet(join(folder, 'filter.parquet'), `SELECT * FROM '${file('f.csv', csv)}'`);
    for (const source of [file('f.csv', csv), parquet, { query: `FROM '${parquet}'`, allow: { files: [parquet] } }]) {
      const { batch } = await readCrossSectionBatch(
        source,
        { ...columns, characteristics: ['size'], returns: { column: 'ret', lag: 1 } },
        { filter: { from: '2014-02-01', to: '2014-03-31' } },
      );
      expect(dates(batch)).toEqual(['2014-02-28', '2014-03-31']);
      expect(batch.assetIds).toEqual(['B', 'C']);
      expect([...batch.characteristics]).toEqual([3, 4, 5]);
      expect([...(batch.returns ?? [])]).toEqual([0.05, NaN, NaN]);
    }
  });

  it('reads context series once per date', async () => {
    const path = file('c.csv', 'date,asset,x,vix\n2014-01-31,A,1,15\n2014-01-31,B,2,15\n2014-02-28,A,3,20\n');
    const { batch } = await readCrossSectionBatch(path, { characteristics: { exclude: [] }, context: ['vix'] });
    expect(batch.characteristicNames).toEqual(['x']);
    expect(batch.contextNames).toEqual(['vix']);
    expect([...(batch.contextFeatures ?? [])]).toEqual([15, 20]);
  });

  it('reads a glob in the order of its files and fills columns that some of them lack', async () => {
    mkdirSync(join(folder, 'years'));
    for (const [year, extra] of [
      [2014, ''],
      [2015, ', 9.0 AS later'],
    ])
      await writeParquet(
        join(folder, 'years', `${year}.parquet`),
        `SELECT DATE '${year}-12-31' AS date, 'a' AS asset, 1.0 AS x${extra}`,
      );
    const { batch } = await readCrossSectionBatch(join(folder, 'years', '*.parquet'), {
      characteristics: ['x', 'later'],
    });
    expect(dates(batch)).toEqual(['2014-12-31', '2015-12-31']);
    expect([...batch.characteristics]).toEqual([1, NaN, 1, 9]);
  });

  it('reads a file whose name looks like a pattern or holds quotes', async () => {
    const path = file("odd [1]* 'name'.csv", csv);
    expect((await readCrossSectionBatch(path, columns)).batch.nRows).toBe(5);
  });

  it('reports gaps in the dates and assets that come back', async () => {
    const months = ['01-31', '02-28', '03-31', '06-30', '07-31', '08-31'];
    const rows = months.flatMap((day, t) => [`2014-${day},A,1`, ...(t === 2 ? [] : [`2014-${day},B,2`])]);
    const { report } = await readCrossSectionBatch(file('g.csv', ['date,asset,x', ...rows, ''].join('\n')), {
      characteristics: ['x'],
    });
    expect(report.gaps.map((gap) => [formatTimestamp(gap.after), formatTimestamp(gap.before), gap.days])).toEqual([
      ['2014-03-31', '2014-06-30', 91],
    ]);
    expect(report.reentries).toBe(1);
  });

  it('takes weekends for normal in daily panels', async () => {
    const days = ['2024-01-04', '2024-01-05', '2024-01-08', '2024-01-09', '2024-01-10', '2024-01-17'];
    const { report } = await readCrossSectionBatch(
      file('d.csv', ['date,asset,x', ...days.map((day) => `${day},A,1`), ''].join('\n')),
      { characteristics: ['x'] },
    );
    expect(report.gaps.map((gap) => formatTimestamp(gap.after))).toEqual(['2024-01-10']);
  });

  it('grows beyond its first guess and across many chunks', async () => {
    const nRows = 300_000;
    const select = `SELECT DATE '2000-01-01' + CAST(i // 1000 AS INTEGER) AS date, 'asset number ' || (i % 1000) AS asset,
                    i AS x, CASE WHEN i % 7 = 0 THEN NULL ELSE i / 7 END AS y FROM range(${nRows}) t(i)`;
    const { batch, report } = await readCrossSectionBatch({ query: select }, { characteristics: ['x', 'y'] });
    const expected = new Float64Array(nRows * 2);
    for (let i = 0; i < nRows; i++) {
      expected[2 * i] = i;
      expected[2 * i + 1] = i % 7 === 0 ? NaN : i / 7;
    }
    expect(batch.nRows).toBe(nRows);
    expect(batch.characteristics).toEqual(expected);
    expect(batch.index.assetIndex[12_345]).toBe(345);
    expect(batch.assetIds[345]).toBe('asset number 345');
    expect(report.missing.y).toBe(Math.ceil(nRows / 7));
  });

  it('reads a table of a DuckDB database without changing it', async () => {
    const { DuckDBInstance } = await import('@duckdb/node-api');
    const database = join(folder, 'warehouse.duckdb');
    const instance = await DuckDBInstance.create(database);
    const connection = await instance.connect();
    await connection.run("CREATE TABLE panel AS SELECT DATE '2014-01-31' AS date, 'a' AS asset, 1.5 AS x");
    connection.closeSync();
    instance.closeSync();
    const read = (sql: string) => readCrossSectionBatch({ query: sql, database }, { characteristics: ['x'] });
    expect((await read('FROM panel -- all of it')).batch.nRows).toBe(1);
    await expect(read('DROP TABLE panel')).rejects.toMatchObject({ code: 'source' });
    expect((await read('FROM panel')).batch.nRows).toBe(1);
  });

  it('reports progress and stops on abort', async () => {
    const select =
      "SELECT DATE '2000-01-01' + CAST(i // 1000 AS INTEGER) AS date, i % 1000 AS id, i AS x FROM range(3000000) t(i)";
    const steps: number[] = [];
    const controller = new AbortController();
    const reading = readCrossSectionBatch(
      { query: select },
      { characteristics: ['x'] },
      {
        signal: controller.signal,
        onProgress: ({ step }) => {
          steps.push(step);
          if (steps.length === 3) controller.abort();
        },
      },
    );
    await expect(reading).rejects.toMatchObject({ name: 'AbortedError' });
    expect(steps).toHaveLength(3);
    await expect(
      readCrossSectionBatch({ query: select }, { characteristics: ['x'] }, { signal: AbortSignal.abort() }),
    ).rejects.toMatchObject({ name: 'AbortedError' });
  });
});

describe('readPersistentPanelBatch', () => {
  it('spreads rows over the full grid', async () => {
    const path = file('p.csv', csv);
    const { batch } = await readPersistentPanelBatch(path, { returns: { column: 'ret', lag: 0 } });
    expect(batch.assetIds).toEqual(['A', 'B', 'C']);
    expect([...batch.returns]).toEqual([0.01, 0.02, NaN, NaN, -0.03, 0.04, NaN, 0.05, NaN]);
    expect(batch.characteristics).toBeUndefined();
  });

  it('agrees with the cross-sections of the same file', async () => {
    const path = file('q.csv', csv);
    const roles = { returns: { column: 'ret', lag: 1 }, characteristics: ['size', 'value'] };
    const panel = (await readPersistentPanelBatch(path, roles)).batch;
    const sections: CrossSectionBatch = (await readCrossSectionBatch(path, roles)).batch;
    const dense = sections.toDense();
    expect(panel.returns).toEqual(dense.returns);
    expect(panel.characteristics).toEqual(dense.characteristics);
  });

  it('needs returns', async () => {
    await expect(
      readPersistentPanelBatch(file('r.csv', csv), {} as Parameters<typeof readPersistentPanelBatch>[1]),
    ).rejects.toMatchObject({ code: 'config', field: 'columns.returns' });
  });
});
