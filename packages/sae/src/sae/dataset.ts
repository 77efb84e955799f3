import type { CrossSectionBatch } from '@ml4t/core';
import { varyingColumns } from '@ml4t/core/authoring';
import { requireFloat32 } from '@ml4t/core/train';
import type { SAEConfig } from './config.ts';
import type { LabelledBatch, LabelledPair } from './labelled.ts';
import { requireRows } from './requirements.ts';
import { requireVariation, scaledTargets, targetScale, type SAETargets, type TargetScale } from './targets.ts';

/** x = (characteristic - mean) / scale, per column (P). */
export interface InputScale {
  readonly mean: Float64Array;
  readonly scale: Float64Array;
}

/** Rows of a batch that a network can be trained or judged on, with their targets. */
export interface Dataset {
  readonly batch: CrossSectionBatch;
  /** Rows of the batch, ascending (n). */
  readonly rows: Int32Array;
  /** First of `rows` of each date that has any (dates + 1). */
  readonly offsets: Int32Array;
  /** (n x C): scaled; under a weight of 0 it may be NaN. */
  readonly targets: Float32Array;
  /** (n x C): weight of each target, 0 where it is not known; undefined where all are 1. */
  readonly weights: Float32Array | undefined;
}

/** Rows without a missing characteristic. Throws DataError for one that float32 cannot hold. */
export function completeRows(batch: CrossSectionBatch, wanted: (row: number) => boolean): Int32Array {
  const { characteristics, characteristicNames: names, nCharacteristics: p, nRows } = batch;
  requireFloat32('characteristics', characteristics, (at) => `${names[at % p]}, row ${Math.floor(at / p)}`);
  const rows = new Int32Array(nRows);
  let n = 0;
  for (let row = 0; row < nRows; row++) {
    let complete = wanted(row);
    for (let j = row * p; complete && j < (row + 1) * p; j++) complete = characteristics[j] === characteristics[j];
    if (complete) rows[n++] = row;
  }
  return rows.slice(0, n);
}

/** Where each date's rows begin among `rows`; dates without rows are left out. */
function offsetsByDate(batch: CrossSectionBatch, rows: Int32Array): Int32Array {
  const offsets: number[] = [0];
  let at = 0;
  for (let t = 0; t < batch.nDates; t++) {
    const end = batch.index.rowOffsets[t + 1];
    const from = at;
    while (at < rows.length && rows[at] < end) at++;
    if (at > from) offsets.push(at);
  }
  return Int32Array.from(offsets);
}

/** Rows to train on: every characteristic, and at least one target (with the rank-IC objective all of them) known. */
export function usableRows(batch: CrossSectionBatch, targets: SAETargets, config: SAEConfig): Int32Array {
  const c = targets.names.length;
  const needed = config.objective === 'rank-ic' ? c : 1;
  const rows = completeRows(batch, (row) => {
    let known = 0;
    for (let i = row * c; i < (row + 1) * c; i++) if (targets.values[i] === targets.values[i]) known++;
    return known >= needed;
  });
  if (config.objective !== 'rank-ic') return rows;
  // Two ranks correlate at plus or minus one by necessity.
  const offsets = offsetsByDate(batch, rows);
  const keep = new Uint8Array(rows.length);
  for (let t = 0; t + 1 < offsets.length; t++)
    if (offsets[t + 1] - offsets[t] >= 3) keep.fill(1, offsets[t], offsets[t + 1]);
  return rows.filter((_, i) => keep[i] === 1);
}

/** A labelled batch as the network is to see it. */
function buildDataset(
  { batch, targets, weights }: LabelledBatch,
  rows: Int32Array,
  scale: TargetScale,
  config: SAEConfig,
): Dataset {
  const offsets = offsetsByDate(batch, rows);
  const values = scaledTargets(targets, rows, offsets, scale, config);
  return { batch, rows, offsets, targets: values, weights: targetWeights(values, rows, weights) };
}

function targetWeights(
  values: Float32Array,
  rows: Int32Array,
  sampleWeights: Float64Array | undefined,
): Float32Array | undefined {
  let complete = true;
  for (let i = 0; i < values.length; i++) complete &&= values[i] === values[i];
  if (complete && !sampleWeights) return undefined;
  const c = values.length / rows.length;
  return values.map((value, i) => {
    if (value !== value) return 0;
    return sampleWeights ? sampleWeights[rows[Math.floor(i / c)]] : 1;
  });
}

/** Training means and deviations (divisor n) of the characteristics; a column that does not vary by more than rounding has scale 1. */
export function inputScale(batch: CrossSectionBatch, rows: Int32Array, config: SAEConfig): InputScale {
  const { characteristics, nCharacteristics: p } = batch;
  const mean = new Float64Array(p);
  const scale = new Float64Array(p);
  if (config.inputScaling === 'none') return { mean, scale: scale.fill(1) };
  const varies = varyingColumns(characteristics, p, rows);
  for (const row of rows) for (let j = 0; j < p; j++) mean[j] += characteristics[row * p + j];
  for (let j = 0; j < p; j++) mean[j] /= rows.length;
  for (const row of rows) for (let j = 0; j < p; j++) scale[j] += (characteristics[row * p + j] - mean[j]) ** 2;
  for (let j = 0; j < p; j++) {
    scale[j] = varies[j] ? Math.sqrt(scale[j] / rows.length) : 1;
  }
  return { mean, scale };
}

/** What a fit trains on, and the scales that it learnt from the training rows alone. */
export interface TrainingData {
  readonly inputs: InputScale;
  readonly targets: TargetScale;
  readonly train: Dataset;
  readonly validation: Dataset | undefined;
}

/** Throws DataError when either part has too few usable rows, or a target does not vary. */
export function trainingData({ train, validation }: LabelledPair, config: SAEConfig): TrainingData {
  const rowsOf = ({ batch, targets }: LabelledBatch, field: string): Int32Array => {
    const rows = usableRows(batch, targets, config);
    requireRows(rows.length, batch.nRows, field);
    return rows;
  };
  const rows = rowsOf(train, 'batch');
  const own = train.targets.values === train.batch.returns;
  requireVariation(train.targets, rows, offsetsByDate(train.batch, rows), own ? 1 : 0, config);
  const targets = targetScale(train.targets, rows, config);
  return {
    inputs: inputScale(train.batch, rows, config),
    targets,
    train: buildDataset(train, rows, targets, config),
    validation: validation && buildDataset(validation, rowsOf(validation, 'validation'), targets, config),
  };
}

/** Scaled characteristics (rows x P) of some rows of a batch, into `out` where it is long enough. */
export function gatherInputs(
  batch: CrossSectionBatch,
  rows: Int32Array,
  { mean, scale }: InputScale,
  out: Float32Array = new Float32Array(rows.length * mean.length),
): Float32Array {
  const { characteristics } = batch;
  const p = mean.length;
  for (let i = 0; i < rows.length; i++) {
    const from = rows[i] * p;
    for (let j = 0; j < p; j++) out[i * p + j] = (characteristics[from + j] - mean[j]) / scale[j];
  }
  return out;
}
