import { rowsOfDates } from '@ml4t/core/train';
import type { Ops, Parameters, Tensor } from '@ml4t/core/nn';
import type { SAEConfig } from './config.ts';
import { gatherInputs, type Dataset, type InputScale } from './dataset.ts';
import { fusedBody, saeForward, type Body } from './network.ts';

/** One training step: rows of the dataset or, with the rank-IC objective, whole dates of it. */
export interface Step {
  /** Positions in the dataset. */
  readonly rows: Int32Array;
  /** Where the dates begin among the rows; undefined when the rows come from anywhere. */
  readonly offsets: Int32Array | undefined;
  /** From 1, over all epochs. */
  readonly number: number;
}

/** The step that whole dates make. */
export function stepOfDates(data: Dataset, dates: Int32Array, number: number): Step {
  return { ...rowsOfDates(data.offsets, dates), number };
}

/** Plain averages of the running moments until a step counts as little as the momentum, then the momentum. */
export function momentumAt(step: number, momentum: number): number {
  return Math.max(momentum, 1 / step);
}

/** The numbers of a step: inputs (n x P), targets and weights (n x C). */
export interface StepArrays {
  readonly inputs: Float32Array;
  readonly targets: Float32Array;
  readonly weights: Float32Array | undefined;
}

/** Gathers the numbers of steps into arrays that every step uses again: an engine copies them in before the next one. */
export function stepGatherer(data: Dataset, scale: InputScale): (step: Step) => StepArrays {
  const [inputs, targets, weights] = [reusable(), reusable(), reusable()];
  return ({ rows }) => {
    const take = (values: Float32Array, into: (length: number) => Float32Array): Float32Array => {
      const c = values.length / data.rows.length;
      const out = into(rows.length * c);
      for (let i = 0; i < rows.length; i++) for (let j = 0; j < c; j++) out[i * c + j] = values[rows[i] * c + j];
      return out;
    };
    const batchRows = rows.map((row) => data.rows[row]);
    return {
      inputs: gatherInputs(data.batch, batchRows, scale, inputs(rows.length * scale.mean.length)),
      targets: take(data.targets, targets),
      weights: data.weights && take(data.weights, weights),
    };
  };
}

/** The first `length` numbers of an array that grows when it must. */
function reusable(): (length: number) => Float32Array {
  let array = new Float32Array(0);
  return (length) => {
    if (array.length < length) array = new Float32Array(length);
    return array.subarray(0, length);
  };
}

/**
 * reconstructionWeight MSE(decoded, x) + mainWeight L(main, y) + auxWeight L(auxiliary, y), with L the mean squared error, the
 * cross-entropy, or 1 - the mean rank IC.
 */
export function saeLoss(
  ops: Ops,
  params: Parameters,
  step: Step,
  { inputs, targets, weights }: StepArrays,
  config: SAEConfig,
  body: Body = fusedBody,
): Tensor {
  const n = step.rows.length;
  const x = ops.constant(inputs, [n, inputs.length / n]);
  const y = ops.constant(targets, [n, targets.length / n]);
  const w = weights && ops.constant(weights, y.shape);
  const momentum = momentumAt(step.number, config.batchNormMomentum);
  const { decoded, auxiliary, main } = saeForward(ops, params, x, config, momentum, body);
  const headLoss = (output: Tensor): Tensor => {
    if (config.taskType !== 'regression') return ops.binaryCrossEntropy(output, y, w);
    if (config.objective === 'rank-ic' && step.offsets) return rankICLoss(ops, output, y, step.offsets);
    return ops.meanSquaredError(output, y, w);
  };
  let loss = ops.scale(headLoss(main), config.mainWeight);
  if (config.auxWeight > 0) loss = ops.add(loss, ops.scale(headLoss(auxiliary), config.auxWeight));
  if (config.reconstructionWeight > 0)
    loss = ops.add(loss, ops.scale(ops.meanSquaredError(decoded, x), config.reconstructionWeight));
  return loss;
}

/** Under the root of a date's prediction variance: it keeps the gradient finite where all predictions are equal. */
const varianceFloor = 1e-6;

/**
 * 1 - the mean over dates (and columns) of the correlation of prediction p and target z within the date:
 * `(1/n) sum p z / sqrt(var p + 1e-6)`, z of mean 0 and deviation 1 on each date.
 *
 * @param prediction (rows, C)
 * @param target (rows, C), standardised ranks
 * @param offsets (dates + 1)
 */
export function rankICLoss(ops: Ops, prediction: Tensor, target: Tensor, offsets: Int32Array): Tensor {
  const dates = offsets.length - 1;
  const shares = Float64Array.from({ length: dates }, (_, t) => 1 / (offsets[t + 1] - offsets[t]));
  const share = ops.constant(shares, [dates, 1]);
  const meanByDate = (values: Tensor): Tensor => ops.mul(ops.segmentSum(values, offsets), share);
  // z has mean 0, so p needs no centring for the product, but it does for the digits that the variance keeps.
  const centred = ops.sub(prediction, ops.segmentRepeat(meanByDate(prediction), offsets));
  const deviation = ops.sqrt(ops.scale(meanByDate(ops.square(centred)), 1, varianceFloor));
  const correlation = ops.div(meanByDate(ops.mul(centred, target)), deviation);
  return ops.scale(ops.mean(correlation, 'all'), -1, 1);
}

/** The main loss over a dataset from the outputs of the main head (n x C): what early stopping watches. */
export function mainLoss(data: Dataset, outputs: Float32Array, config: SAEConfig): number {
  if (config.objective === 'rank-ic') return hostRankICLoss(data, outputs);
  const isRegression = config.taskType === 'regression';
  const { targets, weights } = data;
  let sum = 0;
  let total = 0;
  for (let i = 0; i < outputs.length; i++) {
    const weight = weights ? weights[i] : 1;
    if (weight === 0) continue;
    const z = outputs[i];
    sum += weight * (isRegression ? (z - targets[i]) ** 2 : softplus(z) - targets[i] * z);
    total += weight;
  }
  return sum / total;
}

function hostRankICLoss({ offsets, targets, rows }: Dataset, outputs: Float32Array): number {
  const c = outputs.length / rows.length;
  let sum = 0;
  for (let t = 0; t + 1 < offsets.length; t++)
    for (let column = 0; column < c; column++) {
      const n = offsets[t + 1] - offsets[t];
      let mean = 0;
      for (let i = offsets[t]; i < offsets[t + 1]; i++) mean += outputs[i * c + column] / n;
      let squares = 0;
      let product = 0;
      for (let i = offsets[t]; i < offsets[t + 1]; i++) {
        const centred = outputs[i * c + column] - mean;
        squares += centred * centred;
        product += centred * targets[i * c + column];
      }
      sum += product / n / Math.sqrt(squares / n + varianceFloor);
    }
  return 1 - sum / ((offsets.length - 1) * c);
}

function softplus(z: number): number {
  return z > 0 ? z + Math.log1p(Math.exp(-z)) : Math.log1p(Math.exp(z));
}
