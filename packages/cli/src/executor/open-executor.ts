import { availableParallelism } from 'node:os';
import { FolderStore } from '@ml4t/core/persist';
import type { ExecutorPlace, TaskExecutor } from './executor.ts';
import { InProcessExecutor } from './in-process.ts';
import { knownPanel } from './panels.ts';
import { TaskRunner, type FamilySource } from './task-runner.ts';

export interface LocalExecutorOptions extends FamilySource {
  /** Worker threads; the processors at hand where absent. One, or one task, runs in this process. */
  readonly workers?: number | undefined;
}

/**
 * The executor of a run on this machine. Families that a caller brings are functions, and so is a store that is no folder: no thread can
 * be given these. TypeScript sources load in no worker.
 */
export async function openLocalExecutor(place: ExecutorPlace, options: LocalExecutorOptions): Promise<TaskExecutor> {
  const { store, panel, fingerprint, nTasks } = place;
  const threads = Math.min(options.workers ?? availableParallelism(), nTasks);
  if (threads <= 1 || options.packages || import.meta.url.endsWith('.ts') || !(store instanceof FolderStore))
    return new InProcessExecutor(new TaskRunner({ store, panelFor: knownPanel(panel, fingerprint), ...options }));
  const { WorkerThreadsExecutor } = await import('./worker-threads.ts');
  return new WorkerThreadsExecutor({ panel, fingerprint, folder: store.folder, threads, from: options.from });
}
