import { miniBatches } from '@ml4t/core/train';
import { Generator } from '@ml4t/core/nn';
import type { PortfolioConfig } from '../config.ts';

type ScheduleConfig = Pick<PortfolioConfig, 'maxIters' | 'evalEvery' | 'checkpointEvery' | 'checkpointSteps'>;

/** Steps of the optimizer after which there is an evaluation or a checkpoint: the last steps of stretches of training. */
export function stretches({ maxIters, evalEvery, checkpointEvery, checkpointSteps }: ScheduleConfig): number[] {
  const ends = new Set([maxIters, ...checkpointSteps.filter((step) => step <= maxIters)]);
  for (const every of [evalEvery, ...(checkpointEvery === null || checkpointSteps.length > 0 ? [] : [checkpointEvery])])
    for (let step = every; step <= maxIters; step += every) ends.add(step);
  return [...ends].sort((a, b) => a - b);
}

/** Whether the grid or the list asks for a step. */
export function keepsStep(
  { checkpointEvery, checkpointSteps }: Pick<ScheduleConfig, 'checkpointEvery' | 'checkpointSteps'>,
  step: number,
): boolean {
  if (checkpointSteps.length > 0) return checkpointSteps.includes(step);
  return checkpointEvery !== null && step % checkpointEvery === 0;
}

/**
 * Mini-batches of windows without end: every pass takes all windows once in a new random order. Chained windows come in runs of
 * consecutive windows, and it is the runs whose order is random.
 */
export function* windowBatches(
  nWindows: number,
  { batchSize, holdings, seed }: Pick<PortfolioConfig, 'batchSize' | 'holdings' | 'seed'>,
): Batches {
  const root = new Generator(seed).fork('windows');
  for (let pass = 0; ; pass++) {
    const generator = root.fork(pass);
    if (holdings === 'window') yield* miniBatches(nWindows, batchSize, generator);
    else {
      const runs = Math.ceil(nWindows / batchSize);
      for (const run of generator.permutation(runs)) {
        const [from, to] = [run, run + 1].map((r) => Math.floor((r * nWindows) / runs));
        yield Int32Array.from({ length: to - from }, (_, i) => from + i);
      }
    }
  }
}

type Batches = IterableIterator<Int32Array>;
