import type { CrossSectionBatch, Progress } from '@ml4t/core';
import type { ArtifactStore } from '@ml4t/core/persist';
import type { Task } from '../experiment/task.ts';

export interface TaskHooks {
  /** Stops the task; what it has not put into the store is lost. */
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: Progress) => void) | undefined;
}

/**
 * Does tasks somewhere: in this process, in worker threads, on other machines. Equal tasks give equal bits wherever they are done.
 *
 * A task is plain JSON, and what goes into it and comes out of it are artifacts in the store, found by key. So a queue over
 * several machines is one more implementation: it sends the JSON, and the machine that takes it has a `TaskRunner` over the same store,
 * which reads the panel where the task says (and checks its fingerprint), gets the artifacts that the task needs, and leaves one
 * under the task's key.
 */
export interface TaskExecutor {
  /** How many tasks to give it at a time. */
  readonly concurrency: number;
  /**
   * Does a task whose needed artifacts are in the store, and leaves its own there before it returns.
   * Throws what the model throws; WorkerError when whoever did it is gone; AbortedError when the signal fires.
   */
  run(task: Task, hooks: TaskHooks): Promise<void>;
  /** Called once, when no task will follow. */
  close(): Promise<void>;
}

/** What an executor may need to know before its first task. */
export interface ExecutorPlace {
  readonly store: ArtifactStore;
  /** The preprocessed panel of all tasks. */
  readonly panel: CrossSectionBatch;
  /** SHA-256 of the panel, as tasks name it. */
  readonly fingerprint: string;
  /** How many tasks are to come. */
  readonly nTasks: number;
}

/** Makes the executor of a run, once it is known what there is to do. */
export type OpenExecutor = (place: ExecutorPlace) => TaskExecutor | Promise<TaskExecutor>;
