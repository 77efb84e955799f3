import type { Progress } from '@ml4t/core';
import { onlyFinite } from '@ml4t/core/authoring';
import type { Engine, Snapshot } from '@ml4t/core/engine';
import type { MemberRun, MemberWeights, TrainedNetwork } from '@ml4t/core/ensemble';
import type { NamedValues } from '@ml4t/core/nn';
import type { StochasticDiscountFactorConfig } from './config.ts';
import type { HeldPanel } from './panel-tensors.ts';

/** What a fit reports: the SDF network on g = 1, the moment network, the SDF network on its test functions. */
export type StochasticDiscountFactorPhase = 'unconditional' | 'moment' | 'conditional';

/** What one member of the ensemble is trained from. */
export interface MemberTask {
  readonly engine: Engine;
  readonly config: StochasticDiscountFactorConfig;
  readonly training: HeldPanel;
  readonly validation: HeldPanel | undefined;
  readonly nCharacteristics: number;
  /** Features of the context, 0 without. */
  readonly nContext: number;
  readonly run: MemberRun<StochasticDiscountFactorPhase>;
  /** Filled as training goes on, so that whatever is finished outlives an abort: the states of each phase of the SDF network. */
  readonly states: MemberWeights[];
  /** Initial weights made elsewhere; drawn from the member's seed where absent. */
  readonly initial?: { readonly sdf: readonly NamedValues[]; readonly moment: readonly NamedValues[] };
}

/** How training went. */
export interface MemberRecord extends Omit<TrainedNetwork, keyof MemberWeights> {
  readonly notes: readonly string[];
  /** The moment network as the conditional phase used it. */
  readonly moment: Snapshot;
}

/** Epochs of the phases of a member, in their order. Without a conditional phase there is nothing to train the moment network for. */
export function phaseEpochs({ nEpochsUnc, nEpochsMoment, nEpochsCond }: StochasticDiscountFactorConfig) {
  return [
    { phase: 'unconditional', epochs: nEpochsUnc },
    { phase: 'moment', epochs: nEpochsCond > 0 ? nEpochsMoment : 0 },
    { phase: 'conditional', epochs: nEpochsCond },
  ] as const;
}

/** The event of a finished epoch. */
export function epochProgress(
  config: StochasticDiscountFactorConfig,
  phase: StochasticDiscountFactorPhase,
  epoch: number,
  metrics: Readonly<Record<string, number>>,
): Progress<StochasticDiscountFactorPhase> {
  const phases = phaseEpochs(config);
  const at = phases.findIndex((each) => each.phase === phase);
  const count = (some: readonly { readonly epochs: number }[]): number =>
    some.reduce((sum, { epochs }) => sum + epochs, 0);
  return {
    phase,
    unit: 'epoch',
    step: epoch,
    total: phases[at].epochs,
    fraction: (count(phases.slice(0, at)) + epoch) / count(phases),
    metrics: onlyFinite(metrics),
  };
}

/** The batches of an epoch: so many steps over the whole panel. */
export function steps(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i);
}
