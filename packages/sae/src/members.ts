import {
  DataError,
  onlyFinite,
  throwIfAborted,
  type CrossSectionBatch,
  type HistoryEntry,
  type RunOptions,
} from '@ml4t/core';
import type { Engine, ParameterSet } from '@ml4t/core/engine';
import { keeps, keptEpochs, optimizerOf, scheduleOf } from '@ml4t/core/ensemble';
import type { MemberOutcome, MemberWeights } from '@ml4t/core/ensemble';
import { initialValues, type Generator, type ParameterSpecs } from '@ml4t/core/nn';
import {
  dateBatches,
  miniBatches,
  requireFiniteOutputs,
  requireFloat32,
  train,
  type TrainingRecord,
} from '@ml4t/core/train';
import type { SAEConfig } from './config.ts';
import { gatherInputs, type Dataset, type InputScale } from './dataset.ts';
import { saePredict } from './network.ts';
import { mainLoss, saeLoss, stepGatherer, stepOfDates, type Step } from './objective.ts';

/** Rows that an evaluation holds in the engine at once: as many for each of 2, 4 or 8 threads in tiles of 192. */
const evaluationRows = 3072;

/** A network and how it was trained: plain data, so that a member can be trained apart from the others. */
export interface SAEMember extends MemberWeights, MemberOutcome {
  readonly history: readonly HistoryEntry[];
  /** The most that the engine held. */
  readonly engineBytes: number;
}

/** What all members are trained with. */
export interface Training {
  readonly engine: Engine;
  readonly config: SAEConfig;
  readonly specs: ParameterSpecs;
  readonly scale: InputScale;
  readonly data: Dataset;
  readonly validation: Dataset | undefined;
}

/** Trains one network from its own seed. */
export async function trainMember(
  training: Training,
  seed: number,
  number: number,
  options: RunOptions<'training'>,
): Promise<SAEMember> {
  const { engine, config, specs, scale, data, validation } = training;
  const parameters = engine.parameters(initialValues(specs, seed));
  try {
    let steps = 0;
    const gather = stepGatherer(data, scale);
    const record = await train<Step>({
      engine,
      parameters,
      epochs: config.nEpochs,
      seed,
      batches: function* (_, generator) {
        for (const step of epochSteps(data, config, generator)) yield { ...step, number: ++steps };
      },
      size: ({ rows }) => rows.length,
      loss: (ops, params, step) => saeLoss(ops, params, step, gather(step), config),
      optimizer: optimizerOf(config),
      schedule: scheduleOf(config),
      clip: config.gradientClip,
      checkpoints: keptEpochs(config, config.nEpochs),
      validation: validation && {
        criterion: async () =>
          mainLoss(validation, await evaluateRows(training, parameters, validation, options), config),
        patience: config.patience,
        ignoreFirst: config.ignoreFirst,
      },
      signal: options.signal,
      onProgress: ({ epoch, loss, validation: seen }) =>
        options.onProgress?.({
          phase: 'training',
          unit: 'epoch',
          step: epoch,
          total: config.nEpochs,
          fraction: epoch / config.nEpochs,
          metrics: onlyFinite({ loss, validationLoss: seen }),
        }),
      operation: 'SAEModel.fit',
    });
    return keep(record, config, number);
  } finally {
    parameters.release();
  }
}

function* epochSteps(
  data: Dataset,
  { objective, batchSize }: SAEConfig,
  generator: Generator,
): IterableIterator<Omit<Step, 'number'>> {
  if (objective === 'rank-ic')
    for (const dates of dateBatches(data.offsets, batchSize, generator)) yield stepOfDates(data, dates, 0);
  else for (const rows of miniBatches(data.rows.length, batchSize, generator)) yield { rows, offsets: undefined };
}

function keep(record: TrainingRecord, config: SAEConfig, number: number): SAEMember {
  const { checkpoints, history } = record;
  const last = checkpoints.lastEpoch;
  if (last === undefined)
    throw new DataError({
      field: 'SAEModel.fit',
      expected: 'finite losses and gradients in the first epoch',
      found: record.stopReason,
      remedy: record.remedy,
    });
  const best = checkpoints.bestEpoch;
  const named: Record<string, number> = {};
  for (const epoch of checkpoints.epochs) if (keeps(config, epoch)) named[`epoch-${epoch}`] = epoch;
  named.last = last;
  if (best !== undefined) named.best = best;
  return {
    checkpoints: named,
    snapshots: Object.fromEntries([...new Set(Object.values(named))].map((epoch) => [epoch, checkpoints.get(epoch)])),
    stopReason: record.stopReason,
    remedy: record.remedy,
    length: history.length,
    skippedSteps: record.skippedSteps,
    engineBytes: record.reservedBytes,
    history: history.map(({ epoch, loss, validation, learningRate, gradientNorm }) =>
      onlyFinite({ member: number, epoch, loss, validationLoss: validation, learningRate, gradientNorm }),
    ),
  };
}

/** What runs a trained network. */
export interface Evaluation {
  readonly engine: Engine;
  readonly config: SAEConfig;
  readonly scale: InputScale;
}

/** Outputs of the main head (n x C) for rows of a batch, in scaled units or logits. */
export async function evaluateRows(
  { engine, config, scale }: Evaluation,
  parameters: ParameterSet,
  { batch, rows }: { readonly batch: CrossSectionBatch; readonly rows: Int32Array },
  { signal }: Pick<RunOptions, 'signal'> = {},
): Promise<Float32Array> {
  const p = scale.mean.length;
  const nameOf = (row: number, column: number): string =>
    `${batch.characteristicNames[column]}, row ${row}, over its training deviation`;
  const width = parameters.tensors['main.output.weight'].shape[0];
  const outputs = new Float32Array(rows.length * width);
  const scratch = new Float32Array(Math.min(evaluationRows, rows.length) * p);
  for (let from = 0; from < rows.length; from += evaluationRows) {
    throwIfAborted(signal, 'SAEModel');
    const part = rows.subarray(from, from + evaluationRows);
    const inputs = gatherInputs(batch, part, scale, scratch).subarray(0, part.length * p);
    requireFloat32('characteristics', inputs, (at) => nameOf(part[Math.floor(at / p)], at % p));
    const { main } = await engine.evaluate((ops) => ({
      main: saePredict(ops, parameters.tensors, ops.constant(inputs, [part.length, p]), config),
    }));
    requireFiniteOutputs('predictions of SAEModel', main);
    outputs.set(main, from * width);
  }
  return outputs;
}
