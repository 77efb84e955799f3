import type { ArtifactSource } from '@ml4t/core/persist';
import { NetworkPortfolioModel } from '../training/network-model.ts';
import type { PortfolioNetwork } from '../training/network.ts';
import { parseDeepPortfolioConfig, type DeepPortfolioConfig, type DeepPortfolioConfigInput } from './config.ts';
import { deepNetwork } from './network.ts';

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
