import { createHash } from 'node:crypto';
import type { CrossSectionBatch } from '@ml4t/core';

/** SHA-256 of everything that a model can see of a panel: rows, names, values and the timing of returns, to the bit. */
export function panelFingerprint(panel: CrossSectionBatch): string {
  const { index, characteristicNames, contextNames, returnHorizon, realisationLag } = panel;
  const hash = createHash('sha256');
  hash.update(
    JSON.stringify([
      [index.nDates, index.nRows, returnHorizon, realisationLag],
      [index.assetIds, characteristicNames, contextNames],
    ]),
  );
  const arrays = [
    index.timestamps,
    index.rowOffsets,
    index.assetIndex,
    panel.characteristics,
    panel.returns,
    panel.factorReturns,
    panel.contextFeatures,
  ];
  for (const array of arrays) {
    // Which optional array is there matters as well as what is in it.
    hash.update(array ? 'array' : 'none');
    if (array) hash.update(array);
  }
  return hash.digest('hex');
}
