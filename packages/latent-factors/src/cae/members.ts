import { DataError, onlyFinite, type CrossSectionBatch, type RunOptions } from '@ml4t/core';
import type { Engine, ParameterSet, Snapshot } from '@ml4t/core/engine';
import { initialValues, namedValues } from '@ml4t/core/nn';
import { keptEpochs, optimizerOf, scheduleOf } from '@ml4t/core/ensemble';
import { train, type TrainingRecord } from '@ml4t/core/train';
import type { FactorRegression } from '../ipca/extract.ts';
import type { CAEConfig } from './config.ts';
import {
  identify,
  identity,
  networkOutputs,
  portfolioFactors,
  rotate,
  type MemberFactors,
  type Rotation,
} from './exposures.ts';
import { networkLoss, networkParameters, type LossTerms, type NetworkShape } from './network.ts';
import type { LoadedRows, Scales } from './rows.ts';

/** One network after one epoch. */
export interface MemberSnapshot {
  /** Weights and running statistics by name. */
  readonly values: Snapshot;
  /** To identified coordinates. */
  readonly rotation: Rotation;
}

/** One network of the ensemble. */
export interface Member {
  readonly seed: number;
  readonly bestEpoch: number | undefined;
  readonly lastEpoch: number;
  /** By epoch: those of the checkpoint grid that it reached, the last, and the best. */
  readonly snapshots: Readonly<Record<number, MemberSnapshot>>;
}

/** What the members of a fit share. */
export interface Ensemble {
  readonly shape: NetworkShape;
  readonly scales: Scales;
  /** Of factor returns on betas. */
  readonly regression: FactorRegression;
  readonly members: readonly Member[];
}

/** A network and how it was trained: plain data, so that a member can be trained apart from the others. */
export interface CAEMember extends Member, Pick<TrainingRecord, 'stopReason' | 'remedy' | 'skippedSteps' | 'history'> {
  /** Epochs whose network has lost a factor, so that its coordinates could not be identified. */
  readonly degenerate: readonly number[];
}

/** What training one member needs. */
export interface MemberTraining {
  readonly engine: Engine;
  readonly config: CAEConfig;
  readonly shape: NetworkShape;
  readonly scales: Scales;
  readonly regression: FactorRegression;
  readonly training: LoadedRows;
  readonly validation: LoadedRows | undefined;
  /** The training panel and its portfolios, on which coordinates are identified. */
  readonly batch: CrossSectionBatch;
  readonly portfolios: Float64Array | undefined;
  readonly options: RunOptions<'training'>;
}

/** Epochs to keep, ascending. */
export function checkpointGrid(config: CAEConfig): readonly number[] {
  return keptEpochs(config, config.nEpochs).epochs;
}

/** Trains one network from its seed. Throws AbortedError; DataError when not even one epoch gave finite numbers. */
export async function trainMember(given: MemberTraining, seed: number): Promise<CAEMember> {
  const { engine, config, shape, training, validation, options } = given;
  const terms: LossTerms = {
    task: config.taskType,
    lambdaL1: config.lambdaL1,
    l1Weights: config.l1Weights,
    factorRidge: config.factorRidge,
  };
  const parameters = engine.parameters(initialValues(networkParameters(shape), seed));
  try {
    const record = await train({
      engine,
      parameters,
      loss: (ops, params, batch) => networkLoss(ops, params, shape, terms, batch),
      batches: (_, generator) => training.batches(config.batching, config.batchSize, generator),
      size: (batch) => batch.rows.length,
      epochs: config.nEpochs,
      seed,
      optimizer: optimizerOf(config),
      schedule: scheduleOf(config),
      clip: config.gradientClip,
      checkpoints: { epochs: checkpointGrid(config) },
      ...(validation
        ? {
            validation: {
              batches: () => validation.inOrder(),
              patience: config.patience,
              ignoreFirst: config.ignoreFirst,
            },
          }
        : {}),
      ...(options.signal ? { signal: options.signal } : {}),
      onProgress: ({ epoch, epochs, loss, validation: validationLoss }) =>
        options.onProgress?.({
          phase: 'training',
          unit: 'epoch',
          step: epoch,
          total: epochs,
          fraction: epoch / epochs,
          metrics: onlyFinite({ loss, validationLoss }),
        }),
      operation: 'CAEModel.fit',
    });
    const { checkpoints } = record;
    if (checkpoints.lastEpoch === undefined)
      throw new DataError({
        field: 'batch',
        expected: 'a finite loss in the first epoch',
        found: record.stopReason,
        remedy: record.remedy,
      });
    const snapshots: Record<number, MemberSnapshot> = {};
    const degenerate: number[] = [];
    for (const epoch of checkpoints.epochs) {
      const values = checkpoints.get(epoch);
      parameters.write(values);
      const outputs = await rawOutputs(given, parameters);
      const rotation = identify(outputs, shape.factors);
      if (!rotation) degenerate.push(epoch);
      const own = identity(shape.factors);
      snapshots[epoch] = { values, rotation: rotation ?? { betas: own, factors: own } };
    }
    const { bestEpoch, lastEpoch } = checkpoints;
    const { stopReason, remedy, skippedSteps, history } = record;
    return { seed, bestEpoch, lastEpoch, snapshots, stopReason, remedy, skippedSteps, history, degenerate };
  } finally {
    parameters.release();
  }
}

/** Exposures and factor returns of one member after one epoch, in its identified coordinates. */
export async function memberOutputs(
  engine: Engine,
  ensemble: Ensemble,
  snapshot: MemberSnapshot,
  batch: CrossSectionBatch,
  portfolios: Float64Array | undefined,
): Promise<MemberFactors<Float64Array>> {
  const { factors: k } = ensemble.shape;
  const { rotation } = snapshot;
  const own = await ownOutputs(engine, ensemble, snapshot, batch, portfolios);
  return {
    betas: rotate(own.betas, rotation.betas, k),
    factorReturns: rotate(own.factorReturns, rotation.factors, k),
  };
}

/** The factor returns of {@link memberOutputs} alone: without the exposures, where factors are made of portfolios. */
export async function memberFactorReturns(
  engine: Engine,
  ensemble: Ensemble,
  snapshot: MemberSnapshot,
  batch: CrossSectionBatch,
  portfolios: Float64Array | undefined,
): Promise<Float64Array> {
  const { shape, scales } = ensemble;
  if (shape.portfolios === 0) return (await memberOutputs(engine, ensemble, snapshot, batch, portfolios)).factorReturns;
  const parameters = engine.parameters(namedValues(networkParameters(shape), snapshot.values));
  try {
    const own = await portfolioFactors(engine, parameters, shape, scales, batch, portfolios);
    return rotate(own, snapshot.rotation.factors, shape.factors);
  } finally {
    parameters.release();
  }
}

/** Exposures and factor returns in the coordinates that its network has of itself: enough for beta'f. */
export async function ownOutputs(
  engine: Engine,
  ensemble: Ensemble,
  { values }: MemberSnapshot,
  batch: CrossSectionBatch,
  portfolios: Float64Array | undefined,
): Promise<MemberFactors> {
  const parameters = engine.parameters(namedValues(networkParameters(ensemble.shape), values));
  try {
    return await rawOutputs({ ...ensemble, engine, batch, portfolios }, parameters);
  } finally {
    parameters.release();
  }
}

function rawOutputs(
  given: {
    readonly engine: Engine;
    readonly shape: NetworkShape;
    readonly scales: Scales;
    readonly regression: FactorRegression;
    readonly batch: CrossSectionBatch;
    readonly portfolios: Float64Array | undefined;
  },
  parameters: ParameterSet,
): Promise<MemberFactors> {
  const { engine, shape, scales, regression, batch, portfolios } = given;
  return networkOutputs(engine, parameters, shape, scales, regression, batch, portfolios);
}
