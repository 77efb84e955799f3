import { MessageChannel } from 'node:worker_threads';
import { AbortedError, type CrossSectionBatch, type Progress } from '@ml4t/core';
import { Tinypool } from 'tinypool';
import type { Task } from '../experiment/task.ts';
import type { WorkArea } from '../experiment/work-area.ts';
import type { TaskExecutor, TaskHooks } from './executor.ts';
import { sharedPanel, type SharedPanel } from './shared-panel.ts';
import { errorFrom, type WorkerReply } from './worker-errors.ts';

/** What a worker is given once. */
export interface WorkerPlace {
  readonly panel: SharedPanel;
  /** Of the work area. */
  readonly folder: string;
}

/** Tasks side by side in worker threads, which read one copy of the panel. Networks have one thread in each. */
export class WorkerThreadsExecutor implements TaskExecutor {
  readonly concurrency: number;
  private readonly pool: Tinypool;

  constructor(panel: CrossSectionBatch, work: WorkArea, threads: number) {
    this.concurrency = threads;
    this.pool = new Tinypool({
      filename: new URL('./worker.js', import.meta.url).href,
      runtime: 'worker_threads',
      minThreads: threads,
      maxThreads: threads,
      workerData: { panel: sharedPanel(panel), folder: work.folder } satisfies WorkerPlace,
      // Flags of the parent that name its own input (--eval, --input-type) would stop a worker from starting.
      execArgv: [],
    });
  }

  async run(task: Task, { signal, onProgress }: TaskHooks): Promise<void> {
    const { port1, port2 } = new MessageChannel();
    port1.on('message', (progress: Progress) => onProgress?.(progress));
    // Progress must not keep the process alive.
    port1.unref();
    try {
      const reply = (await this.pool.run(
        { task, progress: port2 },
        { transferList: [port2], ...(signal ? { signal } : {}) },
      )) as WorkerReply;
      if (reply.error) throw errorFrom(reply.error);
    } catch (error) {
      throw signal?.aborted ? new AbortedError('ml4t run', signal.reason) : error;
    } finally {
      port1.close();
    }
  }

  async close(): Promise<void> {
    await this.pool.destroy();
  }
}
