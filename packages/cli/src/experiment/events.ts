import type { Progress } from '@ml4t/core';

/** Where a task stands. */
export interface TaskEvent {
  readonly kind: 'task';
  /** Of the task. */
  readonly key: string;
  /**
   * `running`: an attempt began, or is getting on. `done`: its artifact is in the store. `retrying`: an attempt was lost and
   * another will follow. `failed`: no other will. `skipped`: what it needs has failed. `stopped`: somebody asked for an end.
   */
  readonly state: 'running' | 'done' | 'retrying' | 'failed' | 'skipped' | 'stopped';
  /** From 1; 0 of a task that was never begun. */
  readonly attempt: number;
  /** Of a running task that says how far it is. */
  readonly progress?: Progress | undefined;
  /** Of a task that failed, or is tried again. */
  readonly error?: unknown;
}

/** A task that is to be done. */
export interface PlannedTask {
  readonly key: string;
  /** `cae fold 3`. */
  readonly label: string;
  /** Tasks of one group take about as long as each other. */
  readonly group: string;
}

/** What happens in a run, as plain data: for a display, a log, or somebody on another machine. */
export type ExperimentEvent =
  /** Work that is not counted in tasks: reading, writing. */
  | { readonly kind: 'note'; readonly text: string }
  /** The tasks to come, and how many are done at a time. */
  | { readonly kind: 'plan'; readonly tasks: readonly PlannedTask[]; readonly concurrency: number }
  | TaskEvent;
