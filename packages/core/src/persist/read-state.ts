import * as z from 'zod';
import { deepFreeze } from '../config.ts';
import { ArtifactError, describe } from '../errors.ts';
import { stopReasonRemedies, type FitSummary, type HistoryEntry, type StopReason } from '../results/fit-summary.ts';
import type { Artifact } from './artifact.ts';

/** The state of a verified artifact in its model's own shape. Throws ArtifactError when it has another. */
export function readState<S extends z.ZodType>(
  { path, state }: Pick<Artifact, 'path' | 'state'>,
  schema: S,
): z.output<S> {
  return readSaved(`${path}: state`, state, schema);
}

const stopReason = z.enum(Object.keys(stopReasonRemedies) as StopReason[]);
const numbers = z.record(z.string(), z.number());
const savedSummary = z.looseObject({
  converged: z.boolean(),
  stopReason,
  iterations: z.number(),
  trainMetrics: numbers,
  validationMetrics: numbers.optional(),
  defaultCheckpoint: z.string().optional(),
  history: z.array(z.record(z.string(), z.union([z.number(), z.string(), z.boolean(), numbers]))),
  notes: z.array(z.string()),
  runRecord: z.looseObject({
    modelType: z.string(),
    packageVersion: z.string(),
    config: z.record(z.string(), z.unknown()),
    engine: z.string(),
    dimensions: numbers,
    stopReason,
    seconds: z.number(),
  }),
});

/**
 * The fit summary that a verified artifact has as its record, frozen; `own` is what the model's own summary holds besides, and
 * `checkpoints` are the names that weights were saved under.
 * Throws ArtifactError when it is of another shape, or names a checkpoint without weights.
 */
export function readSummary<Summary extends FitSummary = FitSummary>(
  { path, record }: Pick<Artifact, 'path' | 'record'>,
  own: z.ZodRawShape = {},
  checkpoints?: readonly string[],
): Summary {
  const saved = readSaved(`${path}: record`, record, savedSummary.extend(own));
  const named = Array.isArray(saved.checkpoints) ? (saved.checkpoints as unknown[]) : [];
  const absent = [...named, saved.defaultCheckpoint].find(
    (name) => name !== undefined && checkpoints?.includes(name as string) === false,
  );
  if (absent !== undefined)
    throw new ArtifactError({
      field: `${path}: record.checkpoints`,
      expected: `checkpoints that were saved: ${checkpoints?.join(', ')}`,
      found: describe(absent),
      remedy: 'Save it again with this version of the package.',
    });
  // As it is: what is not known here is of a model that knows more.
  const summary = record as Summary;
  if (summary.history.every((entry) => 'metrics' in entry)) return summary;
  return deepFreeze({ ...summary, history: summary.history.map(entryOf) });
}

/** A line of a history; in the first format its metrics stood beside the epoch, step or iteration. */
function entryOf(saved: object): HistoryEntry {
  const { member, phase = 'training', epoch, step, iteration, ...metrics } = saved as Record<string, number>;
  const unit = epoch !== undefined ? 'epoch' : step !== undefined ? 'step' : 'iteration';
  const phases = ['unconditional', 'moment', 'conditional'];
  return {
    ...(member === undefined ? {} : { member }),
    phase: phases[Number(phase) - 1] ?? 'training',
    unit,
    step: epoch ?? step ?? iteration ?? 0,
    metrics,
  };
}

/** A piece of a verified artifact's JSON in the shape that it was saved in. Throws ArtifactError when it has another. */
export function readSaved<S extends z.ZodType>(field: string, value: unknown, schema: S): z.output<S> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  throw new ArtifactError({
    field: [field, ...issue.path].join('.'),
    expected: 'what this version of the package saves',
    found: issue.message,
    remedy: 'Save it again with this version of the package.',
    cause: result.error,
  });
}

/** Throws ArtifactError unless the artifact holds the arrays of these names and no others. */
export function requireArrays({ path, arrays }: Pick<Artifact, 'path' | 'arrays'>, wanted: readonly string[]): void {
  const known = new Set(wanted);
  const extra = Object.keys(arrays).find((name) => !known.has(name));
  const absent = wanted.find((name) => !Object.hasOwn(arrays, name));
  const wrong = absent ?? extra;
  if (wrong === undefined) return;
  throw new ArtifactError({
    field: `${path}: arrays.${wrong}`,
    expected: absent === undefined ? 'no array but those that its state asks for' : 'the array',
    found: absent === undefined ? 'an extra array' : 'no such array',
    remedy: 'Save the model again.',
  });
}
