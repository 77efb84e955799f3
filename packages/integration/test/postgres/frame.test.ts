import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { formatTimestamp, type CrossSectionBatch } from '@ml4t/core';
import {
  readCrossSectionBatch,
  streamCrossSectionBatches,
  type PanelColumns,
  type PanelSource,
  type PostgresClient,
} from '../../src/index.ts';
import { readingFailure } from '../failures.ts';
import { servers } from './servers.ts';

describe.each(servers)('a source in PostgreSQL: %s', (_, connect) => {
  const client = connect();
  beforeAll(async () => {
    await client.exec(`
    CREATE TABLE panel (date date, ticker text, size numeric(12, 3), value real, listed boolean, n bigint, ret float8);
    INSERT INTO panel VALUES
      ('2014-01-31', 'A', 1.125, 0.5, true, 9007199254740991, 0.01), ('2014-01-31', 'NA', 2, NULL, false, 1, 0.02),
      ('2014-02-28', 'NA', 'NaN', -0.25, NULL, 2, 0.03);
    CREATE TABLE big AS
      SELECT date '2000-01-01' + t AS date, 'asset ' || i AS asset, i + t / 1000.0 AS x, (i - t) / 100.0 AS ret
      FROM generate_series(0, 79) t, generate_series(0, 39) i ORDER BY t, i;
  `);
  });
  afterAll(async () => {
    await client.close();
  });

  const from = (query: string, rowsPerFetch?: number): PanelSource => ({ postgres: client, query, rowsPerFetch });

  it('reads its types to the letter and in UTC, whatever the driver makes of them', async () => {
    const { batch, report } = await readCrossSectionBatch(from('SELECT * FROM panel -- all of it'), {
      returns: { column: 'ret', lag: 1 },
      characteristics: { exclude: [] },
    });
    expect(Array.from(batch.timestamps, formatTimestamp)).toEqual(['2014-01-31', '2014-02-28']);
    expect(batch.assetIds).toEqual(['A', 'NA']);
    expect(batch.characteristicNames).toEqual(['size', 'value', 'listed', 'n']);
    expect([...batch.characteristics]).toEqual([
      ...[1.125, 0.5, 1, 9007199254740991],
      ...[2, NaN, 0, 1],
      ...[NaN, -0.25, NaN, 2],
    ]);
    expect([...(batch.returns ?? [])]).toEqual([NaN, 0.03, NaN]);
    expect(report.columns.asset).toBe('ticker');
  });

  it.each([
    ['timestamp', "timestamp '2014-01-31 16:00:00.25'", '2014-01-31T16:00:00.250Z'],
    ['timestamptz', "timestamptz '2014-01-31 16:00:00-05:00'", '2014-01-31T21:00:00.000Z'],
    ['before 1970', "date '1955-01-31'", '1955-01-31'],
    ['ISO text', "text '2014-01-31'", '2014-01-31'],
  ])('reads %s', async (_, sql, expected) => {
    const { batch } = await readCrossSectionBatch(from(`SELECT ${sql} AS date, 12 AS id, 1.5 AS x`), {
      characteristics: ['x'],
    });
    expect(Array.from(batch.timestamps, formatTimestamp)).toEqual([expected]);
    expect(batch.assetIds).toEqual(['12']);
  });

  it('reads digits with a format', async () => {
    const { batch } = await readCrossSectionBatch(from("SELECT 201402 AS yyyymm, 'a' AS id, 1.5 AS x"), {
      characteristics: ['x'],
      timestampFormat: 'yyyymm',
    });
    expect(Array.from(batch.timestamps, formatTimestamp)).toEqual(['2014-02-28']);
  });

  const roles: PanelColumns = { returns: { column: 'ret', lag: 1 }, characteristics: ['x'] };

  it('reads in fetches of any size, whole, in parts, and sorted by the server', async () => {
    const { batch } = await readCrossSectionBatch(from('SELECT * FROM big', 500), roles);
    expect(batch.nRows).toBe(3200);
    expect((await readCrossSectionBatch(from('TABLE big', 3200), roles)).batch).toEqual(batch);
    const x: number[] = [];
    for await (const part of streamCrossSectionBatches(from('TABLE big', 77), roles, { rowsPerPart: 200 })) {
      expect(part.nRows).toBeLessThanOrEqual(200);
      x.push(...part.characteristics);
    }
    expect(Float64Array.from(x)).toEqual(batch.characteristics);
    const shuffled = from('SELECT * FROM big ORDER BY hashtext(asset || date)');
    expect((await readingFailure(shuffled)).remedy).toContain('sort: true');
    const sorted = (await readCrossSectionBatch(from('TABLE big'), roles, { sort: true })).batch;
    const parts: CrossSectionBatch[] = [];
    for await (const part of streamCrossSectionBatches(shuffled, roles, { sort: true, datesPerPart: 25 }))
      parts.push(part);
    expect(Float64Array.from(parts.flatMap((part) => [...part.characteristics]))).toEqual(sorted.characteristics);
    expect(Float64Array.from(parts.flatMap((part) => [...(part.returns ?? [])]))).toEqual(sorted.returns);
  });

  it('filters on the server', async () => {
    const filter = { from: '2000-02-01', to: '2000-02-10' };
    const { batch } = await readCrossSectionBatch(from('TABLE big'), roles, { filter });
    expect(batch.nDates).toBe(10);
    expect((await readingFailure(from('TABLE big'), {}, { filter: { from: '2050-01-01' } })).found).toContain('filter');
  });

  it('fetches no more than it needs and leaves the connection free when a stream stops early', async () => {
    let fetches = 0;
    const counting: PostgresClient = {
      query: (sql) => {
        if (sql.startsWith('FETCH 500')) fetches++;
        return client.query(sql);
      },
    };
    const source: PanelSource = { postgres: counting, query: 'TABLE big', rowsPerFetch: 500 };
    for await (const part of streamCrossSectionBatches(source, roles, { datesPerPart: 1 })) {
      expect(part.nRows).toBe(40);
      break;
    }
    expect(fetches).toBe(1);
    // A cursor left open would be in the way.
    expect((await readCrossSectionBatch(source, roles)).batch.nDates).toBe(80);
  });

  it('changes nothing and says in one line what is wrong', async () => {
    expect((await readingFailure(from('SELECT nope FROM panel'))).found).toContain('"nope\\" does not exist');
    expect((await readingFailure(from('DROP TABLE panel'))).code).toBe('source');
    expect((await readingFailure(from(' '))).field).toBe('source.query');
    expect(
      (
        await readingFailure(from("SELECT *, text AS label FROM panel, (VALUES ('l')) AS t(text)"), {
          characteristics: ['label'],
        })
      ).found,
    ).toBe('type text');
    expect((await readingFailure(from('TABLE big', 0))).field).toBe('source.rowsPerFetch');
    expect((await readingFailure({ postgres: {}, query: 'x' } as unknown as PanelSource)).code).toBe('config');
    const pool = { query: () => Promise.resolve({ rows: [] }), totalCount: 1, idleCount: 1 };
    expect((await readingFailure({ postgres: pool, query: 'TABLE panel' } as PanelSource)).found).toBe('a pool');
    const late = from(
      "SELECT date '2014-01-31' AS date, i AS id, 1 / (5000 - i) AS x FROM generate_series(1, 9000) i",
      100,
    );
    expect((await readingFailure(late)).found).toContain('division by zero');
    // The failed transaction is over.
    expect((await client.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
  });

  it('does not wait for a fetch that hangs when it is told to stop', async () => {
    const controller = new AbortController();
    const sent: string[] = [];
    const hanging: PostgresClient = {
      query: (sql) => {
        sent.push(sql.split(' ', 1)[0]);
        if (!sql.startsWith('FETCH 10000')) return Promise.resolve({ rows: [], fields: [...fields] });
        controller.abort();
        return new Promise<never>(() => undefined);
      },
    };
    const fields = [
      { name: 'date', dataTypeID: 1082 },
      { name: 'id', dataTypeID: 25 },
      { name: 'x', dataTypeID: 701 },
    ];
    const error = await readingFailure({ postgres: hanging, query: 'TABLE t' }, {}, { signal: controller.signal });
    expect(error.name).toBe('AbortedError');
    expect(sent).toEqual(['BEGIN', 'DO', 'FETCH', 'ROLLBACK', 'BEGIN', 'DO', 'FETCH', 'ROLLBACK']);
  });

  it('stops on abort', async () => {
    const controller = new AbortController();
    const error = await readingFailure(from('TABLE big', 100), roles, {
      signal: controller.signal,
      onProgress: () => {
        controller.abort();
      },
    });
    expect(error.name).toBe('AbortedError');
    expect((await client.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
  });
});
