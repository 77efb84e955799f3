import type { FeatureSet } from './feature-set.ts';

const turnover = 'volume / shares';
const market = 'close * shares';

/** The characteristics of Gu, Kelly and Xiu that daily prices, volumes and shares give, with months of 21 days. */
export const guKellyXiu: FeatureSet = {
  title: 'Twenty characteristics of Gu, Kelly and Xiu',
  columns: ['high', 'low', 'close', 'volume', 'shares', 'market'],
  groups: ['industry'],
  source:
    'Gu, Kelly and Xiu (2020), "Empirical asset pricing via machine learning", Review of Financial Studies 33, table A.6, after Green, Hand and ' +
    'Zhang (2017), "The characteristics that provide independent information about average U.S. monthly stock returns", Review of Financial ' +
    'Studies 30. Their data are monthly with daily ones behind them; beta and idiovol here take a year of days where theirs take three years of weeks.',
  formulas: {
    mom1m: { formula: 'returns(close, 21)', says: 'short-term reversal' },
    mom6m: { formula: 'lag(close, 21) / lag(close, 126) - 1', says: 'momentum of five months' },
    mom12m: { formula: 'lag(close, 21) / lag(close, 252) - 1', says: 'momentum of eleven months' },
    mom36m: { formula: 'lag(close, 273) / lag(close, 756) - 1', says: 'long-term reversal' },
    chmom: {
      formula: 'lag(close, 21) / lag(close, 126) - lag(close, 147) / lag(close, 252)',
      says: 'change in momentum',
    },
    maxret: { formula: 'max(returns(close, 1), 21)', says: 'largest daily return' },
    retvol: { formula: 'std(returns(close, 1), 21)', says: 'volatility of daily returns' },
    beta: { formula: 'slope(returns(close, 1), market, 252)', says: 'market beta' },
    betasq: { formula: 'slope(returns(close, 1), market, 252) ^ 2', says: 'its square' },
    idiovol: {
      formula: 'std(returns(close, 1), 252) * sqrt(1 - rsquare(returns(close, 1), market, 252))',
      says: 'volatility that the market leaves',
    },
    mvel1: { formula: `log(lag(${market}, 21))`, says: 'size' },
    mve_ia: { formula: `demean(log(${market}), industry)`, says: 'size within the industry' },
    dolvol: { formula: 'log(mean(lag(close * volume, 21), 21))', says: 'dollar volume of the month before' },
    std_dolvol: { formula: 'std(log(close * volume), 21)', says: 'its volatility' },
    turn: { formula: `mean(${turnover}, 63)`, says: 'share turnover' },
    std_turn: { formula: `std(${turnover}, 21)`, says: 'its volatility' },
    ill: { formula: 'mean(abs(returns(close, 1)) / (close * volume), 252)', says: "Amihud's illiquidity" },
    zerotrade: {
      formula: `sum(volume == 0, 21) + 1 / (sum(${turnover}, 21) * 480000)`,
      says: 'days without trade, turnover breaking ties',
    },
    baspread: { formula: 'mean((high - low) / ((high + low) / 2), 21)', says: 'spread from the range of the day' },
    indmom: {
      formula: '(lag(close, 21) / lag(close, 252) - 1) - demean(lag(close, 21) / lag(close, 252) - 1, industry)',
      says: 'momentum of the industry, equal weights',
    },
  },
};
