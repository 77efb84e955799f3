import type { PortfolioSequenceBatch } from '@ml4t/core';
import type { AnnualConfig } from '../config.ts';
import {
  afterBurnIn,
  consecutiveWindows,
  evaluatePortfolio,
  objectiveOfReturns,
  sharpeRatioOfReturns,
} from '../objective/index.ts';
import { conventionsOf } from './loss.ts';

/** How head weights did on a batch. */
export type Judgement = {
  /** Pooled annual Sharpe ratio after costs: what checkpoints are chosen by. */
  readonly sharpe: number;
  readonly grossSharpe: number;
  /** Pooled Sharpe ratio plus lambda times the soft minimum over windows. */
  readonly objective: number;
  /** Mean of sum |trades| per step. */
  readonly turnover: number;
  /** Mean cost per step. */
  readonly cost: number;
};

/** Judges the weights of a head (B x T x N) by the configuration's own conventions, after the burn-in. */
export function judgeWeights(batch: PortfolioSequenceBatch, weights: Float64Array, config: AnnualConfig): Judgement {
  const continues = config.holdings === 'chained' ? consecutiveWindows(batch) : undefined;
  const { gross, net, cost, turnover } = evaluatePortfolio(batch, weights, conventionsOf(config), continues);
  const counted = (values: Float64Array): Float64Array => afterBurnIn(values, batch.nWindows, config.burnIn);
  const mean = (values: Float64Array): number => values.reduce((a, b) => a + b, 0) / values.length;
  return {
    sharpe: sharpeRatioOfReturns(counted(net), config),
    grossSharpe: sharpeRatioOfReturns(counted(gross), config),
    objective: objectiveOfReturns(net, batch.nWindows, config).objective,
    turnover: mean(counted(turnover)),
    cost: mean(counted(cost)),
  };
}
