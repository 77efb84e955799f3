import type { Ops, Tensor } from '@ml4t/core/nn';
import { defaultConventions, type PortfolioConventions } from './conventions.ts';

/** Weights of B windows, T steps and N assets, and what they are held against. */
export interface WeightTensors {
  /** (B, T, N). Like every (B, T, N) array here it may hold anything where the mask is 0, NaN included. */
  readonly weights: Tensor;
  /** (B, T, N) of 0 and 1: whether the asset can be held from that step to the next. */
  readonly mask: Tensor;
  /** (B, T, N): return earned after each step. */
  readonly forwardReturns: Tensor;
  /** (B, T, N): scale v of positions, target over ex-ante volatility; 1 where absent. */
  readonly volScale?: Tensor | undefined;
  /** (N): cost per unit of turnover; 0 where absent. */
  readonly costs?: Tensor | undefined;
  /** (B, N): holdings before the first step of each window; none where absent. */
  readonly prevWeights?: Tensor | undefined;
  /** (B) of 0 and 1: 1 where window b goes on where window b-1 ended, and starts from its last holdings. */
  readonly continues?: ArrayLike<number> | undefined;
}

export interface PortfolioReturnTensors {
  /** (B, T): sum_i h r. */
  readonly gross: Tensor;
  /** (B, T): sum_i rate_i |h_t - h_{t-1}|. */
  readonly cost: Tensor;
  /** (B, T): gross - cost. */
  readonly net: Tensor;
  /** (B, T, N): h, the share of capital held from each step to the next; 0 where the mask is. */
  readonly holdings: Tensor;
}

/**
 * Returns of a portfolio after each step, before and after costs.
 *
 *     h_{t,i} = m v w / N_t          gross_t = sum_i h_{t,i} r_{t,i}
 *     cost_t  = sum_i (gammaCost c_i + turnoverPenalty) |h_{t,i} - h_{t-1,i}|
 *
 * with mask m, volatility scale v, N_t assets available, h_{-1} = prevWeights or nothing. Holdings do not drift with returns
 * between steps. Other `conventions` leave v out of the gross return, N_t out, or exits free.
 *
 * Source: Wood, Roberts and Zohren (2026), equation of the net return; the turnover there is |w_t - w_{t-1}| / N_t, which is the
 * same while the universe is.
 */
export function portfolioReturns(
  ops: Ops,
  tensors: WeightTensors,
  conventions: PortfolioConventions = defaultConventions,
): PortfolioReturnTensors {
  const { mask, costs, volScale } = tensors;
  const [B, T, N] = mask.shape;
  const { volatilityScaling, budget, universeChanges, gammaCost, turnoverPenalty } = conventions;
  const weights = ops.where(mask, tensors.weights, 0);
  const returns = ops.where(mask, tensors.forwardReturns, 0);
  const scaled = volScale && volatilityScaling !== 'none' ? ops.mul(weights, ops.where(mask, volScale, 0)) : weights;
  const count =
    budget === 'equal' ? ops.reshape(ops.maximum(ops.sum(mask, -1), ops.constant([1], [])), [B, T, 1]) : undefined;
  const share = (x: Tensor): Tensor => (count ? ops.div(x, count) : x);
  const holdings = share(scaled);
  const earning = volatilityScaling === 'gross-and-costs' ? holdings : share(weights);
  const gross = ops.sum(ops.mul(earning, returns), -1);

  const rates = ops.scale(costs ?? ops.constant(new Float64Array(N), [N]), gammaCost, turnoverPenalty);
  const positions = universeChanges === 'charged' ? holdings : scaled;
  const trades = ops.mul(ops.abs(ops.sub(positions, before(ops, positions, tensors, conventions))), rates);
  const cost = ops.sum(universeChanges === 'charged' ? trades : share(ops.where(mask, trades, 0)), -1);
  return { gross, cost, net: ops.sub(gross, cost), holdings };
}

/** Positions one step earlier (B, T, N): the first of each window from prevWeights, the window before, or nothing. */
function before(ops: Ops, positions: Tensor, tensors: WeightTensors, conventions: PortfolioConventions): Tensor {
  const [B, T, N] = positions.shape;
  const flat = ops.reshape(positions, [B, T * N]);
  const { continues, prevWeights } = tensors;
  let first = prevWeights ?? ops.constant(new Float64Array(B * N), [B, N]);
  if (continues) {
    const chained = Array.from(continues, (flag, b) => (flag !== 0 && b > 0 ? 1 : 0));
    const last = ops.slice(flat, (T - 1) * N, T * N);
    const shifted = ops.rows(
      last,
      Int32Array.from(chained, (flag, b) => b - flag),
    );
    first = ops.where(
      ops.constant(
        chained.flatMap((flag) => new Array<number>(N).fill(flag)),
        [B, N],
      ),
      shifted,
      first,
    );
  }
  const burnIn = conventions.burnInHoldings === 'constant' ? Math.min(conventions.burnIn, T - 1) : 0;
  const parts = [first];
  if (burnIn > 0) parts.push(ops.detach(ops.slice(flat, 0, burnIn * N)));
  if (burnIn < T - 1) parts.push(ops.slice(flat, burnIn * N, (T - 1) * N));
  return ops.reshape(ops.concat(parts), [B, T, N]);
}
