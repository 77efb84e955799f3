// Runs in a worker thread: keeps one task's problem loaded and makes whatever draws it is asked for.
import { workerData } from 'node:worker_threads';
import { BootstrapDraws, type BootstrapTask } from './draws.ts';

let draws: BootstrapDraws | undefined;

export default function statistics(range: { readonly from: number; readonly to: number }): number[] {
  // tinypool hands its own data first and the caller's second.
  draws ??= new BootstrapDraws((workerData as [unknown, BootstrapTask])[1]);
  const made = draws;
  return Array.from({ length: range.to - range.from }, (_, i) => made.statistic(range.from + i));
}
