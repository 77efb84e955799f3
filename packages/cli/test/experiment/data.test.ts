import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { readData } from '../../src/experiment/data.ts';
import { parseExperiment } from '../../src/experiment/load.ts';
import { exitCodes } from '../../src/exit-codes.ts';
import { inFolder, ml4t, smallPanel, writeCsv, writeExperiment } from '../cli-fixtures.ts';
import { fakeFamily } from '../fake-family.ts';

/** Reads what the data section says, in a folder of its own. */
async function read(folder: string, data: string) {
  const text = `data: ${data}\nmodels: [{ type: level }]\nsplit: { initialTrain: 6, testSize: 2 }\n`;
  const warnings: string[] = [];
  const experiment = parseExperiment(text, join(folder, 'experiment.yaml'));
  const { batch, report, benchmark } = await readData(experiment.data, { warn: (message) => warnings.push(message) });
  return { batch, report, benchmark, warnings };
}

const returns = 'returns: { column: ret, lag: 0 }';
const rows = smallPanel();

describe('the data of an experiment', () => {
  it('come from a file, a pattern, a list, a query or a file for each field, relative to the experiment', async () => {
    await inFolder(async (folder) => {
      await mkdir(join(folder, 'parts'));
      await writeCsv(join(folder, 'parts', 'a.csv'), rows.slice(0, 36));
      await writeCsv(join(folder, 'parts', 'b.csv'), rows.slice(36));
      const sources = [
        'parts/*.csv',
        '[parts/a.csv, parts/b.csv]',
        `{ query: "FROM 'parts/*.csv' ORDER BY date, asset", allow: { files: ['parts/*.csv'] } }`,
      ];
      for (const source of sources) {
        const { batch } = await read(folder, `{ source: ${source}, ${returns} }`);
        expect([...(batch.returns ?? [])]).toEqual(rows.map(({ ret }) => ret));
        expect(batch.characteristicNames).toEqual(['size', 'value']);
      }
      const wide = (field: 'ret' | 'size'): string =>
        [
          'date,a0,a1,a2,a3,a4,a5',
          ...Array.from({ length: 12 }, (_, t) => rows.slice(6 * t, 6 * t + 6)).map((date) =>
            [date[0].date, ...date.map((row) => row[field])].join(','),
          ),
        ].join('\n');
      await writeFile(join(folder, 'r.csv'), wide('ret'));
      await writeFile(join(folder, 's.csv'), wide('size'));
      const { batch, warnings } = await read(folder, `{ source: { fields: { ret: r.csv, size: s.csv } }, ${returns} }`);
      expect([...batch.characteristics]).toEqual(rows.map(({ size }) => size));
      expect(warnings).toEqual([]);
      const one = await read(folder, `{ source: r.csv, ${returns} }`);
      expect([one.batch.nCharacteristics, one.batch.nRows, one.warnings.length]).toEqual([0, 72, 1]);
    });
  });

  it('are closed to files that the experiment does not allow', async () => {
    await inFolder(async (folder) => {
      await writeCsv(join(folder, 'panel.csv'), rows);
      const query = `{ query: "FROM 'panel.csv'" }`;
      await expect(read(folder, `{ source: ${query}, ${returns} }`)).rejects.toThrow('allow: { files:');
    });
  });

  it('are read as the section says', async () => {
    await inFolder(async (folder) => {
      const lines = rows.map(({ date, asset, ret, size }) => {
        const [year, month, day] = String(date).split('-');
        const percent = `${(100 * Number(ret)).toFixed(3).replace('.', ',')}%`;
        return [`${day}/${month}/${year}`, asset, asset === 'a0' ? 'B' : percent, String(size).replace('.', ',')].join(
          ';',
        );
      });
      await writeFile(join(folder, 'p.csv'), ['date;asset;ret;size', ...lines].join('\n'));
      const options = `dateFormat: '%d/%m/%Y', decimal: ',', percent: true, missingValues: { ret: [B] }, from: 2020-02-29`;
      const { batch } = await read(folder, `{ source: p.csv, ${returns}, ${options} }`);
      expect(batch.timestamps[0]).toBe(Date.UTC(2020, 1, 29));
      expect(batch.returns?.[0]).toBeNaN();
      expect(batch.returns?.[1]).toBe(Number((100 * Number(rows[7].ret)).toFixed(3) + 'e-2'));
      expect(batch.characteristics[1]).toBe(rows[7].size);
    });
  });

  it('come from several files: characteristics as of the date, a rate and a benchmark', async () => {
    await inFolder(async (folder) => {
      await writeCsv(join(folder, 'p.csv'), rows);
      await writeFile(join(folder, 'book.csv'), 'date;asset;bm\n2019-12-31;a0;1,5\n2020-06-30;a0;2,5\n');
      const dates = [...new Set(rows.map(({ date }) => date))];
      await writeFile(
        join(folder, 'rf.csv'),
        ['month,rf', ...dates.map((date) => `${String(date).slice(0, 7)},0.2`)].join('\n'),
      );
      await writeFile(
        join(folder, 'spy.csv'),
        ['date,close', ...dates.map((date, t) => `${date},${100 + t}`)].join('\n'),
      );
      const { batch, benchmark } = await read(
        folder,
        `{ source: p.csv, ${returns}, characteristics: [size],
           join: [{ source: book.csv, decimal: ',', asOf: { lagMonths: 4 } }],
           riskFree: { source: rf.csv, column: rf, lag: 0, in: percent, dateFormat: '%Y-%m' },
           benchmark: { source: spy.csv, prices: close } }`,
      );
      const bm = batch.characteristic('bm').filter((_, row) => batch.index.assetIndex[row] === 0);
      expect([...bm]).toEqual([NaN, NaN, NaN, 1.5, 1.5, 1.5, 1.5, 1.5, 1.5, 2.5, 2.5, 2.5]);
      expect(batch.returns?.[0]).toBe(Number(rows[0].ret) - 0.2 / 100);
      expect(benchmark?.[0]).toBe(101 / 100 - 1);
    });
  });

  it('include the day of `to` in the time zone of the data', async () => {
    await inFolder(async (folder) => {
      const stamped = rows.map((row) => ({ ...row, date: `${row.date}T16:00-05:00` }));
      await writeCsv(join(folder, 'p.csv'), stamped);
      const { batch } = await read(folder, `{ source: p.csv, ${returns}, to: 2020-06-30, timeZone: America/New_York }`);
      expect([batch.nDates, batch.timestamps[5]]).toEqual([6, Date.UTC(2020, 5, 30, 17)]);
    });
  });

  it.each([
    ['{ lag: 0 }', 'experiment.data.returns.column'],
    ['{ column: ret }', 'experiment.data.returns.lag'],
    ['{ column: ret, prices: size, lag: 0 }', 'experiment.data.returns.column'],
    ['{ prices: size, lag: 1 }', 'experiment.data.returns.lag'],
    ['{ prices: size, horizon: 0 }', 'experiment.data.returns.horizon'],
  ])('say where returns come from: %s', async (text, field) => {
    await inFolder(async (folder) => {
      const path = await writeExperiment(folder, { text: (yaml) => yaml.replace(/returns: .*/, `returns: ${text}`) });
      const { code, stderr } = await ml4t(['run', path], { packages: [fakeFamily()] });
      expect(code).toBe(exitCodes.config);
      expect(stderr).toContain(field);
    });
  });

  it('keep their names in the summary, whatever kind of source they are', async () => {
    await inFolder(async (folder) => {
      const path = await writeExperiment(folder, {
        text: (yaml) =>
          yaml
            .replace('source: panel.csv', 'source: [panel.csv]')
            .replace('type: ipca', 'type: level')
            .replace(/\n {4}config: .*/, ''),
      });
      const { stdout, code } = await ml4t(['run', path, '--json'], { packages: [fakeFamily()] });
      expect(code).toBe(exitCodes.ok);
      expect(JSON.parse(stdout).data.source).toBe(resolve(folder, 'panel.csv'));
    });
  });
});
