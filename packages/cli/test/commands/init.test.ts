import { describe, expect, it } from '@jest/globals';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { exitCodes } from '../../src/exit-codes.ts';
import { loadExperiment, parseExperiment } from '../../src/experiment/load.ts';
import { prepareExperiment } from '../../src/experiment/run.ts';
import { findFamilies } from '../../src/families/packages.ts';
import { filesUnder, inFolder, ml4t } from '../cli-fixtures.ts';

describe('ml4t init', () => {
  it('writes a valid experiment of every family', async () => {
    await inFolder(async (folder) => {
      for (const { packageName, modelTypes } of findFamilies()) {
        const path = join(folder, packageName, 'experiment.yaml');
        const { code } = await ml4t(['init', packageName.replace('@ml4t/', ''), '--output', path]);
        expect(code).toBe(exitCodes.ok);
        const { models } = await prepareExperiment(await loadExperiment(path));
        expect(models.map(({ run }) => run.model.type)).toEqual([...modelTypes]);
      }
    });
  });

  it.each(['ipca', 'sae', 'pca'])('names every key of %s with the default that it has', async (type) => {
    await inFolder(async (folder) => {
      const path = join(folder, 'experiment.yaml');
      await ml4t(['init', type, '--output', path]);
      const text = await readFile(path, 'utf8');
      // The keys as comments, without the mark that makes them one; a default that is not set has nothing to uncomment.
      const uncommented = text
        .split('\n')
        .map((line) => (/: …/.test(line) ? line : line.replace(/^ {4}# (config:| {2}\w+:)/, '    $1')))
        .join('\n');
      expect(uncommented).not.toBe(text);
      const { models } = await prepareExperiment(parseExperiment(uncommented, path));
      expect(Object.keys(models[0].run.model.config).length).toBeGreaterThan(2);
    });
  });

  it('never replaces a file by accident, and lists what there is for what there is not', async () => {
    await inFolder(async (folder) => {
      const path = join(folder, 'experiment.yaml');
      await writeFile(path, 'mine');
      expect((await ml4t(['init', 'ipca', '--output', path])).code).toBe(exitCodes.output);
      expect(await readFile(path, 'utf8')).toBe('mine');
      expect((await ml4t(['init', 'ipca', '--output', path, '--force', '--json'])).stdout).toBe(
        `${JSON.stringify({ files: [path] })}\n`,
      );
      const unknown = await ml4t(['init', 'icpa', '--output', join(folder, 'other.yaml')]);
      expect(unknown.code).toBe(exitCodes.config);
      expect(unknown.stderr).toMatch(/@ml4t\/latent-factors, pca, rp-pca, .*ipca/);
      expect(await filesUnder(folder)).toEqual(['experiment.yaml']);
    });
  });
});
