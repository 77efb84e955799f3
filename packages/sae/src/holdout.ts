import type { CrossSectionBatch } from '@ml4t/core';
import type { SAEConfig } from './config.ts';
import type { SAETargets } from './targets.ts';

/** A batch with its raw targets and, where given, a weight per row. */
export interface LabelledBatch {
  readonly batch: CrossSectionBatch;
  readonly targets: SAETargets;
  readonly weights?: Float64Array | undefined;
}

/** The last dates of a labelled batch for validation, the earlier ones less the gap for training; nothing when too short. */
export function holdOut(
  all: LabelledBatch,
  { validationShare, validationGap }: Pick<SAEConfig, 'validationShare' | 'validationGap'>,
): { readonly train: LabelledBatch; readonly validation: LabelledBatch } | undefined {
  const { nDates } = all.batch;
  const held = Math.floor(nDates * validationShare);
  const end = nDates - held - validationGap;
  if (held < 1 || end < 1) return undefined;
  return { train: sliceLabelled(all, 0, end), validation: sliceLabelled(all, nDates - held, nDates) };
}

function sliceLabelled({ batch, targets, weights }: LabelledBatch, from: number, to: number): LabelledBatch {
  const [first, last] = [batch.index.rowOffsets[from], batch.index.rowOffsets[to]];
  const c = targets.names.length;
  return {
    batch: batch.slice(from, to),
    targets: { names: targets.names, values: targets.values.subarray(first * c, last * c) },
    weights: weights?.subarray(first, last),
  };
}
