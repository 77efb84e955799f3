import type { Ops, Tensor } from '@ml4t/core/nn';

/** One panel in an engine. */
export interface PricingTensors {
  readonly offsets: Int32Array;
  readonly assets: Int32Array;
  readonly nAssets: number;
  /** (R x 1), see `PricingRows`. */
  readonly factorReturns: Tensor;
  readonly momentReturns: Tensor;
  /** Returns as they are (R x 1), and their mean square at each date over the number of dates, summed. */
  readonly returns: Tensor;
  readonly meanSquare: number;
  /** 1 / (rows of the date x dates with rows), 0 without rows (T x 1). */
  readonly dateWeights: Tensor;
}

/** F (T x 1): the return of the portfolio with the network's outputs as weights. M = 1 - F. */
export function factor(ops: Ops, outputs: Tensor, panel: PricingTensors): Tensor {
  return ops.segmentSum(ops.mul(outputs, panel.factorReturns), panel.offsets);
}

/**
 * Weighted mean squared pricing error over assets and instruments, `M'Q M` (see {@link momentForm}):
 * `(1/N) (1/K) sum_i sum_k (T_i / max T) ((1/T_i) sum_t M_t r_it g_itk)^2`.
 *
 * @param factorOfDates F (T x 1)
 * @param form Q (T x T)
 */
export function pricingLoss(ops: Ops, factorOfDates: Tensor, form: Tensor): Tensor {
  const discount = ops.reshape(ops.scale(factorOfDates, -1, 1), [1, factorOfDates.shape[0]]);
  return ops.sum(ops.mul(ops.linear(discount, form), discount));
}

/**
 * Share of the variation of returns that weights leave unexplained as loadings, date by date:
 * `mean_t mean_i (r_it - h_t w_it)^2 / mean_t mean_i r_it^2`, h_t the least-squares slope. It does not see the scale of w.
 */
export function residualShare(ops: Ops, outputs: Tensor, panel: PricingTensors): Tensor {
  const cross = ops.segmentSum(ops.mul(outputs, panel.returns), panel.offsets);
  // A date without rows has 0 / 0 here.
  const squares = ops.scale(ops.segmentSum(ops.square(outputs), panel.offsets), 1, 1e-20);
  const explained = ops.sum(ops.mul(ops.div(ops.square(cross), squares), panel.dateWeights));
  return ops.scale(explained, -1 / panel.meanSquare, 1);
}
