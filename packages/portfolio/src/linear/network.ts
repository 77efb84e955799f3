import { zeros } from '@ml4t/core/nn';
import type { PortfolioNetwork } from '../training/network.ts';
import type { LinearPortfolioConfig } from './config.ts';

/** The linear score as a network, for training: s = w'x + a. */
export function linearNetwork(config: LinearPortfolioConfig): PortfolioNetwork {
  return {
    standardizes: config.inputScaling === 'standardize',
    needs: [],
    knowsAssets: false,
    parameters: ({ nFeatures }) => ({
      weight: { shape: [1, nFeatures], initial: zeros },
      ...(learnsIntercept(config) ? { bias: { shape: [1], initial: zeros } } : {}),
    }),
    scores(ops, params, { features, mask }) {
      const scores = ops.linear(features, params.weight, params.bias);
      return ops.reshape(scores, mask.shape);
    },
  };
}

/** Only the bounded head sees an intercept: the others take the level of the scores out, which leaves its gradient to rounding. */
export function learnsIntercept({ intercept, head }: LinearPortfolioConfig): boolean {
  return intercept && head === 'bounded';
}
