import { describe, expect, it } from '@jest/globals';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { inFolder, ml4t } from '../cli-fixtures.ts';

const experiment = (model: string): string => `
data: { source: panel.parquet, returns: { column: returns, lag: 0 } }
models: [${model}]
split: { initialTrain: 24, testSize: 12, validationSize: 6 }
outputs: { directory: results, report: false }
`;

describe('families beside the latent factors', () => {
  it.each([
    ['sae', '{ type: sae, config: { nEpochs: 2 } }'],
    [
      'stochastic-discount-factor',
      '{ type: stochastic-discount-factor, config: { nEpochsUnc: 2, nEpochsMoment: 1, nEpochsCond: 2, ignoreFirst: 0 } }',
    ],
  ])('%s runs from an experiment file', async (type, model) => {
    await inFolder(async (folder) => {
      const simulated = ['simulate', '--assets', '30', '--dates', '48', '--characteristics', '4', '--output', folder];
      expect((await ml4t(simulated)).code).toBe(0);
      await writeFile(join(folder, 'experiment.yaml'), experiment(model));
      const { code, stderr } = await ml4t(['run', join(folder, 'experiment.yaml')]);
      expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' });
      const summary = JSON.parse(await readFile(join(folder, 'results', 'summary.json'), 'utf8'));
      expect(summary.models[0]).toMatchObject({ type, scores: { coverage: 1 } });
      expect(Number.isFinite(summary.models[0].scores.rankIC)).toBe(true);
    });
  });

  it('refuses a forecaster for a model without factors', async () => {
    await inFolder(async (folder) => {
      await ml4t(['simulate', '--assets', '30', '--dates', '48', '--characteristics', '4', '--output', folder]);
      const model = '{ type: sae, config: { nEpochs: 1 }, forecaster: { type: ewma } }';
      await writeFile(join(folder, 'experiment.yaml'), experiment(model));
      const { code, stderr } = await ml4t(['run', join(folder, 'experiment.yaml')]);
      expect(code).toBe(2);
      expect(stderr).toContain('forecaster');
    });
  });
});
