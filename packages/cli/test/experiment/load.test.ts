import { describe, expect, it } from '@jest/globals';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ConfigError } from '@ml4t/core';
import { loadExperiment, parseExperiment } from '../../src/experiment/load.ts';
import { inFolder } from '../cli-fixtures.ts';

const minimal = `
data:
  source: panel.parquet
  returns: { column: ret, lag: 0 }
models:
  - type: ipca
split: { initialTrain: 24, testSize: 12 }
`;

function failure(text: string): ConfigError {
  try {
    parseExperiment(text, '/somewhere/experiment.yaml');
  } catch (error) {
    if (error instanceof ConfigError) return error;
    throw error;
  }
  throw new Error('accepted');
}

describe('parseExperiment', () => {
  it('fills in defaults and resolves paths against the file', () => {
    const experiment = parseExperiment(`${minimal}outputs: { directory: ../out }\n`, '/somewhere/experiment.yaml');
    expect(experiment).toMatchObject({
      data: { source: '/somewhere/panel.parquet', returns: { column: 'ret', lag: 0 }, sort: false },
      preprocessing: [],
      models: [{ type: 'ipca', config: {} }],
      split: { scheme: 'expanding', embargo: 0 },
      outputs: { directory: '/out', format: 'parquet' },
    });
  });

  it('reads JSON as well', () => {
    const json = JSON.stringify({
      data: { source: 'p.csv', returns: { column: 'r', lag: 1 }, truth: { source: 't.csv' } },
      preprocessing: ['rank-normalize', { type: 'impute', method: 'median' }],
      models: [{ type: 'pca' }],
      split: { initialTrain: 3, testSize: 1 },
    });
    const experiment = parseExperiment(json, '/a/b.json');
    expect(experiment.preprocessing).toEqual([{ type: 'rank-normalize' }, { type: 'impute', method: 'median' }]);
    expect(experiment.data.truth).toEqual({
      source: '/a/t.csv',
      expectedReturns: 'expected_return',
      systematicReturns: 'systematic_return',
    });
  });

  it('names the line of a syntax error', () => {
    expect(failure('data:\n  source: [a\nmodels: 3\n').field).toMatch(/^\/somewhere\/experiment\.yaml, line \d+$/);
  });

  it.each([
    ['an empty file', '', '/somewhere/experiment.yaml'],
    ['an unknown key', `${minimal}modles: []\n`, 'experiment.modles'],
    ['a missing lag', minimal.replace(', lag: 0', ''), 'experiment.data.returns.lag'],
    ['a wrong type', minimal.replace('12 }', 'twelve }'), 'experiment.split.testSize'],
    ['an empty split', minimal.replace('testSize: 12', 'testSize: 0'), 'experiment.split.testSize'],
    ['no models', minimal.replace('  - type: ipca', '  []'), 'experiment.models'],
    ['an unknown step', `${minimal}preprocessing: [ranks]\n`, 'experiment.preprocessing[0].type'],
    ['an unknown format', `${minimal}outputs: { format: xlsx }\n`, 'experiment.outputs.format'],
  ])('refuses %s in one line', (_name, text, field) => {
    const error = failure(text);
    expect(error.field).toBe(field);
    expect(error.message).not.toContain('\n');
  });

  it('suggests the key that was probably meant', () => {
    expect(failure(minimal.replace('12 }', '12, max_trian: 5 }')).remedy).toBe('Did you mean maxTrain?');
  });
});

describe('loadExperiment', () => {
  it('says which file is not there', async () => {
    await expect(loadExperiment('/no/such/file.yaml')).rejects.toMatchObject({
      code: 'config',
      field: '/no/such/file.yaml',
      found: 'no such file',
    });
  });
});

describe('an experiment file that is no experiment', () => {
  const bomb = Array.from(
    { length: 12 },
    (_, i) => `a${i}: &a${i} [${Array(10).fill(i === 0 ? '1' : `*a${i - 1}`)}]`,
  ).join('\n');
  const deep = (levels: number): string => `${'['.repeat(levels)}${']'.repeat(levels)}`;
  it.each([
    ['aliases that multiply', `${minimal}${bomb}\n`, 'aliases that stand for plain values'],
    ['an alias of nothing', minimal.replace('type: ipca', 'type: *nothing'), ''],
    [
      'an alias of what it is part of',
      minimal.replace('- type: ipca', '- &a { type: ipca, config: { again: *a } }'),
      'an alias for something that it is part of',
    ],
    ['levels without end', minimal.replace('type: ipca', `type: ipca\n    config: { x: ${deep(300)} }`), 'levels'],
    [
      'a prototype in config',
      minimal.replace('type: ipca', 'type: ipca\n    config: { __proto__: { nFactors: 9 } }'),
      '__proto__',
    ],
    [
      'a prototype in a sweep',
      minimal.replace('type: ipca', 'type: ipca\n    sweep: { __proto__: [1, 2] }'),
      '__proto__',
    ],
    [
      'a prototype in a step',
      `${minimal}preprocessing: [{ type: impute, __proto__: { method: zero } }]\n`,
      '__proto__',
    ],
    ['a prototype at the top', `${minimal}__proto__: { title: x }\n`, '__proto__'],
    ['a prototype in JSON', '{ "data": { "__proto__": { "source": "x" } } }', '__proto__'],
  ])('is refused by name: %s', (_what, text, part) => {
    const error = failure(text);
    expect(error.message).toContain(part);
    expect(error.field).toContain('/somewhere/experiment.yaml');
    expect(({} as { nFactors?: number }).nFactors).toBeUndefined();
  });

  it('may have aliases and merged keys for what it means', () => {
    const text = minimal.replace(
      '- type: ipca',
      '- &a { type: ipca, config: { nFactors: 2 } }\n  - { type: pca, config: { nFactors: 3 } }',
    );
    expect(parseExperiment(text, 'e.yaml').models).toHaveLength(2);
    const shared = minimal.replace(
      '- type: ipca',
      '- { type: ipca, config: &c { nFactors: 2 } }\n  - { type: pca, config: *c }',
    );
    expect(parseExperiment(shared, 'e.yaml').models[1].config).toEqual({ nFactors: 2 });
  });

  it('is read no further than to a limit', async () => {
    await inFolder(async (folder) => {
      const path = join(folder, 'large.yaml');
      await writeFile(path, ' '.repeat(17_000_000));
      await expect(loadExperiment(path)).rejects.toMatchObject({ code: 'config', found: 'more than 16000000 bytes' });
      if (process.platform === 'linux')
        await expect(loadExperiment('/dev/zero')).rejects.toMatchObject({ code: 'config' });
    });
  });
});
