import { simulateNonlinearSignalPanel } from '@ml4t/core/simulate';
import type { CrossSectionBatch } from '@ml4t/core';
import type { SAEConfigInput } from '../src/sae/config.ts';

/** A configuration that trains in a blink. */
export const small: SAEConfigInput = {
  bottleneckDim: 4,
  auxHiddenDim: 4,
  mainHiddenUnits: [8, 6],
  mainDropout: 0.1,
  nEpochs: 4,
  batchSize: 64,
  threads: 1,
};

export function smallPanel(seed: number, options: { nDates?: number; nAssets?: number } = {}): CrossSectionBatch {
  const { nDates = 12, nAssets = 20 } = options;
  return simulateNonlinearSignalPanel({ seed, nDates, nAssets, nCharacteristics: 5, correlation: 0.5 }).batch;
}

/** The same batch with other characteristics or returns; the originals stay as they are. */
export function edited(
  batch: CrossSectionBatch,
  change: (columns: { characteristics: Float64Array; returns: Float64Array }) => void,
): CrossSectionBatch {
  const characteristics = Float64Array.from(batch.characteristics);
  const returns = batch.requireReturns('this test').slice();
  change({ characteristics, returns });
  return batch.withCharacteristics(characteristics).withReturns(returns);
}
