import { onlyFinite } from '@ml4t/core/authoring';
import type { Engine } from '@ml4t/core/engine';
import { keeps, optimizerOf, trainedNetwork, type MemberRun, type TrainedNetwork } from '@ml4t/core/ensemble';
import type { NamedValues } from '@ml4t/core/nn';
import { train } from '@ml4t/core/train';
import type { AnnualConfig } from '../config.ts';
import { portfolioLoss } from './loss.ts';
import type { PortfolioNetwork } from './network.ts';
import { rateOfStretch, stretches, windowBatches } from './schedule.ts';
import { judgeWeights } from './judge.ts';
import { headWeightsOf } from './predict.ts';
import { withScaledFeatures, type WindowSource } from './windows.ts';

/** What all members are trained with. */
export interface Training {
  readonly network: PortfolioNetwork;
  readonly config: AnnualConfig;
  readonly source: WindowSource;
  readonly validation: WindowSource | undefined;
  /** Initial values of a member from its seed. */
  readonly start: (seed: number) => NamedValues[];
  readonly operation: string;
}

/** Trains one network from its own seed: AdamW on mini-batches of windows, evaluated every few steps. */
export async function trainMember(
  engine: Engine,
  training: Training,
  { seed, signal, report }: MemberRun<'training'>,
): Promise<TrainedNetwork> {
  const { network, config } = training;
  const evaluation = { engine, network, config };
  const source = withScaledFeatures(training.source);
  const validation = training.validation && withScaledFeatures(training.validation);
  const parameters = engine.parameters(training.start(seed));
  const ends = stretches(config);
  const stepOf = (stretch: number): number => (stretch > 0 ? ends[stretch - 1] : 0);
  const stream = windowBatches(source.batch.nWindows, { ...config, seed });
  try {
    const record = await train<Int32Array>({
      engine,
      parameters,
      epochs: ends.length,
      seed,
      // A stretch between two evaluations is an epoch to the loop; the stream of windows runs on across them.
      batches: function* (stretch) {
        for (let step = stepOf(stretch - 1); step < stepOf(stretch); step++) yield stream.next().value as Int32Array;
      },
      loss: (ops, params, windows) => portfolioLoss(ops, params, network, config, source, windows),
      optimizer: optimizerOf(config),
      schedule: rateOfStretch(config, ends),
      clip: config.gradientClip,
      checkpoints: { epochs: ends.flatMap((step, i) => (keeps(config, step) ? [i + 1] : [])) },
      validation: validation && {
        goal: 'maximize',
        criterion: async () => {
          const weights = await headWeightsOf(evaluation, parameters.tensors, validation, { signal });
          return judgeWeights(validation.batch, weights, config).sharpe;
        },
        smoothing: 1 - config.metricEmaAlpha,
        minimumImprovement: config.metricMinDelta,
        ignoreFirst: ends.filter((step) => step <= config.ignoreFirst).length,
        patience: config.patience,
      },
      signal,
      onProgress: ({ epoch, loss, validation: seen, gradientNorm, learningRate }) =>
        report(
          {
            phase: 'training',
            unit: 'step',
            step: stepOf(epoch),
            total: config.nSteps,
            fraction: stepOf(epoch) / config.nSteps,
            metrics: onlyFinite({ objective: -loss, validationSharpe: seen }),
          },
          { learningRate, gradientNorm },
        ),
      operation: training.operation,
    });
    return trainedNetwork(record, config, training.operation, { unit: 'step', at: stepOf });
  } finally {
    parameters.release();
  }
}
