import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import type { Ml4tError } from '@ml4t/core';
import { Float64, Int32, List, Field, Table, tableFromArrays, vectorFromArray } from 'apache-arrow';
import { readCrossSectionBatch, type PanelColumns, type PanelSource, type ReadOptions } from '../../src/index.ts';
import { failureOf } from '../failures.ts';
import { temporaryFolder, writeParquet } from '../temporary-folder.ts';

const folder = temporaryFolder();
const file = (name: string, content: string | Uint8Array): string => {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
};
const table = (rows: string, header = 'date,asset,x'): string => file('table.csv', `${header}\n${rows}\n`);
const read = (source: PanelSource, columns: Partial<PanelColumns> = {}, options: ReadOptions = {}): Promise<unknown> =>
  readCrossSectionBatch(source, { characteristics: { exclude: [] }, ...columns }, options);

/** The same, of an error in which nothing of DuckDB's own words may stand. */
async function failure(reading: Promise<unknown>): Promise<Ml4tError> {
  const error = await failureOf(reading);
  expect(error.message).not.toMatch(/LINE 1|INSTALL|\bBinder Error\b/);
  return error;
}

describe('sources that cannot be read', () => {
  it('names a missing file, its likely name, a missing folder and an empty match', async () => {
    file('panel.csv', 'date,asset,x\n2014-01-31,a,1\n');
    const misspelt = await failure(read(join(folder, 'pannel.csv')));
    expect(misspelt).toMatchObject({ name: 'SourceError', found: 'no such file' });
    expect(misspelt.remedy).toContain('panel.csv');
    expect((await failure(read(join(folder, 'no', 'panel.csv')))).found).toContain('no such folder');
    expect((await failure(read(join(folder, 'no-*.parquet')))).found).toContain('no file that matches');
  });

  it('does not wait for a pipe', async () => {
    for (const name of ['pipe.csv', 'pipe.parquet', 'pipe.arrow']) {
      execFileSync('mkfifo', [join(folder, name)]);
      expect(await failure(read(join(folder, name)))).toMatchObject({ name: 'SourceError', field: join(folder, name) });
      const query = { query: `FROM '${join(folder, name)}'`, allow: { files: [join(folder, name)] } };
      expect((await failure(read(query))).field).toBe(join(folder, name));
    }
  });

  it('refuses a folder, an unknown ending and what is no source', async () => {
    mkdirSync(join(folder, 'folder.parquet'));
    const error = await failure(read(join(folder, 'folder.parquet')));
    expect(error).toMatchObject({ name: 'SourceError', found: 'a folder' });
    expect(error.remedy).toContain('*.parquet');
    expect((await failure(read('panel.xlsx'))).expected).toContain('.parquet');
    expect((await failure(read(''))).name).toBe('SourceError');
    expect((await failure(read(42 as unknown as string))).name).toBe('SourceError');
  });

  it('says in one line that a file is damaged, cut short or of another kind', async () => {
    const whole = await writeParquet(
      join(folder, 'whole.parquet'),
      "SELECT DATE '2000-01-01' + CAST(i AS INTEGER) AS date, 'a' AS asset, random() AS x FROM range(20000) t(i)",
    );
    const bytes = readFileSync(whole);
    const scribbled = Uint8Array.from(bytes);
    scribbled.fill(7, 1000, 5000);
    for (const path of [
      file('short.parquet', bytes.subarray(0, 5000)),
      file('other.parquet', 'date,asset,x\n2014-01-31,a,1\n'),
      file('scribbled.parquet', scribbled),
      file('empty.arrow', ''),
      file('other.arrow', 'date,asset,x\n2014-01-31,a,1\n'),
    ])
      expect(await failure(read(path))).toMatchObject({ name: 'SourceError', field: path });
  });

  it('downloads nothing: remote files are an error', async () => {
    const error = await failure(read('https://example.invalid/*.parquet'));
    expect(error.found).toContain('httpfs');
    expect(error.remedy).toContain('downloads nothing');
    const query = { query: "SELECT * FROM 'https://example.invalid/panel.parquet'" };
    expect((await failure(read(query))).code).toBe('source');
    const allowed = { ...query, allow: { files: ['https://example.invalid/*.parquet'] } };
    expect((await failure(read(allowed))).found).toContain('httpfs');
  });

  it('names what is wrong with a query', async () => {
    expect((await failure(read({ query: 'SELEC 1' }))).found).toContain('syntax error');
    expect((await failure(read({ query: 'SELECT nope FROM range(3)' }))).found).toContain('nope');
    // A stream of rows that fails late must not pass for a short one.
    const late = `SELECT DATE '2014-01-31' AS date, i AS id, CASE WHEN i = 250000 THEN error('too late') ELSE i END AS x
                  FROM range(300000) t(i)`;
    expect((await failure(read({ query: late }, { characteristics: ['x'] }))).found).toContain('too late');
    expect((await failure(read({ query: 'SELECT 1; SELECT 2' }))).name).toBe('SourceError');
    expect((await failure(read({ query: ' ' }))).field).toBe('source.query');
    const missing = join(folder, 'no.duckdb');
    expect((await failure(read({ query: 'FROM t', database: missing }))).field).toBe(missing);
  });

  it('names the line of a CSV file with too few or too many entries', async () => {
    const rows = Array.from({ length: 30_000 }, (_, i) => `2014-01-31,a${i},1`);
    rows[25_000] = '2014-01-31,a25000,1,2,3';
    expect((await failure(read(table(rows.join('\n'))))).found).toContain('line 25002');
  });

  it('refuses a file without rows', async () => {
    expect((await failure(read(file('none.csv', 'date,asset,x\n'), { characteristics: ['x'] }))).expected).toBe(
      'at least one row',
    );
    expect((await failure(read(file('nothing.csv', '')))).name).toBe('SourceError');
    const error = await failure(read(table('2014-01-31,a,1'), {}, { filter: { from: '2020-01-01' } }));
    expect(error.remedy).toContain('filter');
  });
});

describe('columns that cannot be found', () => {
  it('suggests the nearest name and lists the columns', async () => {
    const error = await failure(
      read(table('2014-01-31,a,1', 'date,asset,momentum'), { characteristics: ['momentun'] }),
    );
    expect(error).toMatchObject({ name: 'SourceError', field: 'columns.characteristics[0]', found: '"momentun"' });
    expect(error.remedy).toBe('Did you mean "momentum"?');
    expect(error.expected).toContain('date, asset, momentum');
    const lost = await failure(read(table('2014-01-31,a,1'), { returns: { column: 'forward_return', lag: 0 } }));
    expect(lost.remedy).toBe('Name one of these columns.');
  });

  it('names the candidates where an alias is ambiguous, and the columns where there is none', async () => {
    const two = await failure(read(table('2014-01-31,1,a,1', 'date,permno,ticker,x')));
    expect(two).toMatchObject({ name: 'SourceError', field: 'columns.asset', found: '2: permno, ticker' });
    const none = await failure(read(table('2014-01-31,a,1', 'when,asset,x')));
    expect(none.field).toBe('columns.timestamp');
    expect(none.found).toContain('when, asset, x');
  });

  it('prefers an exact name to one of another case', async () => {
    const source = tableFromArrays({
      date: ['2014-01-31'],
      asset: ['a'],
      x: Float64Array.of(1),
      X: Float64Array.of(2),
    });
    const { batch } = await readCrossSectionBatch(source, { timestamp: 'DATE', characteristics: ['X'] });
    expect(batch.characteristics[0]).toBe(2);
  });

  it('refuses returns without a lag, look-ahead, and columns with two roles', async () => {
    const path = table('2014-01-31,a,1,0.1', 'date,asset,x,ret');
    const returns = { column: 'ret', lag: 0 };
    expect(await failure(read(path, { returns: { column: 'ret' } as unknown as typeof returns }))).toMatchObject({
      name: 'ConfigError',
      field: 'columns.returns.lag',
    });
    expect((await failure(read(path, { returns, characteristics: ['x', 'ret'] }))).found).toContain('look-ahead');
    expect((await failure(read(path, { characteristics: ['x', 'x'] }))).name).toBe('ConfigError');
    expect((await failure(read(path, { characteristics: ['asset'] }))).name).toBe('ConfigError');
    expect((await failure(read(path, { timestamp: 'asset', asset: 'asset' }))).name).toBe('ConfigError');
    expect((await failure(read(path, { characteristics: { exclude: ['x', 'ret'] } }))).name).toBe('SourceError');
    expect((await failure(read(path, { characteristics: { exclude: ['y'] } }))).found).toBe('"y"');
  });

  it('names the column and its type where numbers, ids or dates are needed', async () => {
    const select = (list: string): PanelSource => ({ query: `SELECT ${list}` });
    const text = await failure(
      read(select("DATE '2014-01-31' date, 'a' asset, 'Energy' x"), { characteristics: ['x'] }),
    );
    expect(text).toMatchObject({ name: 'SourceError', found: 'type VARCHAR' });
    expect(text.field).toContain('x');
    expect((await failure(read(table('2014-01-31,a,Energy'), { characteristics: ['x'] }))).found).toBe('"Energy"');
    expect((await failure(read(select("DATE '2014-01-31' date, 1.5 asset, 1.0 x")))).found).toContain('DECIMAL');
    expect((await failure(read(select("true date, 'a' asset, 1.0 x")))).found).toBe('type BOOLEAN');
    const lists = new Table({
      date: vectorFromArray(['2014-01-31']),
      asset: vectorFromArray(['a']),
      x: vectorFromArray([[1]], new List(new Field('item', new Float64()))),
      y: vectorFromArray([1], new Int32()),
    });
    expect((await failure(read(lists, { characteristics: ['x'] }))).found).toContain('List');
  });
});

describe('values that break the contract', () => {
  it('names the row of an unsorted date and says to set sort', async () => {
    const rows = ['2014-01-31,a,1', '2014-03-31,a,1', '2014-02-28,a,1'].join('\n');
    const parquet = await writeParquet(join(folder, 'unsorted.parquet'), `SELECT * FROM '${table(rows)}'`);
    for (const source of [table(rows), parquet]) {
      const error = await failure(read(source));
      expect(error).toMatchObject({ name: 'DataError', field: 'date (row 3)', found: '2014-02-28' });
      expect(error.expected).toContain('2014-03-31');
      expect(error.remedy).toContain('sort');
    }
  });

  it('names one repeated pair and counts the others, sorted or not', async () => {
    const rows = ['2014-01-31,a,1', '2014-01-31,b,1', '2014-01-31,a,2', '2014-01-31,a,3'];
    for (const sort of [false, true]) {
      const error = await failure(read(table(rows.join('\n')), {}, { sort }));
      expect(error.name).toBe('DataError');
      expect(error.found).toBe('a again on 2014-01-31, and 1 more repeated row');
    }
    expect((await failure(read(table(rows.slice(0, 3).join('\n'))))).found).toBe('a again on 2014-01-31');
  });

  it.each([
    ['another notation', '31/01/2014', '"31/01/2014"'],
    ['a word', 'soon', '"soon"'],
    ['no such day', '2014-02-30', '"2014-02-30"'],
    ['digits', '201402', '"201402"'],
  ])('names the row and the entry that is no ISO date: %s', async (_, entry, found) => {
    const error = await failure(read(table(['2014-01-31,a,1', `${entry},a,1`].join('\n'))));
    expect(error).toMatchObject({ name: 'DataError', field: 'date (row 2)', found });
  });

  it('asks how numbers tell the date', async () => {
    const source = { query: "SELECT 201401 AS date, 'a' AS asset, 1.0 AS x" };
    expect((await failure(read(source))).remedy).toContain('timestampFormat');
    expect((await failure(read(table('201401,a,1')))).remedy).toContain('yyyymm');
    expect(await failure(read(source, { timestampFormat: 'yyyymmdd' }))).toMatchObject({
      name: 'DataError',
      found: '"201401"',
    });
    expect((await failure(read(table('201413,a,1'), { timestampFormat: 'yyyymm' }))).found).toBe('"201413"');
    const dated = { query: "SELECT DATE '2014-01-31' AS date, 'a' AS asset, 1.0 AS x" };
    expect((await failure(read(dated, { timestampFormat: 'yyyymm' }))).name).toBe('ConfigError');
  });

  it('refuses rows without a date or an asset, and fractions of a millisecond', async () => {
    const undated = "SELECT * FROM (VALUES (DATE '2014-01-31', 'a', 1.0), (NULL, 'b', 2.0)) t(date, asset, x)";
    expect((await failure(read({ query: undated }))).field).toBe('date (row 2)');
    // With a filter the source may leave rows out, so no row number is given; the row itself must not slip through.
    const filtered = await failure(read({ query: undated }, {}, { filter: { from: '2000-01-01' } }));
    expect(filtered).toMatchObject({ field: 'date', found: 'none' });
    expect((await failure(read(table('2014-01-31,a,1\n,b,2')))).field).toBe('date (row 2)');
    expect((await failure(read(table('2014-01-31,a,1\n2014-01-31,,2')))).field).toBe('asset (row 2, 2014-01-31)');
    for (const stamp of ["TIMESTAMP '2014-01-31 00:00:00.0005'", "TIMESTAMP_NS '2014-01-31 00:00:00.000000001'"])
      expect((await failure(read({ query: `SELECT ${stamp} AS date, 'a' AS asset, 1.0 AS x` }))).expected).toContain(
        'whole milliseconds',
      );
  });

  it('names the cell that is infinite', async () => {
    const error = await failure(read(table('2014-01-31,a,1\n2014-01-31,b,-inf')));
    expect(error).toMatchObject({ name: 'DataError', field: 'x (2014-01-31, b)', found: '-Infinity' });
  });

  it('names the line and the entry that is no number, also after the rows that decided the type', async () => {
    const rows = Array.from({ length: 30_000 }, (_, i) => `2014-01-31,a${i},1`);
    rows[29_000] = '2014-01-31,a29000,oops';
    const error = await failure(read(table(rows.join('\n'))));
    expect(error).toMatchObject({ name: 'DataError', found: '"oops"' });
    expect(error.field).toContain('x (line 29002');
  });

  it('refuses a column without values unless told to keep it', async () => {
    const path = table('2014-01-31,a,1,,\n2014-02-28,a,2,,', 'date,asset,x,empty,ret');
    const columns = { characteristics: ['x', 'empty'] };
    expect((await failure(read(path, columns))).field).toContain('empty');
    const { batch } = await readCrossSectionBatch(path, columns, { emptyColumns: 'keep' });
    expect([...batch.characteristics]).toEqual([1, NaN, 2, NaN]);
    const returns = { column: 'ret', lag: 0 };
    expect((await failure(read(path, { ...columns, returns }, { emptyColumns: 'keep' }))).field).toContain('ret');
  });

  it('refuses context that differs within a date or is missing', async () => {
    const header = 'date,asset,x,vix';
    const context = ['vix'];
    const differs = await failure(read(table('2014-01-31,a,1,15\n2014-01-31,b,1,16', header), { context }));
    expect(differs).toMatchObject({ name: 'DataError', field: 'vix (2014-01-31, b)', found: '16' });
    expect((await failure(read(table('2014-01-31,a,1,15\n2014-01-31,b,1,', header), { context }))).found).toBe('none');
    expect((await failure(read(table('2014-01-31,a,1,\n2014-01-31,b,1,15', header), { context }))).found).toBe('none');
  });

  it('refuses a gap longer than allowed', async () => {
    const path = table('2014-01-31,a,1\n2014-02-28,a,1\n2014-05-31,a,1');
    const error = await failure(read(path, {}, { maxGapDays: 31 }));
    expect(error.found).toContain('2014-02-28 and 2014-05-31 (92 days)');
    await expect(read(path, {}, { maxGapDays: 92 })).resolves.toBeDefined();
  });
});
