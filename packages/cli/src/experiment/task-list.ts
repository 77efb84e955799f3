import { ConfigError, type CrossSectionBatch, type WalkForwardSplit } from '@ml4t/core';
import { panelFingerprint } from './fingerprint.ts';
import type { ParsedConfigs, PartSpecification } from '@ml4t/core/experiment';
import { withKey, type DataReference, type FoldReference, type FoldTask, type MemberTask, type Task } from './task.ts';
import type { ModelRun } from './model-runs.ts';
import type { FamilyPackage } from '../families/packages.ts';
import type { Experiment } from './schema.ts';
import { versionsOf } from './versions.ts';

/** A model that is ready to be fitted: found, and its configuration checked. */
export interface PreparedModel {
  readonly run: ModelRun;
  /** The configurations of `run` with all defaults spelled out. */
  readonly configs?: ParsedConfigs | undefined;
  /** What the engine of its configuration computes with here; undefined for a model without one. */
  readonly arithmetic?: string | undefined;
  readonly batchKind: FoldTask['batchKind'];
  readonly family: FamilyPackage;
  /** Folds of one model are refitted one from the other, and cannot be separated. */
  readonly chainsFolds: boolean;
  /** Members that can be trained apart; 1 for a model that is no ensemble. */
  readonly ensembleSize: number;
}

/** The tasks of one model, each after those that it needs. */
export interface ModelTasks {
  readonly model: PreparedModel;
  readonly tasks: readonly Task[];
}

/** Every (model, fold, member) of an experiment as a task, model by model; a model with warm starts is one task. */
export function experimentTasks(
  experiment: Experiment,
  models: readonly PreparedModel[],
  panel: CrossSectionBatch,
  splits: readonly WalkForwardSplit[],
): readonly ModelTasks[] {
  requireSize(models, splits.length);
  const data: DataReference = {
    fingerprint: panelFingerprint(panel),
    read: withoutTruth(experiment.data),
    preprocessing: experiment.preprocessing,
  };
  const folds = splits.map((split, fold) => ({ fold, split }));
  const last = { fold: splits.length - 1, importance: experiment.outputs.importance };
  return models.map((prepared) => {
    const { run, configs, arithmetic, batchKind, family, ensembleSize, chainsFolds } = prepared;
    const model = withConfig(run.model, configs?.model);
    const forecaster = run.forecaster && withConfig(run.forecaster, configs?.forecaster);
    // Under another Node the default engine may round otherwise: what a run left there is not what this one would compute.
    const versions = versionsOf(family);
    const origin = { data, model, arithmetic, batchKind, versions, family: family.specifier ?? family.packageName };
    const foldTask = (chain: readonly FoldReference[], members: readonly MemberTask[]): FoldTask =>
      withKey<FoldTask>({
        kind: 'folds',
        ...origin,
        forecaster,
        folds: chain,
        examine: chain.some(({ fold }) => fold === last.fold) ? last : undefined,
        members: members.map(({ key }) => key),
      });
    if (chainsFolds) return { model: prepared, tasks: [foldTask(folds, [])] };
    const tasks = folds.flatMap((fold): Task[] => {
      const members = Array.from({ length: ensembleSize > 1 ? ensembleSize : 0 }, (_, member) =>
        withKey<MemberTask>({ kind: 'member', ...origin, ...fold, member, ensembleSize }),
      );
      return [...members, foldTask([fold], members)];
    });
    return { model: prepared, tasks };
  });
}

/** Tasks of one experiment: more are a slip of the pen, and fill the memory before the first is done. */
const MOST_TASKS = 200_000;

function requireSize(models: readonly PreparedModel[], folds: number): void {
  let total = 0;
  for (const { run, ensembleSize } of models) {
    total += folds * (ensembleSize > 1 ? ensembleSize + 1 : 1);
    if (total > MOST_TASKS)
      throw new ConfigError({
        field: `experiment.models[${run.entry}]`,
        expected: `at most ${MOST_TASKS} tasks in an experiment: folds, and members of ensembles in each`,
        found: String(total),
        remedy: 'Take fewer folds (split.testSize, split.step), smaller ensembles or fewer models.',
      });
  }
}

function withConfig(part: PartSpecification, parsed: object = part.config): PartSpecification {
  return { ...part, config: { ...parsed } };
}

function withoutTruth(experiment: Experiment['data']): DataReference['read'] {
  const data: { truth?: unknown } & DataReference['read'] = { ...experiment };
  delete data.truth;
  return data;
}
