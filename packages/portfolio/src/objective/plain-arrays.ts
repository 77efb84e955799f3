import { ShapeError, type PortfolioSequenceBatch } from '@ml4t/core';
import { defaultConventions, type PortfolioConventions } from './conventions.ts';
import { requireForwardReturns } from './forward-returns.ts';
import type { ObjectiveOptions, SharpeOptions } from './sharpe.ts';

/** What a batch knows about weights (B, T, N); see {@link PortfolioSequenceBatch}. */
export type WeightedWindows = Pick<
  PortfolioSequenceBatch,
  'nWindows' | 'nSteps' | 'nAssets' | 'mask' | 'forwardReturns' | 'volScale' | 'costs' | 'prevWeights'
>;

/** Results over (B, T), row-major, and the holdings (B, T, N). */
export interface PortfolioReturnArrays {
  readonly gross: Float64Array;
  readonly cost: Float64Array;
  readonly net: Float64Array;
  /** sum_i |h_t - h_{t-1}|: the trades that costs were charged on. */
  readonly turnover: Float64Array;
  readonly holdings: Float64Array;
}

/**
 * `portfolioReturns` in float64 on the arrays of a batch: what weights (B, T, N) earned, traded and cost.
 *
 * @param continues (B): 1 where a window starts from the last holdings of the window before; see {@link consecutiveWindows}
 * @throws DataError when the batch has no returns, ShapeError when the weights are not (B, T, N)
 */
export function evaluatePortfolio(
  batch: WeightedWindows,
  weights: Float64Array,
  conventions: PortfolioConventions = defaultConventions,
  continues?: ArrayLike<number>,
): PortfolioReturnArrays {
  const { nWindows: B, nSteps: T, nAssets: N, mask, volScale, costs, prevWeights } = batch;
  const forwardReturns = requireForwardReturns(batch);
  if (weights.length !== B * T * N)
    throw new ShapeError({
      field: 'weights',
      expected: `(${B}, ${T}, ${N}), ${B * T * N} entries`,
      found: `${weights.length} entries`,
      remedy: 'Pass one weight for each window, step and asset.',
    });
  const charged = conventions.universeChanges === 'charged';
  const holdings = new Float64Array(B * T * N);
  const [gross, cost, turnover] = [new Float64Array(B * T), new Float64Array(B * T), new Float64Array(B * T)];
  const before = new Float64Array(N);
  for (let b = 0; b < B; b++) {
    if (!(continues && continues[b] !== 0 && b > 0))
      for (let i = 0; i < N; i++) before[i] = prevWeights ? prevWeights[b * N + i] : 0;
    for (let t = 0; t < T; t++) {
      const row = b * T + t;
      let available = 0;
      for (let i = 0; i < N; i++) available += mask[row * N + i];
      const share = conventions.budget === 'equal' ? 1 / Math.max(available, 1) : 1;
      for (let i = 0; i < N; i++) {
        const cell = row * N + i;
        const weight = mask[cell] ? weights[cell] : 0;
        const scale = mask[cell] && volScale && conventions.volatilityScaling !== 'none' ? volScale[cell] : 1;
        const position = charged ? scale * weight * share : scale * weight;
        const earning = conventions.volatilityScaling === 'gross-and-costs' ? scale * weight : weight;
        if (mask[cell]) gross[row] += earning * share * forwardReturns[cell];
        const rate = conventions.gammaCost * (costs ? costs[i] : 0) + conventions.turnoverPenalty;
        const trade = charged ? Math.abs(position - before[i]) : mask[cell] * share * Math.abs(position - before[i]);
        turnover[row] += trade;
        cost[row] += rate * trade;
        holdings[cell] = scale * weight * share;
        before[i] = position;
      }
    }
  }
  return { gross, cost, turnover, holdings, net: gross.map((value, row) => value - cost[row]) };
}

/** h = m v w / N_t (B, T, N) alone, which needs no returns. */
export function holdingsOf(
  batch: Omit<WeightedWindows, 'forwardReturns'>,
  weights: Float64Array,
  conventions: PortfolioConventions = defaultConventions,
): Float64Array {
  const none = { ...batch, forwardReturns: new Float64Array(weights.length) };
  return evaluatePortfolio(none, weights, conventions).holdings;
}

/** Which windows (B) start after the window before has ended, so that they can start from its last holdings. */
export function consecutiveWindows({
  nWindows,
  nSteps,
  timestamps,
}: Pick<PortfolioSequenceBatch, 'nWindows' | 'nSteps' | 'timestamps'>): Uint8Array {
  return Uint8Array.from({ length: nWindows }, (_, b) =>
    b > 0 && timestamps[b * nSteps] > timestamps[b * nSteps - 1] ? 1 : 0,
  );
}

/** `sharpeRatioOf` on plain numbers: sqrt(A) mean / sqrt(population variance + eps). */
export function sharpeRatioOfReturns(returns: Float64Array, options: SharpeOptions): number {
  let mean = 0;
  for (const r of returns) mean += r / returns.length;
  let variance = 0;
  for (const r of returns) variance += (r - mean) ** 2 / returns.length;
  return (Math.sqrt(options.annualizationFactor) * mean) / Math.sqrt(variance + options.sharpeEps);
}

/** `softMinimum` on plain numbers. */
export function softMinimumOf(values: ArrayLike<number>, tau: number): number {
  let least = Infinity;
  for (let b = 0; b < values.length; b++) least = Math.min(least, values[b]);
  let sum = 0;
  for (let b = 0; b < values.length; b++) sum += Math.exp((least - values[b]) / tau);
  return least - tau * Math.log(sum / values.length);
}

/** `portfolioObjective` on net returns (B, T), row-major. */
export function objectiveOfReturns(
  net: Float64Array,
  nWindows: number,
  options: ObjectiveOptions,
): { readonly objective: number; readonly pooled: number; readonly softMinimum: number; readonly windows: number[] } {
  const counted = afterBurnIn(net, nWindows, options.burnIn);
  const steps = counted.length / nWindows;
  const windows = Array.from({ length: nWindows }, (_, b) =>
    sharpeRatioOfReturns(counted.subarray(b * steps, (b + 1) * steps), options),
  );
  const pooled = sharpeRatioOfReturns(counted, options);
  const softMinimum = softMinimumOf(windows, options.softminTau);
  return { objective: pooled + options.softminLambda * softMinimum, pooled, softMinimum, windows };
}

/** (B, T) without the first steps of each window. */
export function afterBurnIn(values: Float64Array, nWindows: number, burnIn: number): Float64Array {
  const steps = values.length / nWindows;
  const kept = Math.max(0, steps - burnIn);
  const out = new Float64Array(nWindows * kept);
  for (let b = 0; b < nWindows; b++) out.set(values.subarray(b * steps + burnIn, (b + 1) * steps), b * kept);
  return out;
}
