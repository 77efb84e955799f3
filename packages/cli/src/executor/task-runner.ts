import { ConfigError, PersistentPanelBatch, type CrossSectionBatch } from '@ml4t/core';
import { runFold, throwIfAborted, type TrainedMember, type WalkForwardEstimator } from '@ml4t/core/authoring';
import type { ArtifactStore } from '@ml4t/core/persist';
import {
  exposureCorrelations,
  type ExposureTable,
  type ExperimentBatch,
  type ExperimentEstimator,
  type ExperimentPrediction,
  type Family,
  type PreSpecifiedSeries,
} from '@ml4t/core/experiment';
import { familyOf, findFamilies, packageOf, type FamilyPackage } from '../families/packages.ts';
import { factorSeries, withoutFactorColumns } from '../experiment/pre-specified-factors.ts';
import { characteristicImportance } from '../experiment/importance.ts';
import type { FoldOutcome, FoldTask, MemberTask, Task } from '../experiment/task.ts';
import { requireVersions } from '../experiment/versions.ts';
import { WorkArea } from '../experiment/work-area.ts';
import type { TaskHooks } from './executor.ts';
import { panelFor, type PanelFor } from './panels.ts';

/** Where the families of tasks come from. */
export interface FamilySource {
  /** Families from code, instead of those that are installed. */
  readonly packages?: readonly FamilyPackage[] | undefined;
  /** Folders of projects from which to look for the packages that tasks name; this process's where absent. */
  readonly from?: readonly string[] | undefined;
}

export interface TaskRunnerOptions extends FamilySource {
  /** Where the artifacts that tasks need are, and where theirs go. */
  readonly store: ArtifactStore;
  /** Where panels come from; read as the tasks say where absent. */
  readonly panelFor?: PanelFor | undefined;
}

/** Does tasks, one after the other: what every executor has at its core, and what a worker on another machine needs of this package. */
export class TaskRunner {
  readonly #work: WorkArea;
  readonly #panelFor: PanelFor;
  readonly #families: FamilySource;
  readonly #found = new Map<string, readonly FamilyPackage[]>();
  #current: Batches | undefined;

  constructor({ store, panelFor: panels = panelFor, ...families }: TaskRunnerOptions) {
    this.#work = new WorkArea(store);
    this.#panelFor = panels;
    this.#families = families;
  }

  /**
   * Does a task and leaves its artifact in the store.
   *
   * @throws ConfigError the packages here are not those that the task was planned with: its result would be another; DataError the panel is
   * another; ArtifactError a member that it needs is not in the store; what the model throws; AbortedError
   */
  async run(task: Task, hooks: TaskHooks): Promise<void> {
    const packages = this.#packagesOf(task);
    requireVersions(task, packageOf(task.model.type, 'model.type', packages));
    const family = await familyOf(task.model.type, 'model.type', packages);
    const batch = await this.#batch(task, hooks);
    if (task.kind === 'member') await this.#work.keepMember(task, await this.#trainMember(family, batch, task, hooks));
    else await this.#work.keepOutcomes(task, await this.#walkFolds(family, batch, task, hooks));
  }

  #packagesOf({ family }: Task): readonly FamilyPackage[] {
    const { packages, from } = this.#families;
    const found = packages ?? this.#found.get(family) ?? findFamilies({ plugins: [family], from });
    this.#found.set(family, found);
    return found;
  }

  async #trainMember(
    family: Family,
    batch: ExperimentBatch,
    task: MemberTask,
    hooks: TaskHooks,
  ): Promise<TrainedMember> {
    const estimator = ensembleOf(family.createEstimator(task.model, undefined, this.#factors(task)), task);
    const { train, validation } = task.split;
    return estimator.fitMember(batch.slice(train.from, train.to), task.member, {
      ...hooks,
      allowOverlap: true,
      validation: validation && batch.slice(validation.from, validation.to),
    });
  }

  async #walkFolds(family: Family, batch: ExperimentBatch, task: FoldTask, hooks: TaskHooks): Promise<FoldOutcome[]> {
    const { signal, onProgress } = hooks;
    const members = await Promise.all(task.members.map((key) => this.#work.member(key)));
    const outcomes: FoldOutcome[] = [];
    let estimator: ExperimentEstimator | undefined;
    const splits = task.folds.map(({ split }) => split);
    for (const [at, { fold, split }] of task.folds.entries()) {
      throwIfAborted(signal, 'ml4t run');
      // Several folds in one task are a model that is refitted; any other starts from nothing, or from its members.
      estimator ??= family.createEstimator(task.model, task.forecaster, this.#factors(task));
      const { summary, prediction, seconds } = await runFold<
        ExperimentBatch,
        ExperimentPrediction,
        WalkForwardEstimator<ExperimentBatch, ExperimentPrediction>
      >(
        {
          batch,
          splits,
          // Whether they may overlap was settled when they were made.
          allowOverlap: true,
          columns: ({ columns }) => columns,
          signal,
          onProgress,
        },
        members.length > 0 ? combining(ensembleOf(estimator, task), members) : estimator,
        at,
      );
      const examined =
        fold === task.examine?.fold
          ? await this.#examine(task, estimator, batch, split.test, prediction, onProgress)
          : {};
      const trained = members.reduce((sum, member) => sum + member.seconds, 0);
      outcomes.push({ fold, split, summary, prediction, seconds: seconds + trained, ...examined });
      const [step, total] = [at + 1, splits.length];
      if (total > 1) onProgress?.({ phase: 'walk-forward', unit: 'fold', step, total, fraction: step / total });
    }
    return outcomes;
  }

  /** What the report shows of the model behind a prediction. */
  async #examine(
    { examine }: FoldTask,
    estimator: ExperimentEstimator,
    batch: ExperimentBatch,
    { from, to }: { readonly from: number; readonly to: number },
    { columns }: ExperimentPrediction,
    onProgress: TaskHooks['onProgress'],
  ): Promise<Pick<FoldOutcome, 'exposures' | 'importance'>> {
    const test = batch.slice(from, to);
    const exposures = (await estimator.exposures?.(test)) ?? describedBy(test, columns);
    if (test.kind !== 'cross-section' || !examine?.importance) return { exposures };
    const importance = await characteristicImportance(estimator, test, columns, (step, total) =>
      onProgress?.({ phase: 'importance', unit: 'characteristic', step, total }),
    );
    return { exposures, importance };
  }

  /** The panel of a task in the form that its model takes, made once. */
  async #batch({ data, batchKind }: Task, { signal }: TaskHooks): Promise<ExperimentBatch> {
    if (this.#current?.fingerprint !== data.fingerprint) {
      // One panel at a time: the tasks of a run are about the same.
      this.#current = undefined;
      const panel = await this.#panelFor(data, signal ? { signal } : {});
      const rows = withoutFactorColumns(panel, data.read.preSpecifiedFactors);
      this.#current = { fingerprint: data.fingerprint, panel, rows };
    }
    const { rows } = this.#current;
    if (batchKind === 'cross-section') return rows;
    return (this.#current.persistent ??= PersistentPanelBatch.fromCrossSection(rows));
  }

  /** The observable factors that the model of a task asks for. */
  #factors({ model, data }: Task): PreSpecifiedSeries | undefined {
    return this.#current && factorSeries(this.#current.panel, data.read.preSpecifiedFactors, model.preSpecifiedFactors);
  }
}

interface Batches {
  readonly fingerprint: string;
  readonly panel: CrossSectionBatch;
  /** The panel as models see it. */
  readonly rows: CrossSectionBatch;
  persistent?: PersistentPanelBatch;
}

type EnsembleOfExperiment = ExperimentEstimator & Required<Pick<ExperimentEstimator, 'fitMember' | 'combineMembers'>>;

function ensembleOf(estimator: ExperimentEstimator, { model }: Task): EnsembleOfExperiment {
  if (estimator.fitMember && estimator.combineMembers) return estimator as EnsembleOfExperiment;
  throw new ConfigError({
    field: 'model.type',
    expected: 'an ensemble, whose members are tasks',
    found: model.type,
    remedy: 'Install the version of the family package that matches this ml4t.',
  });
}

/** An ensemble that is fitted by combining its members. */
function combining(
  estimator: EnsembleOfExperiment,
  members: readonly TrainedMember[],
): WalkForwardEstimator<ExperimentBatch, ExperimentPrediction> {
  return {
    fit: (batch, options) => estimator.combineMembers(batch, members, options),
    predict: (batch, options) => estimator.predict(batch, options),
  };
}

/** What a model without exposures has instead: its forecast, or its weights. */
function describedBy(
  batch: ExperimentBatch,
  { forecast, weight }: ExperimentPrediction['columns'],
): ExposureTable | undefined {
  const [values, name] = weight ? [weight, 'weight'] : [forecast, 'forecast'];
  return batch.kind === 'cross-section' ? exposureCorrelations(batch, values, [name]) : undefined;
}
