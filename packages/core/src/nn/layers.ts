import type { Activation, Attention, BatchNorm, Lstm, LstmState, Ops, Parameters, Tensor } from './ops.ts';

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

/** The arrays of `layerNormParameters(name)`, applied. */
export function layerNormLayer(ops: Ops, params: Parameters, name: string, x: Tensor): Tensor {
  return ops.layerNorm(x, params[`${name}.weight`], params[`${name}.bias`]);
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

/**
 * The initial state of an LSTM as two linear maps of a context (sequences, C): h_0 = W_h c + b_h, c_0 = W_c c + b_c. The arrays
 * of `initialStateParameters(name)`.
 */
export function initialStateLayer(ops: Ops, params: Parameters, name: string, context: Tensor): LstmState {
  return {
    hidden: linearLayer(ops, params, `${name}.hidden`, context),
    cell: linearLayer(ops, params, `${name}.cell`, context),
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

/**
 * {@link variableSelection} whose gates come from a network with one hidden layer on the features and, beside them, a context of
 * the same rows (Lim et al. 2021, eq. 6-8, with linear embeddings). The arrays of `variableSelectionParameters(name)`.
 *
 * @param x (..., F) features
 * @param context (..., C), or undefined without one
 * @returns (..., d)
 */
export function variableSelectionLayer(
  ops: Ops,
  params: Parameters,
  name: string,
  x: Tensor,
  context: Tensor | undefined,
  options: { readonly activation?: Activation; readonly dropout?: number } = {},
): Tensor {
  const hidden = ops.dense(context ? ops.concat([x, context]) : x, {
    weight: params[`${name}.hidden.weight`],
    bias: params[`${name}.hidden.bias`],
    activation: options.activation ?? 'gelu',
    dropout: options.dropout ?? 0,
  });
  const logits = linearLayer(ops, params, `${name}.gates`, hidden);
  return variableSelection(ops, x, logits, params[`${name}.weight`], params[`${name}.bias`]);
}

/**
 * Multi-head attention with its projections: W_o attention(W_q x, W_k m, W_v m) + b_o, biases in all four (Vaswani et al. 2017,
 * section 3.2.2). The arrays of `attentionParameters(name)`.
 *
 * @param x (batch, queries, d)
 * @param memory (batch, keys, d); x itself for self-attention
 */
export function attentionLayer(
  ops: Ops,
  params: Parameters,
  name: string,
  x: Tensor,
  memory: Tensor,
  options: Attention = {},
): Tensor {
  const seen = ops.attention(
    linearLayer(ops, params, `${name}.query`, x),
    linearLayer(ops, params, `${name}.key`, memory),
    linearLayer(ops, params, `${name}.value`, memory),
    options,
  );
  return linearLayer(ops, params, `${name}.output`, seen);
}

/** A two-layer adapter, W_2 gelu(W_1 x + b_1) + b_2, with dropout in between. The arrays of `geluAdapterParameters(name)`. */
export function geluAdapter(ops: Ops, params: Parameters, name: string, x: Tensor, dropout = 0): Tensor {
  const hidden = ops.dense(x, {
    weight: params[`${name}.hidden.weight`],
    bias: params[`${name}.hidden.bias`],
    activation: 'gelu',
    dropout,
  });
  return linearLayer(ops, params, `${name}.output`, hidden);
}

/**
 * A gated adapter without biases, W_o (silu(W_g x) * W_v x), with dropout before the last product (Shazeer 2020, eq. 6). The arrays
 * of `swigluAdapterParameters(name)`.
 */
export function swigluAdapter(ops: Ops, params: Parameters, name: string, x: Tensor, dropout = 0): Tensor {
  const gate = ops.dense(x, { weight: params[`${name}.gate.weight`], activation: 'silu' });
  const hidden = ops.mul(ops.linear(x, params[`${name}.value.weight`]), gate);
  return ops.linear(ops.dropout(hidden, dropout), params[`${name}.output.weight`]);
}

/** Residual connection and normalisation after it: layerNorm(x + update). The arrays of `layerNormParameters(name)`. */
export function residualNorm(ops: Ops, params: Parameters, name: string, x: Tensor, update: Tensor): Tensor {
  return layerNormLayer(ops, params, name, ops.add(x, update));
}
