import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ArtifactError, OutputError } from '@ml4t/core';
import { loadArtifact, saveArtifact } from '@ml4t/core/persist';
import { packageVersion } from '../version.ts';
import { packOutcomes, unpackOutcomes } from './fold-outcome.ts';
import type { FoldOutcome, FoldTask } from './fold-task.ts';

const fileType = 'ml4t-fold-outcomes';

/**
 * Where finished tasks wait until the results are written: one verified file per task, named by the task's key, so that
 * another data set, configuration, split or version never finds it.
 */
export class WorkArea {
  readonly folder: string;

  constructor(outputDirectory: string) {
    this.folder = join(outputDirectory, '.ml4t-work');
  }

  /** What a finished task left; undefined when it was not finished or its file is damaged. */
  async read(task: FoldTask): Promise<FoldOutcome[] | undefined> {
    try {
      const { state, arrays } = await loadArtifact(this.path(task), { modelType: fileType });
      const named = Object.entries(arrays).map(([name, { data }]) => [name, data as Float64Array] as const);
      return unpackOutcomes({ text: (state as { text: string }).text, arrays: Object.fromEntries(named) });
    } catch (error) {
      if (error instanceof ArtifactError) return undefined;
      throw error;
    }
  }

  /** Keeps the outcomes of a task: whole or not at all. Throws OutputError. */
  async write(task: FoldTask, outcomes: readonly FoldOutcome[]): Promise<void> {
    const { text, arrays } = packOutcomes(outcomes);
    await mkdir(this.folder, { recursive: true }).catch((cause: Error) => {
      throw new OutputError({
        field: this.folder,
        expected: 'a folder that can be created',
        found: cause.message,
        remedy: 'Choose another output directory, or change its permissions.',
        cause,
      });
    });
    await saveArtifact(this.path(task), {
      modelType: fileType,
      formatVersion: 1,
      packageVersion: packageVersion(),
      config: task,
      state: { text },
      arrays: Object.fromEntries(Object.entries(arrays).map(([name, data]) => [name, { shape: [data.length], data }])),
    });
  }

  async remove(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }

  private path({ key }: FoldTask): string {
    return join(this.folder, `${key}.fold`);
  }
}
