import type { CrossSectionBatch } from '@ml4t/core';
import type { ArtifactStore } from '@ml4t/core/persist';
import type { ExecutorPlace, OpenExecutor, TaskExecutor } from '../executor/executor.ts';
import { openLocalExecutor } from '../executor/open-executor.ts';
import { errorAbout } from '../executor/worker-errors.ts';
import type { FamilySource } from '../executor/task-runner.ts';
import { counted } from '../terminal/words.ts';
import type { ExperimentEvent, PlannedTask } from './events.ts';
import type { ExperimentRecord } from './record.ts';
import { runTasks, type TaskFailure } from './schedule.ts';
import type { ModelTasks } from './task-list.ts';
import type { Task } from './task.ts';
import { firstFold, whatIsLeft, type WhatIsLeft } from './what-is-left.ts';
import { WorkArea } from './work-area.ts';

export interface TaskRunHooks {
  readonly signal?: AbortSignal | undefined;
  /** Hears what happens. */
  readonly onEvent?: ((event: ExperimentEvent) => void) | undefined;
  /** Something that is no warning, for a person: that a run goes on where another stopped. */
  readonly tell?: ((message: string) => void) | undefined;
  /** Where the artifacts of tasks are: a later run over the same store goes on from them. */
  readonly store: ArtifactStore;
  /** Who does the tasks; worker threads of this process where absent. It is closed at the end. */
  readonly executor?: TaskExecutor | OpenExecutor | undefined;
  /** Worker threads where no executor is given; the processors at hand where absent. One, or one task, runs in this process. */
  readonly workers?: number | undefined;
  /** How often a task is tried whose worker was lost, 1 unless stated. */
  readonly attempts?: number | undefined;
  /** Stop at the first task that fails, instead of doing what does not need it. */
  readonly failFast?: boolean | undefined;
}

/**
 * Brings every fold's outcome into the record, from the store or by doing its tasks.
 *
 * @throws the error of the first task that failed, once all others are done
 */
export async function doTasks(
  plan: readonly ModelTasks[],
  panel: CrossSectionBatch,
  record: ExperimentRecord,
  families: FamilySource,
  hooks: TaskRunHooks,
): Promise<void> {
  const work = new WorkArea(hooks.store);
  const left = await whatIsLeft(plan, record, work);
  tellWhatWasLeft(record, hooks);
  if (left.tasks.length === 0) return;
  const [{ data }] = left.tasks;
  const place = { store: hooks.store, panel, fingerprint: data.fingerprint, nTasks: left.tasks.length };
  const executor = await openExecutor(place, families, hooks);
  try {
    tellPlan(left, record, executor.concurrency, hooks);
    const failures = await runAll(left, record, work, executor, hooks);
    tellFailures(failures, left, record, hooks);
    if (failures.length > 0) throw failures[0].error;
  } finally {
    await executor.close();
  }
}

async function runAll(
  left: WhatIsLeft,
  record: ExperimentRecord,
  work: WorkArea,
  executor: TaskExecutor,
  { signal, onEvent = () => undefined, attempts = 1, failFast = false }: TaskRunHooks,
): Promise<TaskFailure[]> {
  const kept = new Set<Task>();
  /** Puts what a task has left into the record, once; false when there is nothing. */
  const keep = async (task: Task): Promise<boolean> => {
    if (kept.has(task)) return true;
    if (task.kind === 'member') {
      const there = await work.holdsMember(task.key);
      if (there) record.trainedMembers.add(task.key);
      return there;
    }
    const outcomes = await work.outcomes(task);
    if (!outcomes) return false;
    kept.add(task);
    record.add(left.modelOf.get(task) ?? 0, outcomes);
    await left.members.finish(task);
    return true;
  };
  return runTasks(left.tasks, executor, {
    signal,
    attempts,
    failFast,
    onEvent,
    keep,
    explain: (task, error) => errorAbout(describeTask(labelOf(task, left, record), task), error),
  });
}

function openExecutor(
  place: ExecutorPlace,
  families: FamilySource,
  { executor, workers }: TaskRunHooks,
): TaskExecutor | Promise<TaskExecutor> {
  if (executor === undefined) return openLocalExecutor(place, { workers, ...families });
  return typeof executor === 'function' ? executor(place) : executor;
}

function tellWhatWasLeft({ nFolds, trainedMembers }: ExperimentRecord, { tell }: TaskRunHooks): void {
  const members = trainedMembers.size;
  if (nFolds + members === 0) return;
  tell?.(
    `going on from an earlier run, which left ${counted(nFolds, 'finished fold')}` +
      (members > 0 ? ` and ${counted(members, 'trained member')} of ensembles` : ''),
  );
}

function tellPlan(left: WhatIsLeft, record: ExperimentRecord, concurrency: number, { onEvent }: TaskRunHooks): void {
  const tasks = left.tasks.map((task): PlannedTask => {
    const label = labelOf(task, left, record);
    return {
      key: task.key,
      label: foldOf(label, task),
      // Training a member takes about as long as another of its model, and combining them as another combination.
      group: task.kind === 'member' ? `${label} member` : label,
    };
  });
  onEvent?.({ kind: 'plan', tasks, concurrency });
}

/** The first failure is what the run ends with; of every other model that failed, a person hears the first as well. */
function tellFailures(
  failures: readonly TaskFailure[],
  left: WhatIsLeft,
  record: ExperimentRecord,
  { tell }: TaskRunHooks,
): void {
  const told = new Set(failures.slice(0, 1).map(({ task }) => labelOf(task, left, record)));
  for (const { task, error } of failures) {
    const label = labelOf(task, left, record);
    if (told.has(label)) continue;
    told.add(label);
    const others = failures.filter((each) => labelOf(each.task, left, record) === label).length - 1;
    const more = others > 0 ? ` (and ${counted(others, 'task')} more of ${label})` : '';
    tell?.(`failed as well: ${error instanceof Error ? error.message : String(error)}${more}`);
  }
}

function labelOf(task: Task, { modelOf }: WhatIsLeft, { models }: ExperimentRecord): string {
  return models[modelOf.get(task) ?? 0].run.label;
}

/** `cae fold 3`; the model alone where its folds are one task. */
function foldOf(label: string, task: Task): string {
  if (task.kind === 'folds' && task.folds.length > 1) return label;
  return `${label} fold ${firstFold(task) + 1}`;
}

/** What an error is about. */
function describeTask(label: string, task: Task): string {
  const fold = foldOf(label, task);
  return task.kind === 'member' ? `${fold} member ${task.member + 1} of ${task.ensembleSize}` : fold;
}
