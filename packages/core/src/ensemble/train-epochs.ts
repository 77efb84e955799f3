import type { Engine, ParameterSet } from '../engine/index.ts';
import { onlyFinite } from '../results/fit-summary.ts';
import {
  train,
  type Checkpoints,
  type TrainingRecord,
  type TrainOptions,
  type ValidationOptions,
} from '../train/index.ts';
import {
  keptEpochs,
  optimizerOf,
  scheduleOf,
  type CheckpointConfig,
  type OptimizerConfig,
  type StoppingConfig,
} from './config.ts';
import type { MemberRun } from './network-ensemble.ts';

/** What the configuration of a network that is trained in epochs says. */
export interface EpochConfig extends OptimizerConfig, StoppingConfig, CheckpointConfig {
  readonly nEpochs: number;
}

/** A loss and its data. */
export interface EpochLoss<B> extends Pick<TrainOptions<B>, 'batches' | 'size' | 'loss'> {
  readonly validation?: Pick<ValidationOptions<B>, 'batches' | 'criterion'> | undefined;
  /** Keeps what the configuration keeps, and outlives an abort. */
  readonly checkpoints?: Checkpoints | undefined;
  /** 'training' where absent. */
  readonly phase?: string | undefined;
  /** Named in the error of an abort. */
  readonly operation: string;
}

/** Trains a network from its member's seed, epoch after epoch, as its configuration says, and reports every epoch. */
export function trainEpochs<B>(
  engine: Engine,
  parameters: ParameterSet,
  config: EpochConfig,
  { seed, signal, report }: MemberRun,
  { validation, checkpoints, phase = 'training', ...given }: EpochLoss<B>,
): Promise<TrainingRecord> {
  const { nEpochs: epochs, patience, ignoreFirst } = config;
  return train<B>({
    ...given,
    engine,
    parameters,
    epochs,
    seed,
    optimizer: optimizerOf(config),
    schedule: scheduleOf(config),
    clip: config.gradientClip,
    checkpoints: checkpoints ?? keptEpochs(config, epochs),
    validation: validation && { ...validation, patience, ignoreFirst },
    signal,
    onProgress: ({ epoch, loss, validation: validationLoss, learningRate, gradientNorm }) =>
      report(
        {
          phase,
          unit: 'epoch',
          step: epoch,
          total: epochs,
          fraction: epoch / epochs,
          metrics: onlyFinite({ loss, validationLoss }),
        },
        { learningRate, gradientNorm },
      ),
  });
}
