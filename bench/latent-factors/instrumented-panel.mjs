import { CrossSectionBatch } from '@ml4t/core';
import { uniform } from '../uniform.mjs';

/**
 * A panel of exposures that are linear in P characteristics, a tenth of its rows missing; bench/peers/instrumented_panel.py
 * makes the same. Characteristics are uniform on (-1, 1).
 */
export function instrumentedPanel({ dates, assets, characteristics: p, factors: k }) {
  const present = uniform(dates * assets, 1);
  const gamma = uniform(p * k, 2);
  const factorReturns = uniform(dates * k, 3);
  const rowOffsets = new Int32Array(dates + 1);
  const rows = new Int32Array(dates * assets);
  let nRows = 0;
  for (let t = 0; t < dates; t++) {
    for (let i = 0; i < assets; i++) if (present[t * assets + i] >= -0.8) rows[nRows++] = i;
    rowOffsets[t + 1] = nRows;
  }
  const characteristics = uniform(nRows * p, 4);
  const returns = uniform(nRows, 5);
  const slope = new Float64Array(p);
  for (let t = 0; t < dates; t++) {
    slope.fill(0);
    for (let l = 0; l < p; l++)
      for (let j = 0; j < k; j++) slope[l] += gamma[l * k + j] * (0.02 + (0.2 / (1 + j)) * factorReturns[t * k + j]);
    for (let row = rowOffsets[t]; row < rowOffsets[t + 1]; row++) {
      let value = 0.6 * returns[row];
      for (let l = 0; l < p; l++) value += characteristics[row * p + l] * slope[l];
      returns[row] = value;
    }
  }
  return CrossSectionBatch.fromArrays({
    timestamps: Float64Array.from({ length: dates }, (_, t) => t * 86400000),
    assetIds: Array.from({ length: assets }, (_, i) => `a${i}`),
    rowOffsets,
    assetIndex: rows.slice(0, nRows),
    characteristicNames: Array.from({ length: p }, (_, l) => `c${l}`),
    characteristics,
    returns,
  });
}
