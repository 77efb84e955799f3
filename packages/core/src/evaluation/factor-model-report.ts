import type { CrossSectionBatch } from '../batches/cross-section.ts';
import { meanInference, type Inference } from '../inference/inference.ts';
import { managedPortfolioR2 } from '../metrics/managed-portfolios.ts';
import { predictiveR2, r2ByDate, totalR2 } from '../metrics/r-squared.ts';
import { rankInformationCoefficient } from '../metrics/rank-correlation.ts';
import { sampleMoments } from '../metrics/sample-moments.ts';
import { sharpeRatioInference } from '../metrics/sharpe-ratio.ts';
import {
  longShortDeciles,
  longShortWeights,
  type SortedPortfolioOptions,
  type SortedPortfolios,
} from '../metrics/sorted-portfolios.ts';
import { tangencyPortfolio } from '../metrics/tangency-portfolio.ts';
import { turnover } from '../metrics/turnover.ts';
import { requireLength } from '../validation.ts';
import { nonOverlappingFigures, type NonOverlappingFigures } from './non-overlapping.ts';
import { factorSpans, reportNotes } from './report-notes.ts';

/** Factor returns of one fold, all in that fold's own coordinates. */
export interface FoldFactors {
  readonly nFactors: number;
  /** Members of an ensemble whose factors stand side by side, as blocks of nFactors / nMembers columns; 1 where absent. */
  readonly nMembers?: number | undefined;
  /** Training dates (T_train x K). */
  readonly training: Float64Array;
  /** Test dates (T_test x K), realised after each. */
  readonly realised: Float64Array;
}

/** What a walk-forward leaves to be judged: columns on the rows of the test span. */
export interface FactorModelEvidence {
  /** The panel over the test span, with returns. */
  readonly panel: CrossSectionBatch;
  /** Expected returns (R), NaN where the model is silent. */
  readonly forecast: Float64Array;
  /** alpha + beta' f with realised factors (R); absent for models without factors. */
  readonly fitted?: Float64Array | undefined;
  /** The fold that predicted each row (R), -1 for rows between test windows, which are not judged; all where absent. */
  readonly foldOfRow?: Int32Array | undefined;
  readonly folds?: readonly FoldFactors[] | undefined;
}

/**
 * How good a model was out of sample. R2 are fractions and uncentred, Sharpe ratios per `horizon` dates. JSON-serialisable.
 *
 * Each figure that is a mean over dates has its error in `inference`, which allows for the overlap of returns and for
 * persistence: see {@link meanInference}.
 */
export interface FactorModelReport {
  /** Rows on judged dates whose return is known: what everything below is computed on. */
  readonly rows: number;
  /** Share of those rows for which the model has a forecast. */
  readonly coverage: number;
  /** Dates that a return spans: `panel.returnHorizon`. */
  readonly horizon: number;
  /** With factor returns realised after each date; absent for models without factors. */
  readonly totalR2?: number | undefined;
  /**
   * What the total R2 would be of pure noise whose K factors are estimated from the N returns of the same date: the mean of K / N. Models
   * whose factors are portfolios fixed beforehand do not have this share, so compare them net of it. Absent without factors.
   */
  readonly totalR2OfNoise?: number | undefined;
  readonly predictiveR2: number;
  /** Depends on the units of the characteristics, which weight the portfolios: see `managedPortfolioR2`. */
  readonly managedTotalR2?: number | undefined;
  readonly managedPredictiveR2: number;
  /** Mean over dates of the rank correlation between forecast and return. */
  readonly rankIC: number;
  readonly rankICStandardError: number;
  /** The top less the bottom quantile by forecast, equally weighted. */
  readonly longShort: {
    readonly quantiles: number;
    /** Judged dates on which both ends had an asset; the figures are over these. */
    readonly dates: number;
    /** Least number of assets that an end had on them; null without any. */
    readonly smallestLeg: number | null;
    readonly mean: number;
    readonly standardDeviation: number;
    readonly sharpe: number;
    readonly sharpeStandardError: number;
    /** Mean over judged dates, but the first, of the sum of absolute trades, holdings drifting with returns. */
    readonly turnover: number;
    /** Mean return of each quantile, lowest forecast first. */
    readonly quantileMeans: readonly number[];
  };
  /** Of the factors' tangency portfolio; absent without factors, or when a fold cannot determine it. */
  readonly tangency?: {
    /** Mean over folds of the maximal Sharpe ratio on training dates: biased upwards, see `tangencySharpeBias`. */
    readonly inSampleSharpe: number;
    /**
     * Each fold's weights from its training factors, scaled to unit volatility there, held over its test dates. An ensemble holds the
     * mean of its members' portfolios, each from the member's own factors.
     */
    readonly outOfSampleSharpe: number;
  };
  /** The errors of the figures above, in their units. */
  readonly inference: {
    readonly rankIC: Inference;
    readonly longShortMean: Inference;
    readonly longShortSharpe: Inference;
    readonly quantileMeans: readonly Inference[];
    readonly tangencySharpe?: Inference;
  };
  /** The figures again on dates whose returns share no date; with returns over several dates alone. */
  readonly nonOverlapping?: NonOverlappingFigures | undefined;
  /** What the data did not bear, in words: dates without a portfolio, few assets or dates behind a figure. */
  readonly notes: readonly string[];
  /** One entry per judged date. */
  readonly byDate: {
    /** Milliseconds since 1970 UTC. */
    readonly timestamps: readonly number[];
    readonly totalR2?: readonly (number | null)[] | undefined;
    readonly predictiveR2: readonly (number | null)[];
    readonly rankIC: readonly (number | null)[];
    readonly longShort: readonly (number | null)[];
    readonly tangency?: readonly (number | null)[] | undefined;
  };
}

/**
 * Judges out-of-sample forecasts of any model, and the factor structure of one that has it.
 *
 * A missing forecast counts as zero in R2: the benchmark of an uncentred R2, and the only way to compare models that are
 * silent on different rows. The rank IC and the sorted portfolios are over the rows that have a forecast.
 * Throws DataError without returns, ShapeError.
 *
 * Source: Kelly, Pruitt and Su (2019) and Gu, Kelly and Xiu (2021) for the R2; Lazarus, Lewis, Stock and Watson (2018) for the
 * errors, Lo (2002) for those of Sharpe ratios.
 */
export function factorModelReport(
  evidence: FactorModelEvidence,
  options: SortedPortfolioOptions = {},
): FactorModelReport {
  const { panel, forecast, fitted, foldOfRow } = evidence;
  const { index } = panel;
  requireLength('forecast', forecast, index.nRows, 'one per row of the panel');
  if (fitted) requireLength('fitted', fitted, index.nRows, 'one per row of the panel');
  const horizon = panel.returnHorizon;
  const isJudged = (row: number): boolean => foldOfRow === undefined || foldOfRow[row] >= 0;
  const returns = panel.requireReturns('a report').map((value, row) => (isJudged(row) ? value : Number.NaN));
  const judged = panel.withReturns(returns);
  const dates = Array.from(index.timestamps.keys()).filter(
    (t) => index.rowOffsets[t] < index.rowOffsets[t + 1] && isJudged(index.rowOffsets[t]),
  );
  const [expected, explained] = [zeroWhereMissing(forecast), fitted && zeroWhereMissing(fitted)];
  const {
    byDate: rankICByDate,
    mean: rankIC,
    ...informationCoefficient
  } = rankInformationCoefficient(index, forecast, returns, { horizon });
  const sorted = longShortDeciles(index, forecast, returns, options);
  const { quantiles } = sorted;
  const longShort = known(dates.map((t) => sorted.longShort[t]));
  const { mean, sd } = sampleMoments(longShort);
  const sharpe = sharpeRatioInference(longShort, { horizon });
  const quantileMeans = Array.from({ length: quantiles }, (_, q) =>
    meanInference(
      Float64Array.from(dates, (t) => sorted.quantileReturns[t * quantiles + q]),
      { horizon },
    ),
  );
  const smallestLeg = leastLeg(dates, sorted);
  const tangency = evidence.folds && tangencyReturns(evidence.folds);
  const { rows, covered } = countRows(returns, forecast);
  const tangencySharpe = tangency && sharpeRatioInference(known(tangency.returns), { horizon });
  const traded = longShortWeights(index, forecast, options);
  const spans = evidence.folds && factorSpans(evidence.folds);
  const perDate = (values: Float64Array): (number | null)[] => dates.map((t) => orNull(values[t]));
  return {
    rows,
    coverage: covered / rows,
    horizon,
    ...(explained
      ? { totalR2: totalR2(returns, explained), managedTotalR2: managedPortfolioR2(judged, explained) }
      : {}),
    ...(explained && spans ? { totalR2OfNoise: (spans.nFactors * dates.length) / rows } : {}),
    predictiveR2: predictiveR2(returns, expected),
    managedPredictiveR2: managedPortfolioR2(judged, expected),
    rankIC,
    rankICStandardError: informationCoefficient.standardError,
    longShort: {
      quantiles,
      dates: longShort.length,
      smallestLeg,
      mean,
      standardDeviation: sd,
      sharpe: sharpe.estimate,
      sharpeStandardError: sharpe.standardError,
      turnover: turnover(index, traded, zeroWhereMissing(returns), dates).mean,
      quantileMeans: quantileMeans.map(({ estimate }) => estimate),
    },
    ...(tangency && tangencySharpe
      ? { tangency: { inSampleSharpe: tangency.inSample, outOfSampleSharpe: tangencySharpe.estimate } }
      : {}),
    inference: {
      rankIC: informationCoefficient,
      longShortMean: meanInference(longShort, { horizon }),
      longShortSharpe: sharpe,
      quantileMeans,
      ...(tangencySharpe ? { tangencySharpe } : {}),
    },
    ...(horizon > 1
      ? {
          nonOverlapping: nonOverlappingFigures({
            index,
            dates,
            horizon,
            rankIC: rankICByDate,
            longShort: sorted.longShort,
            traded,
            returns,
            expected,
          }),
        }
      : {}),
    notes: reportNotes({
      judgedDates: dates.length,
      horizon,
      rankIC: informationCoefficient,
      longShortDates: longShort.length,
      smallestLeg,
      quantiles,
      ties: options.ties ?? 'together',
      spans,
      judged,
    }),
    byDate: {
      timestamps: dates.map((t) => index.timestamps[t]),
      ...(explained ? { totalR2: perDate(r2ByDate(index, returns, explained)) } : {}),
      predictiveR2: perDate(r2ByDate(index, returns, expected)),
      rankIC: perDate(rankICByDate),
      longShort: perDate(sorted.longShort),
      ...(tangency ? { tangency: tangency.returns.map(orNull) } : {}),
    },
  };
}

/**
 * Returns, on all test dates, of the tangency portfolio that each fold's training factors determine, scaled to a
 * volatility of one there: the scaling makes folds comparable and the figure independent of each fold's coordinates.
 * An ensemble's is the mean of its members' portfolios: their factors are nearly collinear, so that the covariance of all
 * of them together would be inverted in directions that are the differences of its members.
 * Undefined when a fold's training factors are too few or have no premium.
 */
function tangencyReturns(
  folds: readonly FoldFactors[],
): { readonly inSample: number; readonly returns: number[] } | undefined {
  const returns: number[] = [];
  let inSample = 0;
  for (const { nFactors: k, nMembers = 1, training, realised } of folds) {
    const weights = tangencyWeights(training, k, nMembers);
    if (!weights) return undefined;
    const { mean, sd } = sampleMoments(known(portfolioReturns(training, weights)));
    inSample += mean / sd / folds.length;
    for (const value of portfolioReturns(realised, weights)) returns.push(value / sd);
  }
  return folds.length === 0 ? undefined : { inSample, returns };
}

/** Mean of the members' tangency weights, each of unit volatility on the training dates (K); undefined without a premium. */
function tangencyWeights(training: Float64Array, k: number, nMembers: number): Float64Array | undefined {
  const all = new Float64Array(k);
  const width = k / nMembers;
  for (let first = 0; first < k; first += width) {
    const own = new Float64Array((training.length / k) * width);
    for (let i = 0; i < own.length; i++) own[i] = training[Math.floor(i / width) * k + first + (i % width)];
    const { weights, sharpe } = tangencyPortfolio(own, width);
    if (!(sharpe > 0)) return undefined;
    weights.forEach((weight, j) => (all[first + j] = weight / (sharpe * nMembers)));
  }
  return all;
}

function portfolioReturns(factorReturns: Float64Array, weights: Float64Array): number[] {
  const k = weights.length;
  return Array.from({ length: factorReturns.length / k }, (_, t) =>
    weights.reduce((sum, weight, j) => sum + weight * factorReturns[t * k + j], 0),
  );
}

function countRows(returns: Float64Array, forecast: Float64Array): { rows: number; covered: number } {
  let [rows, covered] = [0, 0];
  returns.forEach((value, row) => {
    if (Number.isNaN(value)) return;
    rows++;
    if (!Number.isNaN(forecast[row])) covered++;
  });
  return { rows, covered };
}

function known(values: readonly number[]): Float64Array {
  return Float64Array.from(values.filter((value) => !Number.isNaN(value)));
}

/** The smaller end of the dates that have both; null without such dates. */
function leastLeg(dates: readonly number[], { longShort, quantileSizes, quantiles }: SortedPortfolios): number | null {
  const legs = dates
    .filter((t) => !Number.isNaN(longShort[t]))
    .map((t) => Math.min(quantileSizes[t * quantiles], quantileSizes[(t + 1) * quantiles - 1]));
  return legs.length > 0 ? Math.min(...legs) : null;
}

function zeroWhereMissing(values: Float64Array): Float64Array {
  return values.map((value) => (Number.isNaN(value) ? 0 : value));
}

/** JSON has no NaN. */
function orNull(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}
