/** A fall from a peak of wealth, until wealth is back there or the series ends. */
export interface Drawdown {
  /** Position of the peak: of the last date before the fall; -1 for the start, before any return. */
  readonly peak: number;
  readonly trough: number;
  /** Position at which wealth is back at the peak; undefined while it is not. */
  readonly recovery: number | undefined;
  /** Wealth at the trough over wealth at the peak, less 1: negative. */
  readonly depth: number;
  /** Dates with less wealth than at the peak. */
  readonly length: number;
}

/** Wealth after each return of one unit at the start, compounded: W_t = prod_{s <= t} (1 + r_s). A missing return leaves it. */
export function compounded(returns: Float64Array): Float64Array {
  const wealth = new Float64Array(returns.length);
  let value = 1;
  for (let t = 0; t < returns.length; t++) {
    if (!Number.isNaN(returns[t])) value *= 1 + returns[t];
    wealth[t] = value;
  }
  return wealth;
}

/** Wealth over its highest so far (the start included), less 1, at each date: 0 at a peak. */
export function drawdownSeries(returns: Float64Array): Float64Array {
  const wealth = compounded(returns);
  let peak = 1;
  return wealth.map((value) => {
    peak = Math.max(peak, value);
    return value / peak - 1;
  });
}

/** All drawdowns of a series of simple returns, the deepest first. */
export function drawdowns(returns: Float64Array): readonly Drawdown[] {
  const under = drawdownSeries(returns);
  const found: Drawdown[] = [];
  for (let t = 0; t < under.length; t++) {
    if (under[t] >= 0) continue;
    const start = t;
    let trough = t;
    for (; t < under.length && under[t] < 0; t++) if (under[t] < under[trough]) trough = t;
    found.push({
      peak: start - 1,
      trough,
      recovery: t < under.length ? t : undefined,
      depth: under[trough],
      length: t - start,
    });
  }
  return found.sort((a, b) => a.depth - b.depth);
}
