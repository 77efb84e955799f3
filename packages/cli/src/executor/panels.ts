import { DataError, type CrossSectionBatch, type RunOptions } from '@ml4t/core';
import { readData } from '../experiment/data.ts';
import { sourceName } from '../experiment/data-schema.ts';
import { panelFingerprint } from '../experiment/fingerprint.ts';
import { prepareSteps } from '../experiment/preprocessing.ts';
import type { DataReference } from '../experiment/task.ts';

/** Gives the preprocessed panel that tasks are about. Throws DataError when there is another one. */
export type PanelFor = (data: DataReference, options?: RunOptions) => Promise<CrossSectionBatch>;

/**
 * Reads the panel of a task where the task says, preprocesses it, and checks that it is, to the bit, the one that the task is about.
 *
 * @throws DataError the files have changed, or are others here; what reading throws
 */
export async function panelFor(data: DataReference, options: RunOptions = {}): Promise<CrossSectionBatch> {
  const { batch } = await readData(data.read, { ...options, warn: () => undefined });
  const panel = prepareSteps(data.preprocessing).reduce((on, step) => step(on), batch);
  requireFingerprint(panelFingerprint(panel), data);
  return panel;
}

/** The one panel that is here, for tasks that are about it. */
export function knownPanel(panel: CrossSectionBatch, fingerprint: string): PanelFor {
  return async (data) => {
    requireFingerprint(fingerprint, data);
    return panel;
  };
}

function requireFingerprint(found: string, { fingerprint, read }: DataReference): void {
  if (found === fingerprint) return;
  throw new DataError({
    field: `data of the task (${sourceName(read)})`,
    expected: `the panel whose SHA-256, preprocessed, is ${fingerprint}`,
    found,
    remedy: 'Give every worker the files that the experiment was planned with; or plan it again.',
  });
}
