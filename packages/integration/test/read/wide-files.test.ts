import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { tableFromArrays } from 'apache-arrow';
import {
  readCrossSectionBatch,
  readPersistentPanelBatch,
  readPortfolioSequenceBatch,
  streamCrossSectionBatches,
  type PanelSource,
} from '../../src/index.ts';
import { failureOf } from '../failures.ts';
import { temporaryFolder, writeParquet } from '../temporary-folder.ts';

const folder = temporaryFolder();
let written = 0;
const file = (text: string): string => {
  const path = join(folder, `${written++}.csv`);
  writeFileSync(path, text);
  return path;
};

const dates = ['2020-01-31', '2020-02-29', '2020-03-31', '2020-04-30'];
const prices = [
  [100, 50, NaN],
  [110, NaN, 10],
  [99, 60, 12],
  [99, 66, 6],
];
const assets = ['AAPL', 'BRK_B', '000123'];
const cell = (value: number): string => (Number.isNaN(value) ? '' : String(value));
const wide = (first = 'date'): string =>
  [[first, ...assets], ...prices.map((row, t) => [dates[t], ...row.map(cell)])].map((row) => row.join(',')).join('\n');

/** Forward returns of the prices above, on the grid. */
const returns = [110 / 100 - 1, NaN, NaN, 99 / 110 - 1, NaN, 12 / 10 - 1, 0, 66 / 60 - 1, 6 / 12 - 1, NaN, NaN, NaN];

describe('a wide file of prices', () => {
  const sources: readonly (readonly [string, () => PanelSource | Promise<PanelSource>])[] = [
    ['CSV', () => file(wide())],
    ['CSV with the dates in an unnamed index', () => file(wide(''))],
    [
      'Parquet',
      () =>
        writeParquet(
          join(folder, 'wide.parquet'),
          `SELECT CAST(column0 AS DATE) AS "Date", column1 AS "AAPL", column2 AS "BRK_B", column3 AS "000123"
           FROM (VALUES ${prices.map((row, t) => `('${dates[t]}', ${row.map((x) => (Number.isNaN(x) ? 'NULL::DOUBLE' : `${x}::DOUBLE`)).join(', ')})`).join(', ')}) t(column0, column1, column2, column3)`,
        ),
    ],
    [
      'rows',
      () => ({
        rows: prices.map((row, t) => ({
          date: new Date(dates[t]),
          ...Object.fromEntries(row.map((x, a) => [assets[a], x])),
        })),
      }),
    ],
    [
      'an Arrow table',
      () =>
        tableFromArrays({
          date: dates,
          ...Object.fromEntries(assets.map((name, a) => [name, Float64Array.from(prices, (row) => row[a])])),
        }),
    ],
  ];
  it.each(sources)('gives returns, found by itself or as stated: %s', async (_, source) => {
    for (const layout of [undefined, 'wide'] as const) {
      const { batch, report } = await readPersistentPanelBatch(await source(), {
        layout,
        returns: { prices: 'close' },
      });
      const order = assets.map((id) => batch.assetIds.indexOf(id));
      expect(batch.nDates).toBe(4);
      expect(Array.from({ length: 12 }, (_, k) => batch.returns[Math.floor(k / 3) * 3 + order[k % 3]])).toEqual(
        returns,
      );
      expect(report.notes.map(({ code }) => code)).toEqual(layout === undefined ? ['wide-layout'] : []);
      expect(report.columns).toMatchObject({ asset: 'asset', returns: 'close' });
    }
  });

  it('is the same whole, streamed, and by hand from long rows', async () => {
    const rows = prices.flatMap((row, t) =>
      row.flatMap((close, a) => (Number.isNaN(close) ? [] : [{ date: dates[t], asset: assets[a], close }])),
    );
    const columns = { returns: { prices: 'close' }, characteristics: { exclude: [] } };
    const { batch: long } = await readCrossSectionBatch({ rows }, columns);
    const path = file(wide());
    const { batch } = await readCrossSectionBatch(path, columns);
    expect(batch).toEqual(long);
    expect(batch.nCharacteristics).toBe(0);
    const streamed: number[] = [];
    for await (const part of streamCrossSectionBatches(path, columns, { datesPerPart: 1 }))
      streamed.push(...(part.returns ?? []));
    expect(streamed).toEqual([...(long.returns ?? [])]);
  });

  it('makes windows for portfolio models', async () => {
    const source = file(wide().replaceAll(',,', ',55,').replace(',\n', ',9\n'));
    const options = { windowLength: 2, missingReturns: 'error' } as const;
    const { batch } = await readPortfolioSequenceBatch(source, { returns: { prices: 'p' }, features: ['p'] }, options);
    expect(batch).toMatchObject({ nAssets: 3, nFeatures: 1 });
  });

  it('refuses a price that is not positive, by date and asset', async () => {
    const error = await failureOf(
      readPersistentPanelBatch(file(wide().replace('110', '-110')), { returns: { prices: 'close' } }),
    );
    expect(error).toMatchObject({ field: 'close (2020-02-29, AAPL)', found: '-110' });
  });
});

describe('several fields', () => {
  const columns = { returns: { prices: 'close' }, characteristics: ['volume'] };
  const volumes = prices.map((row) => row.map((x) => x * 10));
  const text = (values: readonly (readonly number[])[], names: readonly string[], only = dates): string =>
    [['date', ...names], ...values.map((row, t) => [dates[t], ...row.map(cell)])]
      .filter(([date], k) => k === 0 || only.includes(date))
      .map((row) => row.join(','))
      .join('\n');

  it.each([
    ['before', (field: string, asset: string) => `${field}_${asset}`],
    ['after', (field: string, asset: string) => `${asset}_${field}`],
    ['in tuples of pandas', (field: string, asset: string) => `"('${field}', '${asset}')"`],
  ])('stand in column groups, the field %s the asset', async (_, nameOf) => {
    const names = ['close', 'volume'].flatMap((field) => assets.map((asset) => nameOf(field, asset)));
    const path = file(
      text(
        prices.map((row, t) => [...row, ...volumes[t]]),
        names,
      ),
    );
    const { batch, report } = await readCrossSectionBatch(path, columns);
    expect(report.columns.characteristics).toEqual(['volume']);
    expect(new Set(batch.assetIds)).toEqual(new Set(assets));
    expect([...batch.characteristics].sort((a, b) => a - b)).toEqual(
      volumes
        .flat()
        .filter((x) => !Number.isNaN(x))
        .sort((a, b) => a - b),
    );
  });

  it('stand in two header lines, as pandas writes columns of two levels', async () => {
    const fields = ['close', 'volume'].flatMap((field) => assets.map(() => field));
    const path = file(
      [
        ['Price', ...fields],
        ['Ticker', ...assets, ...assets],
        ['Date', ...fields.map(() => '')],
        ...prices.map((row, t) => [dates[t], ...row.map(cell), ...volumes[t].map(cell)]),
      ]
        .map((row) => row.join(','))
        .join('\n'),
    );
    const { batch } = await readCrossSectionBatch(path, columns);
    expect(new Set(batch.assetIds)).toEqual(new Set(assets));
    expect(batch.nDates).toBe(4);
  });

  it('stand in a file each, joined by date and asset', async () => {
    const source = {
      fields: {
        close: file(text(prices, assets)),
        volume: file(
          text(
            volumes.map((row) => [row[1], row[0]]),
            [assets[1], assets[0]],
            dates.slice(1),
          ),
        ),
      },
    };
    const { batch } = await readCrossSectionBatch(source, columns);
    const value = (date: number, asset: string): number | undefined => {
      for (let row = batch.index.rowOffsets[date]; row < batch.index.rowOffsets[date + 1]; row++)
        if (batch.assetIds[batch.index.assetIndex[row]] === asset) return batch.characteristics[row];
      return undefined;
    };
    expect([value(0, 'AAPL'), value(1, 'AAPL'), value(2, 'BRK_B'), value(1, '000123')]).toEqual([NaN, 1100, 600, NaN]);
    expect(value(1, 'BRK_B')).toBeUndefined();
  });

  it('of which a date repeats are an error', async () => {
    const path = file(`${text(prices, assets)}\n${dates[3]},1,2,3`);
    expect(
      (
        await failureOf(
          readCrossSectionBatch({ fields: { close: path } }, { returns: columns.returns, characteristics: [] }),
        )
      ).found,
    ).toContain('repeats');
  });
});

describe('a long file', () => {
  it('of one asset is no wide one, whatever is said', async () => {
    const path = file('date,open,close\n2020-01-31,1,2\n2020-02-29,2,3');
    for (const layout of [undefined, 'wide'] as const) {
      const error = await failureOf(readPersistentPanelBatch(path, { layout, returns: { prices: 'close' } }));
      expect(error.field).toBe(layout === undefined ? 'columns.asset' : 'columns.layout');
    }
  });

  it('is not taken for wide where a role is one of its columns', async () => {
    const path = file('date,secid,ret,size\n2020-01-31,1,0.1,5\n2020-01-31,2,0.1,5');
    const error = await failureOf(
      readCrossSectionBatch(path, { returns: { column: 'ret', lag: 0 }, characteristics: ['size'] }),
    );
    expect(error.field).toBe('columns.asset');
    expect(error.remedy).toContain("layout: 'wide'");
  });

  it('whose numbers are text may be a wide one, and the remedies lead to it', async () => {
    const path = file('Datum;AAA;BBB;CCC\n31.01.2020;1,5;2,5;3,5\n29.02.2020;2,5;3,5;4,5');
    const wanted = { timestamp: 'Datum', returns: { prices: 'close' }, characteristics: { exclude: [] } };
    const error = await failureOf(readCrossSectionBatch(path, wanted));
    expect(error.remedy).toContain("layout: 'wide'");
    const wide = { ...wanted, layout: 'wide' } as const;
    expect((await failureOf(readCrossSectionBatch(path, wide))).remedy).toContain("decimal: ','");
    const dated = await failureOf(readCrossSectionBatch(path, wide, { decimal: ',' }));
    expect(dated.remedy).toContain("dateFormat: '%d.%m.%Y'");
    const { batch } = await readCrossSectionBatch(path, wide, { decimal: ',', dateFormat: '%d.%m.%Y' });
    expect([batch.nDates, batch.nAssets]).toEqual([2, 3]);
  });

  it('of unknown names says that it was taken for wide when its dates repeat', async () => {
    const path = file('date,secid,x\n2020-01-31,1,5\n2020-01-31,2,5');
    const error = await failureOf(readCrossSectionBatch(path, { characteristics: { exclude: [] } }));
    expect(error.remedy).toContain('asset');
    expect((await readCrossSectionBatch(path, { asset: 'secid', characteristics: ['x'] })).batch.nAssets).toBe(2);
  });
});

it('reads any grid as it stands', async () => {
  const value = fc.option(fc.integer({ min: 1, max: 1000 }), { nil: NaN });
  const grid = fc
    .tuple(fc.integer({ min: 2, max: 6 }), fc.integer({ min: 2, max: 5 }))
    .chain(([t, n]) => fc.array(fc.array(value, { minLength: n, maxLength: n }), { minLength: t, maxLength: t }))
    .filter((rows) => rows.some((row) => row.some((x) => !Number.isNaN(x))));
  await fc.assert(
    fc.asyncProperty(grid, async (values) => {
      const n = values[0].length;
      const rows = values.map((row, t) => ({
        date: new Date(86_400_000 * t),
        ...Object.fromEntries(row.map((x, a) => [`A${a}`, x])),
      }));
      const { batch } = await readCrossSectionBatch(
        { rows, types: Object.fromEntries(Array.from({ length: n }, (_, a) => [`A${a}`, 'number'] as const)) },
        { layout: 'wide', characteristics: ['x'] },
      );
      const cells = values.flatMap((row, t) =>
        row.flatMap((x, a) => (Number.isNaN(x) ? [] : [[86_400_000 * t, `A${a}`, x]])),
      );
      const read = [...batch.characteristics].map((x, row) => {
        const t = batch.index.rowOffsets.findIndex((offset) => offset > row) - 1;
        return [batch.timestamps[t], batch.assetIds[batch.index.assetIndex[row]], x];
      });
      expect(read).toEqual(cells);
    }),
    { numRuns: 60, seed: 7 },
  );
});
