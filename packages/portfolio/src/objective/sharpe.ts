import type { Ops, Tensor } from '@ml4t/core/nn';

/** How a Sharpe ratio is formed. */
export interface SharpeOptions {
  /** A: periods in a year. */
  readonly annualizationFactor: number;
  /** Added to the variance under the root. It should be far below the variance of a period's return. */
  readonly sharpeEps: number;
}

/**
 * sqrt(A) mean / sqrt(variance + eps) over all entries, the variance with divisor n: the pooled Sharpe ratio of any number of
 * windows. A scalar of shape [].
 */
export function sharpeRatioOf(ops: Ops, returns: Tensor, options: SharpeOptions): Tensor {
  const mean = ops.mean(returns);
  return ratio(ops, mean, ops.mean(ops.square(ops.sub(returns, mean))), options);
}

/** The same for each window: (B, T) to (B). */
export function windowSharpeRatios(ops: Ops, returns: Tensor, options: SharpeOptions): Tensor {
  const mean = ops.mean(returns, -1);
  const deviations = ops.sub(returns, ops.reshape(mean, [returns.shape[0], 1]));
  return ratio(ops, mean, ops.mean(ops.square(deviations), -1), options);
}

function ratio(ops: Ops, mean: Tensor, variance: Tensor, { annualizationFactor, sharpeEps }: SharpeOptions): Tensor {
  return ops.scale(ops.div(mean, ops.sqrt(ops.scale(variance, 1, sharpeEps))), Math.sqrt(annualizationFactor));
}

/**
 * -tau (log sum_b exp(-S_b / tau) - log B): between the mean (tau large) and the minimum (tau small) of the entries of S (B).
 * Source: Wood, Roberts and Zohren (2026).
 */
export function softMinimum(ops: Ops, values: Tensor, tau: number): Tensor {
  return ops.scale(ops.logSumExp(ops.scale(values, -1 / tau)), -tau, tau * Math.log(values.shape[0]));
}

export interface ObjectiveOptions extends SharpeOptions {
  /** Temperature tau of the soft minimum. */
  readonly softminTau: number;
  /** lambda, its weight. */
  readonly softminLambda: number;
  /** First steps of each window that do not count. */
  readonly burnIn: number;
}

export interface Objective {
  /** pooled + lambda softMinimum: a scalar, to be maximised. */
  readonly objective: Tensor;
  readonly pooled: Tensor;
  readonly softMinimum: Tensor;
}

/**
 * Pooled Sharpe ratio plus lambda times the soft minimum of the windows' Sharpe ratios, of net returns (B, T) after the burn-in.
 * Source: Wood, Roberts and Zohren (2026); their loss is its negative.
 */
export function portfolioObjective(ops: Ops, net: Tensor, options: ObjectiveOptions): Objective {
  const { burnIn, softminLambda, softminTau } = options;
  const counted = burnIn > 0 ? ops.slice(net, burnIn, net.shape[1], 1) : net;
  const pooled = sharpeRatioOf(ops, counted, options);
  const soft = softMinimum(ops, windowSharpeRatios(ops, counted, options), softminTau);
  return { objective: ops.add(pooled, ops.scale(soft, softminLambda)), pooled, softMinimum: soft };
}
