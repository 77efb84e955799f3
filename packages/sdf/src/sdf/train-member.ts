import { deriveKey, initialValues } from '@ml4t/core/nn';
import { optimizerOf } from '@ml4t/core/ensemble';
import type { TrainingRecord } from '@ml4t/core/train';
import type { MemberRecord, MemberTask } from './member-task.ts';
import { momentPhase } from './moment-phase.ts';
import { exposureNetworkParameters, momentNetworkParameters, type NetworkShape } from './networks.ts';
import { sdfPhase } from './sdf-phase.ts';

/**
 * Trains one pair of networks in three phases: the SDF network on unconditional moments (g = 1), the moment network
 * upwards on the conditional loss, the SDF network on the conditional loss. Each phase starts from the best state of the one
 * before it. A network that is frozen in a phase is evaluated once, at its start.
 */
export async function trainMember(task: MemberTask): Promise<MemberRecord> {
  const { engine, config } = task;
  const { seed } = task.run;
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
  const adam = optimizerOf(config, config.l2);
  const optimizer = engine.optimizer(sdf, adam);
  const notes: string[] = [];
  const records: TrainingRecord[] = [];
  try {
    if (config.nEpochsUnc > 0)
      records.push(await sdfPhase(task, sdf, optimizer, 'unconditional', undefined, notes, seed));
    if (config.nEpochsCond > 0) {
      if (config.nEpochsMoment > 0) records.push(await momentPhase(task, sdf, moment, seed));
      const second = config.carryOptimizer ? optimizer : engine.optimizer(sdf, adam);
      try {
        records.push(await sdfPhase(task, sdf, second, 'conditional', moment, notes, seed));
      } finally {
        if (second !== optimizer) second.release();
      }
    }
    // Where nothing failed, as its last phase ended, which is the one that the SDF network is used from.
    const { stopReason, remedy } = records.find((record) => record.remedy !== '') ?? records[records.length - 1];
    return {
      stopReason,
      remedy,
      notes,
      length: records.reduce((sum, { history }) => sum + history.length, 0),
      skippedSteps: records.reduce((sum, { skippedSteps }) => sum + skippedSteps, 0),
      moment: await moment.read(),
    };
  } finally {
    optimizer.release();
    sdf.release();
    moment.release();
  }
}
