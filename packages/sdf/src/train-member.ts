import { sharpeRatio, type FitSummary, type HistoryEntry, type Progress } from '@ml4t/core';
import type { Engine, Optimizer, ParameterSet, Snapshot } from '@ml4t/core/engine';
import { deriveKey, initialValues, type NamedValues, type Ops, type Tensor } from '@ml4t/core/nn';
import { Checkpoints, train, type TrainingRecord, type ValidationOptions } from '@ml4t/core/train';
import { labelled, type SdfPhase } from './checkpoints.ts';
import type { StochasticDiscountFactorConfig } from './config.ts';
import { factor, pricingLoss, residualShare } from './losses.ts';
import {
  exposureNetwork,
  exposureNetworkParameters,
  momentNetwork,
  momentNetworkParameters,
  type NetworkShape,
} from './networks.ts';
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

/** A frozen network's output, held by the engine for a phase. */
interface Instruments {
  readonly training: Tensor;
  readonly validation: Tensor | undefined;
}

/**
 * Trains one pair of networks in three phases: the SDF network on unconditional moments (g = 1), the moment network
 * upwards on the conditional loss, the SDF network on the conditional loss. Each phase starts from the best state of the one
 * before it. A network that is frozen in a phase is evaluated once, at its start.
 */
export async function trainMember(task: MemberTask): Promise<MemberRecord> {
  const { engine, config, training, validation } = task;
  const seed = config.seed + task.member;
  const shape = (stateDim: number): NetworkShape => ({
    nCharacteristics: task.nCharacteristics,
    nContext: task.nContext,
    stateDim,
    forgetBias: config.forgetBias,
  });
  const sdf = engine.parameters(
    task.initial?.sdf ??
      initialValues(exposureNetworkParameters(shape(config.stateDimSdf), config.hiddenDim), deriveKey(seed, 'sdf')),
  );
  const moment = engine.parameters(
    task.initial?.moment ??
      initialValues(
        momentNetworkParameters(shape(config.stateDimMoment), config.nInstruments),
        deriveKey(seed, 'moment'),
      ),
  );
  const adam = { learningRate: config.lr, weightDecay: config.weightDecay };
  const optimizer = engine.optimizer(sdf, adam);
  const held: Tensor[] = [];
  const notes: string[] = [];
  const records: TrainingRecord[] = [];
  try {
    const unconditional: Instruments = { training: training.momentReturns, validation: validation?.momentReturns };
    if (config.nEpochsUnc > 0)
      records.push(await sdfPhase(task, sdf, optimizer, 'unconditional', unconditional, notes, seed));
    if (config.nEpochsCond > 0) {
      if (config.nEpochsMoment > 0) records.push(await momentPhase(task, sdf, moment, seed));
      const instruments: Instruments = {
        training: await instrumentReturns(engine, moment, training, held),
        validation: validation && (await instrumentReturns(engine, moment, validation, held)),
      };
      const second = config.carryOptimizer ? optimizer : engine.optimizer(sdf, adam);
      try {
        records.push(await sdfPhase(task, sdf, second, 'conditional', instruments, notes, seed));
      } finally {
        if (second !== optimizer) second.release();
      }
    }
    const failed = records.find(({ remedy }) => remedy !== '');
    if (failed) notes.push(failed.remedy);
    const early = records.some(({ stopReason }) => stopReason === 'early-stopping');
    return {
      stopReason: failed ? failed.stopReason : early ? 'early-stopping' : 'max-epochs',
      notes,
      moment: await moment.read(),
    };
  } finally {
    for (const tensor of held) engine.release(tensor);
    optimizer.release();
    sdf.release();
    moment.release();
  }
}

/** One phase of the SDF network against instruments that do not move. */
async function sdfPhase(
  task: MemberTask,
  sdf: ParameterSet,
  optimizer: Optimizer,
  phase: SdfPhase,
  instruments: Instruments,
  notes: string[],
  seed: number,
): Promise<TrainingRecord> {
  const { engine, config, training, validation } = task;
  const checkpoints = new Checkpoints(
    config.checkpointEpochs.length > 0
      ? { epochs: config.checkpointEpochs }
      : config.checkpointInterval === undefined
        ? {}
        : { every: config.checkpointInterval },
  );
  const loss = (ops: Ops, outputs: Tensor, panel: HeldPanel, against: Tensor): Tensor => {
    const pricing = pricingLoss(ops, factor(ops, outputs, panel), against, panel);
    // The residual share does not see the sign of the weights, and w = 0 is a wall between the two signs: in phase 1 it would
    // hold the sign of the initial weights, which is right half of the time.
    if (config.residualWeight === 0 || phase === 'unconditional') return pricing;
    return ops.add(pricing, ops.scale(residualShare(ops, outputs, panel), config.residualWeight));
  };
  const validationSharpe: number[] = [];
  const validationLoss: number[] = [];
  const criterion = async (): Promise<number> => {
    if (!validation || !instruments.validation) return Number.NaN;
    const against = instruments.validation;
    const seen = await engine.evaluate((ops) => {
      const outputs = exposureNetwork(ops, sdf.tensors, validation, 0);
      return { factor: factor(ops, outputs, validation), loss: loss(ops, outputs, validation, against) };
    });
    validationSharpe.push(sharpeRatio(Float64Array.from(seen.factor).filter((_, t) => hasRows(validation, t))));
    validationLoss.push(seen.loss[0]);
    return config.selectBy === 'sharpe' ? validationSharpe[validationSharpe.length - 1] : seen.loss[0];
  };
  const rule: ValidationOptions<number> = {
    goal: config.selectBy === 'sharpe' ? 'maximize' : 'minimize',
    ignoreFirst: config.burnInEpochs,
    ...(config.patience === undefined ? {} : { patience: config.patience }),
    criterion,
  };
  const epochs = phase === 'unconditional' ? config.nEpochsUnc : config.nEpochsCond;
  try {
    const record = await train<number>({
      engine,
      parameters: sdf,
      optimizer,
      loss: (ops, params) =>
        loss(ops, exposureNetwork(ops, params, training, config.dropout), training, instruments.training),
      batches: () => steps(config.subEpochs),
      epochs,
      seed: deriveKey(seed, phase),
      checkpoints,
      operation: 'StochasticDiscountFactorModel.fit',
      ...(validation ? { validation: rule } : {}),
      ...(task.signal ? { signal: task.signal } : {}),
      onProgress: ({ epoch, loss: value }) => {
        const metrics: Record<string, number> = { loss: value };
        if (validation) {
          metrics.validationLoss = validationLoss[epoch - 1];
          metrics.validationSharpe = validationSharpe[epoch - 1];
        }
        const known = Object.fromEntries(Object.entries(metrics).filter(([, number]) => Number.isFinite(number)));
        task.history.push({ member: task.member, phase: phase === 'unconditional' ? 1 : 3, epoch, ...known });
        task.onProgress?.({ phase: phaseName(task, phase), step: epoch, total: epochs, metrics });
      },
    });
    if (validation && record.bestEpoch === undefined)
      notes.push(
        `Member ${task.member}: no ${phase} epoch after the burn-in of ${config.burnInEpochs} had a finite validation criterion; the last one is used.`,
      );
    return record;
  } finally {
    for (const [label, snapshot] of labelled(phase, checkpoints)) task.checkpoints.set(label, snapshot);
  }
}

/** The moment network, upwards, against SDF weights that do not move. */
async function momentPhase(
  task: MemberTask,
  sdf: ParameterSet,
  moment: ParameterSet,
  seed: number,
): Promise<TrainingRecord> {
  const { engine, config } = task;
  const held: Tensor[] = [];
  // r M with the weights of the loss, per row: all that the frozen SDF leaves in it.
  const discounted = async (panel: HeldPanel): Promise<Tensor> => {
    const { values } = await engine.evaluate((ops) => {
      const f = factor(ops, exposureNetwork(ops, sdf.tensors, panel, 0), panel);
      return { values: ops.mul(panel.momentReturns, ops.segmentRepeat(ops.scale(f, -1, 1), panel.offsets)) };
    });
    const tensor = engine.tensor(values, [values.length, 1]);
    held.push(tensor);
    return tensor;
  };
  const negativeLoss = (ops: Ops, params: ParameterSet['tensors'], panel: HeldPanel, rows: Tensor, dropout: number) => {
    const moments = ops.sumByIndex(
      ops.mul(momentNetwork(ops, params, panel, dropout), rows),
      panel.assets,
      panel.nAssets,
    );
    return ops.scale(ops.sum(ops.square(moments)), -1 / config.nInstruments);
  };
  try {
    const rows = await discounted(task.training);
    return await train<number>({
      engine,
      parameters: moment,
      optimizer: { learningRate: config.lr, weightDecay: config.weightDecay },
      loss: (ops, params) => negativeLoss(ops, params, task.training, rows, config.dropout),
      batches: () => steps(config.subEpochs),
      epochs: config.nEpochsMoment,
      seed: deriveKey(seed, 'moment'),
      operation: 'StochasticDiscountFactorModel.fit',
      ...(task.signal ? { signal: task.signal } : {}),
      onProgress: ({ epoch, loss: value }) => {
        task.history.push({ member: task.member, phase: 2, epoch, loss: -value });
        task.onProgress?.({
          phase: phaseName(task, 'moment'),
          step: epoch,
          total: config.nEpochsMoment,
          metrics: { loss: -value },
        });
      },
    });
  } finally {
    for (const tensor of held) engine.release(tensor);
  }
}

/** Instruments times `momentReturns` (R x K), as the conditional loss wants them. */
async function instrumentReturns(
  engine: Engine,
  moment: ParameterSet,
  panel: HeldPanel,
  held: Tensor[],
): Promise<Tensor> {
  let shape: readonly number[] = [];
  const { values } = await engine.evaluate((ops) => {
    const result = ops.mul(momentNetwork(ops, moment.tensors, panel, 0), panel.momentReturns);
    shape = result.shape;
    return { values: result };
  });
  const tensor = engine.tensor(values, shape);
  held.push(tensor);
  return tensor;
}

function phaseName({ config, member }: MemberTask, phase: string): string {
  return config.nMembers > 1 ? `${phase}, member ${member + 1} of ${config.nMembers}` : phase;
}

function steps(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i);
}

function hasRows({ offsets }: HeldPanel, t: number): boolean {
  return offsets[t + 1] > offsets[t];
}
