import {
  linearLayer,
  linearParameters,
  lstmLayer,
  lstmParameters,
  type Ops,
  type Parameters,
  type ParameterSpecs,
  type Tensor,
} from '@ml4t/core/nn';

/** Sizes of a network over characteristics and, where there are context series, the states of a recurrent layer. */
export interface NetworkShape {
  readonly nCharacteristics: number;
  /** Features of the recurrent layer; 0 without context. */
  readonly nContext: number;
  readonly stateDim: number;
  readonly forgetBias: number;
}

/** What a network reads: the rows, and the context of the dates up to the last of them. */
export interface NetworkInput {
  /** (R x P) */
  readonly characteristics: Tensor;
  /** (1, S, F): the dates before the batch, then the batch. */
  readonly context: Tensor | undefined;
  /** Dates of `context` before the batch. */
  readonly before: number;
  /** First row of every date of the batch (T + 1). */
  readonly offsets: Int32Array;
}

function recurrentParameters({ nContext, stateDim, forgetBias }: NetworkShape): ParameterSpecs {
  if (nContext === 0) return {};
  const specs = lstmParameters('lstm', nContext, stateDim);
  const bias = specs['lstm.inputBias'];
  return {
    ...specs,
    'lstm.inputBias': {
      ...bias,
      initial: (shape, generator) => {
        const values = bias.initial(shape, generator);
        // Gates stand in the order input, forget, cell, output.
        for (let k = stateDim; k < 2 * stateDim; k++) values[k] += forgetBias;
        return values;
      },
    },
  };
}

function inputs({ nCharacteristics, nContext, stateDim }: NetworkShape): number {
  return nCharacteristics + (nContext > 0 ? stateDim : 0);
}

/** Two hidden layers of ReLU units over [characteristics, state] and a linear output. */
export function exposureNetworkParameters(shape: NetworkShape, hiddenDim: number): ParameterSpecs {
  return {
    ...recurrentParameters(shape),
    ...linearParameters('hidden.0', inputs(shape), hiddenDim),
    ...linearParameters('hidden.1', hiddenDim, hiddenDim),
    ...linearParameters('output', hiddenDim, 1),
  };
}

/** One layer of tanh units over [characteristics, state]. */
export function momentNetworkParameters(shape: NetworkShape, nInstruments: number): ParameterSpecs {
  return { ...recurrentParameters(shape), ...linearParameters('output', inputs(shape), nInstruments) };
}

/** States of the batch's dates (T x H). */
function states(ops: Ops, params: Parameters, input: NetworkInput, dropout: number): Tensor | undefined {
  const { context, before } = input;
  if (!context) return undefined;
  const { output } = ops.lstm(ops.dropout(context, dropout), lstmLayer(params, 'lstm'));
  const [, dates, width] = output.shape;
  const flat = ops.reshape(output, [dates, width]);
  return before > 0 ? ops.slice(flat, before, dates, 0) : flat;
}

/**
 * A layer over [characteristics, state]. It is linear before its activation, so the part of the states is computed once per date
 * and not once per row, and no gradient is computed for characteristics, which are data.
 */
function firstLayer(
  ops: Ops,
  params: Parameters,
  name: string,
  input: NetworkInput,
  dropout: { readonly context: number; readonly output: number },
  activation: 'relu' | 'tanh',
): Tensor {
  const weight = params[`${name}.weight`];
  const bias = params[`${name}.bias`];
  const state = states(ops, params, input, dropout.context);
  if (!state) return ops.dense(input.characteristics, { weight, bias, activation, dropout: dropout.output });
  const [, width] = weight.shape;
  const p = input.characteristics.shape[1];
  return ops.dense(input.characteristics, {
    weight: ops.slice(weight, 0, p),
    activation,
    dropout: dropout.output,
    byDate: { values: ops.linear(state, ops.slice(weight, p, width), bias), offsets: input.offsets },
  });
}

/** One number per row (R x 1): the SDF weight before its normalisation, or the exposure of the beta head. */
export function exposureNetwork(ops: Ops, params: Parameters, input: NetworkInput, dropout: number): Tensor {
  const first = firstLayer(ops, params, 'hidden.0', input, { context: dropout, output: dropout }, 'relu');
  const second = ops.dense(first, {
    weight: params['hidden.1.weight'],
    bias: params['hidden.1.bias'],
    activation: 'relu',
    dropout,
  });
  return linearLayer(ops, params, 'output', second);
}

/** Instruments g (R x K) in (-1, 1). */
export function momentNetwork(ops: Ops, params: Parameters, input: NetworkInput, dropout: number): Tensor {
  return firstLayer(ops, params, 'output', input, { context: dropout, output: 0 }, 'tanh');
}
