import type { CrossSectionBatch } from '@ml4t/core';
import type { Engine, Snapshot } from '@ml4t/core/engine';
import {
  snapshotAt,
  trainedNetwork,
  trainEpochs,
  type MemberRun,
  type MemberWeights,
  type TrainedNetwork,
} from '@ml4t/core/ensemble';
import { initialValues, namedValues } from '@ml4t/core/nn';
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
import { networkLoss, networkParameters, type NetworkShape } from './network.ts';
import type { LoadedRows, Scales } from './rows.ts';

/** One network after one epoch. */
export interface MemberSnapshot {
  /** Weights and running statistics by name. */
  readonly values: Snapshot;
  /** To identified coordinates. */
  readonly rotation: Rotation;
}

/** One network of the ensemble, with the rotation of each of its states. */
export interface Member extends MemberWeights {
  readonly rotations: Readonly<Record<string, Rotation>>;
}

/** What the members of a fit share. */
export interface Ensemble {
  readonly shape: NetworkShape;
  readonly scales: Scales;
  /** Of factor returns on betas. */
  readonly regression: FactorRegression;
  readonly members: readonly Member[];
}

/** A network and how it was trained. */
export interface CAEMember extends TrainedNetwork, Member {
  /** States whose network has lost a factor, so that its coordinates could not be identified. */
  readonly degenerate: readonly string[];
}

/** What training one member needs. */
export interface MemberTraining {
  readonly config: CAEConfig;
  readonly shape: NetworkShape;
  readonly scales: Scales;
  readonly regression: FactorRegression;
  readonly training: LoadedRows;
  readonly validation: LoadedRows | undefined;
  /** The training panel and its portfolios, on which coordinates are identified. */
  readonly batch: CrossSectionBatch;
  readonly portfolios: Float64Array | undefined;
}

/** Trains one network from its seed. Throws AbortedError; DataError when not even one epoch gave finite numbers. */
export async function trainMember(
  engine: Engine,
  given: MemberTraining,
  run: MemberRun<'training'>,
): Promise<CAEMember> {
  const { config, shape, scales, regression, batch, portfolios, training, validation } = given;
  const terms = { ...config, task: config.taskType };
  const parameters = engine.parameters(initialValues(networkParameters(shape), run.seed));
  try {
    const record = await trainEpochs(engine, parameters, config, run, {
      loss: (ops, params, rows) => networkLoss(ops, params, shape, terms, rows),
      batches: (_, generator) => training.batches(config.batching, config.batchSize, generator),
      size: ({ rows }) => rows.length,
      validation: validation && { batches: () => validation.inOrder() },
      operation: 'CAEModel.fit',
    });
    const network = trainedNetwork(record, config, 'CAEModel.fit');
    const rotations: Record<string, Rotation> = {};
    const degenerate: string[] = [];
    for (const [key, values] of Object.entries(network.snapshots)) {
      parameters.write(values);
      const rotation = identify(
        await networkOutputs(engine, parameters, shape, scales, regression, batch, portfolios),
        shape.factors,
      );
      if (!rotation) degenerate.push(key);
      const own = identity(shape.factors);
      rotations[key] = rotation ?? { betas: own, factors: own };
    }
    return { ...network, rotations, degenerate };
  } finally {
    parameters.release();
  }
}

/** A member's state at a checkpoint. */
export function stateAt(member: Member, checkpoint: string): MemberSnapshot {
  return { values: snapshotAt(member, checkpoint), rotation: member.rotations[member.checkpoints[checkpoint]] };
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
    const { shape, scales, regression } = ensemble;
    return await networkOutputs(engine, parameters, shape, scales, regression, batch, portfolios);
  } finally {
    parameters.release();
  }
}
