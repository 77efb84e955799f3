import { batchNormLayer, batchNormParameters, linearLayer, linearParameters } from '@ml4t/core/nn';
import type { BatchNorm, Dense, Ops, Parameters, ParameterSpecs, Tensor } from '@ml4t/core/nn';
import { mainDropoutRates, type SAEConfig } from './config.ts';

/** The sizes that the data decide. */
export interface SAEShape {
  /** P, characteristics. */
  readonly inputs: number;
  /** C, targets. */
  readonly outputs: number;
}

/** The parts of the configuration that make the network. */
export type SAEArchitecture = Pick<
  SAEConfig,
  | 'bottleneckDim'
  | 'auxHiddenDim'
  | 'mainHiddenUnits'
  | 'noiseStd'
  | 'decoderDropout'
  | 'auxDropout'
  | 'mainInputDropout'
  | 'mainDropout'
  | 'batchNormEpsilon'
  | 'objective'
>;

/**
 * The arrays of the network. A layer in front of a batch norm has no bias: the norm takes it out again, and its gradient
 * would be rounding noise that Adam turns into steps of full size. For the same reason the heads have none when they are trained
 * for rank IC, which a constant does not change.
 */
export function saeParameters(config: SAEArchitecture, { inputs, outputs }: SAEShape): ParameterSpecs {
  const { bottleneckDim: code, auxHiddenDim, mainHiddenUnits } = config;
  const block = (name: string, from: number, to: number): ParameterSpecs => ({
    ...linearParameters(name, from, to, { bias: false }),
    ...batchNormParameters(`${name}.norm`, to),
  });
  const widths = [inputs + code, ...mainHiddenUnits];
  const bias = config.objective !== 'rank-ic';
  return {
    ...momentParameters('inputNorm', inputs),
    ...block('encoder', inputs, code),
    ...linearParameters('decoder', code, inputs),
    ...block('aux.hidden', inputs, auxHiddenDim),
    ...linearParameters('aux.output', auxHiddenDim, outputs, { bias }),
    ...momentParameters('main.norm', inputs + code),
    ...Object.assign({}, ...mainHiddenUnits.map((to, i) => block(`main.hidden.${i}`, widths[i], to))),
    ...linearParameters('main.output', widths[mainHiddenUnits.length], outputs, { bias }),
  };
}

/**
 * The state of a batch norm without gain and offset: the layer behind it has a weight of its own and a norm that takes offsets
 * out again, and a gain on the features could grow until the noise is too small to matter.
 */
function momentParameters(name: string, features: number): ParameterSpecs {
  const { [`${name}.runningMean`]: mean, [`${name}.runningVariance`]: variance } = batchNormParameters(name, features);
  return { [`${name}.runningMean`]: mean, [`${name}.runningVariance`]: variance };
}

/** The batch norm under a name, with gain and offset where it has them. */
function normOf(params: Parameters, name: string, options: Pick<BatchNorm, 'momentum' | 'epsilon'>): BatchNorm {
  if (params[`${name}.weight`]) return { ...batchNormLayer(params, name), ...options };
  return {
    runningMean: params[`${name}.runningMean`],
    runningVariance: params[`${name}.runningVariance`],
    ...options,
  };
}

/** dropout(activation(norm(x W' + b))): one operation, or the same of single ones. */
export type Body = (ops: Ops, x: Tensor, layer: Dense) => Tensor;

export const fusedBody: Body = (ops, x, layer) => ops.dense(x, layer);

export const composedBody: Body = (ops, x, { weight, bias, norm, dropout = 0 }) => {
  const z = ops.linear(x, weight, bias);
  return ops.dropout(ops.silu(norm ? ops.batchNorm(z, norm) : z), dropout);
};

/** What one forward pass gives. Heads are in units of scaled targets, or logits. */
export interface SAEOutputs {
  /** (rows, P): the features, rebuilt from the code. */
  readonly decoded: Tensor;
  /** (rows, C): the auxiliary head's prediction from the decoded features. */
  readonly auxiliary: Tensor;
  /** (rows, C): the prediction. */
  readonly main: Tensor;
}

/**
 * The supervised autoencoder.
 *
 *     u = BN(x)                                      features, normalised
 *     e = swish(BN(W (u + noise)))                   code
 *     d = decoder(dropout(e))                        decoded features, to be x
 *     auxiliary = head(dropout(swish(BN(W d))))
 *     main = head(block_n(… block_1(dropout(BN([u, e])))))     block(h) = dropout(swish(BN(W h)))
 *
 * @param momentum of the running moments in this step
 */
export function saeForward(
  ops: Ops,
  params: Parameters,
  x: Tensor,
  config: SAEArchitecture,
  momentum: number,
  body: Body = fusedBody,
): SAEOutputs {
  const norm = (name: string): BatchNorm => normOf(params, name, { momentum, epsilon: config.batchNormEpsilon });
  const block = (name: string, h: Tensor, dropout: number): Tensor =>
    body(ops, h, { weight: params[`${name}.weight`], norm: norm(`${name}.norm`), activation: 'silu', dropout });
  const features = ops.batchNorm(x, norm('inputNorm'));
  const code = block('encoder', ops.noise(features, config.noiseStd), 0);
  const decoded = linearLayer(ops, params, 'decoder', ops.dropout(code, config.decoderDropout));
  const auxiliary = linearLayer(ops, params, 'aux.output', block('aux.hidden', decoded, config.auxDropout));
  return { decoded, auxiliary, main: mainHead(ops, params, features, code, config, norm, block) };
}

/** The prediction alone: what evaluation needs, without decoder and auxiliary head. */
export function saePredict(ops: Ops, params: Parameters, x: Tensor, config: SAEArchitecture): Tensor {
  const norm = (name: string): BatchNorm => normOf(params, name, { epsilon: config.batchNormEpsilon });
  const block = (name: string, h: Tensor): Tensor =>
    ops.dense(h, { weight: params[`${name}.weight`], norm: norm(`${name}.norm`), activation: 'silu' });
  const features = ops.batchNorm(x, norm('inputNorm'));
  return mainHead(ops, params, features, block('encoder', features), config, norm, block);
}

function mainHead(
  ops: Ops,
  params: Parameters,
  features: Tensor,
  code: Tensor,
  config: SAEArchitecture,
  norm: (name: string) => BatchNorm,
  block: (name: string, h: Tensor, dropout: number) => Tensor,
): Tensor {
  const joined = ops.batchNorm(ops.concat([features, code]), norm('main.norm'));
  let h = ops.dropout(joined, config.mainInputDropout);
  mainDropoutRates(config).forEach((rate, i) => (h = block(`main.hidden.${i}`, h, rate)));
  return linearLayer(ops, params, 'main.output', h);
}
