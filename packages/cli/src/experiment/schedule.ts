import { AbortedError, type Progress } from '@ml4t/core';
import type { TaskExecutor } from '../executor/executor.ts';
import type { FoldOutcome, FoldTask } from './fold-task.ts';
import type { WorkArea } from './work-area.ts';

export interface ScheduleHooks {
  readonly signal?: AbortSignal | undefined;
  readonly onStart?: ((task: FoldTask) => void) | undefined;
  readonly onProgress?: ((task: FoldTask, progress: Progress) => void) | undefined;
  /** Called once per task, in the order of finishing, after its outcomes are on disk. */
  readonly onFinished: (task: FoldTask, outcomes: readonly FoldOutcome[]) => void;
}

/**
 * Gives tasks to the executor, as many at a time as it takes, and keeps what each leaves before the next one starts. After the
 * first failure nothing new is started and what runs is stopped; finished tasks stay in the work area.
 */
export async function runTasks(
  tasks: readonly FoldTask[],
  executor: TaskExecutor,
  work: WorkArea,
  hooks: ScheduleHooks,
): Promise<void> {
  const stop = new AbortController();
  const signal = hooks.signal ? AbortSignal.any([hooks.signal, stop.signal]) : stop.signal;
  const queue = tasks.values();
  let failure: { readonly error: unknown } | undefined;
  const lane = async (): Promise<void> => {
    for (const task of queue) {
      if (signal.aborted) return;
      try {
        hooks.onStart?.(task);
        const outcomes = await executor.run(task, {
          signal,
          onProgress: (progress) => hooks.onProgress?.(task, progress),
        });
        await work.write(task, outcomes);
        hooks.onFinished(task, outcomes);
      } catch (error) {
        // The first error is the one to report: the others are its consequence.
        failure ??= { error };
        stop.abort();
        return;
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(executor.concurrency, tasks.length) }, lane));
  if (failure) throw failure.error;
  if (hooks.signal?.aborted) throw new AbortedError('ml4t run', hooks.signal.reason);
}
