import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { readCrossSectionBatch, type PanelSource, type ReadOptions } from '../../src/index.ts';
import { failureOf } from '../failures.ts';
import { temporaryFolder, writeParquet } from '../temporary-folder.ts';

const folder = temporaryFolder();
let written = 0;
/** Rows of the characteristic x, each for an asset of its own, separated by tabs. */
const file = (entries: readonly string[]): string => {
  const path = join(folder, `${written++}.tsv`);
  writeFileSync(path, ['date\tasset\tx', ...entries.map((x, k) => `2020-01-31\tA${k}\t${x}`)].join('\n'));
  return path;
};
const x = async (source: PanelSource, options: ReadOptions): Promise<number[]> => [
  ...(await readCrossSectionBatch(source, { characteristics: ['x'] }, options)).batch.characteristics,
];
const failure = (source: PanelSource, options: ReadOptions) =>
  failureOf(readCrossSectionBatch(source, { characteristics: ['x'] }, options));

describe('numbers that are text', () => {
  it.each([
    [{ decimal: ',' }, ['1,5', '-0,25', ',5', '2', '1,5e3', 'NA'], [1.5, -0.25, 0.5, 2, 1500, NaN]],
    [{ thousands: ',' }, ['1,234.5', '12', '-1,234,567', '.5', ''], [1234.5, 12, -1234567, 0.5, NaN]],
    [{ decimal: ',', thousands: '.' }, ['1.234,5', '1234,5', '1.234'], [1234.5, 1234.5, 1234]],
    [{ thousands: ' ' }, ['1 234.5', '1\u00a0234', '1\u202f000'], [1234.5, 1234, 1000]],
    [{ thousands: "'" }, ["1'234.5", '7'], [1234.5, 7]],
    [{ percent: true }, ['2.3%', '-0.7 %', '100%', '0', ''], [0.023, -0.007, 1, 0, NaN]],
    [{ decimal: ',', percent: true }, ['2,3%', '-0,7%'], [0.023, -0.007]],
    [{ missingValues: ['B', 'n.a.', '-'] }, ['1', 'B', 'n.a.', '-', '2'], [1, NaN, NaN, NaN, 2]],
    [{ missingValues: { x: ['B'] } }, ['1', 'B'], [1, NaN]],
  ] as const)('are read as %j says', async (options, entries, values) => {
    expect(await x(file(entries), options)).toEqual(values);
  });

  it.each([
    [{ decimal: ',' }, '1.5'],
    [{ thousands: ',' }, '1,5'],
    [{ thousands: ',' }, '1,2345'],
    [{ thousands: '.', decimal: ',' }, '1.5'],
    [{ percent: true }, '5%%'],
    [{ missingValues: ['B'] }, 'C'],
  ] as const)('are refused where they are written otherwise: %j, %s', async (options, entry) => {
    const numbers = Array.from({ length: 25_000 }, () => '1');
    const late = await failure(file([...numbers, entry]), options);
    expect([late.name, late.found]).toEqual(['DataError', JSON.stringify(entry)]);
    expect(late.field).toContain('x');
    expect((await failure(file(['1', entry]), options)).found).toBe(JSON.stringify(entry));
  });

  it('come back as they were written, whatever the marks', async () => {
    const marks = fc.constantFrom([',', '.'], ['.', ','], ['.', ' '], [',', "'"], ['.', '_']);
    const value = fc.tuple(fc.integer({ min: -99_999_999, max: 99_999_999 }), fc.integer({ min: 0, max: 4 }));
    await fc.assert(
      fc.asyncProperty(
        marks,
        fc.array(value, { minLength: 1, maxLength: 30 }),
        async ([decimal, thousands], values) => {
          const text = ([digits, places]: readonly [number, number]): string => {
            const all = String(Math.abs(digits)).padStart(places + 1, '0');
            const whole = all.slice(0, all.length - places).replaceAll(/\B(?=(\d{3})+$)/g, thousands);
            return `${digits < 0 ? '-' : ''}${whole}${places === 0 ? '' : decimal + all.slice(-places)}`;
          };
          const read = await x(file(values.map(text)), { decimal, thousands } as ReadOptions);
          expect(read).toEqual(values.map(([digits, places]) => Number(`${digits}e${-places}`)));
        },
      ),
      { numRuns: 40, seed: 11 },
    );
  });

  it('are read from text columns of Parquet and of queries too', async () => {
    const select = `SELECT DATE '2020-01-31' AS date, i AS asset, CASE i WHEN 1 THEN '1,5' ELSE 'NA' END AS x FROM range(1, 3) t(i)`;
    const path = await writeParquet(join(folder, 'text.parquet'), select);
    for (const source of [path, { query: select }]) {
      expect(await x(source, { decimal: ',' })).toEqual([1.5, NaN]);
      expect((await failure(source, {})).found).toBe('type VARCHAR');
    }
  });

  it('are asked for by marks that make sense', async () => {
    const path = file(['1']);
    expect((await failure(path, { decimal: ';' as ',' })).field).toBe('options.decimal');
    expect((await failure(path, { decimal: ',', thousands: ',' })).field).toBe('options.thousands');
    expect((await failure(path, { percent: 'yes' as unknown as true })).field).toBe('options.percent');
    expect((await failure(path, { missingValues: 'B' as unknown as string[] })).field).toBe('options.missingValues');
    expect((await failure(path, { missingValues: { y: ['B'] } })).field).toBe('options.missingValues.y');
  });
});

describe('numbers that stand for nothing', () => {
  const rows = [-99.99, 0.5, -99, -1].map((value, k) => ({ date: '2020-01-31', asset: `A${k}`, x: value, y: value }));
  it('are missing in every kind of source, single precision included', async () => {
    const missingValues = [-99.99, -99];
    expect(await x({ rows }, { missingValues })).toEqual([NaN, 0.5, NaN, -1]);
    expect(await x(file(['-99.99', '0.5', '-99.00', '-1']), { missingValues })).toEqual([NaN, 0.5, NaN, -1]);
    const parquet = await writeParquet(
      join(folder, 'codes.parquet'),
      "SELECT DATE '2020-01-31' AS date, asset, x FROM (VALUES (1, -99.99::FLOAT), (2, 0.5::FLOAT)) t(asset, x)",
    );
    expect(await x(parquet, { missingValues })).toEqual([NaN, 0.5]);
  });

  it('may be those of one column', async () => {
    const { batch } = await readCrossSectionBatch(
      { rows },
      { characteristics: ['x', 'y'] },
      { missingValues: { y: [-99.99, -99] } },
    );
    expect([...batch.characteristics]).toEqual([-99.99, NaN, 0.5, 0.5, -99, NaN, -1, -1]);
  });
});

describe('returns that are not fractions', () => {
  const rows = [5, -2.5].map((ret, k) => ({ date: '2020-01-31', asset: `A${k}`, ret, x: k }));
  const columns = { returns: { column: 'ret', lag: 0 }, characteristics: ['x'] };
  it('are made fractions, and what is read beside them is not', async () => {
    const percent = await readCrossSectionBatch({ rows }, columns, { returnsIn: 'percent' });
    expect([...(percent.batch.returns ?? [])]).toEqual([0.05, -0.025]);
    expect([...percent.batch.characteristics]).toEqual([0, 1]);
    const log = await readCrossSectionBatch({ rows }, columns, { returnsIn: 'log' });
    expect(log.batch.returns?.[1]).toBe(Math.expm1(-2.5));
    const wrong = readCrossSectionBatch({ rows }, columns, { returnsIn: 'bp' as 'log' });
    expect((await failureOf(wrong)).field).toBe('options.returnsIn');
  });
});
