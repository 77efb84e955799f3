import type { CrossSectionBatch } from '@ml4t/core';
import { simulateConditionalFactorPanel, type ConditionalFactorPanel } from '@ml4t/core/simulate';
import type { CAEConfigInput } from '../../src/index.ts';

/** A small panel of the conditional design: 30 dates x 40 assets x 5 characteristics, three of which matter. */
export function smallPanel(seed: number, missingShare = 0): ConditionalFactorPanel {
  return simulateConditionalFactorPanel({ seed, nDates: 30, nAssets: 40, nCharacteristics: 5, missingShare });
}

/** Every seventh characteristic row has a gap, every fifth return is missing. */
export function withGaps(batch: CrossSectionBatch): CrossSectionBatch {
  const p = batch.nCharacteristics;
  return batch
    .withCharacteristics(batch.characteristics.map((c, at) => (at % (7 * p) === 2 ? Number.NaN : c)))
    .withReturns(batch.requireReturns('this test').map((r, row) => (row % 5 === 3 ? Number.NaN : r)));
}

/** Few epochs and two small networks: enough for everything but accuracy. */
export const quick: CAEConfigInput = {
  nFactors: 2,
  hiddenUnits: [6],
  ensembleSize: 2,
  nEpochs: 6,
  checkpointInterval: 2,
  batchSize: 200,
  threads: 1,
};
