import type { CrossSectionBatch } from '@ml4t/core';
import type { FamilyPackage } from '../families/family.ts';
import type { FoldOutcome, FoldTask } from '../experiment/fold-task.ts';
import type { TaskExecutor, TaskHooks } from './executor.ts';
import { FoldRunner } from './fold-runner.ts';

/** One task at a time, here: models have all processors to themselves. */
export class InProcessExecutor implements TaskExecutor {
  readonly concurrency = 1;
  private readonly runner: FoldRunner;

  constructor(panel: CrossSectionBatch, packages?: readonly FamilyPackage[]) {
    this.runner = new FoldRunner(panel, packages);
  }

  async run(task: FoldTask, hooks: TaskHooks): Promise<readonly FoldOutcome[]> {
    // A turn of the event loop: a signal handler of the process (Ctrl-C) cannot run while promises alone are pending.
    await new Promise((resolve) => setTimeout(resolve, 0));
    return this.runner.run(task, hooks);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
