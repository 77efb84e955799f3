import type { Ops, Tensor } from '@ml4t/core/nn';
import type { PortfolioConventions } from '../objective/conventions.ts';

/** How scores become weights. Which of them are volatility-scaled afterwards is a matter of the conventions. */
export interface HeadOptions {
  /** See {@link headWeights}. */
  readonly head: 'bounded' | 'long-only' | 'long-short';
  /** Sum of absolute weights of a long-short head. */
  readonly grossExposure: number;
  /** Sum of weights of a long-short head, between -gross and gross. */
  readonly netExposure: number;
}

/**
 * Weights (B, T, N) from scores of the same shape, one date at a time. Where the mask is 0 the weight is 0 and the score is never
 * read, forward or backward.
 *
 * - `bounded`: w = tanh(s), a risk budget of each asset in (-1, 1). Source: Wood, Roberts and Zohren (2026).
 * - `long-only`: w = softmax(s) over the assets available; w > 0 and sum w = 1. Source: Zhang, Zohren and Roberts (2020).
 * - `long-short`: with u = s - mean s over the assets available, the positive part of u carries (gross + net) / 2 and the negative
 *   part -(gross - net) / 2, each in proportion, so that sum |w| = gross and sum w = net exactly, whatever the scale of s. A date
 *   on which all scores are equal, or with one asset, holds nothing.
 */
export function headWeights(ops: Ops, scores: Tensor, mask: Tensor, options: HeadOptions): Tensor {
  const clean = ops.where(mask, scores, 0);
  if (options.head === 'long-only') return ops.softmax(clean, mask);
  if (options.head === 'bounded') return ops.where(mask, ops.tanh(clean), 0);
  const [B, T] = mask.shape;
  const perDate = (x: Tensor): Tensor => ops.reshape(ops.sum(x, -1), [B, T, 1]);
  const atLeast = (x: Tensor, floor: number): Tensor => ops.maximum(x, ops.constant([floor], []));
  const centred = ops.where(mask, ops.sub(clean, ops.div(perDate(clean), atLeast(perDate(mask), 1))), 0);
  const leg = (sign: 1 | -1): Tensor => {
    const part = ops.relu(ops.scale(centred, sign));
    const exposure = (sign * (options.grossExposure + sign * options.netExposure)) / 2;
    return ops.scale(ops.div(part, atLeast(perDate(part), smallestSum)), exposure);
  };
  return ops.add(leg(1), leg(-1));
}

/** Sums of scores below this are no ranking but rounding. */
const smallestSum = 1e-6;

/**
 * Brings a row of mean weights, in place, to the sums that a long-short head promises, as the head does with scores: less their mean over
 * the assets available, long and short side each in proportion. Where all are equal, or there is one asset, it holds nothing.
 */
export function restoreExposures(
  weights: Float64Array,
  mask: Uint8Array,
  { grossExposure, netExposure }: Pick<HeadOptions, 'grossExposure' | 'netExposure'>,
): void {
  let [total, available] = [0, 0];
  for (let i = 0; i < weights.length; i++) {
    if (mask[i] === 0) continue;
    total += weights[i];
    available++;
  }
  let side = 0;
  for (let i = 0; i < weights.length; i++) {
    weights[i] = mask[i] === 0 ? 0 : weights[i] - total / available;
    side += Math.abs(weights[i]) / 2;
  }
  // Less their mean the two sides are as large as each other.
  const [long, short] = [grossExposure + netExposure, grossExposure - netExposure].map((exposure) =>
    side > smallestSum * grossExposure ? exposure / 2 / side : 0,
  );
  for (let i = 0; i < weights.length; i++) weights[i] *= weights[i] > 0 ? long : short;
}

/** Whether a head's weights are risk budgets that share the capital, or holdings. */
export function budgetOf(head: HeadOptions['head']): PortfolioConventions['budget'] {
  return head === 'bounded' ? 'equal' : 'none';
}
