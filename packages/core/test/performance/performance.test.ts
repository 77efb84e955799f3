import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigError, ShapeError } from '../../src/index.ts';
import {
  benchmarkStatistics,
  calendarReturns,
  drawdowns,
  drawdownSeries,
  performanceStatistics,
} from '../../src/performance/index.ts';

const golden = JSON.parse(readFileSync(join(__dirname, 'golden', 'tearsheet.json'), 'utf8')) as {
  readonly dates: readonly string[];
  readonly returns: readonly number[];
  readonly benchmark: readonly number[];
  readonly expected: Readonly<Record<string, number>> & {
    readonly monthly: Readonly<Record<string, number>>;
    readonly yearly: Readonly<Record<string, number>>;
  };
};
const timestamps = golden.dates.map((date) => Date.parse(date));
const [returns, benchmark] = [Float64Array.from(golden.returns), Float64Array.from(golden.benchmark)];
const daily = { periodsPerYear: 252 };
const close = (found: number, expected: number): void => expect(Math.abs(found - expected)).toBeLessThan(1e-10);

describe('performance agrees with pandas and quantstats', () => {
  const found = performanceStatistics(returns, timestamps, daily);
  const beside = benchmarkStatistics(returns, benchmark, daily);

  it.each([
    ['cagr_by_calendar_days_365.25', found.annualReturn],
    ['volatility', found.annualVolatility],
    ['sharpe', found.sharpeRatio],
    ['sortino', found.sortinoRatio],
    ['max_drawdown', found.maxDrawdown],
    ['longest_drawdown_rows_below_peak', found.longestDrawdown],
    ['calmar', found.calmarRatio],
    ['var95_historical', found.valueAtRisk],
    ['cvar95_historical', found.expectedShortfall],
    ['skew', found.skewness],
    ['kurtosis_excess', found.excessKurtosis],
    ['hit_rate', found.hitRate],
    ['beta', beside.beta],
    ['alpha_annual_252', beside.annualAlpha],
    ['information_ratio', beside.informationRatio],
    ['tracking_error_annual', beside.annualTrackingError],
  ])('%s', (name, value) => {
    close(value, golden.expected[name]);
  });

  it('monthly and yearly returns', () => {
    const months = calendarReturns(returns, timestamps, 'month');
    expect(months.map(({ year, month }) => `${year}-${String(month).padStart(2, '0')}`)).toEqual(
      Object.keys(golden.expected.monthly),
    );
    for (const { year, month, value } of months)
      close(value, golden.expected.monthly[`${year}-${String(month).padStart(2, '0')}`]);
    const years = calendarReturns(returns, timestamps, 'year');
    expect(years).toHaveLength(Object.keys(golden.expected.yearly).length);
    for (const { year, value } of years) close(value, golden.expected.yearly[String(year)]);
  });
});

describe('drawdowns', () => {
  const some = fc.array(fc.double({ min: -0.3, max: 0.3, noNaN: true }), { minLength: 1, maxLength: 60 });

  it('cover every date below a peak once, deepest first', () => {
    fc.assert(
      fc.property(some, (values) => {
        const series = Float64Array.from(values);
        const under = drawdownSeries(series);
        const all = drawdowns(series);
        expect(all.reduce((sum, { length }) => sum + length, 0)).toBe(under.filter((value) => value < 0).length);
        all.forEach(({ peak, trough, recovery, depth, length }, i) => {
          expect(depth).toBe(under[trough]);
          expect(depth).toBe(Math.min(...under.subarray(peak + 1, peak + 1 + length)));
          expect(recovery === undefined ? peak + 1 + length : recovery).toBe(peak + 1 + length);
          if (i > 0) expect(depth).toBeGreaterThanOrEqual(all[i - 1].depth);
        });
        expect(
          performanceStatistics(
            series,
            series.map((_, t) => t),
            daily,
          ).maxDrawdown,
        ).toBe(all[0]?.depth ?? 0);
      }),
    );
  });

  it('begin at the start, before any return', () => {
    expect(drawdowns(Float64Array.of(-0.1, 0.05, 0.2))).toEqual(
      [{ peak: -1, trough: 0, recovery: 2, depth: -0.1 + 0, length: 2 }].map((each) => ({ ...each, depth: 0.9 - 1 })),
    );
    expect(drawdowns(Float64Array.of(0.1, 0.1))).toEqual([]);
  });
});

describe('what the returns cannot say is NaN', () => {
  it('of equal returns, of one, of none', () => {
    const equal = Float64Array.from({ length: 50 }, (_, t) => 1.01 * (1 + 1e-16 * t) - 1);
    const found = performanceStatistics(
      equal,
      equal.map((_, t) => t * 86_400_000),
      daily,
    );
    expect([found.sharpeRatio, found.sortinoRatio, found.skewness, found.calmarRatio].every(Number.isNaN)).toBe(true);
    expect(benchmarkStatistics(returns, returns, daily).informationRatio).toBeNaN();
    const one = performanceStatistics(Float64Array.of(0.1), [0], daily);
    expect([one.annualReturn, one.annualVolatility, one.sharpeRatio].every(Number.isNaN)).toBe(true);
    const none = performanceStatistics(new Float64Array(3).fill(Number.NaN), [0, 1, 2], daily);
    expect(none.count).toBe(0);
    expect(
      Object.entries(none)
        .filter(([, value]) => Number.isFinite(value))
        .map(([name]) => name),
    ).toEqual(['count', 'longestDrawdown']);
  });

  it('of what lost everything is a loss of everything', () => {
    const ruined = performanceStatistics(Float64Array.of(0.1, -1, 0.5), [0, 1e9, 2e9], daily);
    expect([ruined.totalReturn, ruined.annualReturn, ruined.maxDrawdown]).toEqual([-1, -1, -1]);
  });

  it('skips dates without a return', () => {
    const gaps = returns.map((value, t) => (t % 5 === 2 ? Number.NaN : value));
    const kept = Array.from(gaps.keys()).filter((t) => t % 5 !== 2);
    expect(performanceStatistics(gaps, timestamps, daily)).toEqual(
      performanceStatistics(
        Float64Array.from(kept, (t) => returns[t]),
        kept.map((t) => timestamps[t]),
        daily,
      ),
    );
  });

  it('refuses options out of range by name', () => {
    expect(() => performanceStatistics(returns, timestamps, { periodsPerYear: 0 })).toThrow(ConfigError);
    expect(() => performanceStatistics(returns, timestamps, { ...daily, tail: 5 })).toThrow(/tail/);
    expect(() => performanceStatistics(returns, timestamps.slice(1), daily)).toThrow(ShapeError);
  });
});
