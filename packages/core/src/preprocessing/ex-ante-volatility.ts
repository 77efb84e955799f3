import { ConfigError, DataError, describe, type ErrorDetail } from '../errors.ts';
import { requireLength } from '../validation.ts';

/** How far an exponentially weighted average looks back: by half-life or by span, in dates. */
export type Decay =
  { readonly halfLife: number; readonly span?: undefined } | { readonly span: number; readonly halfLife?: undefined };

export type ExAnteVolatilityOptions = Decay & {
  /** Dates that pass until a forward return is known (1): 5 for five-day returns on a daily panel. */
  readonly returnDelay?: number | undefined;
  /** Returns an asset must have shown before its volatility is trusted (the half-life, rounded up). */
  readonly minReturns?: number | undefined;
};

/**
 * The volatility of each asset as it is known on each date, from returns that were earned by then:
 *
 * `sigma²_t = Σ_s λ^(t - d - s) r²_s / Σ_s λ^(t - d - s)` over the dates `s <= t - d` with a return,
 *
 * where `r_s` is the forward return of date s, d its delay, and `λ = 0.5^(1 / halfLife)` or `1 - 2 / (span + 1)`. Weights
 * sum to one from the first return on, so that the start needs no correction. Means are taken for zero, as over short
 * periods they are small against their error.
 *
 * @param returns forward returns (T x N), NaN for missing
 * @returns volatility per period (T x N); NaN before `minReturns` returns are known
 * @throws ConfigError when the decay, the delay or `minReturns` is out of range
 * Source: J. P. Morgan/Reuters (1996), RiskMetrics Technical Document, section 5.2.
 */
export function exAnteVolatility(
  returns: Float64Array,
  nAssets: number,
  options: ExAnteVolatilityOptions,
): Float64Array {
  const lambda = decayFactor(options);
  const halfLife = Math.log(0.5) / Math.log(lambda);
  const delay = wholeNumber('volatility.returnDelay', options.returnDelay ?? 1, 1);
  const minReturns = wholeNumber('volatility.minReturns', options.minReturns ?? Math.ceil(halfLife - 1e-9), 1);
  const nDates = nAssets === 0 ? 0 : returns.length / nAssets;
  requireLength('returns', returns, Math.ceil(nDates) * nAssets, 'dates x assets');
  const volatility = new Float64Array(returns.length).fill(Number.NaN);
  const squares = new Float64Array(nAssets);
  const weights = new Float64Array(nAssets);
  const counts = new Int32Array(nAssets);
  for (let t = delay; t < nDates; t++)
    for (let i = 0; i < nAssets; i++) {
      const r = returns[(t - delay) * nAssets + i];
      squares[i] *= lambda;
      weights[i] *= lambda;
      if (r - r === 0) {
        squares[i] += r * r;
        weights[i] += 1;
        counts[i]++;
      }
      if (counts[i] >= minReturns) volatility[t * nAssets + i] = Math.sqrt(squares[i] / weights[i]);
    }
  return volatility;
}

/** λ, the weight of a date over that of the date after it. */
function decayFactor({ halfLife, span }: ExAnteVolatilityOptions): number {
  const refuse = (detail: Omit<ErrorDetail, 'remedy'>): ConfigError =>
    new ConfigError({ ...detail, remedy: 'State how fast old returns are forgotten, in dates.' });
  if ((halfLife === undefined) === (span === undefined))
    throw refuse({
      field: 'volatility',
      expected: 'either halfLife or span',
      found: halfLife === undefined ? 'neither' : 'both',
    });
  if (halfLife !== undefined) {
    if (!(Number.isFinite(halfLife) && halfLife > 0))
      throw refuse({ field: 'volatility.halfLife', expected: 'a number of dates > 0', found: describe(halfLife) });
    // Not as a power: that differs in its last bit between versions of Node.
    return Math.exp(-Math.LN2 / halfLife);
  }
  if (!(Number.isFinite(span) && Number(span) > 1))
    throw refuse({ field: 'volatility.span', expected: 'a number of dates > 1', found: describe(span) });
  return 1 - 2 / (Number(span) + 1);
}

function wholeNumber(field: string, value: number, least: number): number {
  if (Number.isInteger(value) && value >= least) return value;
  throw new ConfigError({
    field,
    expected: `a whole number >= ${least}`,
    found: describe(value),
    remedy: 'Count in dates of the panel.',
  });
}

/**
 * Simple returns from each date to the next, `p_{t+1} / p_t - 1`, on the date they start from.
 *
 * @param prices (T x N), positive, NaN for missing
 * @returns forward returns (T x N): NaN where one of the two prices is missing, and on the last date
 * @throws DataError when a price is not positive
 */
export function forwardReturnsFromPrices(
  prices: Float64Array,
  nAssets: number,
  describeCell: (cell: number) => string = (cell) => `[${cell}]`,
): Float64Array {
  const bad = prices.findIndex((price) => price <= 0 || price === Infinity);
  if (bad >= 0)
    throw new DataError({
      field: `prices ${describeCell(bad)}`,
      expected: 'a positive price, or nothing for missing',
      found: String(prices[bad]),
      remedy: 'Correct the price; prices that can be negative (spreads) have no returns: pass returns instead.',
    });
  const returns = new Float64Array(prices.length).fill(Number.NaN);
  for (let cell = 0; cell + nAssets < prices.length; cell++) returns[cell] = prices[cell + nAssets] / prices[cell] - 1;
  return returns;
}
