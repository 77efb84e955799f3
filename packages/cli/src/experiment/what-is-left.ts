import type { ExperimentRecord } from './record.ts';
import type { ModelTasks } from './task-list.ts';
import type { FoldTask, Task } from './task.ts';
import type { WorkArea } from './work-area.ts';

export interface WhatIsLeft {
  /** Each once, after those that it needs. */
  readonly tasks: readonly Task[];
  /** Position of a task's model. */
  readonly modelOf: ReadonlyMap<Task, number>;
  readonly members: MemberUse;
}

/** Puts finished folds into the record and says which tasks remain: no member that is here already, or that no fold needs. */
export async function whatIsLeft(
  plan: readonly ModelTasks[],
  record: ExperimentRecord,
  work: WorkArea,
): Promise<WhatIsLeft> {
  const done = new Set<FoldTask>();
  const unfinished: FoldTask[] = [];
  for (const [model, { tasks }] of plan.entries())
    for (const task of tasks.filter((each) => each.kind === 'folds')) {
      const outcomes = await work.outcomes(task);
      if (!outcomes) unfinished.push(task);
      else {
        record.add(model, outcomes);
        done.add(task);
      }
    }
  const members = new MemberUse(unfinished, record, work);
  // A process that was killed may have left the members of a fold that it had combined.
  for (const task of done) await members.release(task);
  for (const key of members.needed) if (await work.holdsMember(key)) record.trainedMembers.add(key);
  const modelOf = new Map<Task, number>();
  const seen = new Set(record.trainedMembers);
  for (const [model, { tasks }] of plan.entries())
    for (const task of tasks) {
      if (task.kind === 'member' ? !members.needed.has(task.key) || seen.has(task.key) : done.has(task)) continue;
      if (task.kind === 'member') seen.add(task.key);
      modelOf.set(task, model);
    }
  // Fold by fold: what is wrong with a model is known early, and so is how long each takes.
  return { tasks: [...modelOf.keys()].sort((a, b) => firstFold(a) - firstFold(b)), modelOf, members };
}

/** Which folds still need which members: models that differ in their forecaster alone share them. */
export class MemberUse {
  readonly #users = new Map<string, number>();
  readonly #record: ExperimentRecord;
  readonly #work: WorkArea;
  /** Keys of the members that folds need. */
  readonly needed: ReadonlySet<string>;

  constructor(unfinished: readonly FoldTask[], record: ExperimentRecord, work: WorkArea) {
    this.#record = record;
    this.#work = work;
    for (const { members } of unfinished)
      for (const key of members) this.#users.set(key, (this.#users.get(key) ?? 0) + 1);
    this.needed = new Set(this.#users.keys());
  }

  /** Says that a fold is finished, and removes its members unless another needs them. */
  async finish(task: FoldTask): Promise<void> {
    for (const key of task.members) this.#users.set(key, (this.#users.get(key) ?? 0) - 1);
    await this.release(task);
  }

  async release({ members }: FoldTask): Promise<void> {
    const free = members.filter((key) => (this.#users.get(key) ?? 0) <= 0);
    for (const key of free) this.#record.trainedMembers.delete(key);
    await this.#work.discardMembers(free);
  }
}

export function firstFold(task: Task): number {
  return (task.kind === 'folds' ? task.folds[0] : task).fold;
}
