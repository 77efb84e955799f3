import type { FloatArray } from '@ml4t/core/authoring';
import {
  batchNormLayer,
  batchNormParameters,
  kaimingUniform,
  linearLayer,
  linearParameters,
  ones,
  type Ops,
  type Parameters,
  type ParameterSpecs,
  type Tensor,
} from '@ml4t/core/nn';
import { gatherRows } from '@ml4t/core/train';

/** What decides the arrays of a conditional autoencoder. */
export interface NetworkShape {
  /** P: characteristics. */
  readonly characteristics: number;
  /** Units of each hidden layer of the beta network, first to last. */
  readonly hiddenUnits: readonly number[];
  /** K */
  readonly factors: number;
  /** L: portfolios that the factor network reads; 0 where factors come from regression and there is no factor network. */
  readonly portfolios: number;
  /** Whether the fit of a regression on betas is multiplied by a trained number: a logit is not in units of returns. */
  readonly gain: boolean;
}

/** Rows that a network is trained or judged on. */
export interface EngineRows {
  /** (R x P) in the engine, or the panel that they are gathered from where it is. */
  readonly characteristics: Tensor | CharacteristicRows;
  /** (R): what the fit is held against. */
  readonly targets: Tensor;
  /** (R): what is regressed on the betas; `targets` in a regression of returns. */
  readonly regressands: Tensor;
  /** (T x L): inputs of the factor network. */
  readonly portfolios: Tensor | undefined;
}

/** Characteristics of a batch, row-major. */
export interface CharacteristicRows {
  readonly values: FloatArray;
  /** P */
  readonly width: number;
}

/** Some rows of {@link EngineRows}, by number. It may be used again for the next one. */
export interface NetworkBatch {
  readonly data: EngineRows;
  readonly rows: Int32Array;
  /** The same rows by their number in the panel. */
  readonly panelRows: Int32Array;
  /** Date of each row; used with a factor network. */
  readonly dates: Int32Array;
  /** Where each date's rows start among `rows`; used without one, when the batch holds whole dates. */
  readonly offsets: Int32Array;
}

/** How the loss is made up. */
export interface LossTerms {
  readonly task: 'regression' | 'classification';
  /** Multiplies the sum of absolute weights. */
  readonly lambdaL1: number;
  /** 'all': every weight matrix. 'hidden': those of the hidden layers alone. */
  readonly l1Weights: 'all' | 'hidden';
  /** Of the factor regression, relative to the mean of its diagonal. */
  readonly factorRidge: number;
}

const hidden = (layer: number): string => `betaNetwork.hidden.${layer}`;
const output = 'betaNetwork.output';
const factorWeight = 'factorNetwork.weight';
/** Name of the number that {@link NetworkShape.gain} is about. */
export const gainName = 'factorRegression.gain';

/** The arrays of the network, with PyTorch's initial distributions. */
export function networkParameters(shape: NetworkShape): ParameterSpecs {
  const specs: Record<string, ParameterSpecs[string]> = {};
  let inputs = shape.characteristics;
  shape.hiddenUnits.forEach((units, layer) => {
    Object.assign(specs, linearParameters(hidden(layer), inputs, units));
    Object.assign(specs, batchNormParameters(`${hidden(layer)}.norm`, units));
    inputs = units;
  });
  Object.assign(specs, linearParameters(output, inputs, shape.factors));
  if (shape.portfolios > 0)
    specs[factorWeight] = { shape: [shape.factors, shape.portfolios], initial: kaimingUniform(shape.portfolios) };
  if (shape.gain) specs[gainName] = { shape: [], initial: ones };
  return specs;
}

/**
 * Exposures `beta = W_H h_H + b_H`, `h_l = relu(norm(W_l h_{l-1} + b_l))`, `h_0 = z` (rows x K).
 * Source: Gu, Kelly and Xiu (2021), the beta side of their figure 2.
 */
export function networkBetas(ops: Ops, params: Parameters, layers: number, characteristics: Tensor): Tensor {
  let h = characteristics;
  for (let layer = 0; layer < layers; layer++)
    h = ops.dense(h, {
      weight: params[`${hidden(layer)}.weight`],
      bias: params[`${hidden(layer)}.bias`],
      norm: batchNormLayer(params, `${hidden(layer)}.norm`),
      activation: 'relu',
    });
  return linearLayer(ops, params, output, h);
}

/** Factor returns `f = W x` (dates x K): one linear layer without a bias, so a factor is a portfolio of portfolios. */
export function networkFactors(ops: Ops, params: Parameters, portfolios: Tensor): Tensor {
  return ops.linear(portfolios, params[factorWeight]);
}

/**
 * beta' f for every row of a batch (rows). Without a factor network the factors are the regression of the regressands on the
 * network's own betas, date by date: gradients flow through it, so it is profiled out of the loss exactly.
 */
export function networkFit(
  ops: Ops,
  params: Parameters,
  shape: NetworkShape,
  ridge: number,
  { data, rows, panelRows, dates, offsets }: NetworkBatch,
): Tensor {
  const { characteristics: held } = data;
  const characteristics =
    'shape' in held
      ? ops.rows(held, rows)
      : ops.constant((into) => gatherRows(held.values, held.width, panelRows, into), [rows.length, held.width]);
  const betas = networkBetas(ops, params, shape.hiddenUnits.length, characteristics);
  const factors = data.portfolios
    ? ops.rows(networkFactors(ops, params, data.portfolios), dates)
    : ops.segmentRepeat(ops.segmentRegression(betas, ops.rows(data.regressands, rows), offsets, ridge), offsets);
  const fit = ops.rowDot(betas, factors);
  return shape.gain ? ops.mul(fit, params[gainName]) : fit;
}

/**
 * Mean squared error of the fit, or the binary cross-entropy of the fit as a logit, over the rows of the batch, plus
 * `lambdaL1 sum |W|` while training.
 */
export function networkLoss(
  ops: Ops,
  params: Parameters,
  shape: NetworkShape,
  terms: LossTerms,
  batch: NetworkBatch,
): Tensor {
  const fit = networkFit(ops, params, shape, terms.factorRidge, batch);
  const targets = ops.rows(batch.data.targets, batch.rows);
  const error = terms.task === 'regression' ? ops.meanSquaredError(fit, targets) : ops.binaryCrossEntropy(fit, targets);
  return ops.training ? penalized(ops, params, terms, error) : error;
}

function penalized(ops: Ops, params: Parameters, { lambdaL1, l1Weights }: LossTerms, error: Tensor): Tensor {
  if (lambdaL1 === 0) return error;
  let total = error;
  for (const name of Object.keys(params)) {
    if (!name.endsWith('.weight') || name.endsWith('.norm.weight')) continue;
    if (l1Weights === 'hidden' && !name.startsWith('betaNetwork.hidden.')) continue;
    total = ops.add(total, ops.scale(ops.sum(ops.abs(params[name])), lambdaL1));
  }
  return total;
}
