import {
  DataError,
  isNonFinite,
  onlyFinite,
  StochasticDiscountFactorState,
  requireSameColumns,
  type CrossSectionBatch,
  type FitOptions,
  type FitSummary,
  type HistoryEntry,
} from '@ml4t/core';
import type { Engine, Snapshot } from '@ml4t/core/engine';
import type { EnsembleTraining } from '@ml4t/core/ensemble';
import type { ParameterSpecs } from '@ml4t/core/nn';
import type { FittedModel } from './artifact.ts';
import { commonLabels, defaultLabel } from './checkpoints.ts';
import type { StochasticDiscountFactorConfig } from './config.ts';
import { contextHistory, contextInput, contextNotes, type ContextHistory } from './context.ts';
import { engineOf } from './engine.ts';
import { memberStates, networkSize, packNetworks, unpack, type MemberStates } from './fitted-networks.ts';
import type { MemberRecord, StochasticDiscountFactorPhase } from './member-task.ts';
import { exposureNetworkParameters } from './networks.ts';
import { holdPanel, type HeldPanel } from './panel-tensors.ts';
import { pricingRows, returnScaleOf, sizeNotes, type PricingRows } from './pricing-rows.ts';
import { sdfStatistics } from './statistics.ts';
import { trainMember } from './train-member.ts';
import { packageVersion } from './version.ts';
import { discountFactors, meanOutputs, normalizeByAbsoluteSum, overAssetCount } from './weights.ts';

/** What a fit leaves behind. */
export interface SdfFit extends FittedModel {
  /** Checkpoints that every member has, in the order of training. */
  readonly labels: readonly string[];
  /** The one that is used when none is asked for. */
  readonly fallback: string | undefined;
}

/** A network and how it was trained: plain data, so that a member can be trained apart from the others. */
export interface SdfMember extends MemberStates, Pick<MemberRecord, 'stopReason' | 'notes'> {
  readonly history: readonly HistoryEntry[];
  /** The most that the engine held. */
  readonly engineBytes: number;
}

/** What a member has come to; it outlives an abort. */
interface MemberProgress {
  readonly checkpoints: Map<string, Snapshot>;
  readonly history: HistoryEntry[];
}

export const modelType = 'stochastic-discount-factor';

/** Arrays of the SDF network and their shapes. */
export function sdfNetwork(
  { stateDimSdf, hiddenDim, forgetBias }: StochasticDiscountFactorConfig,
  nCharacteristics: number,
  nContext: number,
): ParameterSpecs {
  return exposureNetworkParameters({ nCharacteristics, nContext, stateDim: stateDimSdf, forgetBias }, hiddenDim);
}

/**
 * Prepares a fit: the data first, then an engine that `use` has for as long as it takes. An abort after the first epoch leaves
 * whole members where there are any, else the epochs of the first one.
 */
export async function openFit<T>(
  config: StochasticDiscountFactorConfig,
  batch: CrossSectionBatch,
  options: FitOptions<CrossSectionBatch, StochasticDiscountFactorPhase>,
  use: (training: EnsembleTraining<SdfMember, SdfFit, StochasticDiscountFactorPhase>) => Promise<T>,
): Promise<T> {
  const { validation } = options;
  if (validation)
    requireSameColumns('validation.characteristicNames', validation.characteristicNames, batch.characteristicNames);
  const returnScale = returnScaleOf(batch);
  const rows = pricingRows(batch, config.normalizeByAssetCount, 'batch', returnScale);
  const validationRows = validation && pricingRows(validation, config.normalizeByAssetCount, 'validation', returnScale);
  const context = contextHistory(batch, validation, config);
  const specs = sdfNetwork(config, batch.nCharacteristics, batch.nContext);
  const { engine, resolution } = await engineOf(config, networkSize(specs));
  const parts = { config, batch, rows, context, specs, backend: resolution.backend };
  // Into the engine with the first member that is trained: members that were trained elsewhere need no panel here.
  let held: { readonly training: HeldPanel; readonly validation: HeldPanel | undefined } | undefined;
  let current: MemberProgress | undefined;
  const memberOf = (
    { checkpoints, history }: MemberProgress,
    { stopReason, notes }: Pick<MemberRecord, 'stopReason' | 'notes'>,
  ): SdfMember => {
    const engineBytes = engine.memory().reservedBytes;
    return { ...memberStates(checkpoints, 1 / returnScale), history, stopReason, notes, engineBytes };
  };
  try {
    return await use({
      arithmetic: resolution.arithmetic,
      async train(_seed, member, onProgress) {
        held ??= {
          training: holdPanel(engine, rows, contextInput(batch, context, config)),
          validation:
            validation &&
            validationRows &&
            holdPanel(engine, validationRows, contextInput(validation, context, config)),
        };
        current = { checkpoints: new Map(), history: [] };
        const { nCharacteristics, nContext } = batch;
        const { signal } = options;
        const task = { engine, config, ...held, nCharacteristics, nContext, member, signal, onProgress, ...current };
        return memberOf(current, await trainMember(task));
      },
      async combine(members) {
        // What follows holds the panels anew, in the same blocks.
        held?.training.release();
        held?.validation?.release();
        held = undefined;
        const stops = members.map(({ stopReason }) => stopReason);
        const stop = stops.find(isNonFinite) ?? stops.find((s) => s === 'early-stopping') ?? 'max-epochs';
        const onValidation = validation && contextInput(validation, context, config);
        const notes = [
          ...members.flatMap((member) => member.notes),
          ...sizeNotes(rows),
          ...contextNotes(onValidation, context, config).map((note) => `Validation: ${note}`),
        ];
        const fit = fitOf(parts, members, notes, stop);
        if (fit.fallback === undefined)
          throw new DataError({
            field: config.defaultCheckpoint ?? 'batch',
            expected: 'a state to use by default',
            found: fit.labels.length > 0 ? `only ${fit.labels.join(', ')}` : 'no finished epoch',
            remedy: isNonFinite(stop)
              ? notes.join(' ')
              : 'Choose a defaultCheckpoint on the checkpoint grid; best needs a validation batch.',
          });
        const trainMetrics = await metrics(engine, config, fit, batch, fit.fallback);
        const validationMetrics = validation && (await metrics(engine, config, fit, validation, fit.fallback));
        return { ...fit, summary: { ...fit.summary, trainMetrics, validationMetrics } };
      },
      interrupted(finished) {
        const first = current && memberOf(current, { stopReason: 'aborted', notes: [] });
        const usable = finished.length > 0 ? finished : first ? [first] : [];
        const note = 'Training was aborted; the checkpoints are those of the epochs that it finished.';
        const partial = fitOf(parts, usable, [note], 'aborted');
        return partial.labels.length > 0 ? partial : undefined;
      },
    });
  } finally {
    await engine.dispose();
  }
}

/** What a fit is put together from, beside its members. */
interface Parts {
  readonly config: StochasticDiscountFactorConfig;
  readonly batch: CrossSectionBatch;
  readonly rows: PricingRows;
  readonly context: ContextHistory | undefined;
  readonly specs: ParameterSpecs;
  readonly backend: string;
}

/** The fit that members make, before it is measured. */
function fitOf(
  { config, batch, rows, context, specs, backend }: Parts,
  members: readonly SdfMember[],
  notes: readonly string[],
  stopReason: FitSummary['stopReason'],
): SdfFit {
  const labels = commonLabels(members.map((member) => new Set(Object.keys(member.labels))));
  const fallback = defaultLabel(config, labels);
  const history = members.flatMap((member) => member.history);
  return {
    characteristicNames: [...batch.characteristicNames],
    context,
    networks: packNetworks(specs, members),
    labels,
    fallback,
    summary: {
      converged: stopReason === 'early-stopping',
      stopReason,
      iterations: history.length,
      trainMetrics: {},
      defaultCheckpoint: fallback,
      history,
      notes,
      runRecord: {
        modelType,
        packageVersion: packageVersion(),
        config,
        engine: backend,
        dimensions: {
          dates: batch.nDates,
          rows: batch.nRows,
          pricedRows: rows.rows.length,
          assets: rows.nAssets,
          characteristics: batch.nCharacteristics,
          context: batch.nContext,
          members: members.length,
          reservedBytes: Math.max(0, ...members.map(({ engineBytes }) => engineBytes)),
        },
        stopReason,
        // Measured where the fit is put together.
        seconds: 0,
      },
    },
  };
}

/** Weights and M of one checkpoint on a batch. Throws DataError when its columns differ from the fit's. */
export async function extractSdf(
  engine: Engine,
  config: StochasticDiscountFactorConfig,
  fit: SdfFit,
  batch: CrossSectionBatch,
  checkpoint: string,
): Promise<StochasticDiscountFactorState> {
  requireSameColumns('characteristicNames', batch.characteristicNames, fit.characteristicNames);
  const specs = sdfNetwork(config, fit.characteristicNames.length, fit.context?.names.length ?? 0);
  const { states, size, labels } = fit.networks;
  const networks = labels.map((rows) => {
    const row = rows[checkpoint];
    return unpack(specs, states.subarray(row * size, (row + 1) * size));
  });
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

/** Those statistics that the data determine. */
async function metrics(
  engine: Engine,
  config: StochasticDiscountFactorConfig,
  fit: SdfFit,
  batch: CrossSectionBatch,
  checkpoint: string,
): Promise<Record<string, number>> {
  const state = await extractSdf(engine, config, fit, batch, checkpoint);
  const statistics = sdfStatistics(state, batch.requireReturns('statistics'));
  return onlyFinite({ ...statistics });
}
