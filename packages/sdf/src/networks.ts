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

/** One number per row (R x 1): the SDF weight before its normalisation, or the exposure of the beta head. */
export function exposureNetwork(ops: Ops, params: Parameters, input: NetworkInput, dropout: number): Tensor {
  const state = states(ops, params, input, dropout);
  const layer = (x: Tensor, name: string): Tensor =>
    ops.dense(x, {
      weight: params[`${name}.weight`],
      bias: params[`${name}.bias`],
      activation: 'relu',
      dropout,
    });
  const x = state
    ? ops.concat([input.characteristics, ops.segmentRepeat(state, input.offsets)])
    : input.characteristics;
  return linearLayer(ops, params, 'output', layer(layer(x, 'hidden.0'), 'hidden.1'));
}

/**
 * Instruments g (R x K) in (-1, 1). The layer is linear before its tanh, so the part of the states is computed once per
 * date and not once per row.
 */
export function momentNetwork(ops: Ops, params: Parameters, input: NetworkInput, dropout: number): Tensor {
  const state = states(ops, params, input, dropout);
  if (!state) return ops.tanh(linearLayer(ops, params, 'output', input.characteristics));
  const weight = params['output.weight'];
  const [, width] = weight.shape;
  const p = input.characteristics.shape[1];
  const ofRows = ops.linear(input.characteristics, ops.slice(weight, 0, p), params['output.bias']);
  const ofDates = ops.linear(state, ops.slice(weight, p, width));
  return ops.tanh(ops.add(ofRows, ops.segmentRepeat(ofDates, input.offsets)));
}
