import type { FeatureSet, NamedFormula } from './feature-set.ts';

/** A day's bar: where it opened, closed and turned, over the opening price or over the range. */
const bar: Readonly<Record<string, NamedFormula>> = {
  body: { formula: '(close - open) / open', says: 'body of the bar' },
  range: { formula: '(high - low) / open', says: 'its length' },
  body_share: { formula: '(close - open) / (high - low)', says: 'body over length' },
  upper: { formula: '(high - greatest(open, close)) / open', says: 'upper shadow' },
  upper_share: { formula: '(high - greatest(open, close)) / (high - low)', says: 'upper shadow over length' },
  lower: { formula: '(least(open, close) - low) / open', says: 'lower shadow' },
  lower_share: { formula: '(least(open, close) - low) / (high - low)', says: 'lower shadow over length' },
  place: { formula: '(2 * close - high - low) / open', says: 'where it closed in its range' },
  place_share: { formula: '(2 * close - high - low) / (high - low)', says: 'the same over length' },
  open_price: { formula: 'open / close', says: 'opening over closing price' },
  high_price: { formula: 'high / close', says: 'highest over closing price' },
  low_price: { formula: 'low / close', says: 'lowest over closing price' },
  vwap_price: { formula: 'vwap / close', says: 'average over closing price' },
};

const move = 'close - lag(close, 1)';
const trade = 'volume - lag(volume, 1)';

/** Twenty-nine statistics of a window of n rows. */
function windowed(n: number): Readonly<Record<string, NamedFormula>> {
  const share = (x: string, sign: string): string => `sum(greatest(${sign}(${x}), 0), ${n}) / sum(abs(${x}), ${n})`;
  return {
    [`change_${n}`]: { formula: `lag(close, ${n}) / close`, says: 'price before over price now' },
    [`mean_${n}`]: { formula: `mean(close, ${n}) / close`, says: 'average price' },
    [`deviation_${n}`]: { formula: `std(close, ${n}) / close`, says: 'deviation of prices' },
    [`slope_${n}`]: { formula: `slope(close, ${n}) / close`, says: 'slope of prices' },
    [`straightness_${n}`]: { formula: `rsquare(close, ${n})`, says: 'share of variance of that line' },
    [`off_line_${n}`]: { formula: `residual(close, ${n}) / close`, says: 'distance from that line' },
    [`highest_${n}`]: { formula: `max(high, ${n}) / close`, says: 'highest price' },
    [`lowest_${n}`]: { formula: `min(low, ${n}) / close`, says: 'lowest price' },
    [`upper_quantile_${n}`]: { formula: `quantile(close, ${n}, 0.8) / close`, says: 'upper fifth of prices' },
    [`lower_quantile_${n}`]: { formula: `quantile(close, ${n}, 0.2) / close`, says: 'lower fifth of prices' },
    [`rank_${n}`]: { formula: `tsrank(close, ${n})`, says: 'rank of the price in its window' },
    [`stochastic_${n}`]: {
      formula: `(close - min(low, ${n})) / (max(high, ${n}) - min(low, ${n}))`,
      says: 'place of the price in its range',
    },
    [`high_age_${n}`]: { formula: `(argmax(high, ${n}) + 1) / ${n}`, says: 'when the highest price was' },
    [`low_age_${n}`]: { formula: `(argmin(low, ${n}) + 1) / ${n}`, says: 'when the lowest price was' },
    [`high_after_low_${n}`]: { formula: `(argmax(high, ${n}) - argmin(low, ${n})) / ${n}`, says: 'which came first' },
    [`price_volume_${n}`]: { formula: `corr(close, log(volume + 1), ${n})`, says: 'prices with volumes' },
    [`change_volume_${n}`]: {
      formula: `corr(close / lag(close, 1), log(volume / lag(volume, 1) + 1), ${n})`,
      says: 'changes of prices with changes of volumes',
    },
    [`up_days_${n}`]: { formula: `mean(close > lag(close, 1), ${n})`, says: 'share of days up' },
    [`down_days_${n}`]: { formula: `mean(close < lag(close, 1), ${n})`, says: 'share of days down' },
    [`net_days_${n}`]: {
      formula: `mean(close > lag(close, 1), ${n}) - mean(close < lag(close, 1), ${n})`,
      says: 'the one less the other',
    },
    [`gains_${n}`]: { formula: share(move, ''), says: 'gains over all moves' },
    [`losses_${n}`]: { formula: share(move, '-'), says: 'losses over all moves' },
    [`net_gains_${n}`]: { formula: `sum(${move}, ${n}) / sum(abs(${move}), ${n})`, says: 'the one less the other' },
    [`volume_mean_${n}`]: { formula: `mean(volume, ${n}) / volume`, says: 'average volume' },
    [`volume_deviation_${n}`]: { formula: `std(volume, ${n}) / volume`, says: 'deviation of volumes' },
    [`weighted_volatility_${n}`]: {
      formula: `std(abs(returns(close, 1)) * volume, ${n}) / mean(abs(returns(close, 1)) * volume, ${n})`,
      says: 'deviation of moves weighted by volume',
    },
    [`volume_gains_${n}`]: { formula: share(trade, ''), says: 'rises over all changes of volume' },
    [`volume_losses_${n}`]: { formula: share(trade, '-'), says: 'falls over all changes of volume' },
    [`volume_net_${n}`]: { formula: `sum(${trade}, ${n}) / sum(abs(${trade}), ${n})`, says: 'the one less the other' },
  };
}

/** Thirteen shapes of a day's bar, and twenty-nine statistics of each of five windows. */
export const bars158: FeatureSet = {
  title: 'A hundred and fifty-eight statistics of bars',
  columns: ['open', 'high', 'low', 'close', 'volume', 'vwap'],
  source:
    'The set Alpha158 of Yang, Liu, Zhou and Liu (2020), "Qlib: an AI-oriented quantitative investment platform", in our notation. Theirs ' +
    'adds 1e-12 to denominators; here a quotient by zero is missing.',
  formulas: { ...bar, ...Object.assign({}, ...[5, 10, 20, 30, 60].map(windowed)) },
};
