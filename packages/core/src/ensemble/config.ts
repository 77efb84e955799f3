// The vocabulary of training: fields that every configuration of a network has, under one name and with one meaning, and what they say to
// `train`. Null switches something off; a field that is absent has its default. docs/decisions/names.md has the names that were weighed.
import * as z from 'zod';
import { engineChoices, type EngineChoice } from '../engine/choices.ts';
import type { OptimizerOptions } from '../engine/index.ts';
import { constantRate, cosineRate, exponentialRate, type Schedule } from '../train/index.ts';
import type { TrainingUnit } from './member-weights.ts';

/** Networks of an ensemble. `outcome` says what of them is averaged. */
export const ensembleFields = (defaults: { readonly ensembleSize: number }, outcome: string) => ({
  ensembleSize: z
    .int()
    .min(1)
    .max(1000)
    .default(defaults.ensembleSize)
    .describe(`Networks trained from seeds seed, seed + 1, …, whose ${outcome} are averaged`),
});

export type LearningRateSchedule = 'constant' | 'cosine' | { readonly decay: number };

/** Adam with decoupled weight decay (Loshchilov and Hutter 2019), a course of its rate over epochs, and a bound on its gradients. */
export const optimizerFields = (defaults: {
  readonly learningRate: number;
  readonly schedule?: LearningRateSchedule;
  readonly weightDecay?: number;
  readonly gradientClip?: number | null;
}) => ({
  learningRate: z.number().positive().default(defaults.learningRate).describe('Learning rate of Adam'),
  schedule: z
    .union([z.enum(['constant', 'cosine']), z.strictObject({ decay: z.number().positive().max(1) })])
    .default(defaults.schedule ?? 'constant')
    .describe("Course of the learning rate: 'constant', 'cosine' to zero, or times decay after every epoch"),
  weightDecay: z
    .number()
    .min(0)
    .default(defaults.weightDecay ?? 0)
    .describe('Decoupled weight decay, times the learning rate off the weights in every step'),
  gradientClip: z
    .number()
    .positive()
    .nullable()
    .default(defaults.gradientClip ?? null)
    .describe('Bound on the norm of the gradient; null for none'),
});

/** When a member stops early. Without a validation it does not. `counted` is what patience counts. */
export const stoppingFields = (
  defaults: { readonly patience: number | null; readonly ignoreFirst?: number },
  counted: 'epochs' | 'evaluations' = 'epochs',
) => ({
  patience: z
    .int()
    .min(1)
    .nullable()
    .default(defaults.patience)
    .describe(`Validated ${counted} without improvement before a member stops; null: never`),
  ignoreFirst: z
    .int()
    .min(0)
    .default(defaults.ignoreFirst ?? 0)
    .describe(`First ${counted === 'epochs' ? 'epochs' : 'steps'} that can be neither the best nor a reason to stop`),
});

/** Which states of a member are kept, under the labels `epoch-n` (or `step-n`), `best` and `last`. */
export const checkpointFields = (
  defaults: { readonly checkpointInterval: number | null },
  unit: TrainingUnit = 'epoch',
) => ({
  checkpointInterval: z
    .int()
    .min(1)
    .nullable()
    .default(defaults.checkpointInterval)
    .describe(`Keep every n-th ${unit} as a checkpoint; null: none beside the last and the best`),
  checkpointAt: z.array(z.int().min(1)).default([]).describe(`Keep just these ${unit}s; overrides the interval`),
});

/** The checkpoint that is used when none is asked for: a number is kept whether or not it is on the grid. */
export const defaultCheckpointField = (unit: TrainingUnit = 'epoch') => ({
  defaultCheckpoint: z
    .union([z.int().min(1), z.enum(['best', 'last'])])
    .nullable()
    .default(null)
    .describe(`Used when none is asked for: ${unit} n, 'best' or 'last'; null: best by validation where there is one`),
});

/** Where the arithmetic runs: results depend on the engine in their last bits, and never on the threads. */
export const engineFields = {
  engine: z
    .string()
    .superRefine((choice, context) => {
      // Not an enumeration: engines may be registered after this module was loaded.
      const values = [...engineChoices()];
      if (!values.includes(choice)) context.addIssue({ code: 'invalid_value', values, input: choice });
    })
    .default('auto')
    .describe(
      "What computes; auto is right for most. Else 'embedded', 'embedded-fused', 'embedded-portable', 'tfjs-node-gpu', " +
        "'tfjs-node', 'tfjs-webgpu', 'tfjs-cpu', or an engine that was registered",
    ),
  threads: z
    .int()
    .min(1)
    .max(64)
    .nullable()
    .default(null)
    .describe('Threads of the embedded engine; null: the processors at hand. Results do not depend on it'),
};

export interface EngineConfig {
  readonly engine: EngineChoice;
  readonly threads: number | null;
}

export interface OptimizerConfig {
  readonly learningRate: number;
  readonly schedule: LearningRateSchedule;
  readonly weightDecay: number;
  readonly gradientClip: number | null;
}

export interface StoppingConfig {
  readonly patience: number | null;
  readonly ignoreFirst: number;
}

export interface CheckpointConfig {
  readonly checkpointInterval: number | null;
  readonly checkpointAt: readonly number[];
  readonly defaultCheckpoint?: number | string | null;
}

/** The optimizer of a configuration, for `engine.optimizer` and `train`. `l2` is added to the gradient instead: plain Adam. */
export function optimizerOf({ learningRate, weightDecay }: OptimizerConfig, l2 = 0): OptimizerOptions {
  return l2 > 0 ? { kind: 'adam', learningRate, weightDecay: l2 } : { kind: 'adamw', learningRate, weightDecay };
}

/** The factor on the learning rate in each epoch. */
export function scheduleOf({ schedule }: Pick<OptimizerConfig, 'schedule'>): Schedule {
  if (typeof schedule === 'object') return exponentialRate(schedule.decay);
  return schedule === 'cosine' ? cosineRate() : constantRate;
}

/** Whether a configuration keeps an epoch or step: on its list, else on its grid, or as its default. */
export function keeps(config: CheckpointConfig, at: number): boolean {
  const { checkpointInterval, checkpointAt, defaultCheckpoint } = config;
  if (defaultCheckpoint === at) return true;
  if (checkpointAt.length > 0) return checkpointAt.includes(at);
  return checkpointInterval !== null && at % checkpointInterval === 0;
}

/** The epochs up to `length` that a configuration keeps, for `train`. */
export function keptEpochs(config: CheckpointConfig, length: number): { readonly epochs: readonly number[] } {
  return { epochs: Array.from({ length }, (_, i) => i + 1).filter((epoch) => keeps(config, epoch)) };
}

/** Reports checkpoints that `length` epochs or steps do not reach; for `schema.check`. `field` is that of the length. */
export function checkpointChecks<Config extends CheckpointConfig>(
  { value, issues }: z.core.ParsePayload<Config>,
  length: number,
  field: string,
): void {
  const refuse = (path: keyof CheckpointConfig, message: string): void =>
    void issues.push({ code: 'custom', input: value[path], path: [path], message });
  if (value.checkpointAt.some((at) => at > length)) refuse('checkpointAt', `numbers up to ${field}, ${length}`);
  const { defaultCheckpoint } = value;
  if (typeof defaultCheckpoint === 'number' && defaultCheckpoint > length)
    refuse('defaultCheckpoint', `a number up to ${field}, ${length}`);
}
