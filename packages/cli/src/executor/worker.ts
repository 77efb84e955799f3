// Runs in a worker thread: keeps the panel and does whatever tasks it is given.
import { workerData, type MessagePort } from 'node:worker_threads';
import type { Progress } from '@ml4t/core';
import type { Task } from '../experiment/task.ts';
import { WorkArea } from '../experiment/work-area.ts';
import { panelFrom } from './shared-panel.ts';
import { TaskRunner } from './task-runner.ts';
import { plainError, type WorkerReply } from './worker-errors.ts';
import type { WorkerPlace } from './worker-threads.ts';

let runner: TaskRunner | undefined;

export default async function runTask(request: {
  readonly task: Task;
  readonly progress: MessagePort;
}): Promise<WorkerReply> {
  // tinypool hands its own data first and the caller's second.
  const [, place] = workerData as [unknown, WorkerPlace];
  runner ??= new TaskRunner(panelFrom(place.panel), new WorkArea(place.folder));
  let lastSent = 0;
  const onProgress = (progress: Progress): void => {
    // A network may report thousands of steps a second; a person reads ten.
    if (performance.now() - lastSent < 100) return;
    lastSent = performance.now();
    request.progress.postMessage(progress);
  };
  try {
    await runner.run(request.task, { onProgress });
    return {};
  } catch (error) {
    return { error: plainError(error) };
  } finally {
    request.progress.close();
  }
}
