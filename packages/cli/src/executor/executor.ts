import type { Progress } from '@ml4t/core';
import type { Task } from '../experiment/task.ts';

export interface TaskHooks {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: Progress) => void) | undefined;
}

/**
 * Does tasks somewhere: in this process or in worker threads. Equal tasks give equal bits wherever they are done.
 *
 * A task is plain JSON, and what goes into it and comes out of it are artifacts in the work area, found by key. So a queue over
 * several machines is one more implementation: it sends the JSON, and the machine that takes it reads the panel where the task says
 * (and checks its fingerprint), gets the artifacts that the task needs, and leaves one under the task's key.
 */
export interface TaskExecutor {
  /** How many tasks to give it at a time. */
  readonly concurrency: number;
  /**
   * Does a task whose needed artifacts are in the work area, and leaves its own there before it returns.
   * Throws what the model throws; AbortedError when the signal fires.
   */
  run(task: Task, hooks: TaskHooks): Promise<void>;
  close(): Promise<void>;
}
