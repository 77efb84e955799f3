import { linearLayer, linearParameters, type Attention, type Ops, type Tensor } from '@ml4t/core/nn';
import type { ArtifactSource } from '@ml4t/core/persist';
import { frontNeeds, frontParameters, frontSequence, type FrontShape } from '../front/front.ts';
import { NetworkPortfolioModel } from '../training/network-model.ts';
import type { NetworkInputs, PortfolioNetwork } from '../training/network.ts';
import { adapter, adapterParameters, attentionBlock, attentionBlockParameters } from './blocks.ts';
import { parseDeepPortfolioConfig, type DeepPortfolioConfig, type DeepPortfolioConfigInput } from './config.ts';

/**
 * Attention over each asset's past and across assets, after the front of {@link LSTMPortfolioModel}, trained on the Sharpe ratio
 * after costs.
 *
 * What an asset sees of the others lags `crossAttentionLag` dates behind, because markets close at different hours. With `graph`
 * assets also attend along the batch's adjacency, weighted by the logarithm of each edge's strength. The equations are in
 * docs/models/deep-portfolio.md and beside the code that computes them.
 *
 * Source: Wood, Roberts and Zohren (2026), "DeePM". With `block: 'reference'` the blocks of the Python reference.
 *
 * @example
 * const model = new DeepPortfolioModel({ ensembleSize: 5, burnIn: 21, graph: true });
 * const summary = await model.fit(train, { validation });
 * const { weights } = await model.predict(test);
 */
export class DeepPortfolioModel extends NetworkPortfolioModel<DeepPortfolioConfig> {
  readonly modelType = 'deep-portfolio';
  readonly config: DeepPortfolioConfig;
  protected readonly network: PortfolioNetwork;

  /** Throws ConfigError when a field is unknown or out of range, or two of them contradict each other. */
  constructor(config: DeepPortfolioConfigInput = {}) {
    super();
    this.config = parseDeepPortfolioConfig(config);
    this.network = deepNetwork(this.config);
  }

  /** Reads an artifact that `save` wrote. Throws ArtifactError when it is missing, damaged or of another model. */
  static async load(source: ArtifactSource): Promise<DeepPortfolioModel> {
    return NetworkPortfolioModel.read(
      source,
      'deep-portfolio',
      (config) => new DeepPortfolioModel(parseDeepPortfolioConfig(config)),
    );
  }
}

/**
 * The network of {@link DeepPortfolioModel}: the front; each asset's sequence attends to its own past; the assets of a date attend
 * to those of an earlier date, and along the edges of a graph; a score for each asset and date.
 *
 * Source: Wood, Roberts and Zohren (2026). Keys and values across assets, graph or not, are those of `crossAttentionLag` dates
 * earlier; `block: 'reference'` attends along edges within the date, as an edge there is or is not, and has no gates.
 */
export function deepNetwork(config: DeepPortfolioConfig): PortfolioNetwork {
  const { block, dModel, lstmLayers, temporalMhaLayers, graph } = config;
  const deepm = block === 'deepm';
  const shape: FrontShape = { width: dModel, lstmLayers, initialState: deepm ? 'tanh' : 'linear' };
  const { knowsAssets, needs } = frontNeeds(config);
  const temporal = Array.from({ length: temporalMhaLayers }, (_, layer) => `temporal.${layer}`);
  return {
    knowsAssets,
    needs: graph ? [...needs, 'adjacency'] : needs,
    standardizes: config.inputScaling === 'standardize',
    parameters: (sizes) => ({
      ...frontParameters(config, sizes, shape),
      ...(deepm ? adapterParameters('adapter', config) : {}),
      ...temporal.reduce((specs, name) => ({ ...specs, ...attentionBlockParameters(name, config, false) }), {}),
      ...attentionBlockParameters('crossAsset', config, true),
      ...(graph ? attentionBlockParameters('graph', config, true) : {}),
      ...linearParameters('output', dModel, 1),
    }),
    scores(ops, params, inputs) {
      const [B, T, N] = inputs.mask.shape;
      let h = frontSequence(ops, params, inputs, config, shape);
      if (deepm) h = adapter(ops, params, 'adapter', h, config);
      const past: Attention = { heads: config.nHeads, causal: true, keyMask: sequenceMask(ops, inputs) };
      for (const name of temporal) h = attentionBlock(ops, params, name, h, past, config);

      // From a sequence for each asset to a cross-section for each date.
      h = ops.reshape(ops.transpose(ops.reshape(h, [B, N, T, dModel]), [0, 2, 1, 3]), [B * T, N, dModel]);
      const keyMask = ops.reshape(inputs.mask, [B * T, N]);
      const lag = { steps: config.crossAttentionLag, period: T };
      h = attentionBlock(ops, params, 'crossAsset', h, { heads: config.crossAttentionHeads, keyMask, lag }, config);
      if (graph && inputs.adjacency) {
        const bias = ops.constant(edgeBias(inputs.adjacency, deepm), [N, N]);
        const edges: Attention = { heads: config.macroGnnHeads, keyMask, bias, ...(deepm ? { lag } : {}) };
        h = attentionBlock(ops, params, 'graph', h, edges, config);
      }
      return ops.reshape(linearLayer(ops, params, 'output', h), [B, T, N]);
    },
  };
}

/** The mask in the order of the sequences (B N, T). */
function sequenceMask(ops: Ops, { mask }: NetworkInputs): Tensor {
  const [B, T, N] = mask.shape;
  return ops.reshape(ops.transpose(mask, [0, 2, 1]), [B * N, T]);
}

/** ln A_ij, or where edges have no strength 0; -Infinity where there is none. */
function edgeBias(adjacency: Float64Array, weighted: boolean): Float64Array {
  return adjacency.map((strength) => (strength > 0 ? (weighted ? Math.log(strength) : 0) : -Infinity));
}
