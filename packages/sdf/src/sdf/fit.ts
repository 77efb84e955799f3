import { StochasticDiscountFactorState, type CrossSectionBatch, type FitOptions } from '@ml4t/core';
import { onlyFinite, requireSameColumns } from '@ml4t/core/authoring';
import type { Engine, Snapshot } from '@ml4t/core/engine';
import {
  snapshotAt,
  weightsOf,
  type MemberWeights,
  type NetworkFit,
  type NetworkTraining,
  type TrainedNetwork,
} from '@ml4t/core/ensemble';
import { namedValues, type ParameterSpecs } from '@ml4t/core/nn';
import type { FittedModel } from './artifact.ts';
import type { StochasticDiscountFactorConfig } from './config.ts';
import { contextHistory, contextInput, contextNotes } from './context.ts';
import type { StochasticDiscountFactorPhase } from './member-task.ts';
import { exposureNetworkParameters } from './networks.ts';
import { holdPanel, type HeldPanel } from './panel-tensors.ts';
import { pricingRows, returnScaleOf, sizeNotes } from './pricing-rows.ts';
import { sdfStatistics } from './statistics.ts';
import { trainMember } from './train-member.ts';
import { discountFactors, meanOutputs, normalizeByAbsoluteSum, overAssetCount } from './weights.ts';

/** What a fit leaves behind. */
export type SdfFit = FittedModel & NetworkFit;

/** The types of {@link StochasticDiscountFactorModel}, for its base. */
export interface SdfTypes {
  readonly batch: CrossSectionBatch;
  readonly options: FitOptions<CrossSectionBatch, StochasticDiscountFactorPhase>;
  readonly member: TrainedNetwork;
  readonly fit: SdfFit;
  readonly phase: StochasticDiscountFactorPhase;
}

/** Arrays of the SDF network and their shapes. */
export function sdfNetwork(
  { stateDimSdf, hiddenDim, forgetBias }: StochasticDiscountFactorConfig,
  nCharacteristics: number,
  nContext: number,
): ParameterSpecs {
  return exposureNetworkParameters({ nCharacteristics, nContext, stateDim: stateDimSdf, forgetBias }, hiddenDim);
}

/** Prepares a fit: rows, context and their scale. After an abort the epochs of the member that was being trained are there. */
export function prepareFit(
  config: StochasticDiscountFactorConfig,
  batch: CrossSectionBatch,
  { validation }: SdfTypes['options'],
): NetworkTraining<SdfTypes> {
  if (validation)
    requireSameColumns('validation.characteristicNames', validation.characteristicNames, batch.characteristicNames);
  const { nCharacteristics, nContext } = batch;
  const returnScale = returnScaleOf(batch);
  const rows = pricingRows(batch, config.normalizeByAssetCount, 'batch', returnScale);
  const validationRows = validation && pricingRows(validation, config.normalizeByAssetCount, 'validation', returnScale);
  const context = contextHistory(batch, validation, config);
  // Into the engine with the first member that is trained: members that were trained elsewhere need no panel here.
  let held: { readonly training: HeldPanel; readonly validation: HeldPanel | undefined } | undefined;
  let states: MemberWeights[] = [];
  const metrics = async (engine: Engine, fit: Omit<SdfFit, 'summary'>, on: CrossSectionBatch, checkpoint: string) => {
    const state = await extractSdf(engine, config, fit, on, checkpoint);
    // Those statistics that the data determine.
    return onlyFinite({ ...sdfStatistics(state, on.requireReturns('statistics')) });
  };
  return {
    specs: sdfNetwork(config, nCharacteristics, nContext),
    validated: validation !== undefined,
    dimensions: {
      dates: batch.nDates,
      rows: batch.nRows,
      pricedRows: rows.rows.length,
      assets: rows.nAssets,
      characteristics: nCharacteristics,
      context: nContext,
    },
    notes: sizeNotes(rows),
    async train(engine, run) {
      held ??= {
        training: holdPanel(engine, rows, contextInput(batch, context, config)),
        validation:
          validation && validationRows && holdPanel(engine, validationRows, contextInput(validation, context, config)),
      };
      states = [];
      const task = { engine, config, ...held, nCharacteristics, nContext, run, states };
      const { stopReason, remedy, notes, length, skippedSteps } = await trainMember(task);
      return { ...inReturns(states, returnScale), stopReason, remedy, notes, length, skippedSteps };
    },
    unfinished() {
      const weights = inReturns(states, returnScale);
      return { ...weights, stopReason: 'aborted', remedy: '', length: 0, skippedSteps: 0 };
    },
    release() {
      // What follows holds the panels anew, in the same blocks.
      held?.training.release();
      held?.validation?.release();
      held = undefined;
    },
    keep: (members) => ({
      characteristicNames: [...batch.characteristicNames],
      context,
      members: members.map(weightsOf),
    }),
    async judge(engine, fit, checkpoint) {
      const onValidation = validation && contextInput(validation, context, config);
      return {
        trainMetrics: await metrics(engine, fit, batch, checkpoint),
        validationMetrics: validation && (await metrics(engine, fit, validation, checkpoint)),
        notes: contextNotes(onValidation, context, config).map((note) => `Validation: ${note}`),
      };
    },
  };
}

/** All states of a member; networks that were trained on returns over their scale, for returns as they are. */
function inReturns(states: readonly MemberWeights[], returnScale: number): MemberWeights {
  const snapshots = states.flatMap((phase) => Object.entries(phase.snapshots));
  return {
    checkpoints: Object.assign({}, ...states.map(({ checkpoints }) => checkpoints)) as MemberWeights['checkpoints'],
    snapshots: Object.fromEntries(
      snapshots.map(([key, snapshot]) => [key, withScaledOutput(snapshot, 1 / returnScale)]),
    ),
  };
}

/** The network with its linear output multiplied. */
export function withScaledOutput(snapshot: Snapshot, scale: number): Snapshot {
  const scaled = (name: string) => [name, snapshot[name].map((value) => value * scale)] as const;
  return { ...snapshot, ...Object.fromEntries(['output.weight', 'output.bias'].map(scaled)) };
}

/** Weights and M of one checkpoint on a batch. Throws DataError when its columns differ from the fit's. */
export async function extractSdf(
  engine: Engine,
  config: StochasticDiscountFactorConfig,
  fit: Omit<SdfFit, 'summary'>,
  batch: CrossSectionBatch,
  checkpoint: string,
): Promise<StochasticDiscountFactorState> {
  requireSameColumns('characteristicNames', batch.characteristicNames, fit.characteristicNames);
  const specs = sdfNetwork(config, fit.characteristicNames.length, fit.context?.names.length ?? 0);
  const networks = fit.members.map((member) => namedValues(specs, snapshotAt(member, checkpoint)));
  const context = contextInput(batch, fit.context, config);
  const exposures = await meanOutputs(engine, batch, context, networks);
  const { rowOffsets } = batch.index;
  const weights = config.normalizeByAssetCount ? overAssetCount(exposures, rowOffsets) : exposures.slice();
  const pricingKernel = discountFactors(weights, batch.returns, rowOffsets);
  if (config.weightNormalization === 'absolute-sum') normalizeByAbsoluteSum(weights, rowOffsets);
  return new StochasticDiscountFactorState({
    index: batch.index,
    weights,
    sdfValues: discountFactors(weights, batch.returns, rowOffsets),
    exposures,
    pricingKernel,
    checkpoint,
    notes: contextNotes(context, fit.context, config),
  });
}
