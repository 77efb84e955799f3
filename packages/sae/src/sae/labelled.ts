import { ConfigError, DataError, type CrossSectionBatch } from '@ml4t/core';
import { requireSameColumns } from '@ml4t/core/authoring';
import type { SAEConfig } from './config.ts';
import type { SAEFitOptions } from './options.ts';
import { requireWeights } from './requirements.ts';
import { readTargets, type SAETargets } from './targets.ts';

/** A batch with its raw targets and, where given, a weight per row. */
export interface LabelledBatch {
  readonly batch: CrossSectionBatch;
  readonly targets: SAETargets;
  readonly weights?: Float64Array | undefined;
}

/** What a fit learns from and, where there is any, what it is judged on. */
export interface LabelledPair {
  readonly train: LabelledBatch;
  readonly validation: LabelledBatch | undefined;
  /** How the validation came about, where `fit` was not given one. */
  readonly notes: readonly string[];
}

/**
 * Training and validation with their targets: as given, or the last dates held out.
 * Throws ConfigError for contradictory options, DataError and ShapeError for targets or weights that do not fit the batches.
 */
export function labelBatches(batch: CrossSectionBatch, options: SAEFitOptions, config: SAEConfig): LabelledPair {
  const { validation, sampleWeights: weights } = options;
  requireWeights('sampleWeights', weights, batch.nRows);
  if (weights && config.objective === 'rank-ic')
    throw new ConfigError({
      field: 'sampleWeights',
      expected: 'none with the rank-IC objective, where every date counts the same',
      found: 'weights',
      remedy: "Use objective 'squared-error', or leave them out.",
    });
  const train = { batch, targets: readTargets(batch, options.targets, config, 'targets'), weights };
  if (validation) return { train, validation: labelValidation(validation, train, options, config), notes: [] };
  const parts = config.validationShare > 0 ? holdOut(train, config) : undefined;
  if (!parts) return { train, validation: undefined, notes: ['No validation: training ran for nEpochs.'] };
  const held = `The last ${parts.validation.batch.nDates} of ${batch.nDates} dates were held out for validation.`;
  return { ...parts, notes: [held] };
}

function labelValidation(
  validation: CrossSectionBatch,
  train: LabelledBatch,
  options: SAEFitOptions,
  config: SAEConfig,
): LabelledBatch {
  requireSameColumns('validation.characteristicNames', validation.characteristicNames, train.batch.characteristicNames);
  if (options.targets && !options.validationTargets)
    throw new ConfigError({
      field: 'validationTargets',
      expected: 'targets of the validation batch, as there are `targets`',
      found: 'none',
      remedy: 'Pass both, or leave the validation batch out.',
    });
  const targets = readTargets(validation, options.validationTargets, config, 'validationTargets');
  if (targets.names.join() !== train.targets.names.join())
    throw new DataError({
      field: 'validationTargets.names',
      expected: train.targets.names.join(', '),
      found: targets.names.join(', '),
      remedy: 'Pass the same targets in the same order.',
    });
  return { batch: validation, targets };
}

/**
 * The last dates of a labelled batch for validation, the earlier ones less the gap for training; nothing when too short. Throws
 * ConfigError for a gap across which returns reach.
 */
function holdOut(
  all: LabelledBatch,
  { validationShare, validationGap }: Pick<SAEConfig, 'validationShare' | 'validationGap'>,
): { readonly train: LabelledBatch; readonly validation: LabelledBatch } | undefined {
  const { nDates, realisationLag } = all.batch;
  const held = Math.floor(nDates * validationShare);
  const least = realisationLag - 1;
  const gap = validationGap ?? least;
  if (gap < least)
    throw new ConfigError({
      field: 'validationGap',
      expected: `at least ${least}: returns are known after ${realisationLag} dates, and those of training dates would reach into the dates held out`,
      found: String(gap),
      remedy: 'Leave it out, or pass a validation batch.',
    });
  const end = nDates - held - gap;
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
