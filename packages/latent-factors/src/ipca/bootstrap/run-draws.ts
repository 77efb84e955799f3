import { availableParallelism } from 'node:os';
import { setImmediate } from 'node:timers/promises';
import type { RunOptions } from '@ml4t/core';
import { throwIfAborted } from '@ml4t/core/authoring';
import { BootstrapDraws, type BootstrapTask } from './draws.ts';

export interface DrawOptions extends RunOptions<'bootstrap'> {
  /** Number of draws. */
  readonly draws: number;
  /** Worker threads; the machine's own parallelism where absent. The numbers do not depend on it. */
  readonly threads?: number | undefined;
}

/** Draws made before the next look at the signal. */
const CHUNK = 8;

/** The statistics of draws 0 … draws - 1, in order, over worker threads where there are several. */
export async function runDraws(task: BootstrapTask, options: DrawOptions): Promise<Float64Array> {
  const threads = Math.max(1, Math.floor(options.threads ?? availableParallelism()));
  const chunks = Array.from({ length: Math.ceil(options.draws / CHUNK) }, (_, c) => ({
    from: c * CHUNK,
    to: Math.min((c + 1) * CHUNK, options.draws),
  }));
  const out = new Float64Array(options.draws);
  let finished = 0;
  const finish = (from: number, statistics: readonly number[]): void => {
    out.set(statistics, from);
    finished += statistics.length;
    options.onProgress?.({ phase: 'bootstrap', unit: 'draw', step: finished, total: options.draws });
  };
  throwIfAborted(options.signal, 'bootstrap');
  // TypeScript sources cannot be loaded by a worker of every supported Node, so they run here; the package's do not.
  if (threads === 1 || import.meta.url.endsWith('.ts')) {
    const draws = new BootstrapDraws(task);
    for (const { from, to } of chunks) {
      throwIfAborted(options.signal, 'bootstrap');
      finish(
        from,
        Array.from({ length: to - from }, (_, i) => draws.statistic(from + i)),
      );
      await setImmediate();
    }
    return out;
  }
  const [{ Worker }, { WorkerPool }] = await Promise.all([import('node:worker_threads'), import('@ml4t/core/workers')]);
  const workerData = sharedTask(task);
  const pool = new WorkerPool<readonly number[]>(
    Math.min(threads, chunks.length),
    'bootstrap',
    // Flags of the parent that name its own input (--eval, --input-type) would stop a worker from starting.
    () => new Worker(new URL('./worker.js', import.meta.url), { workerData, execArgv: [] }),
  );
  try {
    await Promise.all(
      chunks.map(async (range) => {
        finish(range.from, await pool.run(range, [], options.signal));
      }),
    );
    return out;
  } finally {
    await pool.close();
  }
}

/** The task with its arrays in shared memory: workers read one copy. */
function sharedTask(task: BootstrapTask): BootstrapTask {
  const share = <A extends Float64Array | Int32Array>(array: A): A => {
    const Type = array.constructor as new (buffer: SharedArrayBuffer) => A;
    const copy = new Type(new SharedArrayBuffer(array.byteLength));
    copy.set(array);
    return copy;
  };
  const { statistics, given } = task;
  return {
    ...task,
    statistics: { ...statistics, crossProducts: share(statistics.crossProducts), counts: share(statistics.counts) },
    given: { ...given, values: share(given.values) },
    explained: share(task.explained),
    residuals: share(task.residuals),
    residualSizes: share(task.residualSizes),
  };
}
