import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { simulateConditionalFactorPanel } from '@ml4t/core/simulate';
import { estimatorContract } from '@ml4t/core/testing';
import { NearestNeighboursModel } from '../src/model.ts';

const example = join(__dirname, '..');
const command = join(example, 'node_modules', '@ml4t', 'cli', 'dist', 'main.js');
const ml4t = (...args: readonly string[]) => promisify(execFile)(process.execPath, [command, ...args], { cwd: folder });

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ml4t-own-model-'));
  const sizes = ['--assets', '60', '--dates', '40', '--characteristics', '3', '--design', 'nonlinear'];
  await ml4t('simulate', ...sizes, '--output', folder);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const experiment = (plugin: string): string => `
plugins: [${JSON.stringify(plugin)}]
data: { source: panel.parquet, returns: { column: returns, lag: 0 } }
models:
  - { type: nearest-neighbours, sweep: { neighbours: [5, 50] } }
  - { type: ipca, config: { nFactors: 2 } }
split: { initialTrain: 24, testSize: 4 }
outputs: { report: false, format: csv }
`;

describe('a model of one’s own under the command', () => {
  it('runs beside the others, in worker threads and without, to the same bits', async () => {
    await writeFile(join(folder, 'threads.yaml'), experiment(example));
    await ml4t('run', 'threads.yaml', '--workers', '2', '--output', 'threads');
    await ml4t('run', 'threads.yaml', '--workers', '1', '--output', 'alone');
    const [threads, alone] = await Promise.all(
      ['threads', 'alone'].map((name) => readFile(join(folder, name, 'predictions.csv'), 'utf8')),
    );
    expect(threads).toBe(alone);
    const summary = JSON.parse(await readFile(join(folder, 'threads', 'summary.json'), 'utf8'));
    expect(summary.models.map(({ model }: { model: string }) => model)).toEqual([
      'nearest-neighbours(neighbours=5)',
      'nearest-neighbours(neighbours=50)',
      'ipca',
    ]);
    expect(summary.models[0]).toMatchObject({ scores: { coverage: 1 }, config: { neighbours: 5 } });
    expect(summary.models[0].folds).toHaveLength(4);
  });

  it('has its configuration checked before any data are read, and described', async () => {
    await writeFile(join(folder, 'wrong.yaml'), experiment(example).replace('[5, 50]', '[0]'));
    await expect(ml4t('run', 'wrong.yaml')).rejects.toMatchObject({
      code: 2,
      stderr: expect.stringContaining('NearestNeighboursConfig.neighbours'),
    });
    await writeFile(join(folder, 'missing.yaml'), experiment('@acme/ml4t-nothing'));
    await expect(ml4t('run', 'missing.yaml')).rejects.toMatchObject({
      code: 2,
      stderr: expect.stringContaining('experiment.plugins[0]: expected a package that is installed'),
    });
  });
});

describe('the estimator contract', () => {
  const panel = (seed: number) =>
    simulateConditionalFactorPanel({ design: 'linear', seed, nAssets: 12, nDates: 10, nCharacteristics: 3 }).batch;
  const batch = panel(1);
  for (const { name, run } of estimatorContract({
    create: () => new NearestNeighboursModel({ neighbours: 3 }),
    batch,
    otherBatch: panel(2),
    unusableBatch: batch.withoutReturns(),
    extractOrPredict: (model, on) => model.predict(on),
    load: (source) => NearestNeighboursModel.load(source),
  }))
    it(name, run);
});
