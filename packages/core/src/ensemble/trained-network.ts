import { DataError } from '../errors.ts';
import { isNonFinite, type HistoryEntry, type StopReason } from '../results/fit-summary.ts';
import type { TrainingRecord } from '../train/index.ts';
import { keeps, type CheckpointConfig } from './config.ts';
import { labelledStates, type MemberWeights, type TrainingUnit } from './member-weights.ts';

/** One network after its training: plain data, so that a member can be trained apart from the others. */
export interface TrainedNetwork extends MemberWeights {
  readonly stopReason: StopReason;
  /** What to do when the reason is a failure, else empty. */
  readonly remedy: string;
  /** What else there is to know of it. */
  readonly notes?: readonly string[] | undefined;
  /** Epochs or steps made. */
  readonly length: number;
  readonly skippedSteps: number;
}

/** What the ensemble itself keeps of a member beside the network. */
export interface MemberAccount {
  readonly history: readonly HistoryEntry[];
  /** The most that the engine held. */
  readonly engineBytes: number;
}

/** What an epoch of `train` is where training is counted in something else. */
export interface Counting {
  readonly unit: TrainingUnit;
  /** The number of an epoch's end in that unit. */
  readonly at: (epoch: number) => number;
}

const epochs: Counting = { unit: 'epoch', at: (epoch) => epoch };

/** A network that `train` trained, at the checkpoints that its configuration keeps. Throws DataError when not even one epoch was finite. */
export function trainedNetwork(
  record: TrainingRecord,
  config: CheckpointConfig,
  operation: string,
  { unit, at }: Counting = epochs,
): TrainedNetwork {
  const { checkpoints, stopReason, remedy, steps, skippedSteps, history } = record;
  if (checkpoints.lastEpoch === undefined)
    throw new DataError({
      field: operation,
      expected: `finite losses and gradients in the first ${unit}s`,
      found: stopReason,
      remedy,
    });
  return {
    ...labelledStates(checkpoints, {
      lists: (epoch) => keeps(config, at(epoch)),
      keyOf: (epoch) => `${unit}-${at(epoch)}`,
    }),
    stopReason: unit === 'step' && stopReason === 'max-epochs' ? 'max-iterations' : stopReason,
    remedy,
    length: unit === 'step' ? steps + skippedSteps : history.length,
    skippedSteps,
  };
}

/** What is not finite in any member, else early stopping where every member stopped early, else `otherwise`. */
export function overallReason(
  members: readonly Pick<TrainedNetwork, 'stopReason'>[],
  otherwise: StopReason,
): StopReason {
  const reasons = members.map(({ stopReason }) => stopReason);
  const early = reasons.every((reason) => reason === 'early-stopping');
  return reasons.find(isNonFinite) ?? (early ? 'early-stopping' : otherwise);
}

/** What a careful user should know of the members' training. */
export function memberNotes(members: readonly TrainedNetwork[], unit: TrainingUnit): string[] {
  return members.flatMap(({ remedy, skippedSteps, length, notes = [] }, number) => [
    ...(remedy ? [`Member ${number} stopped after ${unit} ${length}: ${remedy}`] : []),
    ...(skippedSteps > 0 ? [`Member ${number} left out ${skippedSteps} steps without a finite gradient.`] : []),
    ...notes.map((note) => `Member ${number}: ${note}`),
  ]);
}
