import { ConfigError, describe } from '../errors.ts';
import { exceedsRounding } from '../variation.ts';
import { exAnteVolatility, forwardReturnsFromPrices } from './ex-ante-volatility.ts';
import { clipToTrailingMedian } from './trailing-clip.ts';
import { trailingAverage, trailingMoments } from './trailing-moments.ts';

export interface TrendFeatureOptions {
  /** h: returns over h dates, over their ex-ante volatility ([1, 21, 63, 252]). */
  readonly horizons?: readonly number[] | undefined;
  /** Fast and slow time scales of moving-average differences ([[8, 24], [16, 48], [32, 96]]). */
  readonly macd?: readonly (readonly [fast: number, slow: number])[] | undefined;
  /** w: z-scores of the log price over w dates ([21, 252]). */
  readonly zScores?: readonly number[] | undefined;
  /** Span of the ex-ante volatility, in dates (63). */
  readonly volatilitySpan?: number | undefined;
  /** Features are clipped at the median of the last `window` dates +- this many deviations; null: not at all. */
  readonly clip?: { readonly window: number; readonly deviations: number } | null | undefined;
}

export interface TrendFeatures {
  readonly featureNames: readonly string[];
  /** (T x N x F), row-major; NaN where the history does not suffice yet, or a price is missing. */
  readonly features: Float64Array;
}

/** Dates of the deviations by which moving-average differences are divided: of the price, then of the ratio. */
const macdWindows = { price: 63, ratio: 252 };

/**
 * Features of trend and reversal of each asset, each known on its date:
 *
 * - `return h`: `(p_t / p_{t-h} - 1) / (sigma_t sqrt h)`, sigma_t the ex-ante volatility a date;
 * - `macd S L`: `q_t / std_252(q)`, `q_t = (m_S(p)_t - m_L(p)_t) / std_63(p)`, m_S the exponential average with weight 1 / S on the newest price;
 * - `z-score w`: `(log p_t - mean_w(log p)) / std_w(log p)`;
 *
 * then clipped at `median +- k 1.4826 MAD` of its own last dates. Averages and deviations are over the last dates with a price, that of
 * t included; at least half of a window must have one. NaN where the divisor is no more than rounding, at any level of the price:
 * nothing is known of the trend of a price that did not move within the window.
 *
 * @param prices (T x N), positive, NaN for missing
 * @throws ConfigError an option is out of range; DataError a price is not positive
 * Source: Baz, Granger, Harvey, Le Roux and Rattray (2015), "Dissecting investment strategies in the cross section and time series",
 * for the moving-average differences; Wood, Roberts and Zohren (2026) for the set and the clipping.
 */
export function trendFeatures(prices: Float64Array, nAssets: number, options: TrendFeatureOptions = {}): TrendFeatures {
  const {
    horizons = [1, 21, 63, 252],
    macd = [
      [8, 24],
      [16, 48],
      [32, 96],
    ],
    zScores = [21, 252],
    volatilitySpan = 63,
    clip = { window: 252, deviations: 5 },
  } = options;
  requireDates('horizons', horizons, 1);
  requireDates('macd', macd.flat(), 2);
  requireDates('zScores', zScores, 3);
  if (clip) requireDates('clip.window', [clip.window], 3);
  const featureNames = [
    ...horizons.map((h) => `return ${h}`),
    ...macd.map(([fast, slow]) => `macd ${fast} ${slow}`),
    ...zScores.map((w) => `z-score ${w}`),
  ];
  const nDates = nAssets === 0 ? 0 : prices.length / nAssets;
  const volatility = exAnteVolatility(forwardReturnsFromPrices(prices, nAssets), nAssets, { span: volatilitySpan });
  const features = new Float64Array(prices.length * featureNames.length);
  for (let i = 0; i < nAssets; i++) {
    const column = (values: Float64Array): Float64Array =>
      Float64Array.from({ length: nDates }, (_, t) => values[t * nAssets + i]);
    const price = column(prices);
    const sigma = column(volatility);
    const series = [
      ...horizons.map((h) =>
        price.map((p, t) =>
          t < h || !exceedsRounding(sigma[t], 1) ? Number.NaN : (p / price[t - h] - 1) / (sigma[t] * Math.sqrt(h)),
        ),
      ),
      ...macd.map(([fast, slow]) => movingAverageDifference(price, fast, slow)),
      ...zScores.map((w) => zScore(price.map(Math.log), w)),
    ];
    series.forEach((values, f) => {
      const kept = clip ? clipToTrailingMedian(values, clip.window, clip.deviations) : values;
      for (let t = 0; t < nDates; t++) {
        features[(t * nAssets + i) * featureNames.length + f] = kept[t];
      }
    });
  }
  return { featureNames, features };
}

function movingAverageDifference(price: Float64Array, fast: number, slow: number): Float64Array {
  const quick = trailingAverage(price, fast);
  const steady = trailingAverage(price, slow);
  const { deviation } = trailingMoments(price, macdWindows.price);
  const ratio = price.map((p, t) => (quick[t] - steady[t] + 0 * p) / deviation[t]);
  // A difference of averages is rounded as the price is.
  const { deviation: own } = trailingMoments(ratio, macdWindows.ratio, (t) => price[t] / deviation[t]);
  return ratio.map((q, t) => q / own[t]);
}

/** Of log prices, whose rounding is that of a number of one at least. */
function zScore(values: Float64Array, window: number): Float64Array {
  const { mean, deviation } = trailingMoments(values, window, () => 1);
  return values.map((value, t) => (value - mean[t]) / deviation[t]);
}

function requireDates(field: string, counts: readonly number[], least: number): void {
  const bad = counts.find((count) => !Number.isInteger(count) || count < least);
  if (bad !== undefined)
    throw new ConfigError({
      field: `trendFeatures.${field}`,
      expected: `whole numbers of dates >= ${least}`,
      found: describe(bad),
      remedy: 'Count in dates of the panel.',
    });
}
