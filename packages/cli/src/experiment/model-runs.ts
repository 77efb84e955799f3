import { ConfigError } from '@ml4t/core';
import type { PartSpecification } from '@ml4t/core/experiment';
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

/** Models of one experiment: more are a slip of the pen in a sweep. */
const MOST_MODELS = 10_000;

/** Every model of the experiment, sweeps crossed. Throws ConfigError when two would carry one label, or they are too many. */
export function expandModels(entries: readonly ModelEntry[]): ModelRun[] {
  requireSize(entries);
  const runs = entries.flatMap((entry, position) =>
    combinations(entry.sweep ?? {}).map((values) => ({
      label: labelOf(entry.name ?? entry.type, values),
      entry: position,
      model: {
        type: entry.type,
        config: { ...entry.config, ...values },
        ...(entry.preSpecifiedFactors ? { preSpecifiedFactors: entry.preSpecifiedFactors } : {}),
      },
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

/** Before any of them is made. */
function requireSize(entries: readonly ModelEntry[]): void {
  let total = 0;
  for (const [entry, { sweep = {} }] of entries.entries()) {
    const models = Object.values(sweep).reduce((product, values) => product * values.length, 1);
    total += models;
    if (total > MOST_MODELS)
      throw new ConfigError({
        field: `experiment.models[${entry}]${models > 1 ? '.sweep' : ''}`,
        expected: `at most ${MOST_MODELS} models in an experiment`,
        found: String(total),
        remedy: 'Try fewer values, or split the experiment.',
      });
  }
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
