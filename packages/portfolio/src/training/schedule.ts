import { keeps, scheduleOf } from '@ml4t/core/ensemble';
import { miniBatches, type Schedule } from '@ml4t/core/train';
import { CounterRandom } from '@ml4t/core/nn';
import type { PortfolioConfig } from '../config.ts';

type ScheduleConfig = Omit<PortfolioConfig, 'annualizationFactor'>;

/** Steps of the optimizer after which there is an evaluation or a checkpoint: the last steps of stretches of training. */
export function stretches(config: ScheduleConfig): number[] {
  const { nSteps, evalEvery } = config;
  const steps = Array.from({ length: nSteps }, (_, i) => i + 1);
  return steps.filter((step) => step === nSteps || step % evalEvery === 0 || keeps(config, step));
}

/**
 * The factor on the learning rate in each stretch, from its first step. What are epochs to a schedule are the steps between
 * evaluations, so that the grid of checkpoints has no part in it.
 */
export function rateOfStretch(config: ScheduleConfig, ends: readonly number[]): Schedule {
  const { nSteps, evalEvery } = config;
  const factor = scheduleOf(config);
  return (stretch) => {
    const before = stretch > 1 ? ends[stretch - 2] : 0;
    return factor(Math.floor(before / evalEvery) + 1, Math.ceil(nSteps / evalEvery));
  };
}

/**
 * Mini-batches of windows without end: every pass takes all windows once in a new random order. Chained windows come in runs of
 * consecutive windows, and it is the runs whose order is random.
 */
export function* windowBatches(
  nWindows: number,
  { batchSize, holdings, seed }: Pick<PortfolioConfig, 'batchSize' | 'holdings' | 'seed'>,
): Batches {
  const root = new CounterRandom(seed).fork('windows');
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
