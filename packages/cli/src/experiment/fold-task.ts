import { createHash } from 'node:crypto';
import type { FitSummary, WalkForwardSplit } from '@ml4t/core';
import type { ExperimentPrediction, PartSpecification } from '../families/family.ts';
import type { CharacteristicImportance } from './importance.ts';
import type { Experiment } from './schema.ts';

/** Which panel a task is about: what it is, and where somebody who does not have it finds it. */
export interface DataReference {
  /** SHA-256 of the preprocessed panel. */
  readonly fingerprint: string;
  readonly read: Omit<Experiment['data'], 'truth'>;
  readonly preprocessing: Experiment['preprocessing'];
}

/**
 * A piece of an experiment that can be done anywhere: fit one model on one fold and predict its test dates. Plain JSON.
 *
 * The folds of a model that refits from the fold before cannot be separated: they are one task.
 */
export interface FoldTask {
  /** SHA-256 of everything that decides the result: data, model, forecaster, splits, versions. */
  readonly key: string;
  readonly data: DataReference;
  /** The seed is part of the configuration. */
  readonly model: PartSpecification;
  readonly forecaster: PartSpecification | undefined;
  readonly batchKind: 'cross-section' | 'persistent-panel';
  readonly folds: readonly { readonly fold: number; readonly split: WalkForwardSplit }[];
  /** The fold, if it is among these, whose model is examined closely: exposures, importance of characteristics. */
  readonly examine: { readonly fold: number; readonly importance: boolean } | undefined;
  /** Of the packages that do the work. */
  readonly versions: Readonly<Record<string, string>>;
}

/** What a fold leaves: everything that the results are made of. */
export interface FoldOutcome {
  readonly fold: number;
  readonly split: WalkForwardSplit;
  readonly summary: FitSummary;
  readonly prediction: ExperimentPrediction;
  /** Of the fold that the task examines. */
  readonly exposures?: ExposureTable | undefined;
  readonly importance?: CharacteristicImportance | undefined;
  /** Wall-clock seconds of fit and predict. */
  readonly seconds: number;
}

/** Exposures as a small table (rows x columns, row-major). */
export interface ExposureTable {
  /** `correlation`: of each characteristic with each exposure over the test rows. `loading`: of assets, the largest first. */
  readonly measure: 'correlation' | 'loading';
  readonly rowNames: readonly string[];
  readonly columnNames: readonly string[];
  readonly values: Float64Array;
}

/** A task with its key. Where the data come from does not matter as long as they are the same. */
export function foldTask(task: Omit<FoldTask, 'key'>): FoldTask {
  const { data, ...rest } = task;
  return { key: sha256(canonicalJson({ ...rest, fingerprint: data.fingerprint })), ...task };
}

export function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** JSON with sorted keys, so that equal content has equal text. */
function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, entry: unknown) =>
    entry !== null && typeof entry === 'object' && !Array.isArray(entry)
      ? Object.fromEntries(Object.entries(entry).sort(([a], [b]) => (a < b ? -1 : Number(a > b))))
      : entry,
  );
}
