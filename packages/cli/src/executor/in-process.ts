import type { CrossSectionBatch } from '@ml4t/core';
import type { FamilyPackage } from '../families/family.ts';
import type { Task } from '../experiment/task.ts';
import type { WorkArea } from '../experiment/work-area.ts';
import type { TaskExecutor, TaskHooks } from './executor.ts';
import { TaskRunner } from './task-runner.ts';

/** One task at a time, here: models have all processors to themselves. */
export class InProcessExecutor implements TaskExecutor {
  readonly concurrency = 1;
  private readonly runner: TaskRunner;

  constructor(panel: CrossSectionBatch, work: WorkArea, packages?: readonly FamilyPackage[]) {
    this.runner = new TaskRunner(panel, work, packages);
  }

  async run(task: Task, hooks: TaskHooks): Promise<void> {
    // A turn of the event loop: a signal handler of the process (Ctrl-C) cannot run while promises alone are pending.
    await new Promise((resolve) => setTimeout(resolve, 0));
    await this.runner.run(task, hooks);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
