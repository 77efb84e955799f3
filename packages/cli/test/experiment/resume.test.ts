import { describe, expect, it } from '@jest/globals';
import { readFile, readdir, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { exitCodes } from '../../src/exit-codes.ts';
import { fakeFamily } from '../fake-family.ts';
import { filesUnder, inFolder, ml4t, smallPanel, writeCsv, writeExperiment } from '../cli-fixtures.ts';

const level = (yaml: string): string => yaml.replace('  - type: ipca\n    config: { nFactors: 1 }', '  - type: level');

/** A family that fails at a fit, and counts the fits it was asked for. */
function counting(failAt = Number.POSITIVE_INFINITY) {
  const fits: number[] = [];
  const family = fakeFamily({
    onFit: (fit) => {
      fits.push(fit);
      if (fit === failAt) throw new RangeError('the machine stopped');
    },
  });
  return { fits, packages: [family] };
}

/** A run of three folds that stops in its third, and leaves two behind. */
async function stopped(folder: string): Promise<{ readonly path: string; readonly work: string }> {
  const path = await writeExperiment(folder, { text: level });
  const { packages } = counting(2);
  expect((await ml4t(['run', path], { packages })).code).toBe(exitCodes.bug);
  const work = join(folder, 'results', '.ml4t-work', 'fold');
  expect(await readdir(work)).toHaveLength(2);
  return { path, work };
}

describe('a run after one that stopped', () => {
  it('does only the folds that were not finished, and ends with the same bytes', async () => {
    await inFolder(async (folder) => {
      const { path } = await stopped(folder);
      const { fits, packages } = counting();
      const again = await ml4t(['run', path], { packages });
      expect(again.code).toBe(exitCodes.ok);
      expect(again.stderr).toBe('ml4t: going on from an earlier run, which left 2 finished folds\n');
      expect(fits).toHaveLength(1);
      // Nothing is left of the work once the results are there.
      expect(await filesUnder(join(folder, 'results'))).toEqual(
        expect.not.arrayContaining([expect.stringContaining('work')]),
      );
      await ml4t(['run', path, '--output', join(folder, 'whole')], { packages: counting().packages });
      for (const name of ['predictions.csv', 'factors.csv'])
        expect(await readFile(join(folder, 'results', name))).toEqual(await readFile(join(folder, 'whole', name)));
    });
  });

  it('does everything again when told to', async () => {
    await inFolder(async (folder) => {
      const { path } = await stopped(folder);
      const { fits, packages } = counting();
      expect((await ml4t(['run', path, '--fresh'], { packages })).stderr).toBe('');
      expect(fits).toHaveLength(3);
    });
  });

  it.each([
    ['a configuration', (yaml: string) => yaml.replace('type: level', 'type: level\n    config: { nFactors: 2 }')],
    ['a split', (yaml: string) => yaml.replace('initialTrain: 6', 'initialTrain: 6, maxTrain: 6')],
    ['the preprocessing', (yaml: string) => yaml.replace('preprocessing: []', 'preprocessing: [rank-normalize]')],
  ])('never takes a fold of another experiment: %s was changed', async (_name, change) => {
    await inFolder(async (folder) => {
      const { path } = await stopped(folder);
      await writeFile(path, change(await readFile(path, 'utf8')));
      const { fits, packages } = counting();
      expect((await ml4t(['run', path], { packages })).code).toBe(exitCodes.ok);
      // The first fold trains on the same six dates under both splits.
      expect(fits).toHaveLength(_name === 'a split' ? 2 : 3);
    });
  });

  it('never takes a fold of other data', async () => {
    await inFolder(async (folder) => {
      const { path } = await stopped(folder);
      const rows = smallPanel();
      await writeCsv(join(folder, 'panel.csv'), [{ ...rows[0], ret: Number(rows[0].ret) + 1e-12 }, ...rows.slice(1)]);
      const { fits, packages } = counting();
      await ml4t(['run', path], { packages });
      expect(fits).toHaveLength(3);
    });
  });

  it('does a fold again whose file is damaged', async () => {
    await inFolder(async (folder) => {
      const { path, work } = await stopped(folder);
      const [first] = await readdir(work);
      await truncate(join(work, first), 100);
      const { fits, packages } = counting();
      expect((await ml4t(['run', path], { packages })).code).toBe(exitCodes.ok);
      expect(fits).toHaveLength(2);
    });
  });
});
