import { MessageChannel, Worker, type MessagePort } from 'node:worker_threads';
import type { CrossSectionBatch, Progress } from '@ml4t/core';
import { WorkerPool } from '@ml4t/core/workers';
import type { Task } from '../experiment/task.ts';
import type { TaskExecutor, TaskHooks } from './executor.ts';
import { sharedPanel, type SharedPanel } from './shared-panel.ts';
import { errorFrom, type WorkerReply } from './worker-errors.ts';

/** What a worker is given once. */
export interface WorkerPlace {
  readonly panel: SharedPanel;
  readonly fingerprint: string;
  /** Of the store. */
  readonly folder: string;
  /** Where to look for packages. */
  readonly from: readonly string[] | undefined;
}

export interface WorkerThreadsOptions {
  readonly panel: CrossSectionBatch;
  readonly fingerprint: string;
  readonly folder: string;
  readonly threads: number;
  readonly from?: readonly string[] | undefined;
}

/** What a worker is asked. */
export interface WorkerRequest {
  readonly task: Task;
  readonly progress: MessagePort;
}

/** Tasks side by side in worker threads, which read one copy of the panel. Networks have one thread in each. */
export class WorkerThreadsExecutor implements TaskExecutor {
  readonly concurrency: number;
  readonly #pool: WorkerPool<WorkerReply>;

  constructor({ panel, fingerprint, folder, threads, from }: WorkerThreadsOptions) {
    this.concurrency = threads;
    const workerData: WorkerPlace = { panel: sharedPanel(panel), fingerprint, folder, from };
    this.#pool = new WorkerPool(
      threads,
      'ml4t run',
      // Flags of the parent that name its own input (--eval, --input-type) would stop a worker from starting.
      () => new Worker(new URL('./worker.js', import.meta.url), { workerData, execArgv: [] }),
    );
  }

  async run(task: Task, { signal, onProgress }: TaskHooks): Promise<void> {
    const { port1, port2 } = new MessageChannel();
    port1.on('message', (progress: Progress) => onProgress?.(progress));
    // Progress must not keep the process alive.
    port1.unref();
    try {
      const { error } = await this.#pool.run({ task, progress: port2 } satisfies WorkerRequest, [port2], signal);
      if (error) throw errorFrom(error);
    } finally {
      port1.close();
    }
  }

  close(): Promise<void> {
    return this.#pool.close();
  }
}
