import { describe, expect, it } from '@jest/globals';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { NotIdentifiedError } from '@ml4t/core';
import { exitCodes } from '../../src/exit-codes.ts';
import type { WrittenFile } from '../../src/outputs/ownership.ts';
import { fakeFamily } from '../fake-family.ts';
import { filesUnder, inFolder, ml4t, smallPanel, writeCsv, writeExperiment } from '../cli-fixtures.ts';

const level = (yaml: string): string =>
  yaml.replace('  - type: ipca\n    config: { nFactors: 1 }', '  - type: level').replace('type: ipca', 'type: level');

async function readCsv(path: string): Promise<Record<string, string>[]> {
  const [head, ...lines] = (await readFile(path, 'utf8')).trimEnd().split('\n');
  const names = head.split(',');
  return lines.map((line) => Object.fromEntries(line.split(',').map((cell, j) => [names[j], cell])));
}

const rows = smallPanel();
const dates = [...new Set(rows.map(({ date }) => String(date)))];
const returnsOf = (from: number, to: number): number[] =>
  rows.filter(({ date }) => dates.slice(from, to).includes(String(date))).map(({ ret }) => Number(ret));
const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
const squares = (values: readonly number[]): number => values.reduce((sum, value) => sum + value * value, 0);

describe('ml4t run', () => {
  it('writes forecasts, factors and a summary whose scores follow from them', async () => {
    await inFolder(async (folder) => {
      const path = await writeExperiment(folder, { text: level });
      const outcome = await ml4t(['run', path], { packages: [fakeFamily()] });
      expect(outcome.stderr).toBe('');
      expect(outcome.code).toBe(exitCodes.ok);
      expect(await filesUnder(join(folder, 'results'))).toEqual([
        'diagnostics.json',
        'factors.csv',
        'predictions.csv',
        'summary.json',
      ]);

      const predictions = await readCsv(join(folder, 'results', 'predictions.csv'));
      expect(Object.keys(predictions[0])).toEqual([
        'timestamp',
        'asset',
        'y_score',
        'y_true',
        'y_fit',
        'model',
        'fold',
      ]);
      expect(predictions.map(({ timestamp, asset }) => `${timestamp} ${asset}`)).toEqual(
        rows.slice(36).map(({ date, asset }) => `${date} ${asset}`),
      );
      predictions.forEach((row, i) => {
        const t = 6 + Math.floor(i / 6);
        const fold = Math.floor((t - 6) / 2);
        expect(row.model).toBe('level');
        expect(Number(row.fold)).toBe(fold);
        // Text round-trips doubles exactly; the sums of the fake model run in the order of the file.
        expect(Number(row.y_true)).toBe(Number(rows[36 + i].ret));
        expect(Number(row.y_score)).toBeCloseTo(mean(returnsOf(0, 6 + 2 * fold)), 14);
        expect(Number(row.y_fit)).toBeCloseTo(mean(returnsOf(t, t + 1)), 14);
      });

      const factors = await readCsv(join(folder, 'results', 'factors.csv'));
      expect(factors).toHaveLength(6);
      expect(Number(factors[3].factor_return)).toBeCloseTo(mean(returnsOf(9, 10)), 14);

      const summary = JSON.parse(await readFile(join(folder, 'results', 'summary.json'), 'utf8'));
      expect(summary).toMatchObject({ status: 'finished', warnings: [] });
      expect(summary.files.map(({ name }: WrittenFile) => name)).toEqual([
        'predictions.csv',
        'factors.csv',
        'diagnostics.json',
      ]);
      const [model] = summary.models;
      expect(model.folds.map(({ train, test }: { train: string[]; test: string[] }) => [train, test])).toEqual([
        [
          [dates[0], dates[5]],
          [dates[6], dates[7]],
        ],
        [
          [dates[0], dates[7]],
          [dates[8], dates[9]],
        ],
        [
          [dates[0], dates[9]],
          [dates[10], dates[11]],
        ],
      ]);
      const r2 = (column: string): number =>
        1 -
        squares(predictions.map((row) => Number(row.y_true) - Number(row[column]))) /
          squares(predictions.map((row) => Number(row.y_true)));
      expect(model.scores.predictiveR2).toBeCloseTo(r2('y_score'), 12);
      expect(model.scores.totalR2).toBeCloseTo(r2('y_fit'), 12);
      expect(model.scores).toMatchObject({ rows: 36, coverage: 1 });
      expect(outcome.stdout).toMatch(new RegExp(`level +1 +${(100 * r2('y_fit')).toFixed(2)} `));
    });
  });

  it('compares models on the same rows, with the oracle where the truth is known', async () => {
    await inFolder(async (folder) => {
      expect(
        (
          await ml4t([
            'simulate',
            '-o',
            folder,
            '--assets',
            '100',
            '--dates',
            '40',
            '--characteristics',
            '4',
            '--missing',
            '0.1',
          ])
        ).code,
      ).toBe(0);
      const path = join(folder, 'experiment.yaml');
      await writeFile(
        path,
        `data: { source: panel.parquet, returns: { column: returns, lag: 0 }, truth: { source: truth.parquet } }
models:
  - { type: pca, config: { nFactors: 2 } }
  - { type: ipca, config: { constant: false }, sweep: { nFactors: [1, 3] } }
split: { initialTrain: 30, testSize: 5 }
outputs: { report: false }
`,
      );
      const outcome = await ml4t(['run', path, '--json']);
      expect(outcome.code).toBe(exitCodes.ok);
      const { models, oracle } = JSON.parse(outcome.stdout);
      expect(models.map(({ model, nFactors }: { model: string; nFactors: number }) => [model, nFactors])).toEqual([
        ['pca', 2],
        ['ipca(nFactors=1)', 1],
        ['ipca(nFactors=3)', 3],
      ]);
      // PCA walks over a full T x N panel, but is judged on the observed rows alone.
      for (const { scores } of models) expect(scores).toMatchObject({ rows: oracle.rows, coverage: 1 });
      // Three true factors, linear in the instruments: IPCA with three explains what the truth explains. Its factors are
      // fitted to each test date, three numbers to 90 returns, which explains a thirtieth of the noise (.6 of the whole)
      // besides: .02 more than the truth, less the error of the exposures. One factor explains half of it.
      expect(Math.abs(models[2].scores.totalR2 - oracle.totalR2)).toBeLessThan(0.05);
      expect(models[1].scores.totalR2).toBeLessThan(oracle.totalR2 - 0.05);
      expect(await filesUnder(join(folder, 'results'))).toEqual([
        'diagnostics.json',
        'factors.parquet',
        'predictions.parquet',
        'summary.json',
      ]);
      const table = await ml4t(['run', path]);
      expect(table.stdout).toMatch(/oracle \(truth\) +- +\d+\.\d\d/);
    });
  });

  it('counts a missing forecast as zero, and says how many there are', async () => {
    await inFolder(async (folder) => {
      const path = await writeExperiment(folder, { text: level });
      const run = await ml4t(['run', path, '--json'], {
        packages: [fakeFamily({ isSilent: (row) => row % 2 === 0, notes: ['something to know'] })],
      });
      expect(run.stderr).toBe(
        'ml4t: warning: level: something to know\n' +
          'ml4t: warning: level has no forecast for 50.0 % of the returns; they count as forecasts of zero\n',
      );
      const { scores } = JSON.parse(run.stdout).models[0];
      expect(scores.coverage).toBe(0.5);
      const predictions = await readCsv(join(folder, 'results', 'predictions.csv'));
      expect(predictions.filter((row) => row.y_score === '')).toHaveLength(18);
      const errors = predictions.map((row) => Number(row.y_true) - (row.y_score === '' ? 0 : Number(row.y_score)));
      expect(scores.predictiveR2).toBeCloseTo(
        1 - squares(errors) / squares(predictions.map((row) => Number(row.y_true))),
        12,
      );
    });
  });

  it('keeps finished folds on Ctrl-C, beside an earlier result, until a run finishes', async () => {
    await inFolder(async (folder) => {
      const path = await writeExperiment(folder, { text: level });
      const results = join(folder, 'results');
      await ml4t(['run', path], { packages: [fakeFamily()] });
      const before = await readFile(join(results, 'predictions.csv'), 'utf8');

      const controller = new AbortController();
      const aborted = await ml4t(['run', path], {
        signal: controller.signal,
        packages: [fakeFamily({ onFit: (fit) => void (fit === 1 && controller.abort()) })],
      });
      expect(aborted.code).toBe(exitCodes.aborted);
      expect(aborted.stderr).toMatch(
        /^ml4t: kept 1 finished fold: .*\nml4t: run the same command again to go on\nml4t: stopped\n$/,
      );
      expect(await readFile(join(results, 'predictions.csv'), 'utf8')).toBe(before);
      expect((await readCsv(join(results, 'predictions.partial.csv'))).map(({ fold }) => fold)).toEqual(
        Array.from({ length: 12 }, () => '0'),
      );
      const summary = JSON.parse(await readFile(join(results, 'summary.partial.json'), 'utf8'));
      expect(summary).toMatchObject({ status: 'aborted', error: { code: 'aborted' } });

      await ml4t(['run', path], { packages: [fakeFamily()] });
      expect(await filesUnder(results)).toEqual(['diagnostics.json', 'factors.csv', 'predictions.csv', 'summary.json']);
    });
  });

  it('does the first folds of all models before the second ones', async () => {
    await inFolder(async (folder) => {
      const two = (yaml: string): string =>
        level(yaml).replace('  - type: level', '  - { type: level, name: one }\n  - { type: level, name: two }');
      const path = await writeExperiment(folder, { text: two });
      const controller = new AbortController();
      const onFit = (fit: number): void => void (fit === 2 && controller.abort());
      await ml4t(['run', path], { signal: controller.signal, packages: [fakeFamily({ onFit })] });
      const { models } = JSON.parse(await readFile(join(folder, 'results', 'summary.partial.json'), 'utf8'));
      expect(models.map(({ model, folds }: { model: string; folds: unknown[] }) => [model, folds.length])).toEqual([
        ['one', 1],
        ['two', 1],
      ]);
    });
  });

  it('says which columns it left out because not every value is a number, unless that is meant', async () => {
    await inFolder(async (folder) => {
      const typo = rows.map((row, i) => (i === 40 ? { ...row, value: 'n/a' } : row));
      const path = await writeExperiment(folder, { rows: typo, text: level });
      const { code, stderr } = await ml4t(['run', path], { packages: [fakeFamily()] });
      expect(code).toBe(exitCodes.ok);
      expect(stderr).toContain('warning: left out value: not every value is a number, "n/a" is none.');
      const meant = await writeExperiment(folder, {
        rows: typo,
        text: (yaml) => level(yaml).replace('  returns', '  exclude: [value]\n  returns'),
      });
      expect((await ml4t(['run', meant], { packages: [fakeFamily()] })).stderr).toBe('');
    });
  });

  it('keeps finished folds when a later one cannot be estimated', async () => {
    await inFolder(async (folder) => {
      const path = await writeExperiment(folder, { text: level });
      const onFit = (fit: number): void => {
        if (fit === 2) throw new NotIdentifiedError({ field: 'x', expected: 'y', found: 'z', remedy: 'Try again.' });
      };
      const outcome = await ml4t(['run', path], { packages: [fakeFamily({ onFit })] });
      expect(outcome.code).toBe(exitCodes.model);
      expect(outcome.stderr).toMatch(
        /kept 2 finished folds[^\n]*\n[^\n]*same command again to go on\nml4t: level fold 3: x: expected y, found z\. Try again\.\n$/,
      );
      expect(await filesUnder(join(folder, 'results'))).toEqual([
        expect.stringMatching(/^\.ml4t-work.fold.[0-9a-f]{64}$/),
        expect.stringMatching(/^\.ml4t-work.fold.[0-9a-f]{64}$/),
        'factors.partial.csv',
        'predictions.partial.csv',
        'summary.partial.json',
      ]);
    });
  });

  it('reports a bug as one line, with the stack only when asked', async () => {
    await inFolder(async (folder) => {
      const path = await writeExperiment(folder, { text: level });
      const onFit = (): void => {
        throw new RangeError('index -1');
      };
      const short = await ml4t(['run', path], { packages: [fakeFamily({ onFit })] });
      expect(short.code).toBe(exitCodes.bug);
      expect(short.stderr).toMatch(/^ml4t: unexpected error: level fold 1: index -1\. .*--debug.*\n$/);
      const long = await ml4t(['run', path, '--debug'], { packages: [fakeFamily({ onFit })] });
      expect(long.stderr).toMatch(/RangeError: index -1\n +at /);
      expect(await filesUnder(folder)).toEqual(['experiment.yaml', 'panel.csv']);
    });
  });

  it('writes to another directory when told, leaves out dates between test windows, and sorts when asked', async () => {
    await inFolder(async (folder) => {
      const path = await writeExperiment(folder, {
        rows: [...rows].reverse(),
        text: (yaml) =>
          level(yaml).replace('testSize: 2', 'testSize: 1, step: 3').replace('  returns', '  sort: true\n  returns'),
      });
      const outcome = await ml4t(['run', path, '--output', join(folder, 'elsewhere')], { packages: [fakeFamily()] });
      expect(outcome.code).toBe(exitCodes.ok);
      const predictions = await readCsv(join(folder, 'elsewhere', 'predictions.csv'));
      expect([...new Set(predictions.map(({ timestamp }) => timestamp))]).toEqual([dates[6], dates[9]]);
    });
  });

  it('pairs returns that end at their date with the rows before', async () => {
    await inFolder(async (folder) => {
      const path = await writeExperiment(folder, { text: (yaml) => level(yaml).replace('lag: 0', 'lag: 1') });
      await ml4t(['run', path], { packages: [fakeFamily()] });
      const predictions = await readCsv(join(folder, 'results', 'predictions.csv'));
      const at = (t: number, asset: number): string => predictions[(t - 6) * 6 + asset].y_true;
      expect(Number(at(7, 2))).toBe(Number(rows[8 * 6 + 2].ret));
      expect(at(11, 2)).toBe('');
    });
  });

  it('refuses a truth that does not cover the panel', async () => {
    await inFolder(async (folder) => {
      const path = await writeExperiment(folder, {
        text: (yaml) => level(yaml).replace('  returns', '  truth: { source: truth.csv }\n  returns'),
      });
      const truth = rows
        .slice(0, 70)
        .map(({ date, asset }) => ({ date, asset, expected_return: 1, systematic_return: 2 }));
      await writeCsv(join(folder, 'truth.csv'), truth);
      const outcome = await ml4t(['run', path], { packages: [fakeFamily()] });
      expect(outcome.code).toBe(exitCodes.data);
      expect(outcome.stderr).toMatch(/truth\.source/);
    });
  });
});
