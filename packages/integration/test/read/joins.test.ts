import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  readCrossSectionBatch,
  streamCrossSectionBatches,
  type JoinedSource,
  type ReadOptions,
} from '../../src/index.ts';
import { failureOf } from '../failures.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const folder = temporaryFolder();
const months = Array.from({ length: 18 }, (_, k) => new Date(Date.UTC(2020, k + 1, 0)));
const day = (date: Date): string => date.toISOString().slice(0, 10);
const panel = {
  rows: months.flatMap((date, t) =>
    ['A', 'B', 'C'].map((asset, a) => ({ date, asset, ret: (t + a) / 100, close: 100 + t * a, size: t })),
  ),
};
const columns = { returns: { column: 'ret', lag: 0 }, characteristics: ['size'] };
const read = async (options: ReadOptions) => readCrossSectionBatch(panel, columns, options);
const failure = (options: ReadOptions) => failureOf(read(options));

/** Values of a joined column by date and asset. */
async function joined(source: JoinedSource, asset: string): Promise<Record<string, number>> {
  const { batch } = await read({ join: [source] });
  const values = batch.characteristic(batch.characteristicNames[1]);
  const out: Record<string, number> = {};
  for (let t = 0; t < batch.nDates; t++)
    for (let row = batch.index.rowOffsets[t]; row < batch.index.rowOffsets[t + 1]; row++)
      if (batch.assetIds[batch.index.assetIndex[row]] === asset) out[day(new Date(batch.timestamps[t]))] = values[row];
  return out;
}

describe('characteristics from another source', () => {
  const reports = [
    { date: '2019-12-31', asset: 'A', bm: 1 },
    { date: '2020-06-30', asset: 'A', bm: 2 },
    { date: '2020-06-30', asset: 'B', bm: 3 },
  ];

  it('are those of the same date where nothing else is said', async () => {
    const a = await joined({ source: { rows: reports } }, 'A');
    expect([a['2020-05-31'], a['2020-06-30'], a['2020-07-31']]).toEqual([NaN, 2, NaN]);
  });

  it('are the latest that was public, by months or days, and not too old', async () => {
    const months4 = await joined({ source: { rows: reports }, asOf: { lagMonths: 4 } }, 'A');
    expect([months4['2020-03-31'], months4['2020-04-30'], months4['2020-09-30'], months4['2020-10-31']]).toEqual([
      NaN,
      1,
      1,
      2,
    ]);
    const days = await joined({ source: { rows: reports }, asOf: { lagDays: 90, maxAgeDays: 200 } }, 'A');
    expect([
      days['2020-02-29'],
      days['2020-03-31'],
      days['2020-07-31'],
      days['2020-08-31'],
      days['2020-09-30'],
    ]).toEqual([NaN, 1, NaN, NaN, 2]);
    const b = await joined({ source: { rows: reports }, asOf: { lagMonths: 0 } }, 'B');
    expect([b['2020-05-31'], b['2020-06-30'], b['2021-06-30']]).toEqual([NaN, 3, 3]);
    const c = await joined({ source: { rows: reports }, asOf: { lagMonths: 0 } }, 'C');
    expect(Object.values(c).every(Number.isNaN)).toBe(true);
  });

  it('never know what was not public yet, and equal a search by hand', async () => {
    const record = fc.record({
      date: fc.integer({ min: -400, max: 500 }),
      asset: fc.constantFrom('A', 'B'),
      bm: fc.integer({ min: 1, max: 99 }),
    });
    const asOf = fc.record({
      lagDays: fc.integer({ min: 0, max: 200 }),
      maxAgeDays: fc.option(fc.integer({ min: 1, max: 500 }), { nil: undefined }),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(record, { selector: ({ date, asset }) => `${date}${asset}`, minLength: 1, maxLength: 30 }),
        asOf,
        async (records, lag) => {
          const ms = 86_400_000;
          const start = Date.UTC(2020, 0, 1);
          const source = {
            rows: records.map(({ date, ...others }) => ({ date: new Date(start + date * ms), ...others })),
          };
          const byHand = (asset: string, now: number): number =>
            records
              .filter((r) => r.asset === asset && start + (r.date + lag.lagDays) * ms <= now)
              .sort((a, b) => a.date - b.date)
              .filter(
                (r, _, all) =>
                  r === all[all.length - 1] && now - start - r.date * ms <= (lag.maxAgeDays ?? Infinity) * ms,
              )
              .at(-1)?.bm ?? NaN;
          const expected = months.flatMap((date) => ['A', 'B', 'C'].map((asset) => byHand(asset, Number(date))));
          if (expected.every(Number.isNaN)) {
            expect((await failure({ join: [{ source, asOf: lag }] })).field).toContain('join[0]');
            return;
          }
          const { batch } = await read({ join: [{ source, asOf: lag }] });
          expect([...batch.characteristic('bm')]).toEqual(expected);
        },
      ),
      { numRuns: 80, seed: 5 },
    );
  });

  it('keep the day on which they became public where the panel is put on month ends', async () => {
    const rows = [
      { date: '2020-01-30', asset: 'A', bm: 1 },
      { date: '2020-01-31', asset: 'A', bm: 2 },
      { date: '2020-02-01', asset: 'A', bm: 3 },
    ];
    const { batch } = await read({ alignDates: 'month', join: [{ source: { rows }, asOf: { lagDays: 0 } }] });
    expect([...batch.characteristic('bm').subarray(0, 4)]).toEqual([2, NaN, NaN, 3]);
  });

  it('stand after those of the panel, from several files with formats of their own', async () => {
    const path = join(folder, 'book.csv');
    writeFileSync(path, 'datum;ticker;bm;name\n31/01/2020;A;1,5;x\n31/01/2020;B;NA;y\n');
    const { batch, report } = await read({
      join: [
        { source: path, timestamp: 'datum', dateFormat: '%d/%m/%Y', decimal: ',', asOf: { lagDays: 0 } },
        { source: { rows: [{ date: '2020-01-31', asset: 'C', q: 7, z: 8 }] }, columns: ['z'] },
      ],
    });
    expect(batch.characteristicNames).toEqual(['size', 'bm', 'z']);
    expect([...batch.characteristics.subarray(0, 9)]).toEqual([0, 1.5, NaN, 0, NaN, NaN, 0, NaN, 8]);
    expect(report.columns.characteristics).toEqual(['size', 'bm', 'z']);
    expect(report.missing).toMatchObject({ bm: 36, z: 53 });
    expect(report.notes.map(({ found }) => found)).toEqual([expect.stringContaining('join[0]: left out name')]);
  });

  it.each([
    ['two rows of an asset and date', { source: { rows: [reports[0], reports[0]] } }, 'rows'],
    ['no lag', { source: { rows: reports }, asOf: {} }, 'options.join[0].asOf'],
    ['two lags', { source: { rows: reports }, asOf: { lagDays: 1, lagMonths: 1 } }, 'options.join[0].asOf'],
    ['a lag into the future', { source: { rows: reports }, asOf: { lagDays: -1 } }, 'options.join[0].asOf'],
    [
      'an age of nothing',
      { source: { rows: reports }, asOf: { lagDays: 1, maxAgeDays: 0 } },
      'options.join[0].asOf.maxAgeDays',
    ],
    [
      'a name that is taken',
      { source: { rows: [{ date: '2020-01-31', asset: 'A', size: 1 }] } },
      'options.join[0].columns',
    ],
    [
      'no asset in common',
      { source: { rows: [{ date: '2020-01-31', asset: 'A ', x: 1 }] } },
      'options.join[0].source (rows)',
    ],
    [
      'no date in common',
      { source: { rows: [{ date: '2020-01-30', asset: 'A', x: 1 }] } },
      'options.join[0].source (rows)',
    ],
    ['no such column', { source: { rows: reports }, columns: ['mb'] }, 'options.join[0].characteristics[0]'],
  ])('are refused by name: %s', async (_, source, field) => {
    expect((await failure({ join: [source as JoinedSource] })).field).toBe(field);
  });

  it('are not for streams', async () => {
    const stream = streamCrossSectionBatches(panel, columns, { join: [{ source: { rows: reports } }] } as ReadOptions);
    expect((await failureOf(stream.next())).field).toBe('options.join');
  });
});

describe('series beside the panel', () => {
  const rates = months.map((date, t) => ({ date, rf: t / 10 }));

  it('give excess returns over the dates of each return', async () => {
    const { batch } = await read({ riskFree: { source: { rows: rates }, column: 'rf', lag: 0, in: 'percent' } });
    expect([...(batch.returns ?? [])]).toEqual(panel.rows.map(({ ret }, row) => ret - Math.floor(row / 3) / 10 / 100));
    const later = months.map((date, t) => ({ date, rf: (t - 1) / 10 }));
    const lagged = await readCrossSectionBatch(
      panel,
      { ...columns, returns: { column: 'ret', lag: 1 } },
      { riskFree: { source: { rows: later }, column: 'rf', lag: 1, in: 'percent' } },
    );
    expect(lagged.batch.returns?.[0]).toBe(0.01 - 0);
    expect(lagged.batch.returns?.[3]).toBe(0.02 - 0.1 / 100);
  });

  it('are found on dates of another calendar, one record a date', async () => {
    const shifted = rates.map(({ date, rf }) => ({ date: new Date(Number(date) - 3 * 86_400_000), rf }));
    const { batch } = await read({ riskFree: { source: { rows: shifted }, column: 'rf', lag: 0, in: 'percent' } });
    expect(batch.returns?.[3]).toBe(0.01 - 0.1 / 100);
    const twice = [...shifted, ...rates];
    expect((await failure({ riskFree: { source: { rows: twice }, column: 'rf', lag: 0 } })).found).toContain(
      '2 up to 2020-01-31',
    );
    const short = rates.slice(0, 10);
    expect((await failure({ riskFree: { source: { rows: short }, column: 'rf', lag: 0 } })).found).toBe(
      'none after 2020-11-30',
    );
  });

  it('are the benchmark, of prices or returns', async () => {
    const daily = Array.from({ length: 600 }, (_, k) => ({ date: new Date(Date.UTC(2020, 0, 1 + k)), spy: 100 + k }));
    const { series } = await read({ benchmark: { source: { rows: daily }, prices: 'spy' } });
    const price = (t: number): number => 100 + (Number(months[t]) - Date.UTC(2020, 0, 1)) / 86_400_000;
    expect([...(series.benchmark ?? [])]).toEqual(
      months.map((_, t) => (t + 1 < 18 ? price(t + 1) / price(t) - 1 : NaN)),
    );
    const returns = await read({ benchmark: { source: { rows: rates }, column: 'rf', lag: 1 } });
    expect(returns.series.benchmark?.[0]).toBe(0.1);
    expect((await read({})).series.benchmark).toBeUndefined();
    expect((await failure({ benchmark: { source: { rows: rates }, column: 'rf', lag: 2 } })).field).toBe(
      'options.benchmark.lag',
    );
    expect((await failure({ benchmark: { source: { rows: rates }, column: 'rx', lag: 0 } })).field).toBe(
      'options.benchmark.column',
    );
  });
});

describe('assets that leave', () => {
  const rows = months.slice(0, 4).flatMap((date, t) =>
    ['A', 'B', 'C', 'D']
      .filter((asset) => !(asset === 'B' && t > 1) && !(asset === 'C' && t > 2))
      .map((asset) => ({
        date,
        asset,
        ret: (t + 1) / 100,
        dlret: asset === 'B' && t === 1 ? -0.5 : null,
        size: t,
      })),
  );
  const values = async (delisting: { column?: string; otherwise?: number } | undefined, lag = 1) => {
    const { batch, report } = await readCrossSectionBatch(
      { rows, types: { dlret: 'number' } },
      { returns: { column: 'ret', lag }, characteristics: ['size'], delisting },
    );
    const of = (id: string): number[] =>
      [...(batch.returns ?? [])].filter((_, row) => batch.assetIds[batch.index.assetIndex[row]] === id);
    return { a: of('A'), b: of('B'), c: of('C'), notes: report.notes.map(({ code }) => code) };
  };

  it('earn their delisting return, or what the rule says, from their last row on', async () => {
    expect(await values(undefined)).toEqual({
      a: [0.02, 0.03, 0.04, NaN],
      b: [0.02, NaN],
      c: [0.02, 0.03, NaN],
      notes: [],
    });
    expect(await values({ column: 'dlret' })).toMatchObject({
      a: [0.02, 0.03, 0.04, NaN],
      b: [0.02, -0.5],
      c: [0.02, 0.03, NaN],
      notes: ['delisted'],
    });
    expect(await values({ column: 'dlret', otherwise: -0.3 })).toMatchObject({
      a: [0.02, 0.03, 0.04, NaN],
      b: [0.02, -0.5],
      c: [0.02, 0.03, -0.3],
    });
    expect(await values({ otherwise: -0.3 }, 0)).toMatchObject({ a: [0.01, 0.02, 0.03, 0.04], b: [0.01, 0.02] });
  });

  it('are no characteristic, and the rule must be one', async () => {
    const of = (columnsOf: object) =>
      failureOf(
        readCrossSectionBatch(
          { rows, types: { dlret: 'number' } },
          { returns: { column: 'ret', lag: 1 }, characteristics: ['size'], ...columnsOf },
        ),
      );
    expect((await of({ delisting: { column: 'dlret' }, characteristics: ['dlret'] })).found).toContain('look-ahead');
    expect((await of({ delisting: {} })).field).toBe('columns.delisting');
    expect((await of({ delisting: { otherwise: -3 } })).field).toBe('columns.delisting');
    expect((await of({ delisting: { column: 'dlre' } })).remedy).toContain('dlret');
  });
});
