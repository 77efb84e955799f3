import { createRequire } from 'node:module';
import type { CrossSectionBatch, WalkForwardSplit } from '@ml4t/core';
import { panelFingerprint } from './fingerprint.ts';
import { foldTask, type DataReference, type FoldTask } from './fold-task.ts';
import type { ModelRun } from './model-runs.ts';
import type { Experiment } from './schema.ts';

/** A model that is ready to be fitted: found, and its configuration checked. */
export interface PreparedModel {
  readonly run: ModelRun;
  readonly batchKind: FoldTask['batchKind'];
  readonly packageName: string;
}

/** Every (model, fold) of an experiment as a task, model by model; a model with warm starts is one task. */
export function experimentTasks(
  experiment: Experiment,
  models: readonly PreparedModel[],
  panel: CrossSectionBatch,
  splits: readonly WalkForwardSplit[],
): { readonly model: PreparedModel; readonly tasks: readonly FoldTask[] }[] {
  const data: DataReference = {
    fingerprint: panelFingerprint(panel),
    read: withoutTruth(experiment.data),
    preprocessing: experiment.preprocessing,
  };
  const folds = splits.map((split, fold) => ({ fold, split }));
  const last = { fold: splits.length - 1, importance: experiment.outputs.importance };
  return models.map((model) => {
    const { run, batchKind, packageName } = model;
    const chains = run.model.config.warmStart === true ? [folds] : folds.map((fold) => [fold]);
    const versions = versionsOf(['@ml4t/core', '@ml4t/cli', packageName]);
    const { model: specification, forecaster } = run;
    const tasks = chains.map((chain) =>
      foldTask({
        data,
        model: specification,
        forecaster,
        batchKind,
        folds: chain,
        examine: chain.some(({ fold }) => fold === last.fold) ? last : undefined,
        versions,
      }),
    );
    return { model, tasks };
  });
}

function withoutTruth(experiment: Experiment['data']): DataReference['read'] {
  const data: { truth?: unknown } & DataReference['read'] = { ...experiment };
  delete data.truth;
  return data;
}

/** Versions of the packages as installed; a package that has no manifest to read is not versioned. */
function versionsOf(packages: readonly string[]): Record<string, string> {
  const require = createRequire(import.meta.url);
  return Object.fromEntries(
    packages.flatMap((name) => {
      try {
        return [[name, (require(`${name}/package.json`) as { version: string }).version]];
      } catch {
        return [];
      }
    }),
  );
}
