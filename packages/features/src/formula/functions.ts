/** What an argument has to be. A window is a number of rows, or of days or months: `21`, `30d`, `12m`. */
export type Parameter = 'series' | 'window' | 'number' | 'group?' | 'series...';

export interface FunctionSignature {
  readonly kind: 'elementwise' | 'moving' | 'cross-section';
  readonly parameters: readonly Parameter[];
  /** Another form with more arguments, for example a regression on a second series in place of time. */
  readonly or?: readonly Parameter[] | undefined;
  /** Fewest rows that a window must have. */
  readonly leastRows?: number | undefined;
  /** Bounds of the number. */
  readonly range?: readonly [number, number] | undefined;
  readonly says: string;
}

const moving = (says: string, leastRows = 1): FunctionSignature => ({
  kind: 'moving',
  parameters: ['series', 'window'],
  leastRows,
  says,
});
const pair = (says: string): FunctionSignature => ({
  kind: 'moving',
  parameters: ['series', 'series', 'window'],
  leastRows: 2,
  says,
});
const trend = (says: string): FunctionSignature => ({
  kind: 'moving',
  parameters: ['series', 'window'],
  or: ['series', 'series', 'window'],
  leastRows: 2,
  says,
});
const elementwise = (count: number, says: string): FunctionSignature => ({
  kind: 'elementwise',
  parameters: Array.from({ length: count }, () => 'series'),
  says,
});
const crossSection = (says: string): FunctionSignature => ({
  kind: 'cross-section',
  parameters: ['series', 'group?'],
  says,
});

/** Every function that a formula may call. Nothing else is reachable from a formula's text. */
export const formulaFunctions: Readonly<Record<string, FunctionSignature>> = Object.freeze({
  abs: elementwise(1, 'absolute value'),
  exp: elementwise(1, 'exponential'),
  log: elementwise(1, 'natural logarithm; missing at or below 0'),
  sqrt: elementwise(1, 'square root; missing below 0'),
  sign: elementwise(1, '-1, 0 or 1'),
  least: elementwise(2, 'the smaller of two'),
  greatest: elementwise(2, 'the larger of two'),
  coalesce: elementwise(2, 'the first, or the second where the first is missing'),
  missing: elementwise(1, '1 where missing, else 0'),
  if: elementwise(3, 'the second where the first is not 0, else the third; missing where the first is'),

  lag: moving('value at the start of the window: n rows before, or the last one dated that long before'),
  delta: moving('x - lag(x, n)'),
  returns: moving('x / lag(x, n) - 1'),
  mean: moving('mean'),
  sum: moving('sum'),
  std: moving('standard deviation, divisor n - 1', 2),
  var: moving('variance, divisor n - 1', 2),
  min: moving('least value'),
  max: moving('greatest value'),
  argmax: moving('rows from the start of the window to its greatest value, the first of several'),
  argmin: moving('rows from the start of the window to its least value, the first of several'),
  median: moving('median'),
  quantile: {
    kind: 'moving',
    parameters: ['series', 'window', 'number'],
    leastRows: 1,
    range: [0, 1],
    says: 'quantile, linear between order statistics',
  },
  skew: moving('skewness, corrected for bias', 3),
  kurt: moving('excess kurtosis, corrected for bias', 4),
  tsrank: moving('rank of the latest value, ties averaged, over n'),
  count: moving('values that are not missing; shorter histories count what they have'),
  corr: pair('correlation'),
  cov: pair('covariance, divisor n - 1'),
  slope: trend('slope of the regression on time, per row, or on a second series'),
  rsquare: trend('share of variance that the regression explains'),
  residual: trend('what the regression leaves of the latest value'),
  ewm: moving(
    'exponentially weighted mean of the whole history, the window being its span, weights (1 - 2 / (span + 1))^k',
  ),
  ewmstd: moving('exponentially weighted standard deviation of the whole history, corrected for bias', 2),
  wma: moving('mean with weights 1 … n, the latest the largest'),
  decay: {
    kind: 'moving',
    parameters: ['series', 'window', 'number'],
    leastRows: 1,
    range: [0, 1],
    says: 'mean with weights f^0, f^1, …, the latest the largest',
  },

  rank: crossSection('rank within the date over n + 1, ties averaged: between 0 and 1'),
  zscore: crossSection('difference from the mean of the date, in standard deviations (divisor n - 1)'),
  demean: crossSection('difference from the mean of the date'),
  winsorize: {
    kind: 'cross-section',
    parameters: ['series', 'number', 'group?'],
    range: [0, 0.5],
    says: 'clipped at the p and the 1 - p quantile of the date',
  },
  neutralize: {
    kind: 'cross-section',
    parameters: ['series', 'series...', 'group?'],
    says: 'residual of the regression across the date on a constant (of each group) and the series given',
  },
});

/** A signature as a person reads it: `quantile(series, window, number)`. */
export function signatureText(name: string, parameters: readonly Parameter[]): string {
  const words = parameters.map((each) => (each === 'group?' ? '[group]' : each === 'series...' ? 'series, …' : each));
  return `${name}(${words.join(', ')})`;
}
