import { DataError, NotIdentifiedError, type CrossSectionBatch } from '@ml4t/core';
import { hasVariation, type FloatArray } from '@ml4t/core/authoring';
import { requireFloat32 } from '@ml4t/core/train';

/**
 * Rows of a batch that enter the arithmetic: a row with a missing characteristic, or in pricing without a return, is left out
 * before anything is computed, so nothing that stands in it can reach a gradient.
 */
export interface SelectedRows {
  /** Positions in the batch (R). */
  readonly rows: Int32Array;
  /** First row of every date among the selected ones (T + 1); dates without rows stay. */
  readonly offsets: Int32Array;
  /** Of every row of the batch, of which `rows` are gathered when an engine takes them. */
  readonly characteristics: FloatArray;
  /** P */
  readonly nCharacteristics: number;
  /** N_t: assets whose characteristics are complete (T), whether or not their return is known. */
  readonly assetCounts: Float64Array;
}

/** Rows with complete characteristics and, if asked, a known return. */
export function selectRows(batch: CrossSectionBatch, withReturns: boolean): SelectedRows {
  batch.requireCharacteristics('pricing');
  const { nDates, nRows, nCharacteristics: p, characteristics, characteristicNames: names, index } = batch;
  requireFloat32('characteristics', characteristics, (at) => `${names[at % p]}, row ${Math.floor(at / p)}`);
  const returns = withReturns ? batch.requireReturns('pricing') : undefined;
  const kept = new Int32Array(nRows);
  const offsets = new Int32Array(nDates + 1);
  const assetCounts = new Float64Array(nDates);
  let count = 0;
  for (let t = 0; t < nDates; t++) {
    for (let row = index.rowOffsets[t]; row < index.rowOffsets[t + 1]; row++) {
      if (!isComplete(characteristics, row * p, p)) continue;
      assetCounts[t]++;
      // NaN alone differs from itself.
      if (returns && returns[row] !== returns[row]) continue;
      kept[count++] = row;
    }
    offsets[t + 1] = count;
  }
  const rows = kept.slice(0, count);
  return { rows, offsets, assetCounts, characteristics, nCharacteristics: p };
}

/** Everything that the pricing of one batch needs, ready for the engine. */
export interface PricingRows extends SelectedRows {
  /** (R), over the scale of returns. */
  readonly returns: Float64Array;
  /** Position of every row's asset among the priced assets (R). */
  readonly assets: Int32Array;
  readonly nAssets: number;
  /** Returns over N_t where weights are outputs over N_t, else the returns (R): outputs times these sum to the factor. */
  readonly factorReturns: Float64Array;
  /** sqrt(T_i / max T) / (T_i sqrt(N)) times the return (R): squared sums over assets are the loss. */
  readonly momentReturns: Float64Array;
}

/**
 * Rows that price. Returns are divided by `returnScale`, so that loss and steps do not depend on their unit.
 * Throws DataError when no row has both complete characteristics and a return.
 */
export function pricingRows(
  batch: CrossSectionBatch,
  byAssetCount: boolean,
  name: string,
  returnScale = 1,
): PricingRows {
  const selected = selectRows(batch, true);
  const { rows, offsets, assetCounts } = selected;
  if (rows.length === 0)
    throw new DataError({
      field: name,
      expected: 'rows with complete characteristics and a return',
      found: 'none',
      remedy: 'Impute missing characteristics (imputeCharacteristics), or check the alignment of returns.',
    });
  const all = batch.requireReturns('pricing');
  const returns = Float64Array.from(rows, (row) => all[row] / returnScale);
  const position = new Int32Array(batch.nAssets).fill(-1);
  const assets = new Int32Array(rows.length);
  const dates: number[] = [];
  for (let r = 0; r < rows.length; r++) {
    const asset = batch.index.assetIndex[rows[r]];
    if (position[asset] < 0) position[asset] = dates.push(0) - 1;
    assets[r] = position[asset];
    dates[assets[r]]++;
  }
  const most = dates.reduce((a, b) => Math.max(a, b));
  const scale = dates.map((count) => Math.sqrt(count / (most * dates.length)) / count);
  const momentReturns = returns.map((value, r) => value * scale[assets[r]]);
  const factorReturns = returns.slice();
  if (byAssetCount)
    for (let t = 0; t < batch.nDates; t++)
      for (let r = offsets[t]; r < offsets[t + 1]; r++) factorReturns[r] /= assetCounts[t];
  return { ...selected, returns, assets, nAssets: dates.length, factorReturns, momentReturns };
}

/**
 * Root mean square of the returns that price: what a network is trained in units of. The simulation of the paper has returns of 1.05, so
 * that its learning rates hold for returns in any unit.
 *
 * Throws NotIdentifiedError when they do not vary by more than rounding.
 */
export function returnScaleOf(batch: CrossSectionBatch): number {
  const all = batch.requireReturns('pricing');
  const { rows } = selectRows(batch, true);
  const returns = Float64Array.from(rows, (row) => all[row]);
  if (rows.length > 1 && !hasVariation(returns, 1))
    throw new NotIdentifiedError({
      field: 'returns',
      expected: 'values that vary over the rows with complete characteristics',
      found: 'the same value everywhere',
      remedy: 'Check the column and its alignment with the characteristics.',
    });
  const largest = returns.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  // Squares of returns over the largest: neither they nor their sum can overflow or vanish.
  const squares = returns.reduce((sum, value) => sum + (value / largest) * (value / largest), 0);
  return largest > 0 ? largest * Math.sqrt(squares / rows.length) : 1;
}

/** Characteristics above this are not ranks, and the network sees them as they are. */
const LARGE = 20;

/** A sentence where characteristics are so large that they drown the others. */
export function sizeNotes({ rows, characteristics, nCharacteristics: p }: SelectedRows): string[] {
  let largest = 0;
  for (const row of rows)
    for (let j = row * p; j < (row + 1) * p; j++) largest = Math.max(largest, Math.abs(characteristics[j]));
  if (largest <= LARGE) return [];
  return [`Characteristics go up to ${largest.toPrecision(3)}: rank-normalise them, or the largest drown the others.`];
}

function isComplete(values: FloatArray, from: number, count: number): boolean {
  for (let j = from; j < from + count; j++) if (values[j] !== values[j]) return false;
  return true;
}
