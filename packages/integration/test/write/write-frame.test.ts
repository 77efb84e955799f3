import fs from 'node:fs/promises';
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import {
  Bool,
  DateDay,
  Dictionary,
  Field,
  Float32,
  Float64,
  Int32,
  Int64,
  List,
  Schema,
  Table,
  TimestampMicrosecond,
  Utf8,
  tableFromArrays,
  tableFromIPC,
  vectorFromArray,
} from 'apache-arrow';
import { writeFrame, writeFrames } from '../../src/index.ts';
import { query, temporaryFolder } from '../temporary-folder.ts';

const root = temporaryFolder();
let folder = root;
let count = 0;
beforeEach(() => {
  folder = join(root, String(count++));
  mkdirSync(folder);
});
afterEach(() => {
  jest.restoreAllMocks();
});
const table = (x: number): Table => tableFromArrays({ asset: ['a', 'b'], x: Float64Array.of(x, x + 1) });
const content = (name: string): Promise<unknown[][]> => query(`FROM '${join(folder, name)}'`);

describe('writeFrame', () => {
  const mixed = new Table({
    float: vectorFromArray([1.5, null, -0.25], new Float64()),
    single: vectorFromArray([1.5, null, -0.25], new Float32()),
    int: vectorFromArray([1, 2, null], new Int32()),
    long: vectorFromArray([1n, null, 2n ** 60n], new Int64()),
    flag: vectorFromArray([true, null, false], new Bool()),
    text: vectorFromArray(['a', null, 'it\'s, "quoted"'], new Utf8()),
    day: vectorFromArray([new Date(0), null, new Date('1955-01-31')], new DateDay()),
    moment: vectorFromArray([0, null, 1.391e12], new TimestampMicrosecond()),
  });

  it('keeps every type and every null in Parquet', async () => {
    const path = join(folder, 'mixed.parquet');
    expect(await writeFrame(mixed, path)).toEqual({ path, nRows: 3, bytes: readFileSync(path).length });
    const described = await query(`SELECT column_name, column_type FROM (DESCRIBE FROM '${path}')`);
    expect(Object.fromEntries(described)).toEqual({
      float: 'DOUBLE',
      single: 'FLOAT',
      int: 'INTEGER',
      long: 'BIGINT',
      flag: 'BOOLEAN',
      text: 'VARCHAR',
      day: 'DATE',
      moment: 'TIMESTAMP',
    });
    const [first, second, third] = await query(`SELECT * REPLACE (day::VARCHAR AS day) FROM '${path}'`);
    expect(first.slice(0, 7)).toEqual([1.5, 1.5, 1, 1n, true, 'a', '1970-01-01']);
    expect(second).toEqual([null, null, 2, null, null, null, null, null]);
    expect(third.slice(0, 7)).toEqual([-0.25, -0.25, null, 2n ** 60n, false, 'it\'s, "quoted"', '1955-01-31']);
  });

  it('keeps the order of the rows over many chunks and several record batches', async () => {
    const part = (from: number, n: number): Table =>
      tableFromArrays({
        i: Int32Array.from({ length: n }, (_, k) => from + k),
        x: Float64Array.from({ length: n }, (_, k) => (from + k) / 3),
      });
    const whole = part(0, 5000).concat(part(5000, 1), part(5001, 300_000));
    await writeFrame(whole, join(folder, 'long.parquet'));
    const misplaced = `SELECT count(*)::INT, sum((i <> file_row_number OR x <> i / 3)::INT)::INT
                       FROM read_parquet('${join(folder, 'long.parquet')}', file_row_number = true)`;
    expect(await query(misplaced)).toEqual([[305_001, 0]]);
  });

  it('writes CSV that people can read: dates alone at midnight, ISO 8601 otherwise, nothing for missing', async () => {
    const daily = new Table({ day: vectorFromArray([new Date('2014-01-31')]), x: vectorFromArray([0.1]) });
    await writeFrame(daily, join(folder, 'daily.csv'));
    expect(readFileSync(join(folder, 'daily.csv'), 'utf8')).toBe('day,x\n2014-01-31,0.1\n');
    const intraday = new Table({
      at: vectorFromArray([new Date('2014-01-31T16:00:00.250Z'), null]),
      x: vectorFromArray([null, 2], new Float64()),
    });
    await writeFrame(intraday, join(folder, 'intraday.csv.gz'));
    expect(gunzipSync(readFileSync(join(folder, 'intraday.csv.gz'))).toString()).toBe(
      'at,x\n2014-01-31T16:00:00.250Z,\n,2.0\n',
    );
  });

  it('writes Arrow files that keep their dictionaries', async () => {
    await writeFrame(mixed, join(folder, 'mixed.arrow'));
    const read = tableFromIPC(readFileSync(join(folder, 'mixed.arrow')));
    expect(read.schema.fields.map(String)).toEqual(mixed.schema.fields.map(String));
    expect(read.toArray().map(String)).toEqual(mixed.toArray().map(String));
  });

  it('writes stacked tables, each with dictionaries of its own, to every format', async () => {
    const text = (texts: (string | null)[]) => vectorFromArray(texts, new Dictionary(new Utf8(), new Int32()));
    const one = new Table({
      asset: text(['b', 'a', null]),
      model: text(['m', 'm', 'm']),
      x: vectorFromArray([1, 2, 3]),
    });
    const two = new Table({ asset: text(['c', 'b']), model: text(['n', 'n']), x: vectorFromArray([4, 5]) });
    const stacked = one.concat(two, one);
    const expected = stacked.toArray().map(String);
    await writeFrame(stacked, join(folder, 'stacked.arrow'));
    const read = tableFromIPC(readFileSync(join(folder, 'stacked.arrow')));
    expect(read.toArray().map(String)).toEqual(expected);
    expect(read.schema.fields.map(String)).toEqual(stacked.schema.fields.map(String));
    await writeFrame(stacked, join(folder, 'stacked.parquet'));
    expect((await content('stacked.parquet')).map(([asset, model, x]) => JSON.stringify({ asset, model, x }))).toEqual(
      expected.map((row) => JSON.stringify(JSON.parse(row))),
    );
    // What was given is as it was.
    expect(stacked.toArray().map(String)).toEqual(expected);
  });

  it('writes a table without rows', async () => {
    const empty = new Table(new Schema([new Field('x', new Float64())]));
    await writeFrame(empty, join(folder, 'empty.parquet'));
    expect(await content('empty.parquet')).toEqual([]);
  });

  it('refuses endings, folders and tables that cannot work, before touching anything', async () => {
    mkdirSync(join(folder, 'taken.parquet'));
    writeFileSync(join(folder, 'file'), '');
    const failing = [
      writeFrame(table(1), join(folder, 'x.xlsx')),
      writeFrame(table(1), join(folder, 'no', 'x.parquet')),
      writeFrame(table(1), join(folder, 'file', 'x.parquet')),
      writeFrame(table(1), join(folder, 'taken.parquet')),
      writeFrame(new Table(), join(folder, 'x.parquet')),
      writeFrames({ '../x': table(1) }, folder),
      writeFrames({ x: table(1) }, join(folder, 'file')),
    ];
    for (const writing of failing) await expect(writing).rejects.toMatchObject({ name: 'OutputError' });
    expect(readdirSync(folder).sort()).toEqual(['file', 'taken.parquet']);
  });

  it('leaves the old file and no debris when writing fails halfway', async () => {
    const path = join(folder, 'x.parquet');
    await writeFrame(table(1), path);
    const lists = new Table({ x: vectorFromArray([[1]], new List(new Field('item', new Float64()))) });
    await expect(writeFrame(lists, path)).rejects.toMatchObject({ name: 'OutputError', field: 'x' });
    expect(await content('x.parquet')).toEqual([
      ['a', 1],
      ['b', 2],
    ]);
    expect(readdirSync(folder)).toEqual(['x.parquet']);
  });

  it('leaves the old file and no debris when the rename fails', async () => {
    const path = join(folder, 'x.csv');
    await writeFrame(table(1), path);
    const before = readFileSync(path, 'utf8');
    jest.spyOn(fs, 'rename').mockRejectedValueOnce(new Error('EXDEV: no'));
    const error = await writeFrame(table(5), path).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ name: 'OutputError', field: path, found: 'EXDEV: no' });
    expect(readFileSync(path, 'utf8')).toBe(before);
    expect(readdirSync(folder)).toEqual(['x.csv']);
  });
});

describe('writeFrames', () => {
  it('writes every table into a folder that it makes', async () => {
    const made = await writeFrames({ predictions: table(1), weights: table(2) }, join(folder, 'new', 'run'));
    expect(made.map(({ path }) => path)).toEqual(
      ['predictions', 'weights'].map((name) => join(folder, 'new', 'run', `${name}.parquet`)),
    );
    expect(readdirSync(join(folder, 'new', 'run')).sort()).toEqual(['predictions.parquet', 'weights.parquet']);
  });

  it('puts all old files back when a later rename fails', async () => {
    await writeFrames({ a: table(1), b: table(1) }, folder, { format: 'csv' });
    const rename = fs.rename;
    jest
      .spyOn(fs, 'rename')
      .mockImplementationOnce((from, to) => rename(from, to))
      .mockImplementationOnce((from, to) => rename(from, to))
      .mockRejectedValueOnce(new Error('EIO: no'));
    const writing = writeFrames({ a: table(5), b: table(6), c: table(7) }, folder, { format: 'csv' });
    await expect(writing).rejects.toMatchObject({ name: 'OutputError', field: join(folder, 'c.csv') });
    expect(readFileSync(join(folder, 'a.csv'), 'utf8')).toBe('asset,x\na,1.0\nb,2.0\n');
    expect(readFileSync(join(folder, 'b.csv'), 'utf8')).toBe('asset,x\na,1.0\nb,2.0\n');
    expect(readdirSync(folder).sort()).toEqual(['a.csv', 'b.csv']);
  });

  it('takes back a first file that had no predecessor', async () => {
    const rename = fs.rename;
    jest
      .spyOn(fs, 'rename')
      .mockImplementationOnce((from, to) => rename(from, to))
      .mockRejectedValueOnce(new Error('EIO: no'));
    await expect(writeFrames({ a: table(1), b: table(2) }, folder)).rejects.toMatchObject({ name: 'OutputError' });
    expect(readdirSync(folder)).toEqual([]);
  });

  it('writes nothing when one of the targets is a folder', async () => {
    mkdirSync(join(folder, 'b.parquet'));
    await expect(writeFrames({ a: table(1), b: table(2) }, folder)).rejects.toMatchObject({ found: 'a folder' });
    expect(existsSync(join(folder, 'a.parquet'))).toBe(false);
  });
});

describe('text in CSV', () => {
  const dangerous = [
    '=1+1',
    "=cmd|'/C calc'!A0",
    '@SUM(1)',
    '+A1',
    '-A1',
    '\t=1',
    '\r=1',
    '\n=1',
    ' =1',
    '＝1',
    '-2+3',
    '+',
    '-',
  ];
  const plain = ['a', 'BRK-B', '', "'", '-5', '+1.5e-3', '-.5', '0', 'a=b', '1e5'];
  const named = (texts: readonly string[]): Table =>
    new Table({
      '=column': vectorFromArray([...texts], new Utf8()),
      key: vectorFromArray([...texts], new Dictionary(new Utf8(), new Int32())),
    });
  const cells = async (name: string): Promise<unknown[][]> =>
    query(`FROM read_csv('${join(folder, name)}', all_varchar = true, header = false, nullstr = 'no null')`);

  it('is no formula of a spreadsheet, in cells and in the head', async () => {
    await writeFrame(named([...dangerous, ...plain]), join(folder, 'x.csv'));
    const expected = [...dangerous.map((text) => `'${text}`), ...plain];
    expect(await cells('x.csv')).toEqual([["'=column", 'key'], ...expected.map((text) => [text, text])]);
  });

  it('is kept as it is where it is asked for, and in other formats', async () => {
    await writeFrame(named(dangerous), join(folder, 'x.csv'), { csv: { formulas: 'keep' } });
    await writeFrames({ y: named(dangerous) }, folder, { format: 'csv', csv: { formulas: 'keep' } });
    await writeFrame(named(dangerous), join(folder, 'x.parquet'));
    const kept = dangerous.map((text) => [text, text]);
    for (const name of ['x.csv', 'y.csv']) expect(await cells(name)).toEqual([['=column', 'key'], ...kept]);
    expect(await content('x.parquet')).toEqual(kept);
  });
});
