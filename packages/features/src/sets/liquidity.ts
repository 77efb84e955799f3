import type { FeatureSet } from './feature-set.ts';

/** How much trades, and what trading costs. */
export const liquiditySet: FeatureSet = {
  title: 'Liquidity',
  columns: ['high', 'low', 'close', 'volume', 'shares'],
  source:
    'Amihud (2002), "Illiquidity and stock returns", Journal of Financial Markets 5; Datar, Naik and Radcliffe (1998), "Liquidity and stock ' +
    'returns: an alternative test", Journal of Financial Markets 1; Chordia, Subrahmanyam and Anshuman (2001), "Trading activity and expected ' +
    'stock returns", Journal of Financial Economics 59; Liu (2006), "A liquidity-augmented capital asset pricing model", Journal of Financial ' +
    'Economics 82; Roll (1984), "A simple implicit measure of the effective bid-ask spread", Journal of Finance 39.',
  formulas: {
    dollar_volume_21: { formula: 'log(mean(close * volume, 21))', says: 'logarithm of the value traded in a day' },
    turnover_21: { formula: 'mean(volume / shares, 21)', says: 'share of the company traded in a day' },
    turnover_volatility_63: { formula: 'std(volume / shares, 63)', says: 'how much that moves' },
    amihud_21: {
      formula: 'mean(abs(returns(close, 1)) / (close * volume), 21)',
      says: 'move of the price for a unit of money traded',
    },
    zero_days_63: { formula: 'mean(volume == 0, 63)', says: 'share of days without trade' },
    volume_trend_63: {
      formula: 'mean(volume, 5) / mean(volume, 63)',
      says: 'volume of the week over that of the quarter',
    },
    volume_surprise: {
      formula: '(volume - mean(volume, 21)) / std(volume, 21)',
      says: 'volume of the day in deviations of the month',
    },
    range_spread_21: {
      formula: 'mean((high - low) / ((high + low) / 2), 21)',
      says: 'range of the day over its middle',
    },
    roll_spread_63: {
      formula: '2 * sqrt(greatest(-cov(returns(close, 1), lag(returns(close, 1), 1), 63), 0))',
      says: "Roll's spread from the bounce of prices",
    },
    price_volume_63: {
      formula: 'corr(returns(close, 1), volume / lag(volume, 1) - 1, 63)',
      says: 'correlation of returns with changes of volume',
    },
  },
};
