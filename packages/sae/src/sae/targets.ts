import { ConfigError, DataError, ShapeError, type CrossSectionBatch } from '@ml4t/core';
import { averageRanks, exceedsRounding, hasVariation } from '@ml4t/core/authoring';
import type { SAEConfig } from './config.ts';

/** What is to be predicted, where it is not the batch's returns: one column a target, one row a batch row. */
export interface SAETargets {
  /** (C) */
  readonly names: readonly string[];
  /** (R x C), row-major; NaN where not known. Known after the row's date, like returns; 0 or 1 in a classification. */
  readonly values: Float64Array;
}

/** The raw targets of a batch: those given, or the returns as the task reads them. */
export function readTargets(
  batch: CrossSectionBatch,
  given: SAETargets | undefined,
  config: Pick<SAEConfig, 'taskType' | 'threshold'>,
  field: string,
): SAETargets {
  if (!given) return targetsFromReturns(batch, config);
  const { names, values } = given;
  if (names.length === 0 || (config.taskType === 'binary' && names.length > 1))
    throw new ShapeError({
      field: `${field}.names`,
      expected: config.taskType === 'binary' ? 'one name' : 'at least one name',
      found: `${names.length}`,
      remedy: "Use taskType 'multi-label' for several labels.",
    });
  if (new Set(names).size !== names.length)
    throw new DataError({
      field: `${field}.names`,
      expected: 'unique names',
      found: names.join(', '),
      remedy: 'Rename one of the targets.',
    });
  if (values.length !== batch.nRows * names.length)
    throw new ShapeError({
      field: `${field}.values`,
      expected: `${batch.nRows * names.length} entries (${batch.nRows} rows x ${names.length} targets)`,
      found: `${values.length}`,
      remedy: 'Pass one row for each row of the batch, in its order.',
    });
  const isLabel = config.taskType !== 'regression';
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    if (value !== value || (isLabel ? value === 0 || value === 1 : value - value === 0)) continue;
    throw new DataError({
      field: `${field}.values[${i}]`,
      expected: isLabel ? '0, 1, or NaN where not known' : 'a finite number, or NaN where not known',
      found: String(value),
      remedy: isLabel ? 'Code the labels as 0 and 1.' : 'Replace infinities by NaN.',
    });
  }
  return given;
}

function targetsFromReturns(
  batch: CrossSectionBatch,
  { taskType, threshold }: Pick<SAEConfig, 'taskType' | 'threshold'>,
): SAETargets {
  if (taskType === 'multi-label')
    throw new ConfigError({
      field: 'targets',
      expected: 'the labels of each row (taskType is multi-label)',
      found: 'none',
      remedy: 'Pass fit(batch, { targets: { names, values } }), and validationTargets with a validation batch.',
    });
  const returns = batch.requireReturns('SAEModel.fit');
  if (taskType === 'regression') return { names: ['return'], values: returns };
  const values = returns.map((value) => (value !== value ? value : Number(value > threshold)));
  return { names: ['positive'], values };
}

/** target = mean + scale x what the network is trained on, per column (C). */
export interface TargetScale {
  readonly mean: Float64Array;
  readonly scale: Float64Array;
}

/** Mean and deviation (divisor n) of each column over the rows given; 0 and 1 where the targets stay as they are. */
export function targetScale(targets: SAETargets, rows: Int32Array, config: SAEConfig): TargetScale {
  const c = targets.names.length;
  const mean = new Float64Array(c);
  const scale = new Float64Array(c).fill(1);
  if (config.taskType !== 'regression' || scalingOf(config) !== 'standardize') return { mean, scale };
  for (let column = 0; column < c; column++) {
    let n = 0;
    let sum = 0;
    for (const row of rows) {
      const value = targets.values[row * c + column];
      if (value === value) {
        n++;
        sum += value;
      }
    }
    mean[column] = sum / n;
    let squares = 0;
    for (const row of rows) {
      const value = targets.values[row * c + column];
      if (value === value) squares += (value - mean[column]) ** 2;
    }
    scale[column] = Math.sqrt(squares / n);
  }
  return { mean, scale };
}

/**
 * Throws DataError for a target that does not vary by more than rounding over the training rows, or where it is scaled within dates on
 * no date: there is nothing to learn in it, and its scale would be a division by rounding.
 *
 * @param madeFrom size of the numbers that targets are differences of: 1 for returns
 */
export function requireVariation(
  { names, values }: SAETargets,
  rows: Int32Array,
  offsets: Int32Array,
  madeFrom: number,
  config: SAEConfig,
): void {
  const c = names.length;
  const within = config.taskType === 'regression' && isWithinDates(scalingOf(config));
  for (let column = 0; column < c; column++) {
    const known = (from: number, to: number): Float64Array =>
      Float64Array.from(rows.subarray(from, to), (row) => values[row * c + column]);
    const spans = within ? Array.from(offsets.subarray(1), (end, t) => [offsets[t], end]) : [[0, rows.length]];
    if (spans.some(([from, to]) => hasVariation(known(from, to), madeFrom))) continue;
    throw new DataError({
      field: `targets: ${names[column]}`,
      expected: `values that vary over the training rows${within ? ' of a date' : ''}`,
      found: known(0, rows.length).every(Number.isNaN)
        ? 'none that is known'
        : `the same value ${within ? 'on every date, or everywhere' : 'everywhere'}`,
      remedy:
        within && hasVariation(known(0, rows.length), madeFrom)
          ? "A target that is the same for all assets of a date needs targetScaling: 'standardize'."
          : 'Check the column and its dates.',
    });
  }
}

function isWithinDates(scaling: SAEConfig['targetScaling']): boolean {
  return scaling === 'cross-sectional-z' || scaling === 'cross-sectional-rank';
}

/** How the targets of this configuration are scaled: the rank-IC objective is always about ranks. */
export function scalingOf(config: Pick<SAEConfig, 'objective' | 'targetScaling'>): SAEConfig['targetScaling'] {
  return config.objective === 'rank-ic' ? 'cross-sectional-rank' : config.targetScaling;
}

/**
 * Targets as the network sees them (n x C), for the rows given, whose dates begin at `offsets`; NaN stays NaN. Within a
 * date, 'cross-sectional-z' is (y - mean) / deviation and 'cross-sectional-rank' the same of the ranks, 0 where all are equal.
 */
export function scaledTargets(
  targets: SAETargets,
  rows: Int32Array,
  offsets: Int32Array,
  { mean, scale }: TargetScale,
  config: Pick<SAEConfig, 'taskType' | 'objective' | 'targetScaling'>,
): Float32Array {
  const c = targets.names.length;
  const out = new Float32Array(rows.length * c);
  const scaling = config.taskType === 'regression' ? scalingOf(config) : 'none';
  const withinDates = isWithinDates(scaling);
  for (let column = 0; column < c; column++) {
    if (!withinDates) {
      for (let i = 0; i < rows.length; i++)
        out[i * c + column] = (targets.values[rows[i] * c + column] - mean[column]) / scale[column];
      continue;
    }
    for (let t = 0; t + 1 < offsets.length; t++) {
      const [from, to] = [offsets[t], offsets[t + 1]];
      const values = new Float64Array(to - from);
      for (let i = from; i < to; i++) values[i - from] = targets.values[rows[i] * c + column];
      const standard = standardScores(scaling === 'cross-sectional-rank' ? averageRanks(values) : values);
      for (let i = from; i < to; i++) out[i * c + column] = standard[i - from];
    }
  }
  return out;
}

/** (x - mean) / deviation over the entries that are not NaN, divisor n; zeros where all are equal. */
export function standardScores(values: Float64Array): Float64Array {
  let n = 0;
  let mean = 0;
  for (let i = 0; i < values.length; i++)
    if (values[i] === values[i]) {
      n++;
      mean += values[i];
    }
  mean /= n;
  let squares = 0;
  let least = Infinity;
  let most = -Infinity;
  for (let i = 0; i < values.length; i++)
    if (values[i] === values[i]) {
      squares += (values[i] - mean) ** 2;
      if (values[i] < least) least = values[i];
      if (values[i] > most) most = values[i];
    }
  const deviation = Math.sqrt(squares / n);
  // Rounding leaves equal values a spread of their own.
  const varies = exceedsRounding(most - least, Math.max(-least, most));
  return values.map((value) => (varies ? (value - mean) / deviation : value - value));
}
