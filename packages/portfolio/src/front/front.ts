import {
  film,
  initialStateLayer,
  initialStateParameters,
  layerNormLayer,
  layerNormParameters,
  linearLayer,
  linearParameters,
  lstmLayer,
  lstmParameters,
  normal,
  type LstmState,
  type Ops,
  type Parameters,
  type ParameterSpecs,
  type Tensor,
  variableSelectionParameters,
} from '@ml4t/core/nn';
import type { NetworkConfig } from '../config.ts';
import type { NetworkInputs, NetworkSizes, PortfolioNetwork } from '../training/network.ts';

/** Widths of the front that both networks share. */
export interface FrontShape {
  /** d: width of the selected features and of the LSTM. */
  readonly width: number;
  readonly lstmLayers: number;
  /** How the context becomes the LSTM's first state. */
  readonly initialState: 'linear' | 'tanh';
}

type ContextConfig = Pick<
  NetworkConfig,
  'assetEmbeddingDim' | 'groupEmbeddingDim' | 'groupEmbedding' | 'costInContext'
>;

/** C: numbers that are known of an asset once and for all. */
function contextWidth({ assetEmbeddingDim, groupEmbeddingDim, groupEmbedding, costInContext }: ContextConfig): number {
  return assetEmbeddingDim + (groupEmbedding ? groupEmbeddingDim : 0) + (costInContext ? 1 : 0);
}

/** What the front asks of a batch. */
export function frontNeeds(config: ContextConfig): Pick<PortfolioNetwork, 'needs' | 'knowsAssets'> {
  return {
    knowsAssets: config.assetEmbeddingDim > 0,
    needs: [
      ...(config.groupEmbedding ? (['groupIds'] as const) : []),
      ...(config.costInContext ? (['costs'] as const) : []),
    ],
  };
}

export function frontParameters(
  config: NetworkConfig,
  { nFeatures, nAssets, nGroups }: NetworkSizes,
  { width, lstmLayers }: FrontShape,
): ParameterSpecs {
  const { assetEmbeddingDim, groupEmbeddingDim, groupEmbedding, vvsnHiddenDim } = config;
  const context = contextWidth(config);
  const specs: Record<string, ParameterSpecs[string]> = {};
  if (assetEmbeddingDim > 0) specs['context.asset'] = { shape: [nAssets, assetEmbeddingDim], initial: normal() };
  if (groupEmbedding) specs['context.group'] = { shape: [nGroups, groupEmbeddingDim], initial: normal() };
  if (context > 0) Object.assign(specs, linearParameters('film', context, 2 * nFeatures));
  Object.assign(
    specs,
    variableSelectionParameters('selection', { features: nFeatures, context, hidden: vvsnHiddenDim, width }),
    layerNormParameters('selectionNorm', width),
  );
  for (let layer = 0; layer < lstmLayers; layer++) {
    if (context > 0) Object.assign(specs, initialStateParameters(`initial.${layer}`, context, width));
    Object.assign(specs, lstmParameters(`lstm.${layer}`, width, width));
  }
  return specs;
}

/**
 * From features to a sequence for each asset of each window (B N, T, d):
 *
 *     s_i = [embedding of asset i, of its group, cost]                     static context (N, C)
 *     u   = x (1 + gain(s)) + offset(s)                                    FiLM (B, T, N, F)
 *     g   = softmax(W_2 relu(W_1 [u, s] + b_1) + b_2)                      gates over the features
 *     v   = layerNorm(sum_f g_f (u_f w_f + b_f))                           variable selection (B, T, N, d)
 *     h   = LSTM(v),  h_0 and c_0 linear in s (or their tanh)
 *
 * The sum over features is linear in (g u, g), so rows x F x d numbers are never held; and as those 2 F numbers are few, it is
 * they that are moved into the order of the sequences.
 *
 * Source: Wood, Roberts and Zohren (2026) for the parts; the gates on [u, s] and the plain linear first state are those of the
 * Python reference.
 */
export function frontSequence(
  ops: Ops,
  params: Parameters,
  inputs: NetworkInputs,
  config: NetworkConfig,
  { lstmLayers, initialState }: FrontShape,
): Tensor {
  const [B, T, N, F] = inputs.features.shape;
  const context = staticContext(ops, params, inputs, config);
  let u = inputs.features;
  if (context) {
    const modulation = linearLayer(ops, params, 'film', context);
    u = film(ops, u, ops.scale(ops.slice(modulation, 0, F), 1, 1), ops.slice(modulation, F, 2 * F));
  }
  const hidden = ops.dense(context ? ops.concat([u, spread(ops, context, [B, T, N])]) : u, {
    weight: params['selection.hidden.weight'],
    bias: params['selection.hidden.bias'],
    activation: 'relu',
    dropout: config.dropout,
  });
  const gates = ops.softmax(linearLayer(ops, params, 'selection.gates', hidden));
  const gated = ops.transpose(ops.concat([ops.mul(gates, u), gates]), [0, 2, 1, 3]);
  const embedding = ops.concat([params['selection.weight'], params['selection.bias']]);
  const selected = ops.linear(ops.reshape(gated, [B * N, T, 2 * F]), embedding);
  let sequence = layerNormLayer(ops, params, 'selectionNorm', selected);
  for (let layer = 0; layer < lstmLayers; layer++) {
    const initial =
      context && perSequence(ops, initialStateLayer(ops, params, `initial.${layer}`, context), B, initialState);
    sequence = ops.lstm(sequence, lstmLayer(params, `lstm.${layer}`), initial).output;
  }
  return sequence;
}

/** (N, C), or undefined when nothing is known of an asset. */
function staticContext(ops: Ops, params: Parameters, inputs: NetworkInputs, config: ContextConfig): Tensor | undefined {
  const parts: Tensor[] = [];
  if (config.assetEmbeddingDim > 0) parts.push(ops.rows(params['context.asset'], inputs.assets));
  if (config.groupEmbedding && inputs.groupIds) parts.push(ops.rows(params['context.group'], inputs.groupIds));
  if (config.costInContext && inputs.costs) parts.push(inputs.costs);
  if (parts.length === 0) return undefined;
  return parts.length === 1 ? parts[0] : ops.concat(parts);
}

/** The context of each asset at every cell: (…, N, C). */
function spread(ops: Ops, context: Tensor, lead: readonly number[]): Tensor {
  const shape = [...lead, context.shape[1]];
  return ops.add(ops.constant(new Float32Array(shape.reduce((a, b) => a * b, 1)), shape), context);
}

/** The state of each asset for each of B windows. */
function perSequence(ops: Ops, { hidden, cell }: LstmState, B: number, kind: FrontShape['initialState']): LstmState {
  const N = hidden.shape[0];
  const index = Int32Array.from({ length: B * N }, (_, row) => row % N);
  const state = (x: Tensor): Tensor => ops.rows(kind === 'tanh' ? ops.tanh(x) : x, index);
  return { hidden: state(hidden), cell: state(cell) };
}
