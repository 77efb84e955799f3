import { describe, expect, it } from '@jest/globals';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseExperiment } from '../../src/experiment/load.ts';
import { prepareExperiment } from '../../src/experiment/run.ts';
import { ml4t } from '../cli-fixtures.ts';

describe('ml4t schema', () => {
  it('describes an experiment and its keys', async () => {
    const schema = JSON.parse((await ml4t(['schema'])).stdout);
    expect(Object.keys(schema.properties)).toEqual([
      'title',
      'plugins',
      'data',
      'preprocessing',
      'models',
      'split',
      'evaluation',
      'outputs',
    ]);
    expect(schema.required).toEqual(['data', 'models', 'split']);
  });

  it("describes a model's configuration", async () => {
    const schema = JSON.parse((await ml4t(['schema', 'ipca'])).stdout);
    expect(schema.properties).toHaveProperty('nFactors');
  });

  it("describes a forecaster's, and refuses what is neither", async () => {
    const schema = JSON.parse((await ml4t(['schema', 'ewma'])).stdout);
    expect(schema.properties).toHaveProperty('halfLife');
    expect((await ml4t(['schema', 'ewna'])).code).toBe(2);
  });
});

describe('ml4t', () => {
  it('prints its version and its help to standard output', async () => {
    expect(await ml4t(['--version'])).toMatchObject({ code: 0, stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) });
    for (const argv of [[], ['--help'], ['run', '--help']])
      expect(await ml4t(argv)).toMatchObject({ code: 0, stdout: expect.stringMatching(/^Usage: ml4t/), stderr: '' });
  });
});

describe('the documented experiments', () => {
  const repository = fileURLToPath(new URL('../../../../', import.meta.url));

  it('are valid', async () => {
    const demo = await readFile(join(repository, 'packages', 'cli', 'experiments', 'four-families.yaml'), 'utf8');
    const { models } = await prepareExperiment(parseExperiment(demo, '/x/y.yaml'));
    expect(new Set(models.map(({ family }) => family.packageName)).size).toBe(4);
    const docs = await readFile(join(repository, 'docs', 'cli.md'), 'utf8');
    const blocks = [...docs.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, text]) => text);
    expect(blocks).toHaveLength(6);
    // A block of data alone stands for those of a whole experiment.
    const others = 'models: [{ type: pca }]\nsplit: { initialTrain: 60, testSize: 12 }\n';
    for (const block of blocks)
      await prepareExperiment(parseExperiment(block.includes('models:') ? block : block + others, '/x/y.yaml'));
  });
});
