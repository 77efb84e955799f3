import { MessageChannel } from 'node:worker_threads';
import { AbortedError, type CrossSectionBatch, type Progress } from '@ml4t/core';
import { Tinypool } from 'tinypool';
import { unpackOutcomes, type PackedOutcomes } from '../experiment/fold-outcome.ts';
import type { FoldOutcome, FoldTask } from '../experiment/fold-task.ts';
import type { TaskExecutor, TaskHooks } from './executor.ts';
import { sharedPanel } from './shared-panel.ts';
import { errorFrom, type WorkerReply } from './worker-errors.ts';

/** Tasks side by side in worker threads, which read one copy of the panel. Networks have one thread in each. */
export class WorkerThreadsExecutor implements TaskExecutor {
  readonly concurrency: number;
  private readonly pool: Tinypool;

  constructor(panel: CrossSectionBatch, threads: number) {
    this.concurrency = threads;
    this.pool = new Tinypool({
      filename: new URL('./worker.js', import.meta.url).href,
      runtime: 'worker_threads',
      minThreads: threads,
      maxThreads: threads,
      workerData: sharedPanel(panel),
      // Flags of the parent that name its own input (--eval, --input-type) would stop a worker from starting.
      execArgv: [],
    });
  }

  async run(task: FoldTask, { signal, onProgress }: TaskHooks): Promise<readonly FoldOutcome[]> {
    const { port1, port2 } = new MessageChannel();
    port1.on('message', (progress: Progress) => onProgress?.(progress));
    // Progress must not keep the process alive.
    port1.unref();
    try {
      const reply = (await this.pool.run(
        { task, progress: port2 },
        { transferList: [port2], ...(signal ? { signal } : {}) },
      )) as WorkerReply<PackedOutcomes>;
      if ('error' in reply) throw errorFrom(reply.error);
      return unpackOutcomes(reply.value);
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
