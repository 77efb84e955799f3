import { availableParallelism } from 'node:os';
import { ArtifactError, type CrossSectionBatch } from '@ml4t/core';
import type { TaskExecutor } from '../executor/executor.ts';
import { InProcessExecutor } from '../executor/in-process.ts';
import { errorAbout } from '../executor/worker-errors.ts';
import type { FamilyPackage } from '../families/family.ts';
import type { ProgressSink } from '../terminal/progress.ts';
import { counted } from '../terminal/words.ts';
import type { ExperimentRecord } from './record.ts';
import { runTasks } from './schedule.ts';
import type { ModelTasks } from './task-list.ts';
import type { FoldTask, Task } from './task.ts';
import type { WorkArea } from './work-area.ts';

export interface TaskRunHooks {
  readonly signal?: AbortSignal | undefined;
  readonly progress: ProgressSink;
  /** Something that is no warning, for a person: that a run goes on where another stopped. */
  readonly tell: (message: string) => void;
  readonly packages?: readonly FamilyPackage[] | undefined;
  /** Worker threads; the processors at hand where absent. One, or one task, runs in this process. */
  readonly workers?: number | undefined;
  readonly work: WorkArea;
}

/** Brings every fold's outcome into the record, from the work area or by doing its tasks. */
export async function doTasks(
  plan: readonly ModelTasks[],
  panel: CrossSectionBatch,
  record: ExperimentRecord,
  hooks: TaskRunHooks,
): Promise<void> {
  const { work, progress } = hooks;
  const left = await whatIsLeft(plan, record, work);
  const members = record.trainedMembers.size;
  if (record.nFolds + members > 0)
    hooks.tell(
      `going on from an earlier run, which left ${counted(record.nFolds, 'finished fold')}` +
        (members > 0 ? ` and ${counted(members, 'trained member')} of ensembles` : ''),
    );
  if (left.tasks.length === 0) return;
  const labelOf = (task: Task): string => record.models[left.modelOf.get(task) ?? 0].run.label;
  const executor = await openExecutor(panel, left.tasks.length, hooks);
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
    await left.release(task);
    return true;
  };
  const position = new Map(left.tasks.map((task, at) => [task, at]));
  progress.start(
    left.tasks.map((task) => ({
      label: foldOf(labelOf(task), task),
      // Training a member takes about as long as another of its model, and combining them as another combination.
      group: task.kind === 'member' ? `${labelOf(task)} member` : labelOf(task),
    })),
    executor.concurrency,
  );
  try {
    await runTasks(left.tasks, executor, {
      signal: hooks.signal,
      onStart: (task) => progress.begin(position.get(task) ?? 0),
      onProgress: (task, seen) => progress.update(position.get(task) ?? 0, seen),
      onFinished: async (task) => {
        if (!(await keep(task))) throw leftNothing(work);
        progress.finish(position.get(task) ?? 0);
      },
      onStopped: async (task) => void (await keep(task)),
      explain: (task, error) => errorAbout(describeTask(labelOf(task), task), error),
    });
  } finally {
    await executor.close();
  }
}

interface WhatIsLeft {
  /** Each once, after those that it needs. */
  readonly tasks: readonly Task[];
  /** Position of a task's model. */
  readonly modelOf: ReadonlyMap<Task, number>;
  /** Removes the members of a finished fold, unless another fold still needs them. */
  release(task: FoldTask): Promise<void>;
}

/** Puts finished folds into the record and says which tasks remain: no member that is here already, or that no fold needs. */
async function whatIsLeft(plan: readonly ModelTasks[], record: ExperimentRecord, work: WorkArea): Promise<WhatIsLeft> {
  const { trainedMembers } = record;
  const users = new Map<string, number>();
  const done: FoldTask[] = [];
  const release = async ({ members }: FoldTask): Promise<void> => {
    const free = members.filter((key) => (users.get(key) ?? 0) <= 0);
    for (const key of free) trainedMembers.delete(key);
    await work.discardMembers(free);
  };
  for (const [model, { tasks }] of plan.entries())
    for (const task of tasks) {
      if (task.kind !== 'folds') continue;
      const outcomes = await work.outcomes(task);
      if (outcomes) {
        record.add(model, outcomes);
        done.push(task);
      } else for (const key of task.members) users.set(key, (users.get(key) ?? 0) + 1);
    }
  // A process that was killed may have left the members of a fold that it had combined.
  for (const task of done) await release(task);
  for (const key of users.keys()) if (await work.holdsMember(key)) trainedMembers.add(key);
  const modelOf = new Map<Task, number>();
  const seen = new Set(trainedMembers);
  for (const [model, { tasks }] of plan.entries())
    for (const task of tasks) {
      if (task.kind === 'member' ? !users.has(task.key) || seen.has(task.key) : done.includes(task)) continue;
      if (task.kind === 'member') seen.add(task.key);
      modelOf.set(task, model);
    }
  return {
    // Fold by fold: what is wrong with a model is known early, and so is how long each takes.
    tasks: [...modelOf.keys()].sort((a, b) => firstFold(a) - firstFold(b)),
    modelOf,
    release: (task) => {
      for (const key of task.members) users.set(key, (users.get(key) ?? 0) - 1);
      return release(task);
    },
  };
}

function leftNothing({ folder }: WorkArea): ArtifactError {
  return new ArtifactError({
    field: folder,
    expected: 'what the task has just left',
    found: 'nothing, or a damaged file',
    remedy: 'Leave the folder alone while a run goes on, and look whether the disk is full.',
  });
}

/** Families that a caller brings are functions, which no thread can be given; and TypeScript sources load in no worker. */
async function openExecutor(panel: CrossSectionBatch, nTasks: number, hooks: TaskRunHooks): Promise<TaskExecutor> {
  const threads = Math.min(hooks.workers ?? availableParallelism(), nTasks);
  if (threads <= 1 || hooks.packages || import.meta.url.endsWith('.ts'))
    return new InProcessExecutor(panel, hooks.work, hooks.packages);
  const { WorkerThreadsExecutor } = await import('../executor/worker-threads.ts');
  return new WorkerThreadsExecutor(panel, hooks.work, threads);
}

function firstFold(task: Task): number {
  return (task.kind === 'folds' ? task.folds[0] : task).fold;
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
