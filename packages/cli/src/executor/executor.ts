import type { Progress } from '@ml4t/core';
import type { FoldOutcome, FoldTask } from '../experiment/fold-task.ts';

export interface TaskHooks {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: Progress) => void) | undefined;
}

/**
 * Does tasks somewhere: in this process or in worker threads. Equal tasks give equal bits wherever they are done.
 * A task is plain JSON, so that a queue over several machines can be one more implementation.
 */
export interface TaskExecutor {
  /** How many tasks to give it at a time. */
  readonly concurrency: number;
  /** Throws what the model throws; AbortedError when the signal fires. */
  run(task: FoldTask, hooks: TaskHooks): Promise<readonly FoldOutcome[]>;
  close(): Promise<void>;
}
