import type { Task } from '../experiment/task.ts';
import type { TaskExecutor, TaskHooks } from './executor.ts';
import type { TaskRunner } from './task-runner.ts';

/** One task at a time, here: models have all processors to themselves. */
export class InProcessExecutor implements TaskExecutor {
  readonly concurrency = 1;
  readonly #runner: TaskRunner;

  constructor(runner: TaskRunner) {
    this.#runner = runner;
  }

  async run(task: Task, hooks: TaskHooks): Promise<void> {
    // A turn of the event loop: a signal handler of the process (Ctrl-C) cannot run while promises alone are pending.
    await new Promise((resolve) => setTimeout(resolve, 0));
    await this.#runner.run(task, hooks);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
