import type { PanelIndex } from '../batches/panel-index.ts';
import { requireLength } from '../validation.ts';

/**
 * Carries a column from one panel index to another by (date, asset id): NaN on rows that the source does not have.
 *
 * Puts models on different batches side by side: a persistent panel has a row for every cell of T x N, a cross-section
 * one for each observed pair only.
 *
 * @param source where `values` (R of the source) live
 * @param target the rows wanted; the result is (R of the target)
 */
export function alignRows(source: PanelIndex, values: Float64Array, target: PanelIndex): Float64Array {
  requireLength('values', values, source.nRows, 'one per row of the source');
  const out = new Float64Array(target.nRows).fill(Number.NaN);
  const assetOf = targetAssetsInSource(source, target);
  const dateOf = new Map(Array.from(source.timestamps, (timestamp, t) => [timestamp, t]));
  // Where each source asset has its row on the date at hand; -1 for no row.
  const rowOfAsset = new Int32Array(source.nAssets).fill(-1);
  for (let t = 0; t < target.nDates; t++) {
    const date = dateOf.get(target.timestamps[t]);
    if (date === undefined) continue;
    const first = source.rowOffsets[date];
    const last = source.rowOffsets[date + 1];
    for (let row = first; row < last; row++) rowOfAsset[source.assetIndex[row]] = row;
    for (let row = target.rowOffsets[t]; row < target.rowOffsets[t + 1]; row++) {
      const asset = assetOf[target.assetIndex[row]];
      if (asset >= 0 && rowOfAsset[asset] >= 0) out[row] = values[rowOfAsset[asset]];
    }
    for (let row = first; row < last; row++) rowOfAsset[source.assetIndex[row]] = -1;
  }
  return out;
}

function targetAssetsInSource(source: PanelIndex, target: PanelIndex): Int32Array {
  if (source.assetIds === target.assetIds) return Int32Array.from(target.assetIds.keys());
  const position = new Map(source.assetIds.map((id, i) => [id, i]));
  return Int32Array.from(target.assetIds, (id) => position.get(id) ?? -1);
}
