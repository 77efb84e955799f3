import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { formatTimestamp, type CrossSectionBatch } from '@ml4t/core';
import {
  readCrossSectionBatch,
  readPersistentPanelBatch,
  streamCrossSectionBatches,
  type PanelColumns,
  type PanelSource,
} from '../../src/index.ts';
import { readingFailure } from '../failures.ts';

type Row = Record<string, unknown>;

/** Rows one at a time, as a driver would give them; tells when it is closed. */
async function* given(rows: Iterable<Row>, onClose?: () => void): AsyncGenerator<Row> {
  try {
    for (const row of rows) {
      if (row.wait) await setImmediate();
      yield row;
    }
  } finally {
    onClose?.();
  }
}

const rows: readonly Row[] = [
  { date: new Date('2014-01-31'), id: 7, x: 1, flag: true, big: 3n, ret: 0.01 },
  { date: new Date('2014-01-31'), id: 8, x: null, flag: false, big: 4n, ret: 0.02 },
  { date: new Date('2014-02-28'), id: 7, x: 2.5, flag: null, big: null, ret: 0.03, note: 'text' },
];
const roles: PanelColumns = { returns: { column: 'ret', lag: 1 }, characteristics: { exclude: [] } };

describe('a source of rows', () => {
  it('reads numbers, bigints, booleans, Dates and nulls; takes ids from whole numbers', async () => {
    const { batch, report } = await readCrossSectionBatch({ rows: given(rows) }, roles);
    expect(Array.from(batch.timestamps, formatTimestamp)).toEqual(['2014-01-31', '2014-02-28']);
    expect(batch.assetIds).toEqual(['7', '8']);
    expect(batch.characteristicNames).toEqual(['x', 'flag', 'big']);
    expect([...batch.characteristics]).toEqual([1, 1, 3, NaN, 0, 4, 2.5, NaN, NaN]);
    expect([...(batch.returns ?? [])]).toEqual([0.03, NaN, NaN]);
    expect(report).toMatchObject({ source: 'rows', unusedColumns: ['note'] });
  });

  it('reads the same from an array, from chunks of columns and in parts', async () => {
    const { batch } = await readCrossSectionBatch({ rows: given(rows) }, roles);
    expect((await readCrossSectionBatch({ rows }, roles)).batch).toEqual(batch);
    const columns = [rows.slice(0, 1), [], rows.slice(1)].map((part) => ({
      date: part.map(({ date }) => date),
      id: Int32Array.from(part, ({ id }) => Number(id)),
      x: Float64Array.from(part, ({ x }) => (x === null ? NaN : Number(x))),
      flag: part.map(({ flag }) => flag),
      big: part.map(({ big }) => big),
      ret: part.map(({ ret }) => ret),
    }));
    expect((await readCrossSectionBatch({ columns }, roles)).batch).toEqual(batch);
    const parts: CrossSectionBatch[] = [];
    for await (const part of streamCrossSectionBatches({ rows: given(rows) }, roles, { datesPerPart: 1 }))
      parts.push(part);
    expect(parts.map((part) => [...part.characteristics])).toEqual([
      [1, 1, 3, NaN, 0, 4],
      [2.5, NaN, NaN],
    ]);
    expect(parts.map((part) => part.assetIds)).toEqual([['7', '8'], ['7']]);
  });

  it('reads text dates, digits with a format, and text that is said to hold numbers', async () => {
    const texts = [
      { month: '2014-01-31', ticker: 'A', x: '1.50' },
      { month: '2014-02-28', ticker: 'A', x: null },
      { month: '2014-02-28', ticker: 'B', x: ' -2e3 ' },
    ];
    const { batch } = await readCrossSectionBatch({ rows: texts, types: { x: 'number' } }, { characteristics: ['x'] });
    expect([...batch.characteristics]).toEqual([1.5, NaN, -2000]);
    const digits = await readCrossSectionBatch(
      { rows: [{ month: 201402, ticker: 'A', x: 1 }] },
      { characteristics: ['x'], timestampFormat: 'yyyymm' },
    );
    expect(Array.from(digits.batch.timestamps, formatTimestamp)).toEqual(['2014-02-28']);
    expect((await readingFailure({ rows: texts })).remedy).toContain(`types: { "x": 'number' }`);
  });

  it('sorts rows into a whole batch, and says that a stream of them cannot be sorted', async () => {
    const { batch } = await readCrossSectionBatch({ rows: [...rows].reverse() }, roles, { sort: true });
    expect(batch).toEqual((await readCrossSectionBatch({ rows }, roles)).batch);
    const stream = streamCrossSectionBatches({ rows: given(rows) }, roles, { sort: true });
    await expect(stream.next()).rejects.toMatchObject({ code: 'config', field: 'options.sort' });
  });

  it('names the row and what is wrong with it', async () => {
    const bad = (change: Row): Row[] => [...rows, { ...rows[2], id: 9, ...change }];
    expect((await readingFailure({ rows: bad({ x: 'ten' }) })).message).toBe(
      'x (row 4 of rows): expected a number, or null for missing, found "ten". Correct the entry, or leave the column out.',
    );
    expect((await readingFailure({ rows: bad({ date: '2014-03-31' }) })).field).toBe('date (row 4 of rows)');
    expect((await readingFailure({ rows: bad({ date: new Date('no date') }) })).found).toBe('an invalid Date');
    expect((await readingFailure({ rows: bad({ date: null }) })).field).toBe('date (row 4)');
    expect((await readingFailure({ rows: bad({ id: 1.5 }) })).expected).toContain('whole number');
    expect((await readingFailure({ rows: bad({ id: null }) })).field).toContain('id (row 4');
    expect((await readingFailure({ rows: bad({ x: Infinity }) })).found).toBe('Infinity');
    expect((await readingFailure({ rows: bad({ date: new Date('2014-01-31') }) })).remedy).toContain('Sort');
    expect((await readingFailure({ rows: [...rows, 5 as unknown as Row] })).field).toBe('rows (row 4)');
    expect((await readingFailure({ rows: [] }, { timestamp: 'date' })).code).toBe('source');
    expect((await readingFailure({ rows: 7 } as unknown as PanelSource)).field).toBe('source.rows');
    expect((await readingFailure({ rows, types: { x: 'int' } } as unknown as PanelSource)).field).toBe(
      'source.types.x',
    );
    const uneven = [{ date: ['2014-01-31'], id: [1, 2], x: [1] }];
    expect((await readingFailure({ columns: uneven })).field).toBe('id (chunk 1 of columns)');
    const noArray = [{ date: '2014-01-31' }] as unknown as Record<string, unknown[]>[];
    expect((await readingFailure({ columns: noArray })).found).toBe('"2014-01-31"');
  });

  it('passes on an error of the iterator with its cause', async () => {
    const broken = async function* (): AsyncGenerator<Row> {
      yield* rows;
      await setImmediate();
      throw new Error('connection reset\nby peer');
    };
    const error = await readingFailure({ rows: broken() });
    expect(error).toMatchObject({ code: 'source', found: '"connection reset"' });
    expect(error.cause).toBeInstanceOf(Error);
  });

  it('closes the iterator at the end, on an error, on abort and when a stream stops early', async () => {
    let closed = 0;
    const onClose = (): void => {
      closed++;
    };
    const endless = function* (): Generator<Row> {
      for (let i = 0; ; i++) yield { date: new Date(86_400_000 * (i >> 10)), id: i & 1023, x: i };
    };
    await readCrossSectionBatch({ rows: given(rows, onClose) }, roles);
    expect(closed).toBe(1);
    await readingFailure({ rows: given(rows, onClose) }, { characteristics: ['no such column'] });
    expect(closed).toBe(2);
    const columns = { characteristics: ['x'] };
    for await (const part of streamCrossSectionBatches({ rows: given(endless(), onClose) }, columns, {
      datesPerPart: 8,
    })) {
      expect(part.nRows).toBe(8192);
      break;
    }
    expect(closed).toBe(3);
    const controller = new AbortController();
    const error = await readingFailure({ rows: given(endless(), onClose) }, columns, {
      signal: controller.signal,
      onProgress: () => {
        controller.abort();
      },
    });
    expect(error.name).toBe('AbortedError');
    expect(closed).toBe(4);
  });

  it('does not wait for an iterator that hangs when it is told to stop', async () => {
    const hanging = async function* (): AsyncGenerator<Row> {
      for (let i = 0; i < 5000; i++) yield { date: new Date(86_400_000 * (i >> 10)), id: i & 1023, x: i };
      await new Promise<never>(() => undefined);
    };
    const controller = new AbortController();
    const reason = new Error('no more patience');
    const stream = streamCrossSectionBatches(
      { rows: hanging() },
      { characteristics: ['x'] },
      { signal: controller.signal, datesPerPart: 3 },
    );
    await stream.next();
    const next = stream.next();
    await setImmediate();
    controller.abort(reason);
    await expect(next).rejects.toMatchObject({ name: 'AbortedError', cause: reason });
  });

  it('asks for no more rows than a part and its successors need', async () => {
    let taken = 0;
    const counted = function* (): Generator<Row> {
      for (let i = 0; i < 1_000_000; i++) {
        taken++;
        yield { date: new Date(86_400_000 * (i >> 8)), id: i & 255, x: i };
      }
    };
    const stream = streamCrossSectionBatches(
      { rows: given(counted()) },
      { characteristics: ['x'] },
      { datesPerPart: 1 },
    );
    await stream.next();
    // One chunk to see the columns and to fill the first part, and none before it is asked for.
    expect(taken).toBeLessThanOrEqual(2 * 4096);
    await stream.return({} as never);
  });

  it('gives other batches as well', async () => {
    const { batch } = await readPersistentPanelBatch({ rows: given(rows) }, { returns: { column: 'ret', lag: 0 } });
    expect([...batch.returns]).toEqual([0.01, 0.02, 0.03, NaN]);
  });
});
