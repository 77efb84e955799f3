import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { CrossSectionBatch, Ml4tError, formatTimestamp } from '@ml4t/core';
import { tableFromArrays } from 'apache-arrow';
import fc from 'fast-check';
import {
  readCrossSectionBatch,
  streamCrossSectionBatches,
  type PanelColumns,
  type PanelSource,
  type PanelStreamReport,
  type StreamOptions,
} from '../../src/index.ts';
import { partEnds } from '../../src/read/part-cuts.ts';
import { temporaryFolder, writeParquet } from '../temporary-folder.ts';

const folder = temporaryFolder();
const file = (name: string, content: string): string => {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
};

/** All parts, and the report that the generator returns. */
async function drain(
  source: PanelSource,
  columns: PanelColumns,
  options?: StreamOptions,
): Promise<{ parts: CrossSectionBatch[]; report: PanelStreamReport }> {
  const parts: CrossSectionBatch[] = [];
  const stream = streamCrossSectionBatches(source, columns, options);
  for (;;) {
    const next = await stream.next();
    if (next.done) return { parts, report: next.value };
    parts.push(next.value);
  }
}

/** Every row of a batch, with its keys as text. */
function rowsOf(batch: CrossSectionBatch): unknown[][] {
  const { index, nCharacteristics: p, nContext: q } = batch;
  const rows: unknown[][] = [];
  for (let t = 0; t < batch.nDates; t++)
    for (let row = index.rowOffsets[t]; row < index.rowOffsets[t + 1]; row++)
      rows.push([
        formatTimestamp(batch.timestamps[t]),
        batch.assetIds[index.assetIndex[row]],
        ...batch.characteristics.subarray(row * p, (row + 1) * p),
        batch.returns?.[row],
        batch.factorReturns?.[row],
        ...(batch.contextFeatures?.subarray(t * q, (t + 1) * q) ?? []),
      ]);
  return rows;
}

async function failure(
  source: PanelSource,
  columns: Partial<PanelColumns>,
  options?: StreamOptions,
): Promise<{ error: Ml4tError; parts: number }> {
  let parts = 0;
  try {
    const stream = streamCrossSectionBatches(source, { characteristics: { exclude: [] }, ...columns }, options);
    for await (const part of stream) if (part.nRows > 0) parts++;
  } catch (error) {
    if (error instanceof Ml4tError) return { error, parts };
    throw error;
  }
  throw new Error('expected an error, found none');
}

/** 120 dates, 40 to 63 assets each that come and go, one in eleven values missing; several DuckDB chunks. */
const panelSql = `SELECT DATE '2000-01-01' + CAST(t AS INTEGER) AS date, 'id number ' || ((i * 7 + t) % 90) AS asset,
    CASE WHEN (i * 31 + t) % 11 = 0 THEN NULL ELSE i + t / 1000 END AS x, i * t AS y, (i - t) / 100 AS ret, t * t AS vix
  FROM range(120) d(t), range(63) a(i) WHERE i < 40 + t % 24`;
const roles: PanelColumns = {
  returns: { column: 'ret', lag: 1 },
  factorReturns: { column: 'ret', lag: 3 },
  characteristics: ['x', 'y'],
  context: ['vix'],
};
const sortedFile = writeParquet(join(folder, 'sorted.parquet'), `${panelSql} ORDER BY date, i`);
const shuffledFile = writeParquet(join(folder, 'shuffled.parquet'), `${panelSql} ORDER BY hash(date, asset)`);

describe('streamCrossSectionBatches', () => {
  it.each([
    [{ datesPerPart: 1 }],
    [{ datesPerPart: 7 }],
    [{ datesPerPart: 1000 }],
    [{ rowsPerPart: 1 }],
    [{ rowsPerPart: 200 }],
    [{ rowsPerPart: 1_000_000 }],
    [{ datesPerPart: 3, rowsPerPart: 130 }],
    [{}],
  ])('gives the rows, returns and context of the whole panel with %j', async (options) => {
    const path = await sortedFile;
    const { batch } = await readCrossSectionBatch(path, roles);
    const { parts, report } = await drain(path, roles, options);
    expect(parts.flatMap(rowsOf)).toEqual(rowsOf(batch));
    expect(report).toMatchObject({ nRows: batch.nRows, nDates: 120, nParts: parts.length });
    // A part holds no asset without a row in it.
    for (const part of parts) expect(new Set(part.index.assetIndex).size).toBe(part.nAssets);
  });

  it.each([{ datesPerPart: 1 }, { datesPerPart: 7 }, { rowsPerPart: 3000 }, {}])(
    'gives the same parts in memory that it uses again, with %j',
    async (options) => {
      for (const columns of [roles, { ...roles, returns: { column: 'ret', lag: 0 } }]) {
        const { parts } = await drain(await sortedFile, columns, options);
        const seen: unknown[][][] = [];
        for await (const part of streamCrossSectionBatches(await sortedFile, columns, {
          ...options,
          reuseMemory: true,
        })) {
          seen.push(rowsOf(part));
        }
        expect(seen).toEqual(parts.map(rowsOf));
      }
    },
  );

  it('keeps to the limits: whole dates, as many as fit, one at least', async () => {
    const path = await sortedFile;
    const byDates = (await drain(path, roles, { datesPerPart: 7 })).parts;
    expect(byDates.map((part) => part.nDates)).toEqual([...new Array<number>(17).fill(7), 1]);
    const byRows = (await drain(path, roles, { rowsPerPart: 200 })).parts;
    byRows.forEach((part, i) => {
      expect(part.nRows).toBeLessThanOrEqual(200);
      // The next date would not have fitted.
      if (i + 1 < byRows.length) expect(part.nRows + byRows[i + 1].index.rowOffsets[1]).toBeGreaterThan(200);
    });
    const single = (await drain(path, roles, { rowsPerPart: 1 })).parts;
    expect(single.every((part) => part.nDates === 1)).toBe(true);
  });

  it('cuts by the rows alone, not by the chunks in which they arrive', () => {
    const counts = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(
        counts,
        fc.integer({ min: 1, max: 6 }),
        fc.integer({ min: 1, max: 25 }),
        fc.integer({ min: 0, max: 3 }),
        fc.integer({ min: 1, max: 40 }),
        (rowsOfDate, datesPerPart, rowsPerPart, lookahead, chunk) => {
          const starts = [0];
          for (const rows of rowsOfDate) starts.push(starts[starts.length - 1] + rows);
          const total = starts[starts.length - 1];
          const size = { datesPerPart, rowsPerPart };
          const expected = partEnds(rowsOfDate.length, (date) => starts[date], size, true, 0);
          const ends: number[] = [];
          let cut = 0;
          for (let seen = chunk; ; seen += chunk) {
            const atEnd = seen >= total;
            const rows = Math.min(seen, total);
            const known = starts.findIndex((start) => start >= rows);
            const startOf = (date: number): number => Math.min(starts[cut + date], rows) - starts[cut];
            const found = partEnds(known - cut, startOf, size, atEnd, lookahead).map((end) => cut + end);
            ends.push(...found);
            cut = ends[ends.length - 1] ?? 0;
            if (atEnd) break;
          }
          expect(ends).toEqual(expected);
        },
      ),
      { seed: 20240131 },
    );
  });

  it('sorts files and queries by date and asset when asked', async () => {
    const { batch } = await readCrossSectionBatch(await sortedFile, roles, { sort: true });
    const shuffled = await shuffledFile;
    const csv = join(folder, 'shuffled.csv');
    const { openConnection } = await import('../../src/duckdb/connection.ts');
    const { connection, close } = await openConnection();
    await connection.run(`COPY (FROM '${shuffled}') TO '${csv}'`);
    close();
    for (const source of [shuffled, csv, { query: `FROM '${shuffled}'`, allow: { files: [shuffled] } }]) {
      const { parts } = await drain(source, roles, { sort: true, rowsPerPart: 500 });
      expect(parts.length).toBeGreaterThan(10);
      expect(parts.flatMap(rowsOf)).toEqual(rowsOf(batch));
    }
  });

  it('sorts an Arrow table in memory', async () => {
    const table = tableFromArrays({
      date: ['2014-02-28', '2014-01-31', '2014-02-28', '2014-01-31'],
      asset: ['B', 'B', 'A', 'A'],
      x: Float64Array.of(4, 2, 3, 1),
    });
    const { parts, report } = await drain(table, { characteristics: ['x'] }, { sort: true, datesPerPart: 1 });
    expect(parts.map((part) => [...part.characteristics])).toEqual([
      [1, 2],
      [3, 4],
    ]);
    expect(report).toMatchObject({ nParts: 2, nDates: 2, missing: { x: 0 } });
  });

  it('sorts text dates of different lengths and digits by their meaning', async () => {
    const iso = file(
      'iso.csv',
      'date,asset,x\n2014-02-01T02:00:00+03:00,a,2\n2014-02-01,a,3\n2014-01-31 09:00:00,a,1\n',
    );
    expect((await drain(iso, { characteristics: ['x'] }, { sort: true })).parts.map(rowsOf)).toEqual([
      [
        ['2014-01-31T09:00:00.000Z', 'a', 1, undefined, undefined],
        ['2014-01-31T23:00:00.000Z', 'a', 2, undefined, undefined],
        ['2014-02-01', 'a', 3, undefined, undefined],
      ],
    ]);
    const digits = file('digits.csv', 'date,asset,x\n100000,a,3\n9,a,1\n10,a,2\n');
    const { parts } = await drain(digits, { characteristics: ['x'], timestampFormat: 'epoch-seconds' }, { sort: true });
    expect([...parts[0].characteristics]).toEqual([1, 2, 3]);
  });

  it('reads tickers that look like missing values from CSV', async () => {
    const path = file('na.csv', 'date,asset,x\n2014-01-31,A,1\n2014-02-28,NA,NA\n2014-02-28,null,3\n');
    const { parts } = await drain(path, { characteristics: ['x'] }, { datesPerPart: 1 });
    expect(parts.map((part) => part.assetIds)).toEqual([['A'], ['NA', 'null']]);
    expect([...parts[1].characteristics]).toEqual([NaN, 3]);
  });

  it('filters dates as the whole reading does, lagged returns included', async () => {
    const filter = { from: '2000-01-20', to: '2000-02-20' };
    const { batch } = await readCrossSectionBatch(await sortedFile, roles, { filter });
    const { parts } = await drain(await sortedFile, roles, { filter, datesPerPart: 4 });
    expect(parts.flatMap(rowsOf)).toEqual(rowsOf(batch));
  });

  it('carries the checks over from part to part', async () => {
    const one = { datesPerPart: 1 };
    const csv = (rows: string): string => file('bad.csv', `date,asset,x,y\n${rows}\n`);
    const sorted = '2014-01-31,a,1,1\n2014-02-28,a,2,1\n2014-04-30,a,3,1';
    const late = await failure(csv(`${sorted}\n2014-03-31,a,4,1`), {}, one);
    expect(late.error).toMatchObject({ code: 'data', field: 'date (row 4)', found: '2014-03-31' });
    expect(late.error.remedy).toContain('sort: true');
    const gap = await failure(csv(sorted), {}, { ...one, maxGapDays: 40 });
    expect(gap.error.found).toContain('2014-02-28 and 2014-04-30');
    const twice = await failure(csv(`${sorted}\n2014-04-30,a,4,1`), {}, one);
    expect(twice.error.found).toContain('a again on 2014-04-30');
    const infinite = await failure(csv(`${sorted}\n2014-05-31,a,inf,1`), {}, one);
    expect(infinite.error.field).toBe('x (2014-05-31, a)');
    const nameless = await failure(csv(`${sorted}\n2014-05-31,,1,1`), {}, one);
    expect(nameless.error.field).toBe('asset (row 4, 2014-05-31)');
    const misspelt = await failure(csv(sorted), { characteristics: ['z'] }, one);
    expect(misspelt.error).toMatchObject({ code: 'source', field: 'columns.characteristics[0]' });
    expect((await failure(csv(''), { characteristics: ['x'] })).error.expected).toBe('at least one row');
    for (const options of [{ datesPerPart: 0 }, { rowsPerPart: 1.5 }])
      expect((await failure(csv(sorted), {}, options)).error.code).toBe('config');
  });

  it('refuses a column without any value at the end, when it is known', async () => {
    const path = await writeParquet(
      join(folder, 'hollow.parquet'),
      `SELECT DATE '2000-01-01' + CAST(i AS INTEGER) AS date, 'a' AS asset, 1.0 AS x, CAST(NULL AS DOUBLE) AS y FROM range(5000) t(i)`,
    );
    const { error, parts } = await failure(path, {}, { datesPerPart: 100 });
    expect(error).toMatchObject({ code: 'data', found: '5000 rows without one' });
    expect(error.field).toContain('y');
    expect(parts).toBeGreaterThan(0);
    const { report } = await drain(path, { characteristics: ['x', 'y'] }, { emptyColumns: 'keep' });
    expect(report.missing).toEqual({ x: 0, y: 5000 });
  });

  it('closes the source when the consumer stops early, and can be read again', async () => {
    const endless = `SELECT DATE '1900-01-01' + CAST(i // 1000 AS INTEGER) AS date, i % 1000 AS id, i AS x FROM range(1000000000) t(i)`;
    for (let repetition = 0; repetition < 3; repetition++) {
      let parts = 0;
      for await (const part of streamCrossSectionBatches(
        { query: endless },
        { characteristics: ['x'] },
        { datesPerPart: 2, filter: { to: '2100-01-01' } },
      )) {
        expect(part.nRows).toBe(2000);
        if (++parts === 3) break;
      }
    }
    const stream = streamCrossSectionBatches({ query: endless }, { characteristics: ['x'] }, { datesPerPart: 1 });
    await stream.next();
    await stream.return({} as PanelStreamReport);
    expect(await stream.next()).toEqual({ done: true, value: undefined });
    // Nothing is opened before the first part is asked for.
    await streamCrossSectionBatches('no such file.parquet', { characteristics: ['x'] }).return({} as PanelStreamReport);
  });

  it('reports progress and stops on abort, also between parts', async () => {
    const select = `SELECT DATE '2000-01-01' + CAST(i // 1000 AS INTEGER) AS date, i % 1000 AS id, i AS x FROM range(3000000) t(i)`;
    const controller = new AbortController();
    const steps: number[] = [];
    const { error, parts } = await failure(
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
    expect(error.name).toBe('AbortedError');
    expect(steps).toHaveLength(3);
    expect(parts).toBeGreaterThanOrEqual(1);
    const second = new AbortController();
    const stream = streamCrossSectionBatches(
      { query: select },
      { characteristics: ['x'] },
      { signal: second.signal, datesPerPart: 1 },
    );
    await stream.next();
    second.abort();
    await expect(stream.next()).rejects.toMatchObject({ name: 'AbortedError' });
  });
});
