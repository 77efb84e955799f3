import { layerNormLayer, layerNormParameters, linearLayer, linearParameters } from '@ml4t/core/nn';
import { frontNeeds, frontParameters, frontSequence, type FrontShape } from '../front/front.ts';
import type { PortfolioNetwork } from '../training/network.ts';
import type { LSTMPortfolioConfig } from './config.ts';

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
