import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
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

/** One row with the columns RET, ret and size, from every kind of source that can have them. */
async function sources(): Promise<[string, PanelSource][]> {
  const csv = join(folder, 'case.csv');
  writeFileSync(csv, 'date,permno,RET,ret,size\n2020-01-31,10001,0.1,-0.5,1\n');
  const table = tableFromArrays({
    date: ['2020-01-31'],
    permno: ['10001'],
    RET: Float64Array.of(0.1),
    ret: Float64Array.of(-0.5),
    size: Float64Array.of(1),
  });
  // DuckDB writes no two names that differ only in case: one letter is changed in the bytes of the file.
  const select = `SELECT DATE '2020-01-31' AS date, 10001 AS permno, 0.1::DOUBLE AS "RET", -0.5::DOUBLE AS rez, 1.0::DOUBLE AS size`;
  const parquet = await writeParquet(join(folder, 'case.parquet'), select);
  writeFileSync(parquet, Buffer.from(readFileSync(parquet, 'latin1').replaceAll('rez', 'ret'), 'latin1'));
  return [
    ['CSV', csv],
    ['Parquet', parquet],
    ['a query', { query: `SELECT DATE '2020-01-31' AS date, 1 AS permno, 0.1 AS "RET", -0.5 AS "ret", 1.0 AS size` }],
    ['rows', { rows: [{ date: '2020-01-31', permno: 1, RET: 0.1, ret: -0.5, size: 1 }] }],
    ['Arrow', table],
  ];
}

describe('names that differ only in case', () => {
  it('are told apart to the letter in every kind of source', async () => {
    for (const [kind, source] of await sources()) {
      const value = async (column: string): Promise<unknown> => {
        const { batch } = await readCrossSectionBatch(source, {
          returns: { column, lag: 0 },
          characteristics: ['size'],
        });
        return [kind, ...(batch.returns ?? [])];
      };
      expect(await value('RET')).toEqual([kind, 0.1]);
      expect(await value('ret')).toEqual([kind, -0.5]);
    }
  });

  it('are an error where either may be meant, and where the other would become a characteristic', async () => {
    for (const [, source] of await sources()) {
      const returns = { column: 'Ret', lag: 0 };
      const either = await failureOf(readCrossSectionBatch(source, { returns, characteristics: ['size'] }));
      expect(either).toMatchObject({ field: 'columns.returns.column', found: '"RET" and "ret"' });
      const taken = { ...returns, column: 'ret' };
      const other = await failureOf(
        readCrossSectionBatch(source, { returns: taken, characteristics: { exclude: [] } }),
      );
      expect(other.remedy).toContain('["RET"]');
      const { report } = await readCrossSectionBatch(source, { returns: taken, characteristics: { exclude: ['RET'] } });
      expect(report.columns.characteristics).toEqual(['size']);
    }
  });

  it('and in spaces are found without them where there is one', async () => {
    const path = join(folder, 'spaces.csv');
    writeFileSync(path, 'date, asset, Ret, size\n2020-01-31, A, 0.1, 1\n');
    const { batch } = await readCrossSectionBatch(path, {
      returns: { column: 'ret', lag: 0 },
      characteristics: ['size'],
    });
    expect([batch.returns?.[0], batch.characteristics[0]]).toEqual([0.1, 1]);
  });

  it.each(['ret', 'size'])('and a name that stands twice is an error: %s', async (name) => {
    const path = join(folder, 'twice.csv');
    writeFileSync(path, `date,asset,ret,size,${name}\n2020-01-31,A,0.1,1,2\n`);
    const error = await failureOf(readCrossSectionBatch(path, { characteristics: ['size'] }));
    expect(error.found).toBe(`two columns called "${name}"`);
  });
});

describe('folders called key=value', () => {
  it('add no column and change none, unless asked', async () => {
    for (const name of ['year=2020', 'size=10', 'ret=0']) mkdirSync(join(folder, name), { recursive: true });
    const select = `SELECT DATE '2020-01-31' AS date, 'A' AS asset, 0.5 AS ret, 7 AS size`;
    for (const name of ['year=2020', 'size=10', 'ret=0']) {
      const columns = { returns: { column: 'ret', lag: 0 }, characteristics: { exclude: [] } };
      const path = await writeParquet(join(folder, name, 'p.parquet'), select);
      const csv = join(folder, name, 'p.csv');
      writeFileSync(csv, 'date,asset,ret,size\n2020-01-31,A,0.5,7\n');
      for (const source of [path, join(folder, name.replace(/.$/, '*'), 'p.parquet'), csv]) {
        const { batch } = await readCrossSectionBatch(source, columns);
        expect(batch.characteristicNames).toEqual(['size']);
        expect([batch.returns?.[0], batch.characteristics[0]]).toEqual([0.5, 7]);
      }
    }
    const path = join(folder, 'year=2020', 'p.parquet');
    const asked = await readCrossSectionBatch(path, { characteristics: { exclude: [] } }, { hivePartitioning: true });
    expect(asked.batch.characteristicNames).toEqual(['ret', 'size', 'year']);
  });
});

describe('ids that differ only in spelling', () => {
  it('are kept to the letter, with a note', async () => {
    const rows = ['GE', 'ge', 'KO', 'KO ', '10001.0', '10001', '00012', '12', 'MSFT'].map((asset, k) => ({
      date: '2020-01-31',
      asset,
      x: k,
    }));
    const { batch, report } = await readCrossSectionBatch({ rows }, { characteristics: ['x'] });
    expect(batch.nAssets).toBe(9);
    expect(report.notes.map(({ code, found }) => [code, found.startsWith('4 pairs')])).toEqual([
      ['assets-differ-by-spelling', true],
    ]);
    const stream = streamCrossSectionBatches({ rows }, { characteristics: ['x'] });
    for (;;) {
      const { done, value } = await stream.next();
      if (!done) continue;
      expect(value.notes.map(({ code }) => code)).toEqual(['assets-differ-by-spelling']);
      break;
    }
  });
});

describe('keys that nothing reads', () => {
  const rows = [{ date: '2020-01-31', asset: 'A', x: 1, ret: 0.1 }];
  const returns = { column: 'ret', lag: 0 };
  it('are errors that say where they belong, in every reader', async () => {
    // JavaScript callers have no compiler to tell them.
    const misplaced = { characteristics: ['x'], returns, sort: true };
    for (const reading of [
      readCrossSectionBatch({ rows }, misplaced),
      readPersistentPanelBatch({ rows }, misplaced),
      streamCrossSectionBatches({ rows }, misplaced).next(),
      readPortfolioSequenceBatch({ rows }, { features: ['x'], returns, sort: true } as never, { windowLength: 1 }),
    ])
      expect(await failureOf(reading)).toMatchObject({
        name: 'ConfigError',
        field: 'columns.sort',
        remedy: 'It belongs in the options, the third argument.',
      });
    const misspelt = await failureOf(
      readCrossSectionBatch({ rows }, { characteristics: ['x'] }, { filtre: { from: '2020-01-01' } } as never),
    );
    expect(misspelt).toMatchObject({ field: 'options.filtre', remedy: 'Did you mean filter?' });
  });
});
