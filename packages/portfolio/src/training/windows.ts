import { DataError, formatTimestamp, type PortfolioSequenceBatch } from '@ml4t/core';
import { varyingColumns } from '@ml4t/core/authoring';
import type { Ops } from '@ml4t/core/nn';
import { requireFloat32 } from '@ml4t/core/train';
import { consecutiveWindows, type WeightTensors } from '../objective/index.ts';
import type { NetworkInputs, NetworkSizes, PortfolioNetwork } from './network.ts';

/** How raw inputs become those of a network: made at the fit, kept with it. */
export interface InputScale {
  /** (F) */
  readonly mean: Float64Array;
  /** (F) */
  readonly deviation: Float64Array;
  /** Mean cost of the assets, at least the smallest positive number. */
  readonly cost: number;
}

/** A batch as a network sees it. */
export interface WindowSource {
  readonly batch: PortfolioSequenceBatch;
  readonly scale: InputScale;
  /** (N): position of each asset of the batch among those of the fit. */
  readonly assets: Int32Array;
  /** (B): windows that go on where the one before ended; undefined when none is to start from another's holdings. */
  readonly continues: Uint8Array | undefined;
  /** (B x T x N x F): scaled features, where they are read again and again; otherwise they are scaled as they are read. */
  readonly scaledFeatures?: Float32Array | undefined;
}

/** Mean and deviation of each feature over the cells available, or 0 and 1; and the mean cost. */
export function inputScale(batch: PortfolioSequenceBatch, standardizes: boolean): InputScale {
  const { nFeatures: f, features, mask, costs } = batch;
  const mean = new Float64Array(f);
  const deviation = new Float64Array(f).fill(1);
  const average = costs ? costs.reduce((a, b) => a + b, 0) / costs.length : 0;
  const cost = average > 0 ? average : 1;
  if (!standardizes) return { mean, deviation, cost };
  let cells = 0;
  for (const available of mask) cells += available;
  if (cells === 0) return { mean, deviation, cost };
  const over = (each: (value: number, j: number) => void): void => {
    for (let cell = 0; cell < mask.length; cell++)
      if (mask[cell]) for (let j = 0; j < f; j++) each(features[cell * f + j], j);
  };
  over((value, j) => (mean[j] += value / cells));
  const variance = new Float64Array(f);
  over((value, j) => (variance[j] += (value - mean[j]) ** 2 / cells));
  const available = function* (): Generator<number> {
    for (let cell = 0; cell < mask.length; cell++) if (mask[cell]) yield cell;
  };
  // A feature that is constant but for rounding stays where it is, at zero.
  const varies = varyingColumns(features, f, available());
  variance.forEach((v, j) => (deviation[j] = varies[j] ? Math.sqrt(v) : 1));
  return { mean, deviation, cost };
}

export function networkSizes(batch: PortfolioSequenceBatch): NetworkSizes {
  const { nFeatures, nAssets, groupIds } = batch;
  return { nFeatures, nAssets, nGroups: groupIds ? Math.max(...groupIds) + 1 : 0 };
}

/** Throws DataError when the batch lacks what the network looks at. */
export function requireInputs(batch: PortfolioSequenceBatch, network: PortfolioNetwork, nGroups: number): void {
  for (const field of network.needs)
    if (batch[field] === undefined)
      throw new DataError({
        field,
        expected: `${field} of the assets, which this configuration uses`,
        found: 'none',
        remedy: `Build the batch with ${field}, or configure the model without them.`,
      });
  const unknown = network.needs.includes('groupIds') ? batch.groupIds?.findIndex((group) => group >= nGroups) : -1;
  if (unknown !== undefined && unknown >= 0)
    throw new DataError({
      field: `groupIds[${unknown}]`,
      expected: `a group of the fit, below ${nGroups}`,
      found: String(batch.groupIds?.[unknown]),
      remedy: 'Number groups as they were at the fit.',
    });
}

/** Position of each asset of the batch among those of the fit. Throws DataError that names assets never seen. */
export function assetPositions(
  batch: PortfolioSequenceBatch,
  fitted: readonly string[],
  network: PortfolioNetwork,
): Int32Array {
  if (!network.knowsAssets) return new Int32Array(batch.nAssets);
  const at = new Map(fitted.map((id, i) => [id, i]));
  const unknown = batch.assetIds.filter((id) => !at.has(id));
  if (unknown.length > 0)
    throw new DataError({
      field: 'assetIds',
      expected: 'assets of the fit, in any order and number',
      found: `${unknown.slice(0, 5).join(', ')}${unknown.length > 5 ? ` and ${unknown.length - 5} more` : ''}`,
      remedy: 'Refit with them, or configure assetEmbeddingDim: 0 for a model that does not tell assets apart.',
    });
  return Int32Array.from(batch.assetIds, (id) => at.get(id) ?? 0);
}

/** What the network sees and what its weights are held against, for some windows of a batch, as tensors of a step. */
export function windowTensors(
  ops: Ops,
  { batch, scale, assets, continues, scaledFeatures }: WindowSource,
  windows: Int32Array,
): { readonly inputs: NetworkInputs; readonly held: Omit<WeightTensors, 'weights' | 'forwardReturns'> } {
  const { nSteps: T, nAssets: N, nFeatures: F, costs } = batch;
  const shape = [windows.length, T, N];
  const mask = ops.constant(gather(batch.mask, windows, T * N), shape);
  return {
    inputs: {
      features: ops.constant(
        scaledFeatures ? gather(scaledFeatures, windows, T * N * F) : cleanFeatures(batch, scale, windows),
        [...shape, F],
      ),
      mask,
      assets,
      groupIds: batch.groupIds,
      costs:
        costs &&
        ops.constant(
          costs.map((c) => c / scale.cost),
          [N, 1],
        ),
      adjacency: batch.adjacency,
    },
    held: {
      mask,
      volScale: batch.volScale && ops.constant(gather(batch.volScale, windows, T * N), shape),
      costs: costs && ops.constant(costs, [N]),
      prevWeights: batch.prevWeights && ops.constant(gather(batch.prevWeights, windows, N), [windows.length, N]),
      continues:
        continues && Uint8Array.from(windows, (w, j) => (j > 0 && windows[j - 1] === w - 1 ? continues[w] : 0)),
    },
  };
}

/** Blocks of `size` numbers, one for each window asked for. */
export function gather(
  source: Float32Array | Float64Array | Uint8Array,
  windows: Int32Array,
  size: number,
): Float32Array | Float64Array {
  const length = windows.length * size;
  const out = source instanceof Float32Array ? new Float32Array(length) : new Float64Array(length);
  windows.forEach((w, j) => out.set(source.subarray(w * size, (w + 1) * size), j * size));
  return out;
}

/** The source with its features scaled once and for all: a step of training then copies them and computes nothing. */
export function withScaledFeatures(source: WindowSource): WindowSource {
  const { batch, scale } = source;
  const all = Int32Array.from({ length: batch.nWindows }, (_, window) => window);
  return { ...source, scaledFeatures: cleanFeatures(batch, scale, all) };
}

/**
 * Scaled features in the precision of the engine; 0 where the mask is, whatever the batch holds there. Throws DataError for one that it
 * cannot hold.
 */
function cleanFeatures(
  { nSteps, nAssets, nFeatures: F, features, mask, featureNames, assetIds, timestamps }: PortfolioSequenceBatch,
  { mean, deviation }: InputScale,
  windows: Int32Array,
): Float32Array {
  const cells = nSteps * nAssets;
  const out = new Float32Array(windows.length * cells * F);
  windows.forEach((w, j) => {
    for (let cell = 0; cell < cells; cell++) {
      if (!mask[w * cells + cell]) continue;
      const [from, to] = [(w * cells + cell) * F, (j * cells + cell) * F];
      for (let f = 0; f < F; f++) {
        const value = features[from + f];
        const scaled = (value - mean[f]) / deviation[f];
        out[to + f] = scaled;
        if (Math.abs(Math.fround(value)) < Infinity && Math.abs(out[to + f]) < Infinity) continue;
        const at = `${assetIds[cell % nAssets]}, ${formatTimestamp(timestamps[w * nSteps + Math.floor(cell / nAssets)])}`;
        requireFloat32('features', Float64Array.of(value), () => `${featureNames[f]} of ${at}`);
        requireFloat32(
          'features',
          Float64Array.of(scaled),
          () => `${featureNames[f]} of ${at}, over its training deviation`,
        );
      }
    }
  });
  return out;
}

/** The source of a batch under a configuration's way of holding. */
export function windowSource(
  batch: PortfolioSequenceBatch,
  scale: InputScale,
  assets: Int32Array,
  holdings: 'window' | 'chained',
): WindowSource {
  return { batch, scale, assets, continues: holdings === 'chained' ? consecutiveWindows(batch) : undefined };
}
