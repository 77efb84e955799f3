import { throwIfAborted } from '@ml4t/core/authoring';
import { describe, expect, it } from '@jest/globals';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { readFile, readdir, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { exitCodes } from '../../src/exit-codes.ts';
import { filesUnder, inFolder, ml4t, writeExperiment } from '../cli-fixtures.ts';
import { fakeFamily, type FakeBehaviour } from '../fake-family.ts';

const level = (yaml: string): string => yaml.replace('  - type: ipca\n    config: { nFactors: 1 }', '  - type: level');

/** An ensemble of three members, which counts what it trained and combined. */
function ensemble(behaviour: FakeBehaviour = {}) {
  const trained: number[] = [];
  let combined = 0;
  const family = fakeFamily({
    ensembleSize: 3,
    ...behaviour,
    onMember: (member) => {
      behaviour.onMember?.(member);
      trained.push(member);
    },
    onFit: () => combined++,
  });
  return { trained, combined: () => combined, packages: [family] };
}

const membersIn = (work: string): string[] =>
  existsSync(join(work, 'member')) ? readdirSync(join(work, 'member')) : [];

describe('members of an ensemble as tasks', () => {
  it('are trained once in each of three folds, combined, and removed as soon as they are', async () => {
    await inFolder(async (folder) => {
      const path = await writeExperiment(folder, { text: level });
      const work = join(folder, 'results', '.ml4t-work');
      const present: number[] = [];
      const { trained, combined, packages } = ensemble({
        onMember: () => void present.push(membersIn(work).length),
      });
      expect(await ml4t(['run', path], { packages })).toMatchObject({ code: exitCodes.ok, stderr: '' });
      expect(trained).toEqual([0, 1, 2, 0, 1, 2, 0, 1, 2]);
      expect(combined()).toBe(3);
      // Never more on disk than the members of one fold.
      expect(present).toEqual([0, 1, 2, 0, 1, 2, 0, 1, 2]);
      expect(await filesUnder(join(folder, 'results'))).not.toContain('.ml4t-work');
      // The mean of 0, 1 and 2 above the mean return.
      const forecasts = readFileSync(join(folder, 'results', 'predictions.csv'), 'utf8')
        .trim()
        .split('\n')
        .slice(1);
      for (const line of forecasts) expect(Math.abs(Number(line.split(',')[2]) - 1)).toBeLessThan(0.2);
    });
  });

  it.each([
    ['the others are done', [], '2 finished folds', [2]],
    ['nothing else is begun with --fail-fast', ['--fail-fast'], '1 finished fold', [2, 0, 1, 2]],
  ])('name model, fold and member when one fails, and %s', async (_what, options, finished, missing) => {
    await inFolder(async (folder) => {
      const path = await writeExperiment(folder, { text: level });
      const work = join(folder, 'results', '.ml4t-work');
      let calls = 0;
      const failing = ensemble({
        onMember: () => {
          if (calls++ === 5) throw new RangeError('the machine stopped');
        },
      });
      const first = await ml4t(['run', path, ...options], { packages: failing.packages });
      expect(first.code).toBe(exitCodes.bug);
      expect(first.stderr).toContain('level fold 2 member 3 of 3: the machine stopped');
      expect(first.stderr).toContain('kept 2 trained members of ensembles');
      expect(first.stderr).toContain(`kept ${finished}`);
      expect(membersIn(work)).toHaveLength(2);

      const again = ensemble();
      const second = await ml4t(['run', path], { packages: again.packages });
      expect(second.stderr).toBe(
        `ml4t: going on from an earlier run, which left ${finished} and 2 trained members of ensembles\n`,
      );
      expect(again.trained).toEqual(missing);
      await ml4t(['run', path, '--output', join(folder, 'whole')], { packages: ensemble().packages });
      for (const name of ['predictions.csv', 'factors.csv'])
        expect(await readFile(join(folder, 'results', name))).toEqual(await readFile(join(folder, 'whole', name)));
    });
  });

  it('stay at Ctrl-C before any fold is finished, and a damaged one is trained again', async () => {
    await inFolder(async (folder) => {
      const path = await writeExperiment(folder, { text: level });
      const work = join(folder, 'results', '.ml4t-work');
      const stop = new AbortController();
      const { packages } = ensemble({
        onMember: (member) => {
          if (member < 2) return;
          stop.abort();
          throwIfAborted(stop.signal, 'level');
        },
      });
      const stopped = await ml4t(['run', path], { packages, signal: stop.signal });
      expect(stopped.code).toBe(exitCodes.aborted);
      expect(stopped.stderr).toMatch(/kept 2 trained members of ensembles\n.*run the same command again to go on/);
      const [one] = membersIn(work);
      await truncate(join(work, 'member', one), 100);
      const again = ensemble();
      expect((await ml4t(['run', path], { packages: again.packages })).stderr).toContain('and 1 trained member of');
      expect(again.trained).toHaveLength(8);
    });
  });

  it('are shared by models that differ in their name alone, and kept until the last of them is done', async () => {
    await inFolder(async (folder) => {
      const two = (yaml: string): string =>
        level(yaml).replace('  - type: level', '  - type: level\n  - { type: level, name: twin }');
      const path = await writeExperiment(folder, { text: two });
      const present: number[] = [];
      const onMember = (): void => void present.push(membersIn(join(folder, 'results', '.ml4t-work')).length);
      const { trained, combined, packages } = ensemble({ onMember });
      expect((await ml4t(['run', path], { packages })).code).toBe(exitCodes.ok);
      expect(present).toEqual([0, 1, 2, 0, 1, 2, 0, 1, 2]);
      expect(trained).toHaveLength(9);
      expect(combined()).toBe(6);
    });
  });

  it('are left alone where an ensemble has one member: its fold is one task', async () => {
    await inFolder(async (folder) => {
      const path = await writeExperiment(folder, { text: level });
      const { trained, combined, packages } = ensemble({ ensembleSize: 1 });
      expect((await ml4t(['run', path], { packages })).code).toBe(exitCodes.ok);
      expect([trained.length, combined()]).toEqual([0, 3]);
      expect(await readdir(join(folder, 'results'))).not.toContain('.ml4t-work');
    });
  });
});
