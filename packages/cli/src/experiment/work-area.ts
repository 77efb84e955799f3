import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ArtifactError, OutputError, type TrainedMember } from '@ml4t/core';
import { loadMember, saveMember } from '@ml4t/core/ensemble';
import { loadArtifact, makeFolders, saveArtifact } from '@ml4t/core/persist';
import { packageVersion } from '../version.ts';
import { packOutcomes, unpackOutcomes } from './fold-outcome.ts';
import type { FoldOutcome, FoldTask, MemberTask, Task } from './task.ts';

const fileType = 'ml4t-fold-outcomes';

/**
 * Where the artifacts of tasks are until the results are written: one verified file per finished task, whole or not there, named
 * by the task's key, so that another data set, configuration, split or version never finds it. Whoever does a task reads the
 * artifacts that it needs from here and leaves its own here: a folder now, which threads share as machines would share a store.
 */
export class WorkArea {
  readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
  }

  /** That of an output directory. */
  static under(outputDirectory: string): WorkArea {
    return new WorkArea(join(outputDirectory, '.ml4t-work'));
  }

  /** What a finished task left; undefined when it was not finished or its file is damaged. */
  async outcomes(task: FoldTask): Promise<FoldOutcome[] | undefined> {
    return unlessDamaged(async () => {
      const { state, arrays } = await loadArtifact(this.path(task.kind, task.key), { modelType: fileType });
      const named = Object.entries(arrays).map(([name, { data }]) => [name, data] as const);
      return unpackOutcomes({ text: (state as { text: string }).text, arrays: Object.fromEntries(named) });
    });
  }

  /** Keeps the outcomes of a task: whole or not at all. Throws OutputError. */
  async keepOutcomes(task: FoldTask, outcomes: readonly FoldOutcome[]): Promise<void> {
    const { text, arrays } = packOutcomes(outcomes);
    await this.open();
    await saveArtifact(this.path(task.kind, task.key), {
      modelType: fileType,
      formatVersion: 1,
      packageVersion: packageVersion(),
      config: task,
      state: { text },
      arrays: Object.fromEntries(Object.entries(arrays).map(([name, data]) => [name, { shape: [data.length], data }])),
    });
  }

  /** A trained member, by the key of its task. Throws ArtifactError when it is not there or damaged. */
  async member(key: string): Promise<TrainedMember> {
    return loadMember(this.path('member', key));
  }

  /** Keeps a trained member: whole or not at all. Throws OutputError. */
  async keepMember(task: MemberTask, trained: TrainedMember): Promise<void> {
    await this.open();
    await saveMember(this.path(task.kind, task.key), trained);
  }

  /** Whether the member of a task is here and whole. */
  async holdsMember(key: string): Promise<boolean> {
    return (await unlessDamaged(() => this.member(key))) !== undefined;
  }

  /** Removes members that have been combined. */
  async discardMembers(keys: readonly string[]): Promise<void> {
    await Promise.all(keys.map((key) => rm(this.path('member', key), { force: true })));
  }

  async remove(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }

  private async open(): Promise<void> {
    await makeFolders(this.folder).catch((cause: Error) => {
      throw new OutputError({
        field: this.folder,
        expected: 'a folder that can be created',
        found: cause.message,
        remedy: 'Choose another output directory, or change its permissions.',
        cause,
      });
    });
  }

  private path(kind: Task['kind'], key: string): string {
    return join(this.folder, `${key}.${kind === 'folds' ? 'fold' : 'member'}`);
  }
}

async function unlessDamaged<T>(read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof ArtifactError) return undefined;
    throw error;
  }
}
