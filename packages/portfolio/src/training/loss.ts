import type { Ops, Parameters, Tensor } from '@ml4t/core/nn';
import type { AnnualConfig, PortfolioConfig } from '../config.ts';
import { budgetOf, headWeights } from '../heads/heads.ts';
import { requireForwardReturns } from '../objective/forward-returns.ts';
import { portfolioObjective, portfolioReturns, type PortfolioConventions } from '../objective/index.ts';
import type { PortfolioNetwork } from './network.ts';
import { gather, windowTensors, type WindowSource } from './windows.ts';

/** The conventions that a configuration asks for. */
export function conventionsOf(config: Omit<PortfolioConfig, 'annualizationFactor'>): PortfolioConventions {
  const { gammaCost, turnoverPenalty, volatilityScaling, universeChanges, burnIn } = config;
  return {
    gammaCost,
    turnoverPenalty,
    volatilityScaling,
    universeChanges,
    burnIn,
    burnInHoldings: 'constant',
    budget: budgetOf(config.head),
  };
}

/** The negative objective of some windows: what a step of the optimizer goes down. */
export function portfolioLoss(
  ops: Ops,
  params: Parameters,
  network: PortfolioNetwork,
  config: AnnualConfig,
  source: WindowSource,
  windows: Int32Array,
): Tensor {
  const { nSteps, nAssets } = source.batch;
  const forwardReturns = requireForwardReturns(source.batch);
  const { inputs, held } = windowTensors(ops, source, windows);
  const weights = headWeights(ops, network.scores(ops, params, inputs), inputs.mask, config);
  const returns = ops.constant(gather(forwardReturns, windows, nSteps * nAssets), inputs.mask.shape);
  const { net } = portfolioReturns(ops, { ...held, weights, forwardReturns: returns }, conventionsOf(config));
  return ops.scale(portfolioObjective(ops, net, config).objective, -1);
}
