import type { StopReason } from '@ml4t/core';
import { someOf } from './assets.ts';

/** What a fit of PCA or RP-PCA has to say of its data. */
export function staticFitNotes(
  { converged, rounds }: { readonly converged: boolean; readonly rounds: number },
  thinOverlap: string | undefined,
  withoutReturns: readonly string[],
): string[] {
  const notes: string[] = [];
  if (!converged) notes.push(`The imputed returns still moved after ${rounds} rounds.`);
  if (thinOverlap !== undefined) notes.push(thinOverlap);
  if (withoutReturns.length > 0)
    notes.push(`Left out, without any return: ${someOf(withoutReturns)}. Their exposures are NaN.`);
  return notes;
}

/** How the imputation of missing returns ended; without any the solution is exact. */
export function imputationStopReason({
  converged,
  rounds,
}: {
  readonly converged: boolean;
  readonly rounds: number;
}): StopReason {
  if (!converged) return 'max-iterations';
  return rounds > 0 ? 'converged' : 'closed-form';
}
