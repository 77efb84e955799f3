// Runs in a worker thread: keeps the panel and does whatever tasks it is given.
import { workerData, type MessagePort } from 'node:worker_threads';
import type { Progress } from '@ml4t/core';
import { packOutcomes, type PackedOutcomes } from '../experiment/fold-outcome.ts';
import type { FoldTask } from '../experiment/fold-task.ts';
import { FoldRunner } from './fold-runner.ts';
import { panelFrom, type SharedPanel } from './shared-panel.ts';
import { plainError, type WorkerReply } from './worker-errors.ts';

let runner: FoldRunner | undefined;

export default async function runTask(request: {
  readonly task: FoldTask;
  readonly progress: MessagePort;
}): Promise<WorkerReply<PackedOutcomes>> {
  // tinypool hands its own data first and the caller's second.
  runner ??= new FoldRunner(panelFrom((workerData as [unknown, SharedPanel])[1]));
  let lastSent = 0;
  const onProgress = (progress: Progress): void => {
    // A network may report thousands of steps a second; a person reads ten.
    if (performance.now() - lastSent < 100) return;
    lastSent = performance.now();
    request.progress.postMessage(progress);
  };
  try {
    return { value: packOutcomes(await runner.run(request.task, { onProgress })) };
  } catch (error) {
    return { error: plainError(error) };
  } finally {
    request.progress.close();
  }
}
