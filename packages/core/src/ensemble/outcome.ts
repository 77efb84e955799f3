import { isNonFinite, type StopReason } from '../results/fit-summary.ts';
import type { TrainingUnit } from './member-weights.ts';

/** How the training of a member ended. */
export interface MemberOutcome {
  readonly stopReason: StopReason;
  /** What to do when the reason is a failure, else empty. */
  readonly remedy: string;
  /** Epochs or steps made. */
  readonly length: number;
  readonly skippedSteps: number;
}

/** What is not finite in any member, else early stopping where every member stopped early, else `otherwise`. */
export function overallReason(
  members: readonly Pick<MemberOutcome, 'stopReason'>[],
  otherwise: StopReason,
): StopReason {
  const reasons = members.map(({ stopReason }) => stopReason);
  const early = reasons.every((reason) => reason === 'early-stopping');
  return reasons.find(isNonFinite) ?? (early ? 'early-stopping' : otherwise);
}

/** What a careful user should know of the members' training. */
export function memberNotes(members: readonly MemberOutcome[], unit: TrainingUnit): string[] {
  return members.flatMap(({ remedy, skippedSteps, length }, number) => [
    ...(remedy ? [`Member ${number} stopped after ${unit} ${length}: ${remedy}`] : []),
    ...(skippedSteps > 0 ? [`Member ${number} left out ${skippedSteps} steps without a finite gradient.`] : []),
  ]);
}
