import type { BatchNorm, Lstm, Ops, Parameters, Tensor } from './ops.ts';

/** The arrays of `linearParameters(name)`, applied. */
export function linearLayer(ops: Ops, params: Parameters, name: string, x: Tensor): Tensor {
  return ops.linear(x, params[`${name}.weight`], params[`${name}.bias`]);
}

/** The arrays of `batchNormParameters(name)`. */
export function batchNormLayer(params: Parameters, name: string): BatchNorm {
  return {
    weight: params[`${name}.weight`],
    bias: params[`${name}.bias`],
    runningMean: params[`${name}.runningMean`],
    runningVariance: params[`${name}.runningVariance`],
  };
}

/** The arrays of `lstmParameters(name)`. */
export function lstmLayer(params: Parameters, name: string): Lstm {
  return {
    inputWeight: params[`${name}.inputWeight`],
    recurrentWeight: params[`${name}.recurrentWeight`],
    inputBias: params[`${name}.inputBias`],
    recurrentBias: params[`${name}.recurrentBias`],
  };
}

/** Feature-wise linear modulation: x * gain + offset; gain and offset broadcast as the second argument of `mul`. */
export function film(ops: Ops, x: Tensor, gain: Tensor, offset: Tensor): Tensor {
  return ops.add(ops.mul(x, gain), offset);
}

/**
 * Variable selection over kernel-one embeddings: sum_f g_f (x_f w_f + b_f), g = softmax(logits) over the features.
 * It is linear in (g x, g), so it runs as one product of width 2 F and never holds rows x F x d.
 *
 * @param x (..., F) features
 * @param logits (..., F) of the gates
 * @param weight (d, F): column f is w_f
 * @param bias (d, F): column f is b_f
 * @returns (..., d)
 */
export function variableSelection(ops: Ops, x: Tensor, logits: Tensor, weight: Tensor, bias: Tensor): Tensor {
  const gates = ops.softmax(logits);
  return ops.linear(ops.concat([ops.mul(gates, x), gates]), ops.concat([weight, bias]));
}
