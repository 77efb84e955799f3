import type { FitSummary, HistoryEntry, Progress } from '@ml4t/core';
import type { Engine, Snapshot } from '@ml4t/core/engine';
import { memberPhase } from '@ml4t/core/ensemble';
import type { NamedValues } from '@ml4t/core/nn';
import type { StochasticDiscountFactorConfig } from './config.ts';
import type { HeldPanel } from './panel-tensors.ts';

/** What one member of the ensemble is trained from. */
export interface MemberTask {
  readonly engine: Engine;
  readonly config: StochasticDiscountFactorConfig;
  readonly training: HeldPanel;
  readonly validation: HeldPanel | undefined;
  readonly nCharacteristics: number;
  /** Features of the context, 0 without. */
  readonly nContext: number;
  readonly member: number;
  readonly signal: AbortSignal | undefined;
  readonly onProgress: ((progress: Progress) => void) | undefined;
  /** Both are filled as training goes on, so that whatever is finished outlives an abort. */
  readonly checkpoints: Map<string, Snapshot>;
  readonly history: HistoryEntry[];
  /** Initial weights made elsewhere; drawn from the member's seed where absent. */
  readonly initial?: { readonly sdf: readonly NamedValues[]; readonly moment: readonly NamedValues[] };
}

export interface MemberRecord {
  readonly stopReason: FitSummary['stopReason'];
  readonly notes: readonly string[];
  /** The moment network as the conditional phase used it. */
  readonly moment: Snapshot;
}

/** A phase's name in progress events. */
export function phaseName({ config, member }: MemberTask, phase: string): string {
  return `${phase}, ${memberPhase(member, config.nMembers, 'epoch')}`;
}

/** The batches of an epoch: so many steps over the whole panel. */
export function steps(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i);
}
