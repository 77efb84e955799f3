import { sharpeRatio } from '@ml4t/core';
import type { Optimizer, ParameterSet } from '@ml4t/core/engine';
import { keptEpochs, labelledStates, scheduleOf } from '@ml4t/core/ensemble';
import { deriveKey, type Ops, type Tensor } from '@ml4t/core/nn';
import { Checkpoints, train, type TrainingRecord, type ValidationOptions } from '@ml4t/core/train';
import { epochOfLabel, type SdfPhase } from './checkpoints.ts';
import { factor, pricingLoss, residualShare } from './losses.ts';
import { epochProgress, steps, type MemberTask } from './member-task.ts';
import { momentForm } from './moment-form.ts';
import { exposureNetwork, momentNetwork } from './networks.ts';
import type { HeldPanel } from './panel-tensors.ts';

/**
 * One phase of the SDF network against test functions that do not move: g = 1, or the outputs of the moment network, which is
 * evaluated once.
 */
export async function sdfPhase(
  task: MemberTask,
  sdf: ParameterSet,
  optimizer: Optimizer,
  phase: SdfPhase,
  moment: ParameterSet | undefined,
  notes: string[],
  seed: number,
): Promise<TrainingRecord> {
  const { engine, config, training, validation } = task;
  const epochs = phase === 'unconditional' ? config.nEpochsUnc : config.nEpochsCond;
  const asked = config.defaultCheckpoint?.startsWith(phase) ? epochOfLabel(config.defaultCheckpoint) : undefined;
  const checkpoints = new Checkpoints(keptEpochs({ ...config, defaultCheckpoint: asked ?? null }, epochs));
  const held: Tensor[] = [];
  const frozen = async (panel: HeldPanel): Promise<Tensor> => {
    const seen = moment && (await engine.evaluate((ops) => ({ g: momentNetwork(ops, moment.tensors, panel, 0) })));
    const form = engine.tensor(momentForm(panel.rows, seen?.g), [panel.nDates, panel.nDates]);
    held.push(form);
    return form;
  };
  const loss = (ops: Ops, outputs: Tensor, panel: HeldPanel, form: Tensor): Tensor => {
    const pricing = pricingLoss(ops, factor(ops, outputs, panel), form);
    // The residual share does not see the sign of the weights, and w = 0 is a wall between the two signs: in phase 1 it would
    // hold the sign of the initial weights, which is right half of the time.
    if (config.residualWeight === 0 || phase === 'unconditional') return pricing;
    return ops.add(pricing, ops.scale(residualShare(ops, outputs, panel), config.residualWeight));
  };
  const trainingForm = await frozen(training);
  const validationForm = validation && (await frozen(validation));
  const validationSharpe: number[] = [];
  const validationLoss: number[] = [];
  const criterion = async (): Promise<number> => {
    if (!validation || !validationForm) return Number.NaN;
    const seen = await engine.evaluate((ops) => {
      const outputs = exposureNetwork(ops, sdf.tensors, validation, 0);
      return { factor: factor(ops, outputs, validation), loss: loss(ops, outputs, validation, validationForm) };
    });
    validationSharpe.push(sharpeRatio(Float64Array.from(seen.factor).filter((_, t) => hasRows(validation, t))));
    validationLoss.push(seen.loss[0]);
    return config.selectBy === 'sharpe' ? validationSharpe[validationSharpe.length - 1] : seen.loss[0];
  };
  const rule: ValidationOptions<number> = {
    goal: config.selectBy === 'sharpe' ? 'maximize' : 'minimize',
    ignoreFirst: config.ignoreFirst,
    patience: config.patience,
    criterion,
  };
  try {
    const record = await train<number>({
      engine,
      parameters: sdf,
      optimizer,
      schedule: scheduleOf(config),
      clip: config.gradientClip,
      loss: (ops, params) => loss(ops, exposureNetwork(ops, params, training, config.dropout), training, trainingForm),
      batches: () => steps(config.subEpochs),
      epochs,
      seed: deriveKey(seed, phase),
      checkpoints,
      operation: 'StochasticDiscountFactorModel.fit',
      validation: validation && rule,
      signal: task.run.signal,
      onProgress: ({ epoch, loss: value }) => {
        const metrics: Record<string, number> = { loss: value };
        if (validation) {
          metrics.validationLoss = validationLoss[epoch - 1];
          metrics.validationSharpe = validationSharpe[epoch - 1];
        }
        task.run.report(epochProgress(config, phase, epoch, metrics));
      },
    });
    if (validation && record.bestEpoch === undefined)
      notes.push(
        `no ${phase} epoch after the first ${config.ignoreFirst} had a finite validation criterion; the last one is used.`,
      );
    return record;
  } finally {
    for (const tensor of held) engine.release(tensor);
    task.states.push(labelledStates(checkpoints, { lists: () => true, prefix: `${phase}/` }));
  }
}

function hasRows({ offsets }: HeldPanel, t: number): boolean {
  return offsets[t + 1] > offsets[t];
}
