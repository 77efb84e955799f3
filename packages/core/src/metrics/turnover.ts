import type { PanelIndex } from '../batches/panel-index.ts';
import { requireLength } from '../validation.ts';

export interface Turnover {
  /** (T): sum of absolute trades on each date; the first date buys the whole portfolio. NaN on dates without trading. */
  readonly byDate: Float64Array;
  /** Mean over all dates of trading but the first; NaN with a single one. */
  readonly mean: number;
}

/**
 * Turnover: `sum_i |w_{t,i} - h_{t,i}|`, h the holdings just before the trade. Both buys and sells count: replacing a fully
 * invested portfolio is 2.
 *
 * With `returns` (R, earned after each row's date) holdings drift, `h_{t,i} = w_{t-1,i} (1 + r_{t,i}) / (1 + sum_j w_{t-1,j} r_{t,j})`,
 * a missing return counting as zero; without them h is the weight before. A NaN weight, and an asset without a row, hold
 * nothing: leaving the panel is a sale. Throws ShapeError.
 *
 * @param dates positions of the dates on which the portfolio is traded, in order: all where absent. The others are passed over, as
 *   if these followed each other: a model is judged on its test dates, and does not sell all it holds in between.
 */
export function turnover(
  index: PanelIndex,
  weights: Float64Array,
  returns?: Float64Array,
  dates: Iterable<number> = index.timestamps.keys(),
): Turnover {
  requireLength('weights', weights, index.nRows, 'one per row of the index');
  if (returns) requireLength('returns', returns, index.nRows, 'one per row of the index');
  const held = new Float64Array(index.nAssets);
  const byDate = new Float64Array(index.nDates).fill(Number.NaN);
  const traded: number[] = [];
  const orZero = (value: number): number => (Number.isNaN(value) ? 0 : value);
  for (const t of dates) {
    const from = index.rowOffsets[t];
    const to = index.rowOffsets[t + 1];
    let trades = 0;
    // What is listed today trades from its holding to its weight; what is left afterwards has gone and is sold.
    for (let row = from; row < to; row++) {
      const asset = index.assetIndex[row];
      trades += Math.abs(orZero(weights[row]) - held[asset]);
      held[asset] = 0;
    }
    for (const rest of held) trades += Math.abs(rest);
    byDate[t] = trades;
    traded.push(trades);
    held.fill(0);
    let growth = 1;
    for (let row = from; row < to; row++) {
      const r = returns ? orZero(returns[row]) : 0;
      held[index.assetIndex[row]] = orZero(weights[row]) * (1 + r);
      growth += orZero(weights[row]) * r;
    }
    for (let i = 0; i < held.length; i++) held[i] /= growth;
  }
  const later = traded.slice(1);
  return { byDate, mean: later.reduce((a, b) => a + b, 0) / later.length };
}
