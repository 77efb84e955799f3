import { describe, expect, it } from '@jest/globals';
import { ConfigError } from '@ml4t/core';
import { loadExperiment, parseExperiment } from '../../src/experiment/load.ts';

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
