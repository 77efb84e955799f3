import { ConfigError, describe } from '../errors.ts';
import { cephes } from './cephes.ts';

const EULER = 0.5772156649015329;

/** A Sharpe ratio and what its estimation error depends on. */
export interface SharpeEstimate {
  /** Per period, not annualised. */
  readonly sharpeRatio: number;
  /** Periods. */
  readonly count: number;
  /** 0 for a normal distribution. */
  readonly skewness: number;
  /** 3 for a normal distribution (not in excess). */
  readonly kurtosis: number;
}

/**
 * Probability that the true Sharpe ratio is above a benchmark:
 *
 * PSR = Phi((S - S*) sqrt(T - 1) / sqrt(1 - skewness S + (kurtosis - 1) / 4 S^2)).
 *
 * @param benchmark S*, per period: 0 where absent
 * Source: Bailey and López de Prado (2012), "The Sharpe ratio efficient frontier", Journal of Risk 15, equation 11.
 */
export function probabilisticSharpeRatio(
  { sharpeRatio, count, skewness, kurtosis }: SharpeEstimate,
  benchmark = 0,
): number {
  const spread = 1 - skewness * sharpeRatio + ((kurtosis - 1) / 4) * sharpeRatio * sharpeRatio;
  const z = ((sharpeRatio - benchmark) * Math.sqrt(count - 1)) / Math.sqrt(spread);
  return Number.isNaN(z) ? Number.NaN : cephes().ndtr(z);
}

/** Sharpe ratios that were tried, the one reported among them. */
export interface SharpeTrials {
  /** Number of trials N, those that were discarded or not reported too. */
  readonly trials: number;
  /** Standard deviation of their Sharpe ratios, per period. */
  readonly deviation: number;
}

/**
 * Greatest Sharpe ratio to be expected of N trials without skill:
 * sd ((1 - gamma) Phi^-1(1 - 1 / N) + gamma Phi^-1(1 - 1 / (N e))), gamma Euler's constant; 0 for one trial.
 *
 * @throws ConfigError for fewer than one trial
 */
export function expectedMaximumSharpeRatio({ trials, deviation }: SharpeTrials): number {
  if (!Number.isInteger(trials) || trials < 1)
    throw new ConfigError({
      field: 'trials',
      expected: 'a whole number >= 1',
      found: describe(trials),
      remedy: 'Count every configuration that was looked at.',
    });
  if (trials === 1) return 0;
  const { ndtri } = cephes();
  return deviation * ((1 - EULER) * ndtri(1 - 1 / trials) + EULER * ndtri(1 - 1 / (trials * Math.E)));
}

/**
 * Probability that the true Sharpe ratio is above what the best of as many trials would show by luck: the
 * {@link probabilisticSharpeRatio} against {@link expectedMaximumSharpeRatio}.
 *
 * Source: Bailey and López de Prado (2014), "The deflated Sharpe ratio", Journal of Portfolio Management 40.
 */
export function deflatedSharpeRatio(estimate: SharpeEstimate, tried: SharpeTrials): number {
  return probabilisticSharpeRatio(estimate, expectedMaximumSharpeRatio(tried));
}
