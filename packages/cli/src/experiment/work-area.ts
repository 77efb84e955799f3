import { ArtifactError } from '@ml4t/core';
import type { TrainedMember } from '@ml4t/core/authoring';
import { memberBytes, parseMember } from '@ml4t/core/ensemble';
import { artifactBytes, parseArtifact, type ArtifactStore } from '@ml4t/core/persist';
import { packageVersion } from '../version.ts';
import { packOutcomes, unpackOutcomes } from './fold-outcome.ts';
import type { FoldOutcome, FoldTask, MemberTask, Task } from './task.ts';

const fileType = 'ml4t-fold-outcomes';

/**
 * The artifacts of tasks in a store, until the results are written: one verified artifact per finished task, whole or not there, named
 * by the task's key, so that another data set, configuration, split or version never finds it. Whoever does a task reads the
 * artifacts that it needs from here and leaves its own here.
 */
export class WorkArea {
  readonly store: ArtifactStore;

  constructor(store: ArtifactStore) {
    this.store = store;
  }

  /** What a finished task left; undefined when it was not finished or its artifact is damaged. */
  async outcomes(task: FoldTask): Promise<FoldOutcome[] | undefined> {
    return unlessDamaged(async () => {
      const key = artifactKey(task);
      const { state, arrays } = parseArtifact(await this.store.get(key), key, { modelType: fileType });
      const named = Object.entries(arrays).map(([name, { data }]) => [name, data] as const);
      return unpackOutcomes({ text: (state as { text: string }).text, arrays: Object.fromEntries(named) });
    });
  }

  /** Keeps the outcomes of a task: whole or not at all. Throws OutputError. */
  async keepOutcomes(task: FoldTask, outcomes: readonly FoldOutcome[]): Promise<void> {
    const { text, arrays } = packOutcomes(outcomes);
    await this.store.put(
      artifactKey(task),
      artifactBytes({
        modelType: fileType,
        formatVersion: 1,
        packageVersion: packageVersion(),
        config: task,
        state: { text },
        arrays: Object.fromEntries(
          Object.entries(arrays).map(([name, data]) => [name, { shape: [data.length], data }]),
        ),
      }),
    );
  }

  /** A trained member, by the key of its task. Throws ArtifactError when it is not there or damaged. */
  async member(key: string): Promise<TrainedMember> {
    const name = artifactKey({ kind: 'member', key });
    return parseMember(await this.store.get(name), name);
  }

  /** Keeps a trained member: whole or not at all. Throws OutputError. */
  async keepMember(task: MemberTask, trained: TrainedMember): Promise<void> {
    await this.store.put(artifactKey(task), memberBytes(trained));
  }

  /** Whether the member of a task is here and whole. */
  async holdsMember(key: string): Promise<boolean> {
    return (await unlessDamaged(() => this.member(key))) !== undefined;
  }

  /** Removes members that have been combined. */
  async discardMembers(keys: readonly string[]): Promise<void> {
    await this.store.remove(keys.map((key) => artifactKey({ kind: 'member', key })));
  }
}

/** Under which key of the store the artifact of a task is: `fold/<key of the task>` or `member/<key of the task>`. */
export function artifactKey({ kind, key }: Pick<Task, 'kind' | 'key'>): string {
  return `${kind === 'folds' ? 'fold' : 'member'}/${key}`;
}

async function unlessDamaged<T>(read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof ArtifactError) return undefined;
    throw error;
  }
}
