import type { CrossSectionBatch, RunOptions } from '@ml4t/core';
import { throwIfAborted } from '@ml4t/core/authoring';
import type { Engine, ParameterSet } from '@ml4t/core/engine';
import { trainedNetwork, trainEpochs, type MemberRun, type TrainedNetwork } from '@ml4t/core/ensemble';
import { initialValues, type CounterRandom, type ParameterSpecs } from '@ml4t/core/nn';
import { dateBatches, miniBatches, requireFiniteOutputs, requireFloat32 } from '@ml4t/core/train';
import type { SAEConfig } from './config.ts';
import { gatherInputs, type Dataset, type InputScale } from './dataset.ts';
import { saePredict } from './network.ts';
import { mainLoss, saeLoss, stepGatherer, stepOfDates, type Step } from './objective.ts';

/** Rows that an evaluation holds in the engine at once: as many for each of 2, 4 or 8 threads in tiles of 192. */
const evaluationRows = 3072;

/** What all members are trained with. */
export interface Training {
  readonly config: SAEConfig;
  readonly specs: ParameterSpecs;
  readonly scale: InputScale;
  readonly data: Dataset;
  readonly validation: Dataset | undefined;
}

/** Trains one network from its own seed. */
export async function trainMember(
  engine: Engine,
  { config, specs, scale, data, validation }: Training,
  run: MemberRun<'training'>,
): Promise<TrainedNetwork> {
  const parameters = engine.parameters(initialValues(specs, run.seed));
  const criterion = async (on: Dataset): Promise<number> =>
    mainLoss(on, await evaluateRows({ engine, config, scale }, parameters, on, run), config);
  try {
    let steps = 0;
    const gather = stepGatherer(data, scale);
    const record = await trainEpochs<Step>(engine, parameters, config, run, {
      batches: function* (_, generator) {
        for (const step of epochSteps(data, config, generator)) yield { ...step, number: ++steps };
      },
      size: ({ rows }) => rows.length,
      loss: (ops, params, step) => saeLoss(ops, params, step, gather(step), config),
      validation: validation && { criterion: () => criterion(validation) },
      operation: 'SAEModel.fit',
    });
    return trainedNetwork(record, config, 'SAEModel.fit');
  } finally {
    parameters.release();
  }
}

function* epochSteps(
  data: Dataset,
  { objective, batchSize }: SAEConfig,
  generator: CounterRandom,
): IterableIterator<Omit<Step, 'number'>> {
  if (objective === 'rank-ic')
    for (const dates of dateBatches(data.offsets, batchSize, generator)) yield stepOfDates(data, dates, 0);
  else for (const rows of miniBatches(data.rows.length, batchSize, generator)) yield { rows, offsets: undefined };
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
