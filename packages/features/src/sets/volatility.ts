import type { FeatureSet } from './feature-set.ts';

/** Risk of daily prices. */
export const volatilitySet: FeatureSet = {
  title: 'Volatility and tails',
  columns: ['open', 'high', 'low', 'close', 'market'],
  source:
    'Ang, Hodrick, Xing and Zhang (2006), "The cross-section of volatility and expected returns", Journal of Finance 61; Bali, Cakici and ' +
    'Whitelaw (2011), "Maxing out", Journal of Financial Economics 99; Parkinson (1980), "The extreme value method", Journal of Business 53; ' +
    'Garman and Klass (1980), "On the estimation of security price volatilities", Journal of Business 53; Harvey and Siddique (2000), ' +
    '"Conditional skewness in asset pricing tests", Journal of Finance 55.',
  formulas: {
    volatility_21: { formula: 'std(returns(close, 1), 21)', says: 'deviation of daily returns over a month' },
    volatility_252: { formula: 'std(returns(close, 1), 252)', says: 'the same over a year' },
    volatility_change: {
      formula: 'std(returns(close, 1), 21) / std(returns(close, 1), 252)',
      says: 'volatility of the month over that of the year',
    },
    parkinson_21: {
      formula: 'sqrt(mean(log(high / low) ^ 2, 21) / (4 * log(2)))',
      says: 'volatility from the range of the day',
    },
    garman_klass_21: {
      formula: 'sqrt(mean(0.5 * log(high / low) ^ 2 - (2 * log(2) - 1) * log(close / open) ^ 2, 21))',
      says: 'volatility from range, opening and closing',
    },
    beta_252: {
      formula: 'slope(returns(close, 1), market, 252)',
      says: 'slope of daily returns on those of the market',
    },
    idiosyncratic_252: {
      formula: 'std(returns(close, 1), 252) * sqrt(1 - rsquare(returns(close, 1), market, 252))',
      says: 'deviation of what the market leaves',
    },
    downside_63: {
      formula: 'sqrt(mean(least(returns(close, 1), 0) ^ 2, 63))',
      says: 'root mean square of losses',
    },
    max_return_21: { formula: 'max(returns(close, 1), 21)', says: 'largest daily return of a month' },
    skewness_252: { formula: 'skew(returns(close, 1), 252)', says: 'skewness of daily returns over a year' },
    kurtosis_252: { formula: 'kurt(returns(close, 1), 252)', says: 'excess kurtosis of daily returns over a year' },
    drawdown_252: { formula: '1 - close / max(close, 252)', says: 'loss from the highest price of a year' },
  },
};
