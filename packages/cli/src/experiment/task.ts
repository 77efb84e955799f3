import { createHash } from 'node:crypto';
import type { FitSummary, WalkForwardSplit } from '@ml4t/core';
import type { ExperimentPrediction, ExposureTable, PartSpecification } from '@ml4t/core/experiment';
import type { CharacteristicImportance } from './importance.ts';
import type { Experiment } from './schema.ts';

/** Which panel a task is about: what it is, and where somebody who does not have it finds it. */
export interface DataReference {
  /** SHA-256 of the preprocessed panel. */
  readonly fingerprint: string;
  readonly read: Omit<Experiment['data'], 'truth'>;
  readonly preprocessing: Experiment['preprocessing'];
}

/** What every task says. Tasks are plain JSON: whoever has the data and the artifacts that a task needs can do it. */
interface TaskOrigin {
  /** SHA-256 of everything that decides the result: data, model, forecaster, splits, versions. Names its artifact. */
  readonly key: string;
  readonly data: DataReference;
  /** With all defaults spelled out; the seed is part of the configuration. */
  readonly model: PartSpecification;
  /** Of the engine that the configuration asks for where the task was planned, for networks; it decides bits. */
  readonly arithmetic?: string | undefined;
  readonly batchKind: 'cross-section' | 'persistent-panel';
  /** The package that has the model: its name, or the folder that it is in. */
  readonly family: string;
  /** Of the packages that do the work, and the arithmetic of the default engine. */
  readonly versions: Readonly<Record<string, string>>;
}

/** A fold of the walk-forward by its number. */
export interface FoldReference {
  readonly fold: number;
  readonly split: WalkForwardSplit;
}

/**
 * Fits one model on one fold and predicts its test dates; its artifact is the outcome. The folds of a model that refits from the
 * fold before cannot be separated: they are one task. So is the fold of a model that is no ensemble; in one that is, the members
 * are tasks of their own, and this one combines them.
 */
export interface FoldTask extends TaskOrigin {
  readonly kind: 'folds';
  readonly forecaster: PartSpecification | undefined;
  readonly folds: readonly FoldReference[];
  /** The fold, if it is among these, whose model is examined closely: exposures, importance of characteristics. */
  readonly examine: { readonly fold: number; readonly importance: boolean } | undefined;
  /** Keys of the member tasks whose artifacts have to be there first, by number; none where the model is fitted whole. */
  readonly members: readonly string[];
}

/** Trains one member of an ensemble on one fold; its artifact is the member. Models that differ in their forecaster share it. */
export interface MemberTask extends TaskOrigin, FoldReference {
  readonly kind: 'member';
  /** From 0, of `ensembleSize`. */
  readonly member: number;
  readonly ensembleSize: number;
}

export type Task = FoldTask | MemberTask;

/** Keys of the artifacts that a task cannot do without. */
export function neededBy(task: Task): readonly string[] {
  return task.kind === 'folds' ? task.members : [];
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

/**
 * A task with its key. Where the data and the package come from does not matter as long as they are the same, nor whether a fold is fitted whole or
 * from its members, nor on how many threads, nor by which name the engine was asked for: the result is.
 */
export function withKey<T extends Task>(task: Omit<T, 'key'> & Pick<Task, 'data' | 'model' | 'arithmetic'>): T {
  const { data, ...rest } = task;
  // What the engine computes with stands in `arithmetic`.
  const named = task.arithmetic === undefined ? {} : { engine: undefined };
  const model = { ...task.model, config: { ...task.model.config, ...named, threads: undefined } };
  const decisive = { ...rest, model, fingerprint: data.fingerprint, members: undefined };
  return { key: sha256(canonicalJson(decisive)), ...task } as T;
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
