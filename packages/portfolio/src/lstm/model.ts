import type { ArtifactSource } from '@ml4t/core/persist';
import { NetworkPortfolioModel } from '../training/network-model.ts';
import type { PortfolioNetwork } from '../training/network.ts';
import { parseLSTMPortfolioConfig, type LSTMPortfolioConfig, type LSTMPortfolioConfigInput } from './config.ts';
import { lstmNetwork } from './network.ts';

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
