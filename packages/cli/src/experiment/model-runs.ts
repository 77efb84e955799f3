import { ConfigError } from '@ml4t/core';
import type { PartSpecification } from '../families/family.ts';
import type { ModelEntry } from './schema.ts';

/** One model to walk forward: an entry of the experiment with the values of its sweep filled in. */
export interface ModelRun {
  /** Unique in the experiment: `ipca`, or `ipca(nFactors=3)` in a sweep. */
  readonly label: string;
  /** Position of its entry under `models`. */
  readonly entry: number;
  readonly model: PartSpecification;
  readonly forecaster: PartSpecification | undefined;
}

/** Every model of the experiment, sweeps crossed. Throws ConfigError when two would carry one label. */
export function expandModels(entries: readonly ModelEntry[]): ModelRun[] {
  const runs = entries.flatMap((entry, position) =>
    combinations(entry.sweep ?? {}).map((values) => ({
      label: labelOf(entry.name ?? entry.type, values),
      entry: position,
      model: { type: entry.type, config: { ...entry.config, ...values } },
      forecaster: entry.forecaster,
    })),
  );
  const seen = new Map<string, number>();
  for (const { label, entry } of runs) {
    const first = seen.get(label);
    if (first !== undefined)
      throw new ConfigError({
        field: `experiment.models[${entry}].name`,
        expected: 'a name of its own for every model',
        found: `${JSON.stringify(label)} again (first in models[${first}])`,
        remedy: 'Give the entry a name.',
      });
    seen.set(label, entry);
  }
  return runs;
}

function labelOf(name: string, values: Readonly<Record<string, unknown>>): string {
  const parts = Object.entries(values).map(
    ([key, value]) => `${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
  );
  return parts.length === 0 ? name : `${name}(${parts.join(',')})`;
}

/** Every choice of one value per key; the last key varies fastest. */
function combinations(sweep: Readonly<Record<string, readonly unknown[]>>): Record<string, unknown>[] {
  return Object.entries(sweep).reduce<Record<string, unknown>[]>(
    (chosen, [key, values]) => chosen.flatMap((head) => values.map((value) => ({ ...head, [key]: value }))),
    [{}],
  );
}
