import { describe, expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import { readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { exitCodes } from '../../src/exit-codes.ts';
import { inFolder, ml4t } from '../cli-fixtures.ts';

// Workers load the build, so the whole command does here.
const command = join(__dirname, '..', '..', 'dist', 'main.js');

interface Started {
  readonly child: ReturnType<typeof spawn>;
  readonly ended: Promise<{ readonly code: number | null; readonly stderr: string }>;
}

function start(...args: string[]): Started {
  const child = spawn(process.execPath, [command, ...args], { stdio: ['ignore', 'ignore', 'pipe'] });
  let stderr = '';
  child.stderr?.on('data', (text: Buffer) => (stderr += text.toString()));
  return { child, ended: new Promise((resolve) => child.on('close', (code) => resolve({ code, stderr }))) };
}

/** Every family, as small as it gets; the folds of the model with warm starts are one task. */
const everyFamily = `
data: { source: panel.parquet, returns: { column: returns, lag: 0 } }
models:
  - { type: pca, config: { nFactors: 2 } }
  - { type: ipca, config: { nFactors: 2, warmStart: true } }
  - { type: cae, config: { nFactors: 2, nEpochs: 1, nEnsemble: 2 } }
  - { type: sae, config: { nEpochs: 1, mainHiddenUnits: [8], mainDropout: [0], bottleneckDim: 4, auxHiddenDim: 4 } }
  - type: stochastic-discount-factor
    config: { nEpochsUnc: 1, nEpochsMoment: 1, nEpochsCond: 1, burnInEpochs: 0, hiddenDim: 4, stateDimMoment: 4 }
split: { initialTrain: 24, testSize: 9, validationSize: 6 }
outputs: { directory: results, format: csv, report: false }
`;
const manyFolds = `
data: { source: panel.parquet, returns: { column: returns, lag: 0 } }
models:
  - { type: ipca, sweep: { nFactors: [1, 2, 3] } }
  - { type: cae, config: { nFactors: 2, nEpochs: 1 } }
split: { initialTrain: 36, testSize: 2 }
outputs: { directory: results, format: csv, report: false }
`;

async function simulated(folder: string, experiment: string): Promise<string> {
  const sizes = ['--assets', '20', '--dates', '48', '--characteristics', '4'];
  expect((await ml4t(['simulate', ...sizes, '--output', folder])).code).toBe(exitCodes.ok);
  const path = join(folder, 'experiment.yaml');
  await writeFile(path, experiment);
  return path;
}

/** Everything in a JSON file that does not say how long something took or where it ran. */
async function comparable(path: string): Promise<unknown> {
  return JSON.parse(await readFile(path, 'utf8'), (key, value: unknown) =>
    ['seconds', 'runRecord', 'directory'].includes(key) ? undefined : value,
  );
}

/** Waits until a run has left more than `least` folds behind, and then sends it a signal. */
async function interrupt({ child }: Started, work: string, least: number, signal: NodeJS.Signals): Promise<void> {
  const finished = (): Promise<number> =>
    readdir(work).then(
      (names) => names.filter((name) => name.endsWith('.fold')).length,
      () => 0,
    );
  while (child.exitCode === null && (await finished()) <= least) await sleep(2);
  child.kill(signal);
}

describe('worker threads', () => {
  it('give every family the bits that this process gives', async () => {
    await inFolder(async (folder) => {
      const path = await simulated(folder, everyFamily);
      const there = join(folder, 'results');
      const here = join(folder, 'here');
      const { code, stderr } = await start('run', path, '--workers', '2', '--quiet').ended;
      expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: exitCodes.ok, stderr: '' });
      expect((await ml4t(['run', path, '--workers', '1', '--output', here])).code).toBe(exitCodes.ok);
      for (const name of ['predictions.csv', 'factors.csv'])
        expect((await readFile(join(there, name))).equals(await readFile(join(here, name)))).toBe(true);
      expect(await comparable(join(there, 'summary.json'))).toEqual(await comparable(join(here, 'summary.json')));
    });
  });

  it('pass on the error that a model has, with its exit code', async () => {
    await inFolder(async (folder) => {
      // Six factors of four instruments and a constant: known only when the model sees the panel.
      const path = await simulated(folder, manyFolds.replace('[1, 2, 3]', '[6]'));
      const [there, here] = [await start('run', path, '--workers', '2').ended, await ml4t(['run', path])];
      expect(there.code).toBe(here.code);
      expect(there.code).not.toBe(exitCodes.bug);
      expect(there.stderr.split('\n').at(-2)).toBe(here.stderr.split('\n').at(-2));
    });
  });

  it('leave finished folds behind at Ctrl-C and when the process is killed, and the next run goes on from them', async () => {
    await inFolder(async (folder) => {
      const path = await simulated(folder, manyFolds);
      const work = join(folder, 'results', '.ml4t-work');
      const stopped = start('run', path, '--workers', '2');
      await interrupt(stopped, work, 0, 'SIGINT');
      const { code, stderr } = await stopped.ended;
      expect(code).toBe(exitCodes.aborted);
      expect(stderr).toMatch(/kept \d+ finished fold\(s\)[^]*the same command goes on from there/);
      const afterStop = (await readdir(work)).length;

      const killed = start('run', path, '--workers', '2');
      await interrupt(killed, work, afterStop, 'SIGKILL');
      expect((await killed.ended).code).toBe(null);
      const afterKill = (await readdir(work)).filter((name) => name.endsWith('.fold')).length;
      expect(afterKill).toBeGreaterThan(afterStop);

      const last = await start('run', path, '--workers', '2').ended;
      expect(last.code).toBe(exitCodes.ok);
      expect(last.stderr).toContain(`going on from an earlier run: ${afterKill} finished fold(s) are kept`);
      const whole = join(folder, 'whole');
      expect((await ml4t(['run', path, '--output', whole])).code).toBe(exitCodes.ok);
      const resumed = await readFile(join(folder, 'results', 'predictions.csv'));
      expect(resumed.equals(await readFile(join(whole, 'predictions.csv')))).toBe(true);
    });
  });
});
