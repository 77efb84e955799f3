// Runs in a worker thread: keeps the panel and does whatever tasks it is given.
import { parentPort, workerData } from 'node:worker_threads';
import type { Progress } from '@ml4t/core';
import { FolderStore } from '@ml4t/core/persist';
import { knownPanel } from './panels.ts';
import { panelFrom } from './shared-panel.ts';
import { TaskRunner } from './task-runner.ts';
import { plainError, type WorkerReply } from './worker-errors.ts';
import type { WorkerPlace, WorkerRequest } from './worker-threads.ts';

const place = workerData as WorkerPlace;
let runner: TaskRunner | undefined;

parentPort?.on('message', (request: WorkerRequest) => {
  // What is thrown here instead of answered ends the thread, and the pool says so.
  void answer(request).then((reply) => parentPort?.postMessage(reply));
});

async function answer({ task, progress: port }: WorkerRequest): Promise<WorkerReply> {
  let lastSent = 0;
  const onProgress = (progress: Progress): void => {
    // A network may report thousands of steps a second; a person reads ten.
    if (performance.now() - lastSent < 100) return;
    lastSent = performance.now();
    port.postMessage(progress);
  };
  try {
    runner ??= new TaskRunner({
      store: new FolderStore(place.folder),
      panelFor: knownPanel(panelFrom(place.panel), place.fingerprint),
      from: place.from,
    });
    await runner.run(task, { onProgress });
    return {};
  } catch (error) {
    return { error: plainError(error) };
  } finally {
    port.close();
  }
}
