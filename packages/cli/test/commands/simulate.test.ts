import { describe, expect, it } from '@jest/globals';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { simulateConditionalFactorPanel } from '@ml4t/core/simulate';
import { readCrossSectionBatch } from '@ml4t/integration';
import { filesUnder, inFolder, ml4t } from '../cli-fixtures.ts';

const sizes = ['--assets', '8', '--dates', '6', '--characteristics', '4', '--seed', '5', '--missing', '0.2'];

describe('ml4t simulate', () => {
  it('writes the panel, its truth and its factors, equal to the bit to the simulation', async () => {
    await inFolder(async (folder) => {
      const outcome = await ml4t(['simulate', '--design', 'nonlinear', '-o', folder, '--json', ...sizes]);
      expect(outcome.stderr).toBe('');
      expect(JSON.parse(outcome.stdout)).toMatchObject({ assets: 8, dates: 6, characteristics: 4, seed: 5 });
      expect(await filesUnder(folder)).toEqual([
        'experiment.yaml',
        'factors.parquet',
        'panel.parquet',
        'simulation.json',
        'truth.parquet',
      ]);
      const { batch, truth } = simulateConditionalFactorPanel({
        design: 'nonlinear',
        nAssets: 8,
        nDates: 6,
        nCharacteristics: 4,
        seed: 5,
        missingShare: 0.2,
      });
      const { batch: panel } = await readCrossSectionBatch(join(folder, 'panel.parquet'), {
        returns: { column: 'returns', lag: 0 },
        characteristics: ['c1', 'c2', 'c3', 'c4'],
      });
      expect(panel.timestamps).toEqual(batch.timestamps);
      expect(panel.returns).toEqual(batch.returns);
      expect(panel.characteristics).toEqual(batch.characteristics);
      const { batch: known } = await readCrossSectionBatch(join(folder, 'truth.parquet'), {
        characteristics: ['beta1', 'beta2', 'beta3', 'expected_return', 'systematic_return'],
      });
      expect(known.characteristic('beta2')).toEqual(
        Float64Array.from({ length: batch.nRows }, (_, row) => truth.betas[row * 3 + 1]),
      );
      expect(known.characteristic('expected_return')).toEqual(truth.expectedReturns);
      expect(known.characteristic('systematic_return')).toEqual(truth.fittedReturns);
    });
  });

  it('says what it wrote', async () => {
    await inFolder(async (folder) => {
      const { stdout } = await ml4t(['simulate', '-o', folder, ...sizes]);
      expect(stdout).toMatch(/^simulated \d+ rows: 8 assets, 6 dates, 4 characteristics, linear exposures/);
      expect(stdout).toMatch(/\nwrote .*panel\.parquet\nwrote .*truth\.parquet\nwrote .*factors\.parquet\n/);
      expect(stdout).toMatch(/\nwrote (.*experiment\.yaml)\nwrote .*simulation\.json\nnext: ml4t run \1\n$/);
    });
  });

  it('writes an experiment that runs, and leaves one that is there', async () => {
    await inFolder(async (folder) => {
      const small = ['--assets', '30', '--dates', '36', '--characteristics', '3'];
      await ml4t(['simulate', '-o', folder, ...small]);
      const path = join(folder, 'experiment.yaml');
      // Jest cannot load what draws the report.
      const text = await readFile(path, 'utf8');
      await writeFile(path, text.replace('directory: results', 'directory: results, report: false'));
      const { code, stdout, stderr } = await ml4t(['run', path]);
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      expect(stdout).toMatch(/\nipca\(nFactors=3\) [^]*\noracle \(truth\) /);
      await writeFile(path, '# mine\n');
      expect((await ml4t(['simulate', '-o', folder, ...small])).stdout).not.toMatch(/wrote .*experiment\.yaml/);
      expect(await readFile(path, 'utf8')).toBe('# mine\n');
    });
  });
});
