import {
  AbortedError,
  configNotes,
  DataError,
  exceedsRounding,
  onlyFinite,
  type CrossSectionBatch,
  type FitSummary,
  type HistoryEntry,
  type RunOptions,
  type StochasticDiscountFactorState,
} from '@ml4t/core';
import type { Engine, Snapshot } from '@ml4t/core/engine';
import type { NamedValues, ParameterSpecs, Tensor } from '@ml4t/core/nn';
import { keptEpochs, optimizerOf, scheduleOf } from '@ml4t/core/ensemble';
import { Checkpoints, train } from '@ml4t/core/train';
import type { FittedModel } from '../artifact.ts';
import { contextHistory, contextInput, type ContextHistory } from '../context.ts';
import { memberStates, packNetworks } from '../fitted-networks.ts';
import { exposureNetwork } from '../networks.ts';
import { holdInput, type HeldInput } from '../panel-tensors.ts';
import { selectRows } from '../pricing-rows.ts';
import { explainedReturns } from '../statistics.ts';
import { packageVersion } from '../version.ts';
import { meanOutputs } from '../weights.ts';
import type { BetaHeadConfig } from './config.ts';

export const modelType = 'sdf-beta-network';
export const operation = 'StochasticDiscountFactorBetaNetworkHead.fit';

/** A batch and the SDF state extracted on it. */
export interface BetaHeadData {
  readonly batch: CrossSectionBatch;
  readonly state: StochasticDiscountFactorState;
}

export interface BetaHeadFitOptions extends RunOptions<'beta-network'> {
  /** Used to choose the best epoch and to stop early. */
  readonly validation?: BetaHeadData | undefined;
}

/** What a fit leaves behind. */
export interface BetaHeadFit extends FittedModel {
  readonly factorScale: number;
}

/** Where training starts. */
export interface BetaHeadStart {
  readonly initial: readonly NamedValues[];
  /** Returns are divided by this while training, and the betas multiplied by it. */
  readonly returnScale: number;
}

/** Rows and targets `r_{i,t+1} F_{t+1} / sd(F)` over the scale of returns in an engine. */
interface HeldTargets {
  readonly input: HeldInput;
  readonly target: Tensor;
}

/**
 * Trains a beta network from given initial weights. When it is aborted after the first epoch, `interrupted` receives what was
 * finished before the error is thrown.
 */
export async function fitBetaHead(
  engine: Engine,
  config: BetaHeadConfig,
  specs: ParameterSpecs,
  start: BetaHeadStart,
  data: BetaHeadData,
  options: BetaHeadFitOptions,
  interrupted: (fit: BetaHeadFit) => void = () => undefined,
): Promise<BetaHeadFit> {
  const started = performance.now();
  const { batch } = data;
  const { validation } = options;
  const { initial, returnScale } = start;
  const factorScale = deviation(data.state.sdfValues);
  const context = contextHistory(batch, validation?.batch, config);
  const unit = factorScale * returnScale;
  const training = holdTargets(engine, config, context, unit, data, 'batch');
  const held = validation && holdTargets(engine, config, context, unit, validation, 'validation');
  const checkpoints = new Checkpoints(keptEpochs(config, config.nEpochs));
  const history: HistoryEntry[] = [];

  const fitOf = (
    labels: ReadonlyMap<string, Snapshot>,
    fallback: string | undefined,
    trainMetrics: Record<string, number>,
    stopReason: FitSummary['stopReason'],
    notes: readonly string[],
  ): BetaHeadFit => ({
    characteristicNames: [...batch.characteristicNames],
    context,
    networks: packNetworks(specs, [memberStates(labels, returnScale)]),
    factorScale,
    summary: {
      converged: stopReason === 'early-stopping',
      stopReason,
      iterations: history.length,
      trainMetrics,
      defaultCheckpoint: fallback,
      history,
      notes: [...configNotes(config), ...notes],
      runRecord: {
        modelType,
        packageVersion: packageVersion(),
        config,
        engine: engine.description,
        dimensions: { dates: batch.nDates, rows: batch.nRows, characteristics: batch.nCharacteristics },
        stopReason,
        seconds: (performance.now() - started) / 1000,
      },
    },
  });

  try {
    const record = await train<HeldTargets>({
      engine,
      parameters: engine.parameters(initial),
      optimizer: optimizerOf(config, config.l2),
      schedule: scheduleOf(config),
      clip: config.gradientClip,
      loss: (ops, tensors, on) =>
        ops.meanSquaredError(exposureNetwork(ops, tensors, on.input, config.dropout), on.target),
      batches: () => Array.from({ length: config.subEpochs }, () => training),
      epochs: config.nEpochs,
      seed: config.seed,
      checkpoints,
      operation,
      validation: held && {
        batches: () => [held],
        patience: config.patience,
        ignoreFirst: config.ignoreFirst,
      },
      signal: options.signal,
      onProgress: ({ epoch, loss, validation: validationLoss }) => {
        history.push({ epoch, loss, ...(validationLoss === undefined ? {} : { validationLoss }) });
        options.onProgress?.({
          phase: 'beta-network',
          unit: 'epoch',
          step: epoch,
          total: config.nEpochs,
          fraction: epoch / config.nEpochs,
          metrics: onlyFinite({ loss, validationLoss }),
        });
      },
    });
    const labels = labelled(checkpoints);
    const fallback = defaultOf(config, labels);
    const chosen = labels.get(fallback);
    if (!chosen)
      throw new DataError({
        field: 'defaultCheckpoint',
        expected: labels.size > 0 ? `one of ${[...labels.keys()].join(', ')}` : 'a finished epoch',
        found: fallback,
        remedy: record.remedy || 'Choose an epoch on the checkpoint grid.',
      });
    const network = initial.map((array) => ({ ...array, values: Float64Array.from(chosen[array.name]) }));
    // A factor on all exposures plays no part in what they explain.
    const signals = await meanOutputs(engine, batch, contextInput(batch, context, config), [network]);
    const explained = explainedReturns(batch.index, signals, batch.requireReturns(operation));
    return fitOf(labels, fallback, { ...explained }, record.stopReason, record.remedy === '' ? [] : [record.remedy]);
  } catch (error) {
    const labels = labelled(checkpoints);
    if (error instanceof AbortedError && labels.size > 0) {
      const asked = defaultOf(config, labels);
      const note = 'Training was aborted; the checkpoints are those of the epochs that it finished.';
      interrupted(fitOf(labels, labels.has(asked) ? asked : undefined, {}, 'aborted', [note]));
    }
    throw error;
  }
}

function holdTargets(
  engine: Engine,
  config: BetaHeadConfig,
  context: ContextHistory | undefined,
  unit: number,
  { batch, state }: BetaHeadData,
  name: string,
): HeldTargets {
  const selected = selectRows(batch, true);
  if (selected.rows.length === 0 || state.index.nRows !== batch.nRows)
    throw new DataError({
      field: name,
      expected: 'a batch with complete rows, and the state extracted on it',
      found: `${selected.rows.length} complete rows of ${batch.nRows}, a state of ${state.index.nRows}`,
      remedy: 'Extract the state on the same batch; impute missing characteristics.',
    });
  const input = holdInput(engine, selected, contextInput(batch, context, config));
  const returns = batch.requireReturns(operation);
  const target = new Float64Array(selected.rows.length);
  for (let t = 0; t < batch.nDates; t++)
    for (let r = selected.offsets[t]; r < selected.offsets[t + 1]; r++)
      target[r] = (returns[selected.rows[r]] * (1 - state.sdfValues[t])) / unit;
  return { input, target: engine.tensor(target, [target.length, 1]) };
}

/** The label that the configuration means. */
function defaultOf({ defaultCheckpoint }: BetaHeadConfig, labels: ReadonlyMap<string, Snapshot>): string {
  if (typeof defaultCheckpoint === 'number') return `epoch-${defaultCheckpoint}`;
  return defaultCheckpoint ?? (labels.has('best') ? 'best' : 'last');
}

/** States by label: 'epoch-128', 'best' where a validation chose it, 'last'. */
function labelled(checkpoints: Checkpoints): Map<string, Snapshot> {
  const labels = new Map<string, Snapshot>(
    checkpoints.epochs.map((epoch) => [`epoch-${epoch}`, checkpoints.get(epoch)]),
  );
  if (checkpoints.bestEpoch !== undefined) labels.set('best', checkpoints.get(checkpoints.bestEpoch));
  if (checkpoints.lastEpoch !== undefined) labels.set('last', checkpoints.get(checkpoints.lastEpoch));
  return labels;
}

/** Standard deviation (divisor T) of the factor over the dates on which it is known. */
function deviation(sdfValues: Float64Array): number {
  const known = sdfValues.filter((value) => !Number.isNaN(value));
  const mean = known.reduce((sum, value) => sum + value, 0) / known.length;
  const sd = Math.sqrt(known.reduce((sum, value) => sum + (value - mean) ** 2, 0) / known.length);
  // The factor is one less a return: equal returns make none.
  if (exceedsRounding(sd, Math.max(1, Math.abs(mean)))) return sd;
  throw new DataError({
    field: 'state.sdfValues',
    expected: 'discount factors that vary, on at least two dates',
    found: `${known.length} dates${known.length > 1 ? ' with the same value' : ''}`,
    remedy: 'Extract the state on a batch with returns.',
  });
}
