import { AbortedError, type Progress } from '@ml4t/core';
import type { TaskExecutor } from '../executor/executor.ts';
import { neededBy, type Task } from './task.ts';

export interface ScheduleHooks {
  readonly signal?: AbortSignal | undefined;
  readonly onStart?: ((task: Task) => void) | undefined;
  readonly onProgress?: ((task: Task, progress: Progress) => void) | undefined;
  /** Called once per task, in the order of finishing, when its artifact is in the work area. */
  readonly onFinished: (task: Task) => void | Promise<void>;
  /** Called for a task that ended with an error, which it may have had after leaving its artifact: a thread is stopped anywhere. */
  readonly onStopped: (task: Task) => Promise<void>;
  /** What to make of the error of a task. */
  readonly explain: (task: Task, error: unknown) => unknown;
}

/**
 * Gives tasks to the executor, as many at a time as it takes, each once those that it needs are done. Artifacts that
 * no task here makes are there already. After the first failure nothing new is started and what runs is stopped; what
 * finished tasks left stays in the work area.
 */
export async function runTasks(tasks: readonly Task[], executor: TaskExecutor, hooks: ScheduleHooks): Promise<void> {
  const stop = new AbortController();
  const signal = hooks.signal ? AbortSignal.any([hooks.signal, stop.signal]) : stop.signal;
  const waiting = [...tasks];
  const unfinished = new Set(tasks.map(({ key }) => key));
  let failure: { readonly error: unknown } | undefined;
  let idle: (() => void)[] = [];
  const wake = (): void => {
    const lanes = idle;
    idle = [];
    for (const resume of lanes) resume();
  };
  const next = (): Task | undefined => {
    const isReady = (task: Task): boolean => neededBy(task).every((key) => !unfinished.has(key));
    // First what uses artifacts up, so that few of them are on disk at a time.
    const using = waiting.findIndex((task) => neededBy(task).length > 0 && isReady(task));
    const at = using < 0 ? waiting.findIndex(isReady) : using;
    return at < 0 ? undefined : waiting.splice(at, 1)[0];
  };
  const run = async (task: Task): Promise<void> => {
    try {
      hooks.onStart?.(task);
      await executor.run(task, { signal, onProgress: (progress) => hooks.onProgress?.(task, progress) });
      await hooks.onFinished(task);
      unfinished.delete(task.key);
    } catch (error) {
      // The first error is the one to report: the others are its consequence.
      failure ??= { error: hooks.explain(task, error) };
      stop.abort();
      await hooks.onStopped(task);
    }
    wake();
  };
  const lane = async (): Promise<void> => {
    while (waiting.length > 0 && !signal.aborted) {
      const task = next();
      if (task) await run(task);
      // What is waiting needs something that another lane is doing.
      else await new Promise<void>((resolve) => idle.push(resolve));
    }
  };
  await Promise.all(Array.from({ length: Math.min(executor.concurrency, tasks.length) }, lane));
  if (failure) throw failure.error;
  if (hooks.signal?.aborted) throw new AbortedError('ml4t run', hooks.signal.reason);
}
