import { isNonFinite, type StopReason } from '@ml4t/core';
import type { PortfolioConfig } from '../config.ts';
import type { TrainedMember } from './member.ts';

/** Checkpoints that every member has. */
export function commonCheckpoints(members: readonly TrainedMember[]): string[] {
  return Object.keys(members[0].checkpoints).filter((name) =>
    members.every(({ checkpoints }) => checkpoints[name] !== undefined),
  );
}

/** The checkpoint to use when none is asked for: the one configured where it is there, else the best, else the last. */
export function chooseCheckpoint(
  { defaultCheckpoint: wanted }: PortfolioConfig,
  available: readonly string[],
): { readonly checkpoint: string; readonly notes: string[] } {
  const usual = available.includes('best') ? 'best' : 'last';
  if (wanted === null) return { checkpoint: usual, notes: [] };
  const name = typeof wanted === 'number' ? `step-${wanted}` : wanted;
  if (available.includes(name)) return { checkpoint: name, notes: [] };
  const reason = name === 'best' ? 'there was no validation' : 'it was not kept, or a member stopped before it';
  return { checkpoint: usual, notes: [`The default checkpoint is ${usual}, not ${name}: ${reason}.`] };
}

export function overallReason(members: readonly TrainedMember[]): StopReason {
  const reasons = members.map(({ stopReason }) => stopReason);
  return (
    reasons.find(isNonFinite) ??
    (reasons.every((reason) => reason === 'early-stopping') ? 'early-stopping' : 'max-iterations')
  );
}

export function memberNotes(members: readonly TrainedMember[]): string[] {
  return members.flatMap(({ remedy, skippedSteps, steps }, number) => [
    ...(remedy ? [`Member ${number} stopped after step ${steps}: ${remedy}`] : []),
    ...(skippedSteps > 0 ? [`Member ${number} left out ${skippedSteps} steps without a finite gradient.`] : []),
  ]);
}
