import { describe, expect, it } from '@jest/globals';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { inFolder, ml4t } from '../cli-fixtures.ts';

describe('portfolio models on the rows of a panel', () => {
  it('run from an experiment file beside equal weights', async () => {
    await inFolder(async (folder) => {
      const simulated = ['simulate', '--assets', '12', '--dates', '60', '--characteristics', '3', '--output', folder];
      expect((await ml4t(simulated)).code).toBe(0);
      await writeFile(
        join(folder, 'experiment.yaml'),
        `
data: { source: panel.parquet, returns: { column: returns, lag: 0 } }
preprocessing: [rank-normalize]
models:
  - type: equal-weight
    config: { windows: { length: 8 } }
  - type: linear-portfolio
    config: { nSteps: 10, head: long-short, annualizationFactor: 12, windows: { length: 8, cost: 0.001 } }
  - type: lstm-portfolio
    config: { nSteps: 4, evalEvery: 2, hiddenDim: 4, vvsnHiddenDim: 4, windows: { length: 8 }, constraints: { maxAbsWeight: 0.2 } }
split: { initialTrain: 32, testSize: 12, validationSize: 8 }
outputs: { directory: results, format: csv, report: false }
`,
      );
      const { code, stdout, stderr } = await ml4t(['run', join(folder, 'experiment.yaml'), '--workers', '1']);
      expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' });
      const lines = stdout.split('\n').map((line) => line.trim().split(/\s{2,}/));
      const [header, , equal, linearRow] = lines.slice(lines.findIndex(([first]) => first === 'model'));
      expect(header).toEqual([
        'model',
        'SR',
        '± s.e.',
        'net SR',
        'gross',
        'turnover',
        'cost %',
        'break-even cost %',
        'seconds',
      ]);
      expect([equal[0], equal[1]]).toEqual(['equal-weight', equal[3]]);
      expect(linearRow[0]).toBe('linear-portfolio');
      expect(Number(linearRow[3])).toBeLessThan(Number(linearRow[1]));
      expect(Number(linearRow[4])).toBeCloseTo(1, 6);
      expect(Number(linearRow[6])).toBeCloseTo(0.1 * Number(linearRow[5]), 3);
      const { models } = JSON.parse(await readFile(join(folder, 'results', 'summary.json'), 'utf8'));
      expect(models.map(({ type }: { type: string }) => type)).toEqual([
        'equal-weight',
        'linear-portfolio',
        'lstm-portfolio',
      ]);
      const weights = (await readFile(join(folder, 'results', 'weights.csv'), 'utf8')).trim().split('\n');
      expect(weights[0]).toMatch(/^timestamp,asset,weight,model,fold/);
      expect(weights.length).toBeGreaterThan(3 * 12 * 12);
    });
  });
});
