import { existsSync, mkdirSync, readFileSync, readdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { DuckDBInstance } from '@duckdb/node-api';
import { openConnection } from '../../src/duckdb/connection.ts';
import { actingFunctions } from '../../src/duckdb/query-access.ts';
import type { QueryAccess } from '../../src/index.ts';
import { readCrossSectionBatch } from '../../src/index.ts';
import { readingFailure } from '../failures.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const folder = temporaryFolder();
const write = (name: string, content = 'date,asset,x\n2014-01-31,a,1\n'): string => {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
};
const row = "SELECT DATE '2014-01-31' AS date, 'a' AS asset, 1.5 AS x";
const xOf = async (query: string, allow?: QueryAccess): Promise<number[]> => [
  ...(await readCrossSectionBatch({ query, allow }, { characteristics: ['x'] })).batch.characteristics,
];

describe('what a query of DuckDB may be', () => {
  it.each([
    row,
    `${row};`,
    `${row} ; \n`,
    `(${row})`,
    `-- one ; two\n${row} -- three ; four`,
    `/* a ; /* nested ; */ b */ ${row}`,
    `SELECT d AS date, $$;) SELECT$$ AS asset, 1.5 AS x FROM (VALUES (DATE '2014-01-31')) AS t(d)`,
    `SELECT d AS date, $q$ $$ ; $q$ AS asset, 1.5 AS x FROM (VALUES (DATE '2014-01-31')) AS t(d)`,
    `SELECT d AS date, ';''' AS "as;set", 1.5 AS x FROM (VALUES (DATE '2014-01-31')) AS t(d)`.replace(
      'as;set',
      'asset',
    ),
    `WITH t AS (${row}) FROM t`,
    `${row} UNION ALL SELECT DATE '2014-02-28', 'a', 1.5`,
    `UNPIVOT (SELECT DATE '2014-01-31' AS date, 1.5 AS a) ON COLUMNS(* EXCLUDE date) INTO NAME asset VALUE x`,
    `PIVOT (SELECT DATE '2014-01-31' AS date, 'a' AS asset, 'x' AS n, 1.5 AS v) ON n IN ('x') USING sum(v)`,
    "VALUES (DATE '2014-01-31', 'a', 1.5)",
  ])('runs %s', async (query) => {
    const characteristics = query.startsWith('VALUES') ? ['col2'] : ['x'];
    const roles = query.startsWith('VALUES') ? { timestamp: 'col0', asset: 'col1' } : {};
    const { batch } = await readCrossSectionBatch({ query }, { characteristics, ...roles });
    expect(batch.characteristics[0]).toBe(1.5);
  });

  const target = (): string => join(folder, 'effect.csv');
  const attached = (): string => join(folder, 'effect.db');
  it.each<[string, () => string]>([
    ['COPY after a parenthesis', () => `SELECT 1) ; COPY (SELECT 42) TO '${target()}'; SELECT * FROM (SELECT 1`],
    ['COPY after a comment', () => `SELECT 1 -- )\n) ; COPY (SELECT 42) TO '${target()}'; SELECT * FROM (SELECT 1`],
    ['COPY alone', () => `COPY (SELECT 42) TO '${target()}'`],
    ['COPY after a SELECT', () => `${row}; COPY (SELECT 42) TO '${target()}'`],
    ['COPY before a SELECT', () => `COPY (SELECT 42) TO '${target()}'; ${row}`],
    ['COPY FROM', () => `COPY t FROM '${write('source.csv')}'`],
    ['EXPORT', () => `EXPORT DATABASE '${target()}'`],
    ['IMPORT', () => `IMPORT DATABASE '${folder}'`],
    ['ATTACH', () => `ATTACH '${attached()}' AS x; CREATE TABLE x.t AS SELECT 1`],
    ['ATTACH in the middle', () => `SELECT 1); ATTACH '${attached()}' AS x; FROM (SELECT 1`],
    ['INSTALL', () => 'INSTALL httpfs'],
    ['LOAD', () => `LOAD '${target()}'`],
    ['SET', () => `SET autoinstall_known_extensions = true; ${row}`],
    ['SET in the middle', () => "SELECT 1); SET memory_limit = '1TB'; FROM (SELECT 1"],
    ['RESET', () => 'RESET enable_external_access'],
    ['PRAGMA', () => 'PRAGMA database_list'],
    ['PRAGMA that sets', () => "PRAGMA memory_limit = '1GB'"],
    ['CALL', () => 'CALL pragma_version()'],
    ['CREATE', () => `CREATE TABLE t AS ${row}`],
    ['CREATE SECRET', () => "CREATE PERSISTENT SECRET s (TYPE http, BEARER_TOKEN 'x')"],
    ['DROP', () => 'DROP TABLE t'],
    ['INSERT', () => 'INSERT INTO t VALUES (1) RETURNING *'],
    ['a CTE that inserts', () => 'WITH t AS (INSERT INTO u VALUES (1) RETURNING *) FROM t'],
    ['PREPARE and EXECUTE', () => `PREPARE p AS ${row}; EXECUTE p`],
    ['EXPLAIN ANALYZE', () => `EXPLAIN ANALYZE ${row}`],
    ['BEGIN', () => `BEGIN; ${row}; COMMIT`],
    ['USE', () => 'USE memory'],
    ['VACUUM', () => 'VACUUM'],
    ['two SELECTs', () => `${row}; ${row}`],
    ['two SELECTs in parentheses', () => 'SELECT 1) AS a, (SELECT 2'],
    ['a comment that swallows the end', () => `${row} /*`],
    ['a quote that stays open', () => 'SELECT $$ ;'],
    ['nothing but a comment', () => '-- SELECT 1'],
    ['a PIVOT that makes a type', () => `PIVOT (${row}) ON asset USING sum(x)`],
    ['SQL given as text', () => `FROM query('${row.replaceAll("'", "''")}')`],
    ['SQL given as JSON', () => "FROM json_execute_serialized_sql(json_serialize_sql('SELECT 1'))"],
    ['a log to a file', () => `FROM enable_logging(storage = 'file', storage_path = '${target()}')`],
    ['a log deep inside', () => `${row} WHERE EXISTS (WITH t AS (FROM system.main."ENABLE_LOGGING"()) FROM t)`],
    ['a log entry', () => "SELECT 'x'.write_log()"],
    ['a profile', () => `FROM enable_profiling(save_location = '${target()}')`],
    ['a checkpoint', () => 'SELECT (SELECT count(*) FROM checkpoint())'],
  ])('refuses %s', async (_, query) => {
    const error = await readingFailure({ query: query(), allow: { files: [write('allowed.csv')] } });
    expect(error).toMatchObject({ code: 'source', expected: 'exactly one SELECT' });
    expect([existsSync(target()), existsSync(attached())]).toEqual([false, false]);
  });

  it('knows every function of the installed DuckDB that could act', async () => {
    // Read through in DuckDB 1.5.6. A function that a later version adds fails here until somebody has looked at it.
    const reading = [
      'duckdb_', 'generate_series', 'glob', 'icu_calendar_names', 'json_each', 'json_tree', 'parquet_', 'pg_timezone_names',
      'pragma_', 'query_table', 'range', 'read_', 'repeat', 'seq_scan', 'sniff_csv', 'sql_auto_complete', 'summary',
      'test_all_types', 'test_vector_types', 'unnest', 'which_secret', 'check_peg_parser',
    ]; // prettier-ignore
    const drawing = [
      'current_connection_id', 'current_query', 'current_query_id', 'current_transaction_id', 'currval', 'error',
      'gen_random_uuid', 'nextval', 'random', 'setseed', 'sleep_ms', 'stats', 'uuid', 'uuidv4', 'uuidv7',
    ]; // prettier-ignore
    const { connection, close } = await openConnection();
    const result = await connection.run(
      "SELECT DISTINCT function_name FROM duckdb_functions() WHERE function_type = 'table' OR (function_type = 'scalar' AND has_side_effects)",
    );
    const names = (await result.getRowsJS()).map(([name]) => String(name));
    close();
    expect(names.length).toBeGreaterThan(50);
    const unknown = names.filter(
      (name) =>
        !actingFunctions.has(name) && !drawing.includes(name) && !reading.some((known) => name.startsWith(known)),
    );
    expect(unknown).toEqual([]);
  });
});

describe('what a query of DuckDB may reach', () => {
  it.each([
    (path: string) => `FROM '${path}'`,
    (path: string) => `FROM read_csv('${path}')`,
    (path: string) => `FROM read_csv(['${path}'])`,
    (path: string) => `FROM read_text('${path}')`,
    (path: string) => `FROM read_blob('${path}')`,
    (path: string) => `FROM read_json('${path}')`,
    (path: string) => `FROM read_parquet('${path}')`,
    (path: string) => `FROM sniff_csv('${path}')`,
    (path: string) => `FROM parquet_metadata('${path}')`,
    (path: string) => `FROM glob('${path}')`,
    (path: string) => `FROM query_table('${path}')`,
    (path: string) => `FROM query_table(['${path}'])`,
    (path: string) => `FROM read_duckdb('${path}')`,
    (path: string) => `${row} WHERE EXISTS (FROM '${path}')`,
    (path: string) => `FROM '${path.replace('secret', 's*cret')}'`,
    () => `FROM '${join(folder, 'sub')}/../secret.csv'`,
    (path: string) => `FROM 'file://${path}'`,
  ])('no file that is not named: %s', async (query) => {
    mkdirSync(join(folder, 'sub'), { recursive: true });
    const select = `SELECT DATE '2014-01-31' AS date, 'a' AS asset, (SELECT count(*) FROM (${query(write('secret.csv'))})) AS x`;
    const error = await readingFailure({ query: select, allow: { files: [write('open.csv')] } });
    expect(error.code).toBe('source');
    expect(error.message).toMatch(/allow|does not exist/);
  });

  it('the files that are named, absolute or relative, one by one or by a pattern', async () => {
    const path = write('open.csv');
    const relative = join('.', path.startsWith('/') ? `${'../'.repeat(20)}${path.slice(1)}` : path);
    for (const [from, files] of [
      [path, [path]],
      [path, [relative]],
      [relative, [path]],
      [join(folder, 'op*.csv'), [join(folder, 'op*.csv')]],
      [path, [join(folder, 'op*.csv')]],
    ] as const)
      expect(await xOf(`FROM '${from}'`, { files })).toEqual([1]);
    const odd = write('odd[1].csv');
    for (const from of [odd, odd.replace('[', '[[]')])
      expect(await xOf(`FROM '${from}'`, { files: [odd] })).toEqual([1]);
    expect((await readingFailure({ query: `FROM '${path}'` })).remedy).toContain(path);
  });

  it('follows a link before it decides', async () => {
    const secret = write('secret.csv');
    const link = join(folder, 'link-out.csv');
    symlinkSync(secret, link);
    expect(await xOf(`FROM '${link}'`, { files: [link] })).toEqual([1]);
    const other = write('link-other.csv');
    const error = await readingFailure({ query: `FROM '${link}'`, allow: { files: [other] } });
    expect(error.expected).toContain('allow');
  });

  it('its database, and no file that a view in it reads', async () => {
    const database = join(folder, 'store.db');
    const instance = await DuckDBInstance.create(database);
    const connection = await instance.connect();
    await connection.run(`CREATE TABLE t AS ${row}; CREATE VIEW v AS FROM read_csv('${write('secret.csv')}')`);
    connection.closeSync();
    instance.closeSync();
    const bytes = readFileSync(database);
    expect((await readCrossSectionBatch({ query: 'FROM t', database }, { characteristics: ['x'] })).batch.nRows).toBe(
      1,
    );
    expect((await readingFailure({ query: 'FROM v', database })).found).toContain('secret.csv');
    const allow = { files: [join(folder, 'secret.csv')] };
    const { batch } = await readCrossSectionBatch({ query: 'FROM v', database, allow }, { characteristics: ['x'] });
    expect(batch.nRows).toBe(1);
    expect(readFileSync(database)).toEqual(bytes);
    expect(readdirSync(folder).filter((name) => name.startsWith('store'))).toEqual(['store.db']);
  });

  it.each<[unknown, string, string]>([
    [{ files: 'panel.csv' }, 'config', 'source.allow'],
    [{ files: [''] }, 'config', 'source.allow'],
    [{ files: [5] }, 'config', 'source.allow'],
    [{ file: ['panel.csv'] }, 'config', 'source.allow'],
    ['panel.csv', 'config', 'source.allow'],
    [{ files: [join(folder, 'none*.csv')] }, 'source', 'source.allow.files'],
    [{ files: [join(folder, 'none.csv')] }, 'source', join(folder, 'none.csv')],
    [{ files: [folder] }, 'source', folder],
  ])('says what is wrong with allow: %j', async (allow, code, field) => {
    expect(await readingFailure({ query: row, allow: allow as QueryAccess })).toMatchObject({ code, field });
  });
});

it('spills what does not fit to a folder of its own, which goes with the connection', async () => {
  const { connection, close } = await openConnection();
  const result = await connection.run("SELECT current_setting('temp_directory')");
  const spills = String((await result.getRowsJS())[0][0]);
  expect(statSync(spills).mode & 0o77).toBe(0);
  await connection.run("SET memory_limit = '60MB'");
  await connection.run('SET threads = 1');
  const sorted = await connection.stream(
    "FROM (SELECT hash(i) AS h, i, i || 'a rather long text behind it' AS s FROM range(2000000) t(i) ORDER BY h, s)",
  );
  expect((await sorted.fetchChunk())?.rowCount).toBeGreaterThan(0);
  expect(readdirSync(spills)).not.toEqual([]);
  close();
  expect(existsSync(spills)).toBe(false);
});
