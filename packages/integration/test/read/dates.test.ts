import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { TimestampMicrosecond, vectorFromArray, Table, Utf8 } from 'apache-arrow';
import {
  readCrossSectionBatch,
  readPortfolioSequenceBatch,
  streamCrossSectionBatches,
  type PanelSource,
  type ReadOptions,
} from '../../src/index.ts';
import { failureOf } from '../failures.ts';
import { temporaryFolder, writeParquet } from '../temporary-folder.ts';

const folder = temporaryFolder();
let written = 0;
const csv = (...dates: readonly string[]): string => {
  const path = join(folder, `${written++}.csv`);
  writeFileSync(path, ['date,asset,x', ...dates.map((date, k) => `"${date}",A,${k}`)].join('\n'));
  return path;
};
const columns = { characteristics: ['x'] };
const read = async (source: PanelSource, options: ReadOptions = {}): Promise<string[]> => {
  const { batch } = await readCrossSectionBatch(source, columns, options);
  return [...batch.timestamps].map((time) => new Date(time).toISOString().replace('T00:00:00.000Z', ''));
};
const failure = (source: PanelSource, options: ReadOptions = {}) =>
  failureOf(readCrossSectionBatch(source, columns, options));

describe('a day as a bound', () => {
  const filter = { from: '2020-01-31', to: '2020-07-31' };
  it.each([
    ['plain dates', '2020-01-30', '2020-01-31', '2020-07-31', '2020-08-01'],
    ['the hour of the close', '2020-01-30 16:00:00', '2020-01-31 16:00', '2020-07-31 23:59:59.999', '2020-08-01 00:00'],
    [
      'midnights of New York',
      '2020-01-30 00:00:00-05:00',
      '2020-01-31 00:00:00-05:00',
      '2020-07-31 23:00:00-04:00',
      '2020-08-01 00:00-04:00',
    ],
    [
      'midnights of Tokyo',
      '2020-01-30 23:59:00+09:00',
      '2020-01-31 00:00:00+09:00',
      '2020-07-31 00:00:00+09',
      '2020-08-01 00:00:00+09:00',
    ],
    ['UTC', '2020-01-30T23:00Z', '2020-01-31T00:00Z', '2020-07-31T23:00:00Z', '2020-08-01T00:00Z'],
  ])('means the whole day where the data were made: %s', async (_, ...dates) => {
    const { batch } = await readCrossSectionBatch(csv(...dates), columns, { filter });
    expect([...batch.characteristics]).toEqual([1, 2]);
  });

  it('is one of the zone of an Arrow column, and of the stated zone of any other', async () => {
    const moments = ['2020-01-30T14:59Z', '2020-01-30T15:00Z', '2020-07-31T14:59Z', '2020-07-31T15:00Z'];
    const stamps = (timezone: string | undefined) =>
      new Table({
        date: vectorFromArray(
          moments.map((text) => new Date(text)),
          new TimestampMicrosecond(timezone),
        ),
        asset: vectorFromArray(
          moments.map(() => 'A'),
          new Utf8(),
        ),
        x: vectorFromArray([0, 1, 2, 3]),
      });
    const kept = async (source: PanelSource, options: ReadOptions) => {
      const { batch, report } = await readCrossSectionBatch(source, columns, { filter, ...options });
      return [[...batch.characteristics], report.notes.map(({ code }) => code)];
    };
    expect(await kept(stamps('Asia/Tokyo'), {})).toEqual([[1, 2], []]);
    const list = moments
      .map((text, k) => `(TIMESTAMPTZ '${text.replace('T', ' ').replace('Z', ':00+00')}', 'A', ${k})`)
      .join(', ');
    const parquet = await writeParquet(
      join(folder, 'zone.parquet'),
      `SELECT * FROM (VALUES ${list}) t(date, asset, x)`,
    );
    expect(await kept(parquet, {})).toEqual([[2, 3], ['days-in-utc']]);
    expect(await kept(parquet, { timeZone: 'Asia/Tokyo' })).toEqual([[1, 2], []]);
    const rows = moments.map((text, x) => ({ date: new Date(text), asset: 'A', x }));
    expect(await kept({ rows }, { timeZone: 'Asia/Tokyo' })).toEqual([[1, 2], []]);
  });

  it('is a moment where it has a time', async () => {
    const path = csv('2020-01-31 16:00', '2020-02-28 16:00');
    expect(await read(path, { filter: { to: '2020-02-28T12:00Z' } })).toHaveLength(1);
    expect(await read(path, { filter: { to: new Date('2020-02-28') } })).toHaveLength(1);
  });
});

describe('a time zone', () => {
  it('makes moments the days there, in winter and in summer', async () => {
    const path = csv('2020-01-31T23:00-05:00', '2020-06-30T23:00-04:00');
    expect(await read(path)).toEqual(['2020-02-01T04:00:00.000Z', '2020-07-01T03:00:00.000Z']);
    expect(await read(path, { timeZone: 'America/New_York' })).toEqual([
      '2020-01-31T23:00:00.000Z',
      '2020-06-30T23:00:00.000Z',
    ]);
    const plain = csv('2020-01-31 16:00', '2020-02-28');
    expect(await read(plain, { timeZone: 'America/New_York' })).toEqual(['2020-01-31T16:00:00.000Z', '2020-02-28']);
    expect((await failure(path, { timeZone: 'New York' })).field).toBe('options.timeZone');
  });
});

describe('dates that are not ISO text', () => {
  it.each([
    ['%d/%m/%Y', ['31/01/2020', '1/2/2020'], ['2020-01-31', '2020-02-01']],
    ['%m/%d/%Y', ['01/31/2020', '2/1/2020'], ['2020-01-31', '2020-02-01']],
    ['%d.%m.%y', ['31.12.99', '01.01.00'], ['1999-12-31', '2000-01-01']],
    ['%d-%b-%Y', ['31-Jan-2020', '29-FEB-2020'], ['2020-01-31', '2020-02-29']],
    ['%B %d, %Y', ['January 31, 2020', 'May 1, 2020'], ['2020-01-31', '2020-05-01']],
    ['%Y-%m', ['2020-01', '2020-02'], ['2020-01-31', '2020-02-29']],
    ['%Y%m%d', ['20200131', '20200229'], ['2020-01-31', '2020-02-29']],
    [
      '%m/%d/%Y %I:%M %p',
      ['01/31/2020 12:30 AM', '01/31/2020 4:00 PM'],
      ['2020-01-31T00:30:00.000Z', '2020-01-31T16:00:00.000Z'],
    ],
  ])('are read as %s says, whole and sorted in a stream', async (dateFormat, texts, expected) => {
    expect(await read(csv(...texts), { dateFormat })).toEqual(expected);
    const backwards = csv(...[...texts].reverse());
    expect(await read(backwards, { dateFormat, sort: true })).toEqual(expected);
    const parts: number[] = [];
    for await (const part of streamCrossSectionBatches(backwards, columns, { dateFormat, sort: true }))
      parts.push(...part.timestamps);
    expect(parts).toEqual(expected.map((text) => Date.parse(text)));
  });

  it.each([
    ['31/01/2020', "'%d/%m/%Y'."],
    ['01/31/2020', "'%m/%d/%Y'."],
    ['01/02/2020', "'%d/%m/%Y' or '%m/%d/%Y'"],
    ['31-Jan-2020', "'%d-%b-%Y'"],
    ['2020-01', "'%Y-%m'"],
    ['31JAN2020', "'%d%b%Y'"],
    ['31-Jan-20', "'%d-%b-%y'"],
    ['31 Jan 2020', "'%d %b %Y'"],
    ['Jan-20', "'%b-%y', the last day of the month"],
    ['Jan 2020', "'%b %Y', the last day of the month"],
  ])('are never guessed: %s', async (text, remedy) => {
    const found = (await failure(csv(text))).remedy;
    expect(found).toContain(remedy);
    // What the remedy says has to work.
    const dateFormat = /'([^']+)'/.exec(found)?.[1];
    expect(await read(csv(text), { dateFormat })).toHaveLength(1);
  });

  it.each(['30/02/2020', '31/04/2020', '00/01/2020', '1/13/2020', '2020-01-31', '31/01/20'])(
    'must follow the pattern and the calendar: %s',
    async (text) => {
      expect((await failure(csv(text), { dateFormat: '%d/%m/%Y' })).found).toBe(JSON.stringify(text));
    },
  );

  it.each(['%d/%m', 'dd/mm/yyyy', '%Q/%m/%Y', '%d/%m/%Y/%Y', '%I %m %Y'])(
    'are refused by a pattern of no date: %s',
    async (dateFormat) => {
      expect((await failure(csv('31/01/2020'), { dateFormat })).field).toBe('options.dateFormat');
    },
  );

  it('may be the days that a spreadsheet counts', async () => {
    const { batch } = await readCrossSectionBatch(csv('43861', '43890'), {
      ...columns,
      timestampFormat: 'excel-serial',
    });
    expect([...batch.timestamps]).toEqual([Date.UTC(2020, 0, 31), Date.UTC(2020, 1, 29)]);
  });
});

describe('a date far from all others', () => {
  const months = (n: number): string[] =>
    Array.from({ length: n }, (_, k) => new Date(Date.UTC(2010, k + 1, 0)).toISOString().slice(0, 10));
  it.each([
    ['a year mistyped', [...months(60), '2099-01-31'], '2099-01-31', 'to'],
    ['two digits of a year', ['0010-01-31', ...months(60)], '0010-01-31', 'from'],
    ['a date never filled in', ['1970-01-01', ...months(60)], '1970-01-01', 'from'],
  ])('is refused: %s', async (_, dates, stray, bound) => {
    const source = csv(...dates);
    const error = await failure(source);
    expect(error.found).toContain(stray);
    expect(error.remedy).toContain(bound);
    expect(await read(source, { filter: { from: '2000-01-01', to: '2020-01-01' } })).toHaveLength(60);
    expect(await read(source, { maxGapDays: 1e6 })).toHaveLength(61);
    const stream = streamCrossSectionBatches(source, columns);
    await expect(
      (async () => {
        for await (const part of stream) expect(part.nRows).toBeGreaterThan(0);
      })(),
    ).rejects.toThrow(stray);
  });

  it.each([
    ['years apart, all of them', ['1980-12-31', '1990-12-31', '2000-12-31', '2010-12-31']],
    ['two long spells', [...months(30), ...months(30).map((date) => date.replace(/^20/, '21'))]],
    ['a year without data', [...months(30), '2013-12-31']],
  ])('is not: %s', async (_, dates) => {
    expect(await read(csv(...dates))).toHaveLength(dates.length);
  });
});

describe('assets of several calendars', () => {
  const monthEnd = (k: number, business: boolean): Date => {
    const date = new Date(Date.UTC(2018, k + 1, 0));
    while (business && date.getUTCDay() % 6 === 0) date.setUTCDate(date.getUTCDate() - 1);
    return date;
  };
  const monthly = Array.from({ length: 36 * 10 }, (_, i) => {
    const [k, a] = [Math.floor(i / 10), i % 10];
    return { date: monthEnd(k, a >= 5), asset: `A${a}`, ret: 0.01 * Math.sin(a + k), close: 100 + k, size: a + k };
  }).sort((x, y) => Number(x.date) - Number(y.date));
  const missing = (values: Float64Array | undefined): number =>
    [...(values ?? [])].filter((x) => Number.isNaN(x)).length;

  it('are noticed by their month ends and put on one calendar', async () => {
    const columns = { returns: { column: 'ret', lag: 1 }, characteristics: ['size'] };
    const asIs = await readCrossSectionBatch({ rows: monthly }, columns);
    expect(asIs.report.notes.map(({ code }) => code)).toEqual(['several-calendars']);
    expect(asIs.report.notes[0].remedy).toContain("alignDates: 'month'");
    const { batch, report } = await readCrossSectionBatch({ rows: monthly }, columns, { alignDates: 'month' });
    expect([batch.nDates, missing(batch.returns), report.notes]).toEqual([36, 10, []]);
    expect(batch.timestamps[0]).toBe(Date.UTC(2018, 0, 31));
    const windows = await readPortfolioSequenceBatch(
      { rows: monthly },
      { prices: 'close', features: ['size'] },
      { alignDates: 'month', windowLength: 6, missingReturns: 'error' },
    );
    expect(windows.report.missingForwardReturns).toBe(0);
  });

  // W trades on weekdays and gains 1% over every weekend; S trades on all days.
  const daily = Array.from({ length: 140 }, (_, k) => new Date(Date.UTC(2024, 0, 1 + k))).flatMap((date, k) => {
    const close = 100 * Math.pow(1.01, Math.floor(k / 7));
    const weekend = date.getUTCDay() % 6 === 0;
    return [
      ...(weekend ? [] : [{ date, asset: 'W', close, f: 1 }]),
      { date, asset: 'S', close: 50, f: 1 },
      { date, asset: 'V', close: 20 + k, f: 1 },
    ];
  });
  it('lose nothing of Fridays where week-ends are left out', async () => {
    const columns = { returns: { prices: 'close' }, characteristics: ['f'] };
    const sumOfW = async (options: ReadOptions): Promise<number> => {
      const { batch } = await readCrossSectionBatch({ rows: daily }, columns, options);
      const w = batch.assetIds.indexOf('W');
      return [...(batch.returns ?? [])]
        .filter((value, row) => batch.index.assetIndex[row] === w && !Number.isNaN(value))
        .reduce((sum, value) => sum + value, 0);
    };
    expect(await sumOfW({})).toBeCloseTo(0, 12);
    expect(await sumOfW({ alignDates: 'weekday' })).toBeCloseTo(19 * 0.01, 12);
    const { report } = await readCrossSectionBatch({ rows: daily.filter(({ asset }) => asset !== 'V') }, columns);
    expect(report.notes.map(({ code, remedy }) => [code, remedy.includes('weekday')])).toEqual([
      ['several-calendars', true],
    ]);
    const refused = await failureOf(
      readCrossSectionBatch(
        { rows: daily },
        { ...columns, returns: { column: 'f', lag: 1 } },
        { alignDates: 'weekday' },
      ),
    );
    expect(refused.field).toBe('options.alignDates');
  });

  it('are not suspected of a panel that comes and goes', async () => {
    const rows = Array.from({ length: 40 * 20 }, (_, i) => ({
      date: monthEnd(Math.floor(i / 20), false),
      asset: `A${i % 20}`,
      x: i,
    })).filter((_, i) => (Math.floor(i / 20) + (i % 20)) % 10 !== 0);
    const { report } = await readCrossSectionBatch({ rows }, { characteristics: ['x'] });
    expect(report.reentries).toBeGreaterThan(0.05 * rows.length);
    expect(report.notes).toEqual([]);
  });
});
