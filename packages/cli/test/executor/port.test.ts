import { describe, expect, it } from '@jest/globals';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ArtifactError, DataError, WorkerError } from '@ml4t/core';
import type { ArtifactStore } from '@ml4t/core/persist';
import {
  ExperimentRecord,
  TaskRunner,
  loadExperiment,
  prepareExperiment,
  runExperiment,
  type ExperimentEvent,
  type ExperimentResult,
  type RunHooks,
  type Task,
  type TaskExecutor,
  type TaskHooks,
} from '../../src/index.ts';
import { inFolder, smallPanel, writeCsv, writeExperiment } from '../cli-fixtures.ts';
import { fakeFamily } from '../fake-family.ts';

/** A store that is no folder. */
class MemoryStore implements ArtifactStore {
  readonly content = new Map<string, Uint8Array>();
  async has(key: string): Promise<boolean> {
    return this.content.has(key);
  }
  async get(key: string): Promise<Uint8Array> {
    const bytes = this.content.get(key);
    if (bytes) return bytes;
    throw new ArtifactError({ field: key, expected: 'an artifact', found: 'none', remedy: 'Put it there.' });
  }
  async put(key: string, bytes: Uint8Array): Promise<void> {
    this.content.set(key, bytes);
  }
  async *list(prefix = ''): AsyncGenerator<string> {
    for (const key of this.content.keys()) if (key.startsWith(prefix)) yield key;
  }
  async remove(keys: readonly string[]): Promise<void> {
    for (const key of keys) this.content.delete(key);
  }
}

/** Machines that know nothing but a store and the JSON of a task. */
class Queue implements TaskExecutor {
  readonly concurrency = 3;
  readonly sent: string[] = [];
  closed = 0;
  readonly #machines: TaskRunner[];
  readonly #fate: (task: Task, attempt: number) => void;
  readonly #attempts = new Map<string, number>();

  constructor(store: ArtifactStore, fate: (task: Task, attempt: number) => void = () => undefined) {
    this.#machines = Array.from({ length: 3 }, () => new TaskRunner({ store }));
    this.#fate = fate;
  }

  async run(task: Task, hooks: TaskHooks): Promise<void> {
    const json = JSON.stringify(task);
    this.sent.push(json);
    const attempt = (this.#attempts.get(task.key) ?? 0) + 1;
    this.#attempts.set(task.key, attempt);
    this.#fate(task, attempt);
    const machine = this.#machines[this.sent.length % this.#machines.length];
    await machine.run(JSON.parse(json) as Task, hooks);
    // Some do a task twice: they see to it that it is done at least once.
    if (this.sent.length % 4 === 0) await machine.run(JSON.parse(json) as Task, hooks);
  }

  async close(): Promise<void> {
    this.closed++;
  }
}

const models = (yaml: string): string =>
  yaml.replace(
    '  - type: ipca\n    config: { nFactors: 1 }',
    `  - { type: ipca, config: { nFactors: 1 } }
  - { type: pca, config: { nFactors: 1 } }
  - { type: ipca, name: warm, config: { nFactors: 1, warmStart: true } }
  - { type: cae, config: { nFactors: 1, nEpochs: 2, ensembleSize: 2, hiddenUnits: [2] } }
  - { type: cae, name: cae-ar1, config: { nFactors: 1, nEpochs: 2, ensembleSize: 2, hiddenUnits: [2] }, forecaster: { type: ar1 } }`,
  );

async function run(
  path: string,
  hooks: Partial<RunHooks> & Pick<RunHooks, 'store'>,
): Promise<{
  readonly result: ExperimentResult;
  readonly events: readonly ExperimentEvent[];
  readonly told: readonly string[];
}> {
  const [events, told]: [ExperimentEvent[], string[]] = [[], []];
  const prepared = await prepareExperiment(await loadExperiment(path));
  const result = await runExperiment(prepared, new ExperimentRecord(), {
    warn: () => undefined,
    tell: (message) => told.push(message),
    onEvent: (event) => events.push(event),
    ...hooks,
  });
  return { result, events, told };
}

const forecastsOf = ({ models: all }: ExperimentResult): readonly (readonly number[])[] =>
  all.map(({ outOfSample }) => [...outOfSample.columns.forecast]);
const taskEvents = (events: readonly ExperimentEvent[]) => events.filter((event) => event.kind === 'task');

function gone(): WorkerError {
  return new WorkerError({ field: 'machine', expected: 'an answer', found: 'none', remedy: 'Try again.' });
}

describe('an executor and a store from outside', () => {
  it('give the bits of a run in this process: tasks travel as JSON, panels are read where tasks say, some are done twice', async () => {
    await inFolder(async (folder) => {
      const path = await writeExperiment(folder, { text: models });
      const here = await run(path, { store: new MemoryStore(), workers: 1 });
      const store = new MemoryStore();
      const queue = new Queue(store);
      const there = await run(path, { store, executor: queue });
      expect(forecastsOf(there.result)).toEqual(forecastsOf(here.result));
      expect(queue.closed).toBe(1);
      // A fold for each model and fold but the warm one, and two members of either fold that the two ensembles share.
      expect(queue.sent).toHaveLength(3 * 4 + 1 + 3 * 2);
      expect(Math.max(...queue.sent.map((json) => json.length))).toBeLessThan(3000);
      const [plan] = there.events.filter((event) => event.kind === 'plan');
      expect(plan).toMatchObject({ concurrency: 3 });
      for (const { key } of plan.tasks) {
        const states = taskEvents(there.events).filter((event) => event.key === key);
        expect([states[0], states.at(-1)]).toMatchObject([
          { state: 'running', attempt: 1 },
          { state: 'done', attempt: 1 },
        ]);
      }
      // Members that are combined are gone; a later run finds every fold.
      expect([...store.content.keys()].every((key) => /^fold\/[0-9a-f]{64}$/.test(key))).toBe(true);
      const again = await run(path, { store, executor: () => Promise.reject(new Error('asked for nothing')) });
      expect(forecastsOf(again.result)).toEqual(forecastsOf(here.result));
    });
  });

  it('are tried again where a worker was lost, as often as they may be, and where its answer was lost as well', async () => {
    await inFolder(async (folder) => {
      const path = await writeExperiment(folder, { text: models });
      const here = await run(path, { store: new MemoryStore(), workers: 1 });
      const store = new MemoryStore();
      const lossy = new Queue(store, (_task, attempt) => {
        if (attempt < 3) throw gone();
      });
      const there = await run(path, { store, executor: lossy, attempts: 3 });
      expect(forecastsOf(there.result)).toEqual(forecastsOf(here.result));
      expect(taskEvents(there.events).filter(({ state }) => state === 'retrying')).toHaveLength(2 * 19);

      const mute = new MemoryStore();
      const answers = new Queue(mute);
      const silent: TaskExecutor = {
        concurrency: 2,
        close: () => answers.close(),
        run: async (task, hooks) => {
          await answers.run(task, hooks);
          throw gone();
        },
      };
      expect(forecastsOf((await run(path, { store: mute, executor: silent })).result)).toEqual(
        forecastsOf(here.result),
      );

      const again = new MemoryStore();
      const lost = new Queue(again, (task) => {
        if (task.model.type === 'pca') throw gone();
      });
      const failing = run(path, { store: again, executor: lost, attempts: 2 });
      await expect(failing).rejects.toMatchObject({ code: 'worker', field: 'pca fold 1: machine' });
    });
  });

  it('go on after a failure with all that does not need it, or stop at the first one', async () => {
    await inFolder(async (folder) => {
      const path = await writeExperiment(folder, { text: models });
      const failing = (task: Task): void => {
        if (task.kind === 'member' && task.member === 1 && task.fold === 1)
          throw new DataError({ field: 'returns', expected: 'a', found: 'b', remedy: 'c' });
        if (task.model.type === 'pca') throw new DataError({ field: 'pca', expected: 'a', found: 'b', remedy: 'c' });
      };
      const [events, told]: [ExperimentEvent[], string[]] = [[], []];
      const hooks = {
        onEvent: (event: ExperimentEvent) => void events.push(event),
        tell: (text: string) => void told.push(text),
      };
      const store = new MemoryStore();
      await expect(
        run(path, { store, executor: new Queue(store, failing), attempts: 3, ...hooks }),
      ).rejects.toMatchObject({
        code: 'data',
        field: 'pca fold 1: pca',
      });
      const count = (state: string): number => taskEvents(events).filter((event) => event.state === state).length;
      // What a model says of its data it would say again.
      expect([count('retrying'), count('failed'), count('skipped'), count('done')]).toEqual([0, 4, 2, 13]);
      expect(told).toEqual([expect.stringMatching(/^failed as well: cae fold 2 member 2 of 2: returns: expected a/)]);

      events.length = 0;
      const fast = new MemoryStore();
      await expect(
        run(path, { store: fast, executor: new Queue(fast, failing), failFast: true, ...hooks }),
      ).rejects.toMatchObject({ code: 'data' });
      expect(count('failed')).toBe(1);
      expect(count('stopped')).toBeGreaterThan(10);
    });
  });

  it('stop at an abort, and say of every task how it ended', async () => {
    await inFolder(async (folder) => {
      const path = await writeExperiment(folder, { text: models });
      const stop = new AbortController();
      const events: ExperimentEvent[] = [];
      const store = new MemoryStore();
      const stopping = new Queue(store, (task) => {
        if (task.kind === 'folds' && task.folds[0].fold === 1) stop.abort();
      });
      const stopped = run(path, {
        store,
        executor: stopping,
        signal: stop.signal,
        onEvent: (event) => void events.push(event),
      });
      await expect(stopped).rejects.toMatchObject({ code: 'aborted' });
      const last = new Map(taskEvents(events).map((event) => [event.key, event.state]));
      expect(last.size).toBe(19);
      expect(new Set(last.values())).toEqual(new Set(['done', 'stopped']));
    });
  });
});

describe('TaskRunner', () => {
  async function firstTask(folder: string): Promise<Task> {
    const path = await writeExperiment(folder);
    const tasks: Task[] = [];
    const taking: TaskExecutor = {
      concurrency: 1,
      run: async (task) => {
        tasks.push(task);
        throw gone();
      },
      close: async () => undefined,
    };
    await run(path, { store: new MemoryStore(), executor: taking, failFast: true }).catch(() => undefined);
    return JSON.parse(JSON.stringify(tasks[0])) as Task;
  }

  it('refuses a panel that is not, to the bit, the one that the task is about', async () => {
    await inFolder(async (folder) => {
      const task = await firstTask(folder);
      const store = new MemoryStore();
      await new TaskRunner({ store }).run(task, {});
      expect([...store.content.keys()]).toEqual([`fold/${task.key}`]);
      const rows = smallPanel().map((row, i) => (i === 30 ? { ...row, size: Number(row.size) + 1e-15 } : row));
      await writeCsv(join(folder, 'panel.csv'), rows);
      const other = new MemoryStore();
      await expect(new TaskRunner({ store: other }).run(task, {})).rejects.toMatchObject({
        code: 'data',
        expected: expect.stringContaining(task.data.fingerprint),
      });
      await writeFile(join(folder, 'panel.csv'), '');
      await expect(new TaskRunner({ store: other }).run(task, {})).rejects.toMatchObject({ code: expect.any(String) });
      expect(other.content.size).toBe(0);
    });
  });

  it.each(['@ml4t/core', '@ml4t/latent-factors', 'arithmetic'])(
    'refuses a task that was planned with another %s',
    async (name) => {
      await inFolder(async (folder) => {
        const task = await firstTask(folder);
        const store = new MemoryStore();
        const skewed = { ...task, versions: { ...task.versions, [name]: 'another' } };
        await expect(new TaskRunner({ store }).run(skewed, {})).rejects.toMatchObject({ code: 'config', field: name });
        expect(store.content.size).toBe(0);
      });
    },
  );

  it('names a member that its task needs and that is not in the store', async () => {
    await inFolder(async (folder) => {
      const task = await firstTask(folder);
      const store = new MemoryStore();
      const needy = { ...task, members: ['0'.repeat(64)] } as Task;
      const runner = new TaskRunner({ store, packages: [fakeFamily({ ensembleSize: 2 })] });
      const { arithmetic } = task.versions;
      const level = { ...needy, model: { type: 'level', config: {} }, versions: { arithmetic } };
      await expect(runner.run(level, {})).rejects.toMatchObject({
        code: 'artifact',
        field: `member/${'0'.repeat(64)}`,
      });
    });
  });
});
