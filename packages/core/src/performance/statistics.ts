import { ConfigError, describe } from '../errors.ts';
import { exceedsRounding } from '../variation.ts';
import { requireSameLength } from '../inference/comparison-input.ts';
import { compounded, drawdownSeries } from './drawdowns.ts';

const YEAR = 365.25 * 86_400_000;
/** Simple returns are made of 1 + r: what rounding leaves of equal ones is of that size. */
const WEALTH = 1;

/** What a series of simple returns earned, and how it came about. NaN where the returns cannot say. */
export interface PerformanceStatistics {
  /** Dates with a return. */
  readonly count: number;
  /** Compounded over the whole time. */
  readonly totalReturn: number;
  /** Compound annual growth rate, by the calendar between the first and the last date. */
  readonly annualReturn: number;
  /** Standard deviation (divisor n - 1) times the root of the periods of a year. */
  readonly annualVolatility: number;
  /** Mean over standard deviation times the root of the periods of a year. */
  readonly sharpeRatio: number;
  /** Mean over the root mean square of negative returns (divisor n) times the root of the periods of a year. */
  readonly sortinoRatio: number;
  /** Negative. */
  readonly maxDrawdown: number;
  /** Most dates in a row below a peak of wealth. */
  readonly longestDrawdown: number;
  /** Compound growth over `periodsPerYear` returns over the depth of the deepest drawdown. */
  readonly calmarRatio: number;
  /** 5 % quantile of the returns, linear between order statistics: negative for a loss. */
  readonly valueAtRisk: number;
  /** Mean of the returns at or below it. */
  readonly expectedShortfall: number;
  /** Corrected for bias. */
  readonly skewness: number;
  /** In excess of the normal distribution's, corrected for bias. */
  readonly excessKurtosis: number;
  /** Share of dates with a positive return. */
  readonly hitRate: number;
  readonly bestReturn: number;
  readonly worstReturn: number;
}

export interface PerformanceOptions {
  /** Returns of a year: 252 of trading days. */
  readonly periodsPerYear: number;
  /** Share of the worst returns in value at risk: .05 where absent. */
  readonly tail?: number | undefined;
}

/**
 * Statistics of a series of simple returns, as empyrical and quantstats have them.
 *
 * @param returns (T), NaN for none
 * @param timestamps (T) milliseconds since 1970 UTC, increasing: of the end of each return
 * @throws ConfigError for options out of range; ShapeError for series of two lengths
 * Source: Sortino and Price (1994), "Performance measurement in a downside risk framework"; Young (1991) for the Calmar ratio.
 */
export function performanceStatistics(
  returns: Float64Array,
  timestamps: ArrayLike<number>,
  { periodsPerYear, tail = 0.05 }: PerformanceOptions,
): PerformanceStatistics {
  requireSameLength('timestamps', returns, timestamps);
  if (!(periodsPerYear > 0)) throw outOfRange('periodsPerYear', 'a number above 0', periodsPerYear);
  if (!(tail > 0 && tail < 1)) throw outOfRange('tail', 'a number between 0 and 1', tail);
  const at = Array.from(returns.keys()).filter((t) => !Number.isNaN(returns[t]));
  const values = Float64Array.from(at, (t) => returns[t]);
  const n = values.length;
  const { mean, m2, m3, m4 } = centralMoments(values);
  const deviation = Math.sqrt((m2 * n) / (n - 1));
  const varies = n > 1 && exceedsRounding(deviation, WEALTH);
  const root = Math.sqrt(periodsPerYear);
  const wealth = compounded(values);
  const totalReturn = n === 0 ? Number.NaN : wealth[n - 1] - 1;
  const years = n < 2 ? Number.NaN : (timestamps[at[n - 1]] - timestamps[at[0]]) / YEAR;
  // A loss of everything has no root; a book that owes more than it had is left at it.
  const growth = (per: number): number => (totalReturn <= -1 ? -1 : Math.expm1(Math.log1p(totalReturn) * per));
  const annualReturn = growth(1 / years);
  const downside = Math.sqrt(values.reduce((sum, value) => sum + (value < 0 ? value * value : 0), 0) / n);
  const under = drawdownSeries(values);
  const maxDrawdown = n === 0 ? Number.NaN : under.reduce((least, value) => Math.min(least, value), 0);
  const sorted = values.slice().sort();
  const valueAtRisk = n === 0 ? Number.NaN : quantile(sorted, tail);
  const beyond = sorted.filter((value) => value <= valueAtRisk);
  return {
    count: n,
    totalReturn,
    annualReturn,
    annualVolatility: varies ? deviation * root : n > 1 ? 0 : Number.NaN,
    sharpeRatio: varies ? (mean / deviation) * root : Number.NaN,
    sortinoRatio: exceedsRounding(downside, WEALTH) ? (mean / downside) * root : Number.NaN,
    maxDrawdown,
    longestDrawdown: longestRun(under),
    calmarRatio: maxDrawdown < 0 ? growth(periodsPerYear / n) / -maxDrawdown : Number.NaN,
    valueAtRisk,
    expectedShortfall: beyond.reduce((sum, value) => sum + value, 0) / beyond.length,
    skewness: varies && n > 2 ? ((Math.sqrt(n * (n - 1)) / (n - 2)) * m3) / (m2 * Math.sqrt(m2)) : Number.NaN,
    excessKurtosis:
      varies && n > 3 ? ((n - 1) / ((n - 2) * (n - 3))) * ((n + 1) * (m4 / (m2 * m2) - 3) + 6) : Number.NaN,
    hitRate: values.reduce((hits, value) => hits + (value > 0 ? 1 : 0), 0) / n,
    bestReturn: n === 0 ? Number.NaN : sorted[n - 1],
    worstReturn: n === 0 ? Number.NaN : sorted[0],
  };
}

/** A series beside a benchmark. NaN where either does not vary. */
export interface BenchmarkStatistics {
  /** Dates on which both have a return. */
  readonly count: number;
  /** Slope of the returns on the benchmark's. */
  readonly beta: number;
  /** (mean - beta mean of the benchmark) times the periods of a year: simple, not compounded. */
  readonly annualAlpha: number;
  readonly correlation: number;
  /** Standard deviation of the difference times the root of the periods of a year. */
  readonly annualTrackingError: number;
  /** Mean difference over its standard deviation, per period. */
  readonly informationRatio: number;
}

/**
 * How a series of simple returns relates to a benchmark on the same dates.
 *
 * @param returns (T), NaN for none; @param benchmark (T)
 * @throws ShapeError for series of two lengths
 */
export function benchmarkStatistics(
  returns: Float64Array,
  benchmark: Float64Array,
  { periodsPerYear }: Pick<PerformanceOptions, 'periodsPerYear'>,
): BenchmarkStatistics {
  requireSameLength('benchmark', returns, benchmark);
  const at = Array.from(returns.keys()).filter((t) => !Number.isNaN(returns[t]) && !Number.isNaN(benchmark[t]));
  const n = at.length;
  const [x, y] = [Float64Array.from(at, (t) => benchmark[t]), Float64Array.from(at, (t) => returns[t])];
  const [mx, my] = [centralMoments(x), centralMoments(y)];
  const active = centralMoments(y.map((value, i) => value - x[i]));
  let product = 0;
  for (let i = 0; i < n; i++) product += ((x[i] - mx.mean) * (y[i] - my.mean)) / n;
  const varies = (m2: number): boolean => n > 1 && exceedsRounding(Math.sqrt(m2), WEALTH);
  const beta = varies(mx.m2) ? product / mx.m2 : Number.NaN;
  const deviation = Math.sqrt((active.m2 * n) / (n - 1));
  return {
    count: n,
    beta,
    annualAlpha: (my.mean - beta * mx.mean) * periodsPerYear,
    correlation: varies(mx.m2) && varies(my.m2) ? product / Math.sqrt(mx.m2 * my.m2) : Number.NaN,
    annualTrackingError: deviation * Math.sqrt(periodsPerYear),
    informationRatio: varies(active.m2) ? active.mean / deviation : Number.NaN,
  };
}

/** Divisor n. */
function centralMoments(values: Float64Array): {
  readonly mean: number;
  readonly m2: number;
  readonly m3: number;
  readonly m4: number;
} {
  const n = values.length;
  const mean = values.reduce((sum, value) => sum + value, 0) / n;
  let [m2, m3, m4] = [0, 0, 0];
  for (const value of values) {
    const d = value - mean;
    m2 += (d * d) / n;
    m3 += (d * d * d) / n;
    m4 += (d * d * d * d) / n;
  }
  return { mean, m2, m3, m4 };
}

function quantile(sorted: Float64Array, q: number): number {
  const place = q * (sorted.length - 1);
  const low = Math.floor(place);
  return place === low ? sorted[low] : sorted[low] + (place - low) * (sorted[low + 1] - sorted[low]);
}

function longestRun(under: Float64Array): number {
  let [longest, run] = [0, 0];
  for (const value of under) {
    run = value < 0 ? run + 1 : 0;
    longest = Math.max(longest, run);
  }
  return longest;
}

function outOfRange(field: string, expected: string, found: unknown): ConfigError {
  return new ConfigError({ field, expected, found: describe(found), remedy: 'Correct the value.' });
}
