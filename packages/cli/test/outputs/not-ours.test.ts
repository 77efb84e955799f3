import { describe, expect, it } from '@jest/globals';
import { link, mkdir, readFile, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { acquireLock } from '@ml4t/core/persist';
import { exitCodes } from '../../src/exit-codes.ts';
import { globPattern, inputsOf } from '../../src/outputs/inputs.ts';
import { inFolder, ml4t, writeExperiment } from '../cli-fixtures.ts';

/** Every file of a folder with its content. */
async function contents(folder: string): Promise<Record<string, string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return Object.fromEntries(await Promise.all(files.map(async (path) => [path, await readFile(path, 'latin1')])));
}

const here = (yaml: string): string => yaml.replace('directory: results', 'directory: .');

/** Runs what must be refused with exit code 4 before any work, and leave everything as it was. */
async function refused(folder: string, path: string, args: readonly string[] = []): Promise<string> {
  const before = await contents(folder);
  const { code, stderr, stdout } = await ml4t(['run', path, ...args]);
  expect({ code, stdout }).toEqual({ code: exitCodes.output, stdout: '' });
  expect(stderr.trimEnd().split('\n')).toHaveLength(1);
  expect(await contents(folder)).toEqual(before);
  return stderr;
}

describe('ml4t run', () => {
  const mine = ['predictions.csv', 'factors.csv', 'weights.csv', 'diagnostics.json', 'summary.json', 'report.html'];
  it.each([...mine, 'predictions.partial.csv', 'summary.partial.json'])(
    'refuses a folder with a %s that it did not write',
    async (name) => {
      await inFolder(async (folder) => {
        const path = await writeExperiment(folder, { text: (yaml) => yaml.replace('report: false', 'report: true') });
        await mkdir(join(folder, 'results'));
        await writeFile(join(folder, 'results', name), '{"mine":1}');
        expect(await refused(folder, path)).toContain(join('results', name));
      });
    },
  );

  it('leaves files of other names and formats alone, and replaces its own', async () => {
    await inFolder(async (folder) => {
      const path = await writeExperiment(folder);
      await mkdir(join(folder, 'results'));
      await writeFile(join(folder, 'results', 'predictions.parquet'), 'mine');
      await writeFile(join(folder, 'results', 'report.html'), 'mine');
      for (let i = 0; i < 2; i++) expect((await ml4t(['run', path])).code).toBe(exitCodes.ok);
      for (const name of ['predictions.parquet', 'report.html'])
        expect(await readFile(join(folder, 'results', name), 'utf8')).toBe('mine');
    });
  });

  it.each([
    ['its data', 'data', async (folder: string) => rename(folder, 'panel.csv', 'predictions.csv')],
    [
      'its data by a link',
      'data',
      async (folder: string) => {
        await symlink(join(folder, 'panel.csv'), join(folder, 'predictions.csv'));
      },
    ],
    [
      'its data by a second name',
      'data',
      async (folder: string) => {
        await link(join(folder, 'panel.csv'), join(folder, 'predictions.csv'));
      },
    ],
    ['a glob that its results would be part of', 'glob', async () => undefined],
    ['the truth', 'truth', async (folder: string) => rename(folder, 'panel.csv', 'factors.csv')],
  ])('does not write over %s', async (_what, kind, prepare) => {
    await inFolder(async (folder) => {
      const sources: Record<string, (yaml: string) => string> = {
        data: (yaml) => yaml.replace('source: panel.csv', 'source: predictions.csv'),
        glob: (yaml) => yaml.replace('source: panel.csv', "source: '*.csv'"),
        truth: (yaml) => yaml.replace('source: panel.csv', 'source: panel.csv\n  truth: { source: factors.csv }'),
      };
      const path = await writeExperiment(folder, { text: (yaml) => here(sources[kind](yaml)) });
      await prepare(folder);
      // Not even where an earlier run wrote them.
      const stderr = await refused(folder, path);
      expect(stderr).toMatch(/experiment\.data\.(truth\.)?source/);
    });
  });

  it('does not write over the experiment itself', async () => {
    await inFolder(async (folder) => {
      const yaml = await readFile(await writeExperiment(folder, { text: here }), 'utf8');
      const path = join(folder, 'diagnostics.json');
      await writeFile(path, yaml);
      expect(await refused(folder, path)).toContain('the experiment itself');
    });
  });

  it('does not write over the truth that was simulated beside its data', async () => {
    await inFolder(async (folder) => {
      const sizes = ['--assets', '30', '--dates', '36', '--characteristics', '3'];
      expect((await ml4t(['simulate', '-o', folder, ...sizes])).code).toBe(exitCodes.ok);
      await rm(join(folder, 'simulation.json'));
      const stderr = await refused(folder, join(folder, 'experiment.yaml'), ['-o', folder]);
      expect(stderr).toContain('factors.parquet');
    });
  });

  it('refuses a folder that another run has, says who, and waits for it where it is told to', async () => {
    await inFolder(async (folder) => {
      const path = await writeExperiment(folder);
      const lock = await acquireLock(join(folder, 'results', '.ml4t-lock'), { purpose: 'ml4t run another.yaml' });
      const { code, stderr } = await ml4t(['run', path]);
      expect(code).toBe(exitCodes.output);
      expect(stderr).toContain(`process ${process.pid} of ${lock.owner.host} (ml4t run another.yaml, since `);
      const waiting = ml4t(['run', path, '--wait']);
      await lock.release();
      expect((await waiting).code).toBe(exitCodes.ok);
      expect(await readdir(join(folder, 'results'))).not.toContain('.ml4t-lock');
    });
  });

  it('makes no folder where one cannot be made, and says so at once', async () => {
    await inFolder(async (folder) => {
      const path = await writeExperiment(folder);
      const { code } = await ml4t(['run', path, '-o', '/proc/x/y']);
      expect(code).toBe(exitCodes.output);
    });
  });
});

describe('ml4t simulate', () => {
  it.each(['panel.parquet', 'truth.parquet', 'factors.parquet', 'simulation.json'])(
    'refuses a folder with a %s that it did not write, and replaces its own',
    async (name) => {
      await inFolder(async (folder) => {
        const sizes = ['--assets', '8', '--dates', '6', '--characteristics', '3', '-o', folder];
        for (const seed of ['1', '2']) expect((await ml4t(['simulate', '--seed', seed, ...sizes])).code).toBe(0);
        await writeFile(join(folder, name), 'mine');
        const before = await contents(folder);
        expect((await ml4t(['simulate', ...sizes])).code).toBe(exitCodes.output);
        expect(await contents(folder)).toEqual(before);
      });
    },
  );
});

describe('inputsOf', () => {
  it('finds files however a source names them, at any depth, and no text of a query', () => {
    const data = {
      source: { query: 'SELECT 1', database: '/a.duckdb', folder: '/x', allow: { files: ['b/*.csv'] } },
      join: [{ source: ['/c.csv', '/d.csv'], columns: ['x'] }],
      riskFree: { source: { fields: { rate: '/e.csv' } }, column: 'rate' },
      truth: { source: '/f.parquet', expectedReturns: 'expected_return' },
    };
    expect(inputsOf(data, 'data')).toEqual([
      { field: 'data.source', path: '/a.duckdb' },
      { field: 'data.source', path: '/x/b/*.csv' },
      { field: 'data.join[0].source', path: '/c.csv' },
      { field: 'data.join[0].source', path: '/d.csv' },
      { field: 'data.riskFree.source', path: '/e.csv' },
      { field: 'data.truth.source', path: '/f.parquet' },
    ]);
  });
});

describe('globPattern', () => {
  it.each([
    ['/a/*.csv', ['/a/x.csv', '/a/.csv'], ['/a/b/x.csv', '/a/xcsv', '/b/x.csv', '/a/x.csv.gz']],
    ['/a/**/*.csv', ['/a/x.csv', '/a/b/c/x.csv'], ['/b/x.csv']],
    ['/a/p[0-9]?.csv', ['/a/p1x.csv'], ['/a/pxx.csv', '/a/p1.csv']],
    ['/a/[!p]*.csv', ['/a/x.csv'], ['/a/p.csv']],
    ['/a/(x)+{b,c}.csv', ['/a/(x)+b.csv', '/a/(x)+c.csv'], ['/a/xb.csv']],
  ])('%s', (glob, matching, others) => {
    for (const path of matching) expect([path, globPattern(glob).test(path)]).toEqual([path, true]);
    for (const path of others) expect([path, globPattern(glob).test(path)]).toEqual([path, false]);
  });
});

async function rename(folder: string, from: string, to: string): Promise<void> {
  await writeFile(join(folder, to), await readFile(join(folder, from)));
  await rm(join(folder, from));
}
