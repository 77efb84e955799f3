import { layerNormLayer, layerNormParameters, linearLayer, linearParameters } from '@ml4t/core/nn';
import type { ArtifactSource } from '@ml4t/core/persist';
import { frontNeeds, frontParameters, frontSequence, type FrontShape } from '../front/front.ts';
import { NetworkPortfolioModel } from '../training/network-model.ts';
import type { PortfolioNetwork } from '../training/network.ts';
import { parseLSTMPortfolioConfig, type LSTMPortfolioConfig, type LSTMPortfolioConfigInput } from './config.ts';

/**
 * An LSTM for each asset, told apart by a static context, trained on the Sharpe ratio after costs.
 *
 * Features are modulated by the asset's context (FiLM), weighed against each other (variable selection), run through an LSTM whose
 * first state depends on the context, normalised and scored; the head makes weights of scores. The equations are in
 * docs/models/lstm-portfolio.md and beside the code that computes them.
 *
 * Source: the front of Wood, Roberts and Zohren (2026), "DeePM"; with `head: 'long-only'` the allocation of Zhang, Zohren and
 * Roberts (2020), "Deep Learning for Portfolio Optimization".
 *
 * @example
 * const model = new LSTMPortfolioModel({ ensembleSize: 5, burnIn: 21 });
 * const summary = await model.fit(train, { validation });
 * const { weights } = await model.predict(test);
 */
export class LSTMPortfolioModel extends NetworkPortfolioModel<LSTMPortfolioConfig> {
  readonly modelType = 'lstm-portfolio';
  readonly config: LSTMPortfolioConfig;
  protected readonly network: PortfolioNetwork;

  /** Throws ConfigError when a field is unknown or out of range, or two of them contradict each other. */
  constructor(config: LSTMPortfolioConfigInput = {}) {
    super();
    this.config = parseLSTMPortfolioConfig(config);
    this.network = lstmNetwork(this.config);
  }

  /** Reads an artifact that `save` wrote. Throws ArtifactError when it is missing, damaged or of another model. */
  static async load(source: ArtifactSource): Promise<LSTMPortfolioModel> {
    return NetworkPortfolioModel.read(
      source,
      'lstm-portfolio',
      (config) => new LSTMPortfolioModel(parseLSTMPortfolioConfig(config)),
    );
  }
}

/** The network of {@link LSTMPortfolioModel}: the front, then s = w' layerNorm(h) + b for each asset and date. */
export function lstmNetwork(config: LSTMPortfolioConfig): PortfolioNetwork {
  const { hiddenDim: width, nLayers: lstmLayers } = config;
  const shape: FrontShape = { width, lstmLayers, initialState: 'linear' };
  return {
    ...frontNeeds(config),
    standardizes: config.inputScaling === 'standardize',
    parameters: (sizes) => ({
      ...frontParameters(config, sizes, shape),
      ...layerNormParameters('outputNorm', width),
      ...linearParameters('output', width, 1),
    }),
    scores(ops, params, inputs) {
      const [B, T, N] = inputs.mask.shape;
      const sequence = frontSequence(ops, params, inputs, config, shape);
      const normed = ops.dropout(layerNormLayer(ops, params, 'outputNorm', sequence), config.dropout);
      return ops.transpose(ops.reshape(linearLayer(ops, params, 'output', normed), [B, N, T]), [0, 2, 1]);
    },
  };
}
