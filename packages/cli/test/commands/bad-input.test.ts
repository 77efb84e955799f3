import { describe, expect, it } from '@jest/globals';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { exitCodes } from '../../src/exit-codes.ts';
import { filesUnder, inFolder, ml4t, smallPanel, writeExperiment, type Row } from '../cli-fixtures.ts';

interface Case {
  readonly name: string;
  readonly code: number;
  /** What the one line has to say. */
  readonly says: RegExp;
  readonly rows?: (rows: Row[]) => readonly Row[];
  readonly text?: (yaml: string) => string;
}

const swap = (rows: Row[], a: number, b: number): Row[] => {
  const copy = [...rows];
  [copy[a], copy[b]] = [copy[b], copy[a]];
  return copy;
};

const cases: readonly Case[] = [
  {
    name: 'a missing data file',
    code: exitCodes.data,
    says: /nothere\.parquet/,
    text: (yaml) => yaml.replace('panel.csv', 'nothere.parquet'),
  },
  {
    name: 'a wrong return column',
    code: exitCodes.data,
    says: /^ml4t: experiment\.data\.returns\.column: .*"profit"/,
    text: (yaml) => yaml.replace('column: ret', 'column: profit'),
  },
  {
    name: 'a wrong date column',
    code: exitCodes.data,
    says: /^ml4t: experiment\.data\.timestamp: .*"day"/,
    text: (yaml) => yaml.replace('timestamp: date', 'timestamp: day'),
  },
  {
    name: 'duplicate (date, asset) rows',
    code: exitCodes.data,
    says: /a2.*2020-03-31|2020-03-31.*a2/,
    rows: (rows) => [...rows.slice(0, 15), { ...rows[14] }, ...rows.slice(15)],
  },
  {
    name: 'unsorted dates',
    code: exitCodes.data,
    says: /sort/i,
    rows: (rows) => swap(rows, 3, 40),
  },
  {
    name: 'dates of mixed types',
    code: exitCodes.data,
    says: /date/,
    rows: (rows) => rows.map((row, i) => (i === 20 ? { ...row, date: 'last Tuesday' } : row)),
  },
  {
    name: 'a characteristic without values',
    code: exitCodes.data,
    says: /value/,
    rows: (rows) => rows.map((row) => ({ ...row, value: null })),
    text: (yaml) => yaml.replace('  returns:', '  characteristics: [size, value]\n  returns:'),
  },
  {
    name: 'returns without values',
    code: exitCodes.data,
    says: /ret/,
    rows: (rows) => rows.map((row) => ({ ...row, ret: null })),
  },
  {
    name: 'a lag longer than the panel',
    code: exitCodes.data,
    says: /ret/,
    text: (yaml) => yaml.replace('lag: 0', 'lag: 30'),
  },
  {
    name: 'more factors than instruments',
    code: exitCodes.config,
    says: /nFactors/,
    text: (yaml) => yaml.replace('nFactors: 1', 'nFactors: 7'),
  },
  {
    name: 'an empty split',
    code: exitCodes.data,
    says: /initialTrain/,
    text: (yaml) => yaml.replace('initialTrain: 6', 'initialTrain: 12'),
  },
  {
    name: 'test windows that overlap',
    code: exitCodes.config,
    says: /split\.step/,
    text: (yaml) => yaml.replace('testSize: 2', 'testSize: 2, step: 1'),
  },
  {
    name: 'a rolling window with maxTrain',
    code: exitCodes.config,
    says: /maxTrain/,
    text: (yaml) => yaml.replace('testSize: 2', 'testSize: 2, scheme: rolling, maxTrain: 9'),
  },
  {
    name: 'an unwritable output',
    code: exitCodes.output,
    says: /panel\.csv/,
    text: (yaml) => yaml.replace('directory: results', 'directory: panel.csv/results'),
  },
  {
    name: 'an unknown model',
    code: exitCodes.config,
    says: /models\[0\]\.type.*pca, rp-pca, .*ipca/,
    text: (yaml) => yaml.replace('type: ipca', 'type: icpa'),
  },
  {
    name: 'an unknown step of preprocessing',
    code: exitCodes.config,
    says: /preprocessing\[0\]\.type: .* found "rank-normalise"\. Did you mean rank-normalize\?/,
    text: (yaml) => yaml.replace('preprocessing: []', 'preprocessing: [rank-normalise]'),
  },
  {
    name: 'an unknown key of a model',
    code: exitCodes.config,
    says: /nFactor\b.*Did you mean nFactors/,
    text: (yaml) => yaml.replace('nFactors', 'nFactor'),
  },
  {
    name: 'an unknown forecaster',
    code: exitCodes.config,
    says: /forecaster\.type.*expanding-mean/,
    text: (yaml) => yaml.replace('  - type: ipca', '  - type: ipca\n    forecaster: { type: mean }'),
  },
  {
    name: 'a missing truth file',
    code: exitCodes.data,
    says: /truth\.parquet/,
    text: (yaml) => yaml.replace('  returns:', '  truth: { source: truth.parquet }\n  returns:'),
  },
];

describe('ml4t run on bad input', () => {
  it.each(cases)('refuses $name: one line, exit code $code, nothing written', async ({ code, says, rows, text }) => {
    await inFolder(async (folder) => {
      const path = await writeExperiment(folder, {
        rows: rows ? rows(smallPanel()) : smallPanel(),
        ...(text ? { text } : {}),
      });
      const outcome = await ml4t(['run', path]);
      expect(outcome.stderr).toMatch(/^ml4t: [^\n]+\n$/);
      expect(outcome.stderr).toMatch(says);
      // field: expected …, found …. Remedy.
      expect(outcome.stderr).toMatch(/: expected .+, found .+\. .+/);
      expect(outcome.code).toBe(code);
      expect(outcome.stdout).toBe('');
      expect(await filesUnder(folder)).toEqual(['experiment.yaml', 'panel.csv']);
    });
  });

  it('prints the error as JSON as well when asked for JSON', async () => {
    const outcome = await ml4t(['run', '/no/such/experiment.yaml', '--json']);
    expect(outcome.code).toBe(exitCodes.config);
    expect(JSON.parse(outcome.stdout)).toMatchObject({ error: { code: 'config', field: '/no/such/experiment.yaml' } });
    expect(outcome.stderr).toMatch(/^ml4t: [^\n]+\n$/);
  });

  it.each([
    [['frobnicate'], /command line: expected one of run, check, report, .*, found "frobnicate". See `ml4t --help`/],
    [['rnu'], /found "rnu". Did you mean run\?/],
    [['run'], /run: expected the argument <experiment>, found none. See `ml4t run --help`/],
    [['run', 'a.yaml', '--fast'], /run: expected one of .*--workers, .*, found "--fast"/],
    [['simulate'], /simulate: expected the option -o, --output <directory>, found none/],
    [
      ['simulate', '--output', 'x', '--assets', 'many'],
      /--assets: expected a whole number of at least 2, found "many"/,
    ],
    [['simulate', '--output', 'x', '--design', 'cubic'], /linear, nonlinear/],
    [['schema', 'xyz'], /pca, rp-pca, .*ipca.*Correct the model type/],
    [['schema', 'icpa'], /found "icpa". Did you mean ipca\?/],
    [['init', 'latent-factor'], /Did you mean latent-factors\?/],
  ])('refuses the command line %j', async (argv, says) => {
    const outcome = await ml4t(argv);
    expect(outcome.stderr).toMatch(/^ml4t: [^\n]+\n$/);
    expect(outcome.stderr).toMatch(says);
    expect(outcome.code).toBe(exitCodes.config);
  });

  it('reports a failing output file of a simulation', async () => {
    await inFolder(async (folder) => {
      await writeFile(join(folder, 'file'), '');
      const outcome = await ml4t(['simulate', '--output', join(folder, 'file', 'x'), '--assets', '3', '--dates', '3']);
      expect(outcome.code).toBe(exitCodes.output);
      expect(outcome.stderr).toMatch(/^ml4t: [^\n]+\n$/);
      expect(await filesUnder(folder)).toEqual(['file']);
    });
  });
});
