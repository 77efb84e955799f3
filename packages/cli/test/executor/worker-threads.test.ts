import { describe, expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import { readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { exitCodes } from '../../src/exit-codes.ts';
import type { FamilyPackage } from '../../src/families/packages.ts';
import { findFamilies } from '../../src/families/packages.ts';
import { inFolder, ml4t } from '../cli-fixtures.ts';

// Workers load the build, so the whole command does here.
const command = join(__dirname, '..', '..', 'dist', 'main.js');

interface Started {
  readonly child: ReturnType<typeof spawn>;
  readonly ended: Promise<{ readonly code: number | null; readonly stderr: string }>;
}

function start(...args: string[]): Started {
  return startNode(process.env, command, ...args);
}

function startNode(env: NodeJS.ProcessEnv, ...args: string[]): Started {
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe'], env });
  let stderr = '';
  child.stderr?.on('data', (text: Buffer) => (stderr += text.toString()));
  return { child, ended: new Promise((resolve) => child.on('close', (code) => resolve({ code, stderr }))) };
}

/** Every family, as small as it gets, ensembles of two wherever there are any; the folds of the model with warm starts are one task. */
const everyFamily = `
data: { source: panel.parquet, returns: { column: returns, lag: 0 } }
models:
  - { type: pca, config: { nFactors: 2 } }
  - { type: ipca, config: { nFactors: 2, warmStart: true } }
  - { type: cae, config: { nFactors: 2, nEpochs: 2, ensembleSize: 2, checkpointInterval: 1 } }
  - { type: cae, name: cae-ar1, config: { nFactors: 2, nEpochs: 2, ensembleSize: 2, checkpointInterval: 1 }, forecaster: { type: ar1 } }
  - type: sae
    config: { ensembleSize: 2, nEpochs: 2, mainHiddenUnits: [8], mainDropout: [0.1], bottleneckDim: 4, auxHiddenDim: 4 }
  - type: stochastic-discount-factor
    config: { ensembleSize: 2, nEpochsUnc: 1, nEpochsMoment: 1, nEpochsCond: 2, ignoreFirst: 0, hiddenDim: 4, stateDimMoment: 4 }
  - { type: equal-weight, config: { windows: { length: 5 } } }
  - { type: linear-portfolio, config: { nSteps: 4, evalEvery: 2, windows: { length: 5 } } }
  - type: lstm-portfolio
    config: { ensembleSize: 2, nSteps: 4, evalEvery: 2, hiddenDim: 4, vvsnHiddenDim: 4, windows: { length: 5 } }
  - type: deep-portfolio
    config: { ensembleSize: 2, nSteps: 4, evalEvery: 2, dModel: 4, vvsnHiddenDim: 4, windows: { length: 5 } }
split: { initialTrain: 24, testSize: 9, validationSize: 6 }
outputs: { directory: results, format: csv, report: false, importance: false }
`;
const manyFolds = `
data: { source: panel.parquet, returns: { column: returns, lag: 0 } }
models:
  - { type: ipca, sweep: { nFactors: [1, 2, 3] } }
  - { type: cae, config: { nFactors: 2, nEpochs: 1, ensembleSize: 2 } }
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

/** The families without the members of their ensembles: each fold is fitted whole. */
const withoutMembers: readonly FamilyPackage[] = findFamilies().map((home) => ({
  ...home,
  load: async () => {
    const family = await home.load();
    return { ...family, models: family.models.map((model) => ({ ...model, ensembleSize: () => 1 })) };
  },
}));

/** Does every task of an experiment in a single worker thread, and leaves the artifacts of the folds in the work area. */
async function inOneWorker(path: string, output: string): Promise<Awaited<Started['ended']>> {
  const module = (name: string): string => JSON.stringify(pathToFileURL(join(command, '..', name)).href);
  const script = `
    import { WorkerThreadsExecutor } from ${module('executor/worker-threads.js')};
    import { readData } from ${module('experiment/data.js')};
    import { loadExperiment } from ${module('experiment/load.js')};
    import { prepareExperiment } from ${module('experiment/run.js')};
    import { splitDates } from ${module('experiment/splits.js')};
    import { experimentTasks } from ${module('experiment/task-list.js')};
    import { panelFingerprint } from ${module('experiment/fingerprint.js')};
    const { experiment, models, steps } = await prepareExperiment(await loadExperiment(${JSON.stringify(path)}));
    const { batch } = await readData(experiment.data, { warn() {} });
    const panel = steps.reduce((on, step) => step(on), batch);
    const splits = splitDates(panel, experiment.split);
    const folder = ${JSON.stringify(join(output, '.ml4t-work'))};
    const executor = new WorkerThreadsExecutor({ panel, fingerprint: panelFingerprint(panel), folder, threads: 1 });
    for (const { tasks } of experimentTasks(experiment, models, panel, splits))
      for (const task of tasks) await executor.run(task, {});
    await executor.close();
  `;
  return startNode(process.env, '--input-type=module', '--eval', script).ended;
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
    readdir(join(work, 'fold')).then(
      // Files that are being written have a dot in front.
      (names) => names.filter((name) => !name.startsWith('.')).length,
      () => 0,
    );
  while (child.exitCode === null && (await finished()) <= least) await sleep(2);
  child.kill(signal);
}

describe('worker threads', () => {
  it('give every family the bits that this process gives, by members and with ensembles whole', async () => {
    await inFolder(async (folder) => {
      const path = await simulated(folder, everyFamily);
      const [there, here, whole, single] = ['results', 'here', 'whole', 'single'].map((name) => join(folder, name));
      const { code, stderr } = await start('run', path, '--workers', '2', '--quiet').ended;
      expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: exitCodes.ok, stderr: '' });
      expect((await ml4t(['run', path, '--workers', '1', '--output', here])).code).toBe(exitCodes.ok);
      expect((await ml4t(['run', path, '--output', whole], { packages: withoutMembers })).code).toBe(exitCodes.ok);
      // What one worker thread leaves in the work area is what the command finds there and goes on from.
      expect(await inOneWorker(path, single)).toEqual({ code: 0, stderr: '' });
      expect((await ml4t(['run', path, '--output', single])).stderr).toContain('which left 20 finished folds');
      for (const other of [here, whole, single]) {
        for (const name of ['predictions.csv', 'factors.csv', 'weights.csv'])
          expect((await readFile(join(other, name))).equals(await readFile(join(there, name)))).toBe(true);
        for (const name of ['summary.json', 'diagnostics.json'])
          expect(await comparable(join(other, name))).toEqual(await comparable(join(there, name)));
      }
    });
  });

  it('pass on the error that a model has, with its exit code', async () => {
    await inFolder(async (folder) => {
      // Six factors of four instruments and a constant: known only when the model sees the panel.
      const path = await simulated(folder, manyFolds.replace('[1, 2, 3]', '[6]'));
      const [there, here] = [await start('run', path, '--workers', '2').ended, await ml4t(['run', path])];
      expect(there.code).toBe(here.code);
      expect(there.code).not.toBe(exitCodes.bug);
      // Every fold fails: which of two is first is up to the threads.
      const message = ({ stderr }: { readonly stderr: string }): string | undefined =>
        stderr
          .split('\n')
          .at(-2)
          ?.replace(/fold \d:/, 'fold:');
      expect(message(there)).toContain('ipca(nFactors=6) fold: IPCAConfig.nFactors: expected at most 5');
      expect(message(there)).toBe(message(here));
    });
  });

  it.each([
    ['exit', 'that it exited with code 7'],
    ['throw', 'an error that nothing caught: TypeError: thrown at nobody'],
    ['memory', 'that it ran out of memory'],
  ])(
    'that end without an answer (%s) end the run with an error that names the task, and what others left is kept',
    async (how, reason) => {
      await inFolder(async (folder) => {
        const path = await simulated(folder, manyFolds.replace('nEpochs: 1,', 'nEpochs: 400,'));
        const crash = {
          CRASH: `${how} 1500`,
          NODE_OPTIONS: `--require ${join(__dirname, 'crash.cjs')} --max-old-space-size=96`,
        };
        const { code, stderr } = await startNode({ ...process.env, ...crash }, command, 'run', path, '--workers', '2')
          .ended;
        expect({ code, stderr }).toEqual({
          code: exitCodes.worker,
          stderr: expect.stringMatching(
            /ml4t: (ipca\(nFactors=\d\)|cae) fold \d( member \d of 2)?: worker thread: expected an answer, found /,
          ),
        });
        expect(stderr).toContain(reason);
        expect(stderr).not.toMatch(/\n\s+at /);
        const left = (await readdir(join(folder, 'results')).catch(() => [])).filter((name) =>
          name.startsWith('summary'),
        );
        // Whatever was finished by then.
        expect(left).toEqual(/kept \d+ finished fold/.test(stderr) ? ['summary.partial.json'] : []);
      });
    },
  );

  it('leave finished folds behind when told to stop and when the process is killed, and the next run goes on from them', async () => {
    await inFolder(async (folder) => {
      const path = await simulated(folder, manyFolds);
      const work = join(folder, 'results', '.ml4t-work');
      for (const [signal, expected] of [
        ['SIGTERM', exitCodes.terminated],
        ['SIGHUP', exitCodes.hangup],
        ['SIGINT', exitCodes.aborted],
      ] as const) {
        await rm(work, { recursive: true, force: true });
        const stopped = start('run', path, '--workers', '2');
        await interrupt(stopped, work, 0, signal);
        const { code, stderr } = await stopped.ended;
        expect([signal, code]).toEqual([signal, expected]);
        expect(stderr).toMatch(/kept \d+ finished folds?[^]*run the same command again to go on/);
      }
      const afterStop = (await readdir(join(work, 'fold'))).length;

      const killed = start('run', path, '--workers', '2');
      await interrupt(killed, work, afterStop, 'SIGKILL');
      expect((await killed.ended).code).toBe(null);
      const afterKill = (await readdir(join(work, 'fold'))).filter((name) => !name.startsWith('.')).length;
      expect(afterKill).toBeGreaterThan(afterStop);

      const last = await start('run', path, '--workers', '2').ended;
      expect(last.code).toBe(exitCodes.ok);
      expect(last.stderr).toContain(`going on from an earlier run, which left ${afterKill} finished fold`);
      const whole = join(folder, 'whole');
      expect((await ml4t(['run', path, '--output', whole])).code).toBe(exitCodes.ok);
      const resumed = await readFile(join(folder, 'results', 'predictions.csv'));
      expect(resumed.equals(await readFile(join(whole, 'predictions.csv')))).toBe(true);
    });
  });
});
