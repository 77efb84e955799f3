import { DataError, type CrossSectionBatch, type RunOptions, type StochasticDiscountFactorState } from '@ml4t/core';
import { exceedsRounding } from '@ml4t/core/authoring';
import type { Engine } from '@ml4t/core/engine';
import {
  keptEpochs,
  labelledStates,
  snapshotAt,
  trainedNetwork,
  trainEpochs,
  weightsOf,
  type MemberWeights,
  type NetworkFit,
  type NetworkTraining,
  type TrainedNetwork,
} from '@ml4t/core/ensemble';
import {
  deriveKey,
  initialValues,
  namedValues,
  type NamedValues,
  type ParameterSpecs,
  type Tensor,
} from '@ml4t/core/nn';
import { Checkpoints } from '@ml4t/core/train';
import type { FittedModel } from '../sdf/artifact.ts';
import { contextHistory, contextInput, type ContextHistory } from '../sdf/context.ts';
import { withScaledOutput } from '../sdf/fit.ts';
import { exposureNetwork, exposureNetworkParameters } from '../sdf/networks.ts';
import { holdInput, type HeldInput } from '../sdf/panel-tensors.ts';
import { returnScaleOf, selectRows } from '../sdf/pricing-rows.ts';
import { explainedReturns } from '../sdf/statistics.ts';
import { meanOutputs } from '../sdf/weights.ts';
import type { BetaHeadConfig } from './config.ts';

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
export interface BetaHeadFit extends FittedModel, NetworkFit {
  readonly factorScale: number;
}

/** The types of {@link StochasticDiscountFactorBetaNetworkHead}, for its base. */
export interface BetaHeadTypes {
  readonly batch: BetaHeadData;
  readonly options: BetaHeadFitOptions;
  readonly member: TrainedNetwork;
  readonly fit: BetaHeadFit;
  readonly phase: 'beta-network';
}

/** Where training starts, in place of a draw from the seed and the data's own scale. */
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

/** Arrays of the network and their shapes. */
export function betaNetwork(
  { stateDim, hiddenDim, forgetBias }: BetaHeadConfig,
  nCharacteristics: number,
  nContext: number,
): ParameterSpecs {
  return exposureNetworkParameters({ nCharacteristics, nContext, stateDim, forgetBias }, hiddenDim);
}

/** Prepares a fit of beta networks to what an SDF explains of returns. */
export function prepareBetaHead(
  config: BetaHeadConfig,
  data: BetaHeadData,
  options: BetaHeadFitOptions,
  start?: BetaHeadStart,
): NetworkTraining<BetaHeadTypes> {
  const { batch } = data;
  const { validation } = options;
  const { returnScale } = start ?? { returnScale: returnScaleOf(batch) };
  const factorScale = deviation(data.state.sdfValues);
  const context = contextHistory(batch, validation?.batch, config);
  const specs = betaNetwork(config, batch.nCharacteristics, batch.nContext);
  const unit = factorScale * returnScale;
  let held: { readonly training: HeldTargets; readonly validation: HeldTargets | undefined } | undefined;
  let kept = new Checkpoints();
  const inReturns = ({ checkpoints, snapshots }: MemberWeights): MemberWeights => ({
    checkpoints,
    snapshots: Object.fromEntries(
      Object.entries(snapshots).map(([key, snapshot]) => [key, withScaledOutput(snapshot, returnScale)]),
    ),
  });
  return {
    specs,
    validated: validation !== undefined,
    dimensions: { dates: batch.nDates, rows: batch.nRows, characteristics: batch.nCharacteristics },
    notes: [],
    async train(engine, run) {
      const { training, validation: seen } = (held ??= {
        training: holdTargets(engine, config, context, unit, data, 'batch'),
        validation: validation && holdTargets(engine, config, context, unit, validation, 'validation'),
      });
      kept = new Checkpoints(keptEpochs(config, config.nEpochs));
      const initial = start?.initial ?? initialValues(specs, deriveKey(run.seed, 'beta'));
      const parameters = engine.parameters(initial);
      try {
        const record = await trainEpochs<HeldTargets>(engine, parameters, config, run, {
          phase: 'beta-network',
          loss: (ops, tensors, on) =>
            ops.meanSquaredError(exposureNetwork(ops, tensors, on.input, config.dropout), on.target),
          batches: () => Array.from({ length: config.subEpochs }, () => training),
          validation: seen && { batches: () => [seen] },
          checkpoints: kept,
          operation,
        });
        const network = trainedNetwork(record, config, operation);
        return { ...network, ...inReturns(network) };
      } finally {
        parameters.release();
      }
    },
    unfinished() {
      const weights = inReturns(labelledStates(kept, { lists: () => true }));
      return { ...weights, stopReason: 'aborted', remedy: '', length: 0, skippedSteps: 0 };
    },
    release() {
      for (const targets of [held?.training, held?.validation]) targets?.input.release();
      held = undefined;
    },
    keep: (members) => ({
      characteristicNames: [...batch.characteristicNames],
      context,
      factorScale,
      members: members.map(weightsOf),
    }),
    async judge(engine, fit, checkpoint) {
      const signals = await betaSignals(engine, config, fit, batch, checkpoint);
      return { trainMetrics: { ...explainedReturns(batch.index, signals, batch.requireReturns(operation)) } };
    },
  };
}

/** One exposure per row, the mean of the members' (R). */
export function betaSignals(
  engine: Engine,
  config: BetaHeadConfig,
  { members, characteristicNames, context }: Omit<BetaHeadFit, 'summary'>,
  batch: CrossSectionBatch,
  checkpoint: string,
): Promise<Float64Array> {
  const specs = betaNetwork(config, characteristicNames.length, context?.names.length ?? 0);
  const networks = members.map((member) => namedValues(specs, snapshotAt(member, checkpoint)));
  return meanOutputs(engine, batch, contextInput(batch, context, config), networks);
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
