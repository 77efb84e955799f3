// Runs in a worker thread: keeps one task's problem loaded and makes whatever draws it is asked for.
import { parentPort, workerData } from 'node:worker_threads';
import { BootstrapDraws, type BootstrapTask } from './draws.ts';

let draws: BootstrapDraws | undefined;

parentPort?.on('message', ({ from, to }: { readonly from: number; readonly to: number }) => {
  draws ??= new BootstrapDraws(workerData as BootstrapTask);
  const made = draws;
  parentPort?.postMessage(Array.from({ length: to - from }, (_, i) => made.statistic(from + i)));
});
