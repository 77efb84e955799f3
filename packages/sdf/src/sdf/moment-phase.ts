import type { ParameterSet } from '@ml4t/core/engine';
import { deriveKey, type Ops, type Tensor } from '@ml4t/core/nn';
import { optimizerOf, scheduleOf } from '@ml4t/core/ensemble';
import { train, type TrainingRecord } from '@ml4t/core/train';
import { factor } from './losses.ts';
import { epochProgress, steps, type MemberTask } from './member-task.ts';
import { momentNetwork, exposureNetwork } from './networks.ts';
import type { HeldPanel } from './panel-tensors.ts';

/** The moment network, upwards, against SDF weights that do not move. */
export async function momentPhase(
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
      optimizer: optimizerOf(config, config.l2),
      schedule: scheduleOf(config),
      clip: config.gradientClip,
      loss: (ops, params) => negativeLoss(ops, params, task.training, rows, config.dropout),
      batches: () => steps(config.subEpochs),
      epochs: config.nEpochsMoment,
      seed: deriveKey(seed, 'moment'),
      operation: 'StochasticDiscountFactorModel.fit',
      signal: task.run.signal,
      onProgress: ({ epoch, loss: value }) => task.run.report(epochProgress(config, 'moment', epoch, { loss: -value })),
    });
  } finally {
    for (const tensor of held) engine.release(tensor);
  }
}
