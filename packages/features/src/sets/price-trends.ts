import type { FeatureSet } from './feature-set.ts';

/** Trends of daily prices, each comparable across assets. */
export const priceTrends: FeatureSet = {
  title: 'Price trends',
  columns: ['close'],
  source:
    'Jegadeesh and Titman (1993), "Returns to buying winners and selling losers", Journal of Finance 48; Jegadeesh (1990), "Evidence of ' +
    'predictable behavior of security returns", Journal of Finance 45; George and Hwang (2004), "The 52-week high and momentum investing", ' +
    'Journal of Finance 59; Baz and others (2015), "Dissecting investment strategies in the cross section and time series"; Moskowitz, Ooi and ' +
    'Pedersen (2012), "Time series momentum", Journal of Financial Economics 104.',
  formulas: {
    reversal_5: { formula: '-returns(close, 5)', says: 'what the last week lost' },
    reversal_21: { formula: '-returns(close, 21)', says: 'what the last month lost' },
    momentum_6_1: { formula: 'lag(close, 21) / lag(close, 126) - 1', says: 'return over six months but the last' },
    momentum_12_1: { formula: 'lag(close, 21) / lag(close, 252) - 1', says: 'return over twelve months but the last' },
    momentum_change: {
      formula: 'lag(close, 21) / lag(close, 126) - lag(close, 147) / lag(close, 252)',
      says: 'momentum of six months less that of the six before',
    },
    long_reversal: {
      formula: '-(lag(close, 252) / lag(close, 1260) - 1)',
      says: 'what four years before the last lost',
    },
    high_52: { formula: 'close / max(close, 252)', says: 'price over its highest of a year' },
    trend_21: {
      formula: 'slope(log(close), 21) / std(returns(close, 1), 21)',
      says: 'slope of log prices over a month, in daily volatilities',
    },
    trend_quality: { formula: 'rsquare(log(close), 63)', says: 'how straight the last quarter ran' },
    scaled_return_21: {
      formula: 'returns(close, 21) / (std(returns(close, 1), 63) * sqrt(21))',
      says: 'return of a month over its ex-ante volatility',
    },
    scaled_return_252: {
      formula: 'returns(close, 252) / (std(returns(close, 1), 63) * sqrt(252))',
      says: 'return of a year over its ex-ante volatility',
    },
    macd_8_24: {
      formula: '(ewm(close, 8) - ewm(close, 24)) / std(close, 63)',
      says: 'difference of fast and slow averages over the deviation of prices',
    },
    macd_32_96: { formula: '(ewm(close, 32) - ewm(close, 96)) / std(close, 63)', says: 'the same, slower' },
  },
};
