import { DataError, onlyFinite, type HistoryEntry, type RunOptions } from '@ml4t/core';
import type { Engine } from '@ml4t/core/engine';
import { keeps, optimizerOf } from '@ml4t/core/ensemble';
import type { MemberOutcome, MemberWeights } from '@ml4t/core/ensemble';
import type { NamedValues, ParameterSpecs } from '@ml4t/core/nn';
import { train, type TrainingRecord } from '@ml4t/core/train';
import type { AnnualConfig } from '../config.ts';
import { portfolioLoss } from './loss.ts';
import type { PortfolioNetwork } from './network.ts';
import { rateOfStretch, stretches, windowBatches } from './schedule.ts';
import { judgeWeights } from './judge.ts';
import { headWeightsOf } from './predict.ts';
import { withScaledFeatures, type WindowSource } from './windows.ts';

/** A network and how it was trained: plain data, so that a member can be trained apart from the others. */
export interface PortfolioMember extends MemberWeights, MemberOutcome {
  readonly history: readonly HistoryEntry[];
  /** The most that the engine held. */
  readonly engineBytes: number;
}

/** What all members are trained with. */
export interface Training {
  readonly engine: Engine;
  readonly network: PortfolioNetwork;
  readonly config: AnnualConfig;
  readonly specs: ParameterSpecs;
  readonly source: WindowSource;
  readonly validation: WindowSource | undefined;
  /** Initial values of a member from its seed. */
  readonly start: (seed: number) => NamedValues[];
  readonly operation: string;
}

/** Trains one network from its own seed: AdamW on mini-batches of windows, evaluated every few steps. */
export async function trainMember(
  training: Training,
  seed: number,
  number: number,
  options: RunOptions<'training'>,
): Promise<PortfolioMember> {
  const { engine, network, config } = training;
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
          const weights = await headWeightsOf(training, parameters.tensors, validation, options);
          return judgeWeights(validation.batch, weights, config).sharpe;
        },
        smoothing: 1 - config.metricEmaAlpha,
        minimumImprovement: config.metricMinDelta,
        ignoreFirst: ends.filter((step) => step <= config.ignoreFirst).length,
        patience: config.patience,
      },
      signal: options.signal,
      onProgress: ({ epoch, loss, validation: seen }) =>
        options.onProgress?.({
          phase: 'training',
          unit: 'step',
          step: stepOf(epoch),
          total: config.nSteps,
          fraction: stepOf(epoch) / config.nSteps,
          metrics: onlyFinite({ objective: -loss, validationSharpe: seen }),
        }),
      operation: training.operation,
    });
    return keep(record, config, number, stepOf);
  } finally {
    parameters.release();
  }
}

function keep(
  record: TrainingRecord,
  config: AnnualConfig,
  number: number,
  stepOf: (stretch: number) => number,
): PortfolioMember {
  const { checkpoints, history, bestEpoch, steps, skippedSteps } = record;
  const last = checkpoints.lastEpoch;
  if (last === undefined)
    throw new DataError({
      field: 'fit',
      expected: 'finite losses and gradients in the first steps',
      found: record.stopReason,
      remedy: record.remedy,
    });
  const named: Record<string, number> = {};
  for (const epoch of checkpoints.epochs)
    if (keeps(config, stepOf(epoch))) named[`step-${stepOf(epoch)}`] = stepOf(epoch);
  named.last = stepOf(last);
  if (bestEpoch !== undefined) named.best = stepOf(bestEpoch);
  const kept = new Set(Object.values(named));
  return {
    checkpoints: named,
    snapshots: Object.fromEntries(
      checkpoints.epochs
        .filter((epoch) => kept.has(stepOf(epoch)))
        .map((epoch) => [stepOf(epoch), checkpoints.get(epoch)]),
    ),
    stopReason: record.stopReason === 'max-epochs' ? 'max-iterations' : record.stopReason,
    remedy: record.remedy,
    length: steps + skippedSteps,
    skippedSteps,
    engineBytes: record.reservedBytes,
    history: history.map(({ epoch, loss, validation, gradientNorm }) =>
      onlyFinite({
        member: number,
        step: stepOf(epoch),
        trainObjective: -loss,
        validationSharpe: validation,
        gradientNorm,
      }),
    ),
  };
}
