import {
  AbortedError,
  DataError,
  isNonFinite,
  StochasticDiscountFactorState,
  type CrossSectionBatch,
  type FitOptions,
  type FitSummary,
  type HistoryEntry,
} from '@ml4t/core';
import type { Engine, Snapshot } from '@ml4t/core/engine';
import type { ParameterSpecs } from '@ml4t/core/nn';
import type { FittedModel } from './artifact.ts';
import { commonLabels, defaultLabel } from './checkpoints.ts';
import { requireSameCharacteristics } from './columns.ts';
import type { StochasticDiscountFactorConfig } from './config.ts';
import { contextHistory, contextInput } from './context.ts';
import { engineOf } from './engine.ts';
import { networkSize, packNetworks, unpack } from './fitted-networks.ts';
import type { MemberRecord } from './member-task.ts';
import { exposureNetworkParameters } from './networks.ts';
import { holdPanel } from './panel-tensors.ts';
import { pricingRows } from './pricing-rows.ts';
import { sdfStatistics } from './statistics.ts';
import { trainMember } from './train-member.ts';
import { packageVersion } from './version.ts';
import { discountFactors, meanOutputs, normalizeByAbsoluteSum } from './weights.ts';

/** What a fit leaves behind. */
export interface SdfFit extends FittedModel {
  /** Checkpoints that every member has, in the order of training. */
  readonly labels: readonly string[];
  /** The one that is used when none is asked for. */
  readonly fallback: string | undefined;
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
 * Trains all members. When it is aborted after the first epoch, `interrupted` receives what was finished before the error
 * is thrown: whole members where there are any, else the epochs of the first one.
 */
export async function fitSdf(
  config: StochasticDiscountFactorConfig,
  batch: CrossSectionBatch,
  options: FitOptions<CrossSectionBatch>,
  interrupted: (fit: SdfFit) => void,
): Promise<SdfFit> {
  const started = performance.now();
  const { validation } = options;
  if (validation) requireSameCharacteristics(batch.characteristicNames, validation.characteristicNames);
  const rows = pricingRows(batch, config.normalizeByAssetCount, 'batch');
  const validationRows = validation && pricingRows(validation, config.normalizeByAssetCount, 'validation');
  const context = contextHistory(batch, validation, config);
  const specs = sdfNetwork(config, batch.nCharacteristics, batch.nContext);
  const { engine, resolution } = await engineOf(config, networkSize(specs));
  const members: MemberProgress[] = [];
  const records: MemberRecord[] = [];

  const fitOf = (kept: readonly MemberProgress[], notes: readonly string[], stop: FitSummary['stopReason']): SdfFit => {
    const checkpoints = kept.map((member) => member.checkpoints);
    const labels = commonLabels(checkpoints);
    const fallback = defaultLabel(config, labels);
    const history = kept.flatMap((member) => member.history);
    return {
      characteristicNames: [...batch.characteristicNames],
      context,
      networks: packNetworks(specs, checkpoints),
      labels,
      fallback,
      summary: {
        converged: stop === 'early-stopping',
        stopReason: stop,
        iterations: history.length,
        trainMetrics: {},
        defaultCheckpoint: fallback,
        history,
        notes,
        runRecord: {
          modelType,
          packageVersion: packageVersion(),
          config: withoutUndefined(config),
          engine: resolution.backend,
          dimensions: {
            dates: batch.nDates,
            rows: batch.nRows,
            pricedRows: rows.rows.length,
            assets: rows.nAssets,
            characteristics: batch.nCharacteristics,
            context: batch.nContext,
            members: kept.length,
            reservedBytes: engine.memory().reservedBytes,
          },
          stopReason: stop,
          seconds: (performance.now() - started) / 1000,
        },
      },
    };
  };

  try {
    const training = holdPanel(engine, rows, contextInput(batch, context, config));
    const held =
      validation && validationRows && holdPanel(engine, validationRows, contextInput(validation, context, config));
    for (let member = 0; member < config.nMembers; member++) {
      const progress: MemberProgress = { checkpoints: new Map(), history: [] };
      members.push(progress);
      records.push(
        await trainMember({
          engine,
          config,
          training,
          validation: held,
          nCharacteristics: batch.nCharacteristics,
          nContext: batch.nContext,
          member,
          signal: options.signal,
          onProgress: options.onProgress,
          ...progress,
        }),
      );
    }
    // What follows holds the panels anew, in the same blocks.
    training.release();
    held?.release();
    const stops = records.map(({ stopReason }) => stopReason);
    const stop = stops.find(isNonFinite) ?? stops.find((s) => s === 'early-stopping') ?? 'max-epochs';
    const notes = records.flatMap((record) => record.notes);
    const fit = fitOf(members, notes, stop);
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
  } catch (error) {
    if (error instanceof AbortedError) {
      const usable = records.length > 0 ? members.slice(0, records.length) : members.slice(0, 1);
      const note = 'Training was aborted; the checkpoints are those of the epochs that it finished.';
      const partial = fitOf(usable, [note], 'aborted');
      if (partial.labels.length > 0) interrupted(partial);
    }
    throw error;
  } finally {
    await engine.dispose();
  }
}

/** Weights and M of one checkpoint on a batch. Throws DataError when its columns differ from the fit's. */
export async function extractSdf(
  engine: Engine,
  config: StochasticDiscountFactorConfig,
  fit: SdfFit,
  batch: CrossSectionBatch,
  checkpoint: string,
): Promise<StochasticDiscountFactorState> {
  requireSameCharacteristics(fit.characteristicNames, batch.characteristicNames);
  const specs = sdfNetwork(config, fit.characteristicNames.length, fit.context?.names.length ?? 0);
  const { states, size, labels } = fit.networks;
  const networks = labels.map((rows) => {
    const row = rows[checkpoint];
    return unpack(specs, states.subarray(row * size, (row + 1) * size));
  });
  const context = contextInput(batch, fit.context, config);
  const weights = await meanOutputs(engine, batch, context, networks, config.normalizeByAssetCount);
  const { rowOffsets } = batch.index;
  if (config.weightNormalization === 'absolute-sum') normalizeByAbsoluteSum(weights, rowOffsets);
  const sdfValues = discountFactors(weights, batch.returns, rowOffsets);
  return new StochasticDiscountFactorState({ index: batch.index, weights, sdfValues, checkpoint });
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
  return Object.fromEntries(Object.entries(statistics).filter(([, value]) => Number.isFinite(value)));
}

/** JSON has no undefined: optional fields that are not set are left out of the record. */
function withoutUndefined(config: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(config).filter(([, value]) => value !== undefined));
}
