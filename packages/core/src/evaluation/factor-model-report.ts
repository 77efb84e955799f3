import { CrossSectionBatch } from '../batches/cross-section.ts';
import { managedPortfolioR2 } from '../metrics/managed-portfolios.ts';
import { predictiveR2, r2ByDate, totalR2 } from '../metrics/r-squared.ts';
import { rankInformationCoefficient } from '../metrics/rank-correlation.ts';
import { sampleMoments } from '../metrics/sample-moments.ts';
import { sharpeRatio, sharpeRatioStandardError } from '../metrics/sharpe-ratio.ts';
import { longShortDeciles, longShortWeights } from '../metrics/sorted-portfolios.ts';
import { tangencyPortfolio } from '../metrics/tangency-portfolio.ts';
import { turnover } from '../metrics/turnover.ts';
import { requireLength } from '../validation.ts';

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

/** How good a model was out of sample. R2 are fractions and uncentred, Sharpe ratios per period. JSON-serialisable. */
export interface FactorModelReport {
  /** Rows on judged dates whose return is known: what everything below is computed on. */
  readonly rows: number;
  /** Share of those rows for which the model has a forecast. */
  readonly coverage: number;
  /** With factor returns realised after each date; absent for models without factors. */
  readonly totalR2?: number | undefined;
  readonly predictiveR2: number;
  readonly managedTotalR2?: number | undefined;
  readonly managedPredictiveR2: number;
  /** Mean over dates of the rank correlation between forecast and return. */
  readonly rankIC: number;
  readonly rankICStandardError: number;
  /** The top less the bottom quantile by forecast, equally weighted. */
  readonly longShort: {
    readonly quantiles: number;
    readonly mean: number;
    readonly standardDeviation: number;
    readonly sharpe: number;
    readonly sharpeStandardError: number;
    /** Mean over dates of the sum of absolute trades, holdings drifting with returns. */
    readonly turnover: number;
    /** Mean return of each quantile, lowest forecast first. */
    readonly quantileMeans: readonly number[];
  };
  /** Of the factors' tangency portfolio; absent without factors, or when a fold cannot determine it. */
  readonly tangency?: {
    /** Mean over folds of the maximal Sharpe ratio on training dates: biased upwards. */
    readonly inSampleSharpe: number;
    /**
     * Each fold's weights from its training factors, scaled to unit volatility there, held over its test dates. An ensemble holds the
     * mean of its members' portfolios, each from the member's own factors.
     */
    readonly outOfSampleSharpe: number;
  };
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
 * Source: Kelly, Pruitt and Su (2019) and Gu, Kelly and Xiu (2021) for the R2; Lo (2002) for Sharpe ratios' errors.
 */
export function factorModelReport(
  evidence: FactorModelEvidence,
  options: { readonly quantiles?: number } = {},
): FactorModelReport {
  const { panel, forecast, fitted, foldOfRow } = evidence;
  const { index } = panel;
  requireLength('forecast', forecast, index.nRows, 'one per row of the panel');
  if (fitted) requireLength('fitted', fitted, index.nRows, 'one per row of the panel');
  const quantiles = options.quantiles ?? 10;
  const isJudged = (row: number): boolean => foldOfRow === undefined || foldOfRow[row] >= 0;
  const returns = panel.requireReturns('a report').map((value, row) => (isJudged(row) ? value : Number.NaN));
  const judged = panel.withReturns(returns);
  const dates = Array.from(index.timestamps.keys()).filter(
    (t) => index.rowOffsets[t] < index.rowOffsets[t + 1] && isJudged(index.rowOffsets[t]),
  );
  const [expected, explained] = [zeroWhereMissing(forecast), fitted && zeroWhereMissing(fitted)];
  const informationCoefficient = rankInformationCoefficient(index, forecast, returns);
  const sorted = longShortDeciles(index, forecast, returns, { quantiles });
  const longShort = known(dates.map((t) => sorted.longShort[t]));
  const { mean, sd } = sampleMoments(longShort);
  const tangency = evidence.folds && tangencyReturns(evidence.folds);
  const { rows, covered } = countRows(returns, forecast);
  const perDate = (values: Float64Array): (number | null)[] => dates.map((t) => orNull(values[t]));
  return {
    rows,
    coverage: covered / rows,
    ...(explained
      ? { totalR2: totalR2(returns, explained), managedTotalR2: managedPortfolioR2(judged, explained) }
      : {}),
    predictiveR2: predictiveR2(returns, expected),
    managedPredictiveR2: managedPortfolioR2(judged, expected),
    rankIC: informationCoefficient.mean,
    rankICStandardError: informationCoefficient.standardError,
    longShort: {
      quantiles,
      mean,
      standardDeviation: sd,
      sharpe: sharpeRatio(longShort),
      sharpeStandardError: sharpeRatioStandardError(longShort),
      turnover: turnover(index, longShortWeights(index, forecast, { quantiles }), zeroWhereMissing(returns)).mean,
      quantileMeans: Array.from({ length: quantiles }, (_, q) =>
        meanOf(known(dates.map((t) => sorted.quantileReturns[t * quantiles + q]))),
      ),
    },
    ...(tangency
      ? { tangency: { inSampleSharpe: tangency.inSample, outOfSampleSharpe: sharpeRatio(known(tangency.returns)) } }
      : {}),
    byDate: {
      timestamps: dates.map((t) => index.timestamps[t]),
      ...(explained ? { totalR2: perDate(r2ByDate(index, returns, explained)) } : {}),
      predictiveR2: perDate(r2ByDate(index, returns, expected)),
      rankIC: perDate(informationCoefficient.byDate),
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

function meanOf(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function zeroWhereMissing(values: Float64Array): Float64Array {
  return values.map((value) => (Number.isNaN(value) ? 0 : value));
}

/** JSON has no NaN. */
function orNull(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}
