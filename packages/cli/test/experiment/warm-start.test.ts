import { expect, it } from '@jest/globals';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { inFolder, ml4t } from '../cli-fixtures.ts';

it('a walk-forward with warm starts reaches the same figures in fewer iterations', async () => {
  await inFolder(async (folder) => {
    await ml4t(['simulate', '--assets', '60', '--dates', '70', '--characteristics', '8', '--output', folder]);
    const summaryOf = async (warmStart: boolean) => {
      const config = `{ nFactors: 3, acceleration: none, tol: 1e-8, warmStart: ${warmStart} }`;
      await writeFile(
        join(folder, 'experiment.yaml'),
        `
data: { source: panel.parquet, returns: { column: returns, lag: 0 } }
models: [{ type: ipca, config: ${config} }]
split: { initialTrain: 60, testSize: 2 }
outputs: { directory: results-${warmStart}, report: false }
`,
      );
      expect((await ml4t(['run', join(folder, 'experiment.yaml')])).code).toBe(0);
      const text = await readFile(join(folder, `results-${warmStart}`, 'summary.json'), 'utf8');
      return JSON.parse(text).models[0] as { scores: { totalR2: number }; folds: { iterations: number }[] };
    };
    const [cold, warm] = [await summaryOf(false), await summaryOf(true)];
    const later = ({ folds }: typeof cold): number => folds.slice(1).reduce((sum, fold) => sum + fold.iterations, 0);
    expect(later(warm)).toBeLessThan(later(cold));
    // Both stop within 1e-8 of the same optimum.
    expect(Math.abs(warm.scores.totalR2 - cold.scores.totalR2)).toBeLessThan(1e-6);
  });
});
