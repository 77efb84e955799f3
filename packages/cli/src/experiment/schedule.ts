import { AbortedError, ArtifactError, Ml4tError } from '@ml4t/core';
import type { TaskExecutor } from '../executor/executor.ts';
import type { TaskEvent } from './events.ts';
import { neededBy, type Task } from './task.ts';

export interface ScheduleOptions {
  readonly signal?: AbortSignal | undefined;
  /** How often a task is tried whose worker, or whose store, was lost. What a model says of its data it would say again. */
  readonly attempts: number;
  /** Nothing new is started after the first failure, and what runs is stopped. */
  readonly failFast: boolean;
  readonly onEvent: (event: TaskEvent) => void;
  /** Takes what a task has left in the store; false when there is nothing. Called once more for a task that ended with an error. */
  readonly keep: (task: Task) => Promise<boolean>;
  /** What to make of the error of a task. */
  readonly explain: (task: Task, error: unknown) => unknown;
}

/** A task that failed, and why. */
export interface TaskFailure {
  readonly task: Task;
  readonly error: unknown;
}

/**
 * Gives tasks to the executor, as many at a time as it takes, each once those that it needs are done. Artifacts that no task here makes
 * are there already. A task that fails leaves the others to go on, but for those that need it.
 *
 * @returns the failures, in the order of the tasks
 * @throws AbortedError
 */
export async function runTasks(
  tasks: readonly Task[],
  executor: TaskExecutor,
  options: ScheduleOptions,
): Promise<TaskFailure[]> {
  const schedule = new Schedule(tasks, executor, options);
  const failures = await schedule.run();
  if (options.signal?.aborted) throw new AbortedError('ml4t run', options.signal.reason);
  return failures;
}

class Schedule {
  readonly #executor: TaskExecutor;
  readonly #options: ScheduleOptions;
  readonly #tasks: readonly Task[];
  readonly #stop = new AbortController();
  readonly #signal: AbortSignal;
  readonly #failures = new Map<Task, unknown>();
  #waiting: Task[];
  /** Keys of tasks that are not done. */
  readonly #unfinished: Set<string>;
  #idle: (() => void)[] = [];

  constructor(tasks: readonly Task[], executor: TaskExecutor, options: ScheduleOptions) {
    this.#tasks = tasks;
    this.#executor = executor;
    this.#options = options;
    this.#waiting = [...tasks];
    this.#unfinished = new Set(tasks.map(({ key }) => key));
    this.#signal = options.signal ? AbortSignal.any([options.signal, this.#stop.signal]) : this.#stop.signal;
  }

  async run(): Promise<TaskFailure[]> {
    const lanes = Math.min(this.#executor.concurrency, this.#tasks.length);
    await Promise.all(Array.from({ length: lanes }, () => this.#lane()));
    for (const task of this.#waiting) this.#tell(task, 'stopped', 0);
    return this.#tasks.flatMap((task) => (this.#failures.has(task) ? [{ task, error: this.#failures.get(task) }] : []));
  }

  async #lane(): Promise<void> {
    while (this.#waiting.length > 0 && !this.#signal.aborted) {
      const task = this.#next();
      if (task) await this.#do(task);
      // What is waiting needs something that another lane is doing.
      else await new Promise<void>((resolve) => this.#idle.push(resolve));
    }
  }

  #next(): Task | undefined {
    const isReady = (task: Task): boolean => neededBy(task).every((key) => !this.#unfinished.has(key));
    // First what uses artifacts up, so that few of them are in the store at a time.
    const using = this.#waiting.findIndex((task) => neededBy(task).length > 0 && isReady(task));
    const at = using < 0 ? this.#waiting.findIndex(isReady) : using;
    return at < 0 ? undefined : this.#waiting.splice(at, 1)[0];
  }

  async #do(task: Task): Promise<void> {
    for (let attempt = 1; ; attempt++)
      try {
        await this.#attempt(task, attempt);
        break;
      } catch (error) {
        // Whoever did it may be lost after leaving its artifact: a thread is stopped anywhere, and so is a message.
        if (await this.#options.keep(task)) {
          this.#finished(task, attempt);
          break;
        }
        if (attempt >= this.#options.attempts || this.#signal.aborted || !mayHelpToRetry(error)) {
          this.#failed(task, attempt, error);
          break;
        }
        this.#tell(task, 'retrying', attempt, { error });
      }
    const lanes = this.#idle;
    this.#idle = [];
    for (const resume of lanes) resume();
  }

  async #attempt(task: Task, attempt: number): Promise<void> {
    this.#tell(task, 'running', attempt);
    await this.#executor.run(task, {
      signal: this.#signal,
      onProgress: (progress) => this.#tell(task, 'running', attempt, { progress }),
    });
    if (!(await this.#options.keep(task))) throw leftNothing(task);
    this.#finished(task, attempt);
  }

  #finished(task: Task, attempt: number): void {
    this.#unfinished.delete(task.key);
    this.#tell(task, 'done', attempt);
  }

  #failed(task: Task, attempt: number, error: unknown): void {
    // Of a run that is stopping, the errors of what was stopped are its consequence.
    if (this.#signal.aborted) return this.#tell(task, 'stopped', attempt);
    const explained = this.#options.explain(task, error);
    this.#failures.set(task, explained);
    this.#tell(task, 'failed', attempt, { error: explained });
    if (this.#options.failFast || error instanceof AbortedError) this.#stop.abort();
    this.#skipUsersOf(task.key);
  }

  /** What needs an artifact that will not come. */
  #skipUsersOf(key: string): void {
    const skipped = this.#waiting.filter((task) => neededBy(task).includes(key));
    this.#waiting = this.#waiting.filter((task) => !skipped.includes(task));
    for (const task of skipped) this.#tell(task, 'skipped', 0);
  }

  #tell({ key }: Task, state: TaskEvent['state'], attempt: number, more: Partial<TaskEvent> = {}): void {
    this.#options.onEvent({ kind: 'task', key, state, attempt, ...more });
  }
}

/** Whether the error is about who did the task and where, rather than about the task. */
function mayHelpToRetry(error: unknown): boolean {
  return error instanceof Ml4tError && ['worker', 'output', 'artifact'].includes(error.code);
}

function leftNothing({ key }: Task): ArtifactError {
  return new ArtifactError({
    field: `artifact ${key}`,
    expected: 'what the task has just left in the store',
    found: 'nothing, or a damaged artifact',
    remedy: 'Leave the store alone while a run goes on, and look whether the disk is full.',
  });
}
