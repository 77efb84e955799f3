import {
  longShortWeights,
  nonOverlappingDates,
  sharpeRatio,
  sharpeRatioInference,
  turnover,
  type CrossSectionBatch,
  type PanelIndex,
} from '@ml4t/core';
import { meanInference, type Inference } from '@ml4t/core/inference';
import type { Evaluation } from './schema.ts';
import { predictedRows, type OutOfSample, type PredictedRows } from './record.ts';

/** What trading a model's output earned on the test dates. Returns are per period; JSON-serialisable. */
export interface StrategyReport {
  /** `long-short`: top less bottom quantile of the forecasts, equally weighted. `weights`: the model's own. */
  readonly portfolio: 'long-short' | 'weights';
  /** Dates that a return spans; absent in results of earlier versions. */
  readonly horizon?: number;
  readonly mean: number;
  readonly standardDeviation: number;
  readonly sharpe: number;
  readonly sharpeStandardError: number;
  /** The errors of `mean` and `sharpe`, which allow for the overlap of returns over several dates. */
  readonly inference: { readonly mean: Inference; readonly sharpe: Inference };
  /** Mean over dates, but the first, of the sum of absolute trades, holdings drifting with returns. */
  readonly turnover: number;
  /** Cost per unit traded at which the mean return is zero; null when the mean is not positive. */
  readonly breakEvenCost: number | null;
  /** On dates whose returns share no date, each held to the end of its return; with returns over several dates alone. */
  readonly nonOverlapping?: {
    readonly dates: number;
    readonly mean: Inference;
    readonly sharpe: Inference;
    readonly turnover: number;
    readonly breakEvenCost: number | null;
  };
  readonly byDate: {
    /** Milliseconds since 1970 UTC. */
    readonly timestamps: readonly number[];
    /** Before costs, earned after each date. */
    readonly returns: readonly number[];
    readonly turnover: readonly number[];
  };
}

/** Sharpe ratio per period after costs of `cost` per unit traded. */
export function netSharpe({ byDate }: StrategyReport, cost: number): number {
  return sharpeRatio(Float64Array.from(byDate.returns, (value, t) => value - cost * byDate.turnover[t]));
}

/**
 * Follows a portfolio over the test dates: the model's weights where it has some, else its forecasts' long-short quantiles. A
 * missing return counts as zero, a missing weight holds nothing, and so does a date without a long-short portfolio. Dates between test windows are left out, and dates after the
 * last known return.
 */
export function strategyReport(
  panel: CrossSectionBatch,
  outOfSample: OutOfSample,
  evaluation: Evaluation,
): StrategyReport {
  const { index, columns, returns } = withKnownReturns(predictedRows(panel, outOfSample));
  const weights = columns.weight ?? longShortWeights(index, columns.forecast, evaluation);
  const known = returns.map((value) => value || 0);
  const earned = Float64Array.from({ length: index.nDates }, (_, t) => {
    let sum = 0;
    for (let row = index.rowOffsets[t]; row < index.rowOffsets[t + 1]; row++) sum += (weights[row] || 0) * known[row];
    return sum;
  });
  const traded = turnover(index, weights, known);
  const horizon = panel.returnHorizon;
  const inference = { mean: meanInference(earned, { horizon }), sharpe: sharpeRatioInference(earned, { horizon }) };
  const [mean, sharpe] = [inference.mean.estimate, inference.sharpe.estimate];
  return {
    portfolio: columns.weight ? 'weights' : 'long-short',
    horizon,
    mean,
    standardDeviation: mean / sharpe,
    sharpe,
    sharpeStandardError: inference.sharpe.standardError,
    inference,
    turnover: traded.mean,
    breakEvenCost: breakEvenCost(mean, traded.mean),
    ...(horizon > 1 ? { nonOverlapping: withoutOverlap(index, weights, known, earned, horizon) } : {}),
    byDate: {
      timestamps: Array.from(index.timestamps),
      returns: Array.from(earned),
      turnover: Array.from(traded.byDate),
    },
  };
}

function breakEvenCost(mean: number, traded: number): number | null {
  return mean > 0 ? mean / traded : null;
}

/** Trades on every date that is `horizon` dates after the one before, so that each return is earned by one holding. */
function withoutOverlap(
  index: PanelIndex,
  weights: Float64Array,
  known: Float64Array,
  earned: Float64Array,
  horizon: number,
): NonNullable<StrategyReport['nonOverlapping']> {
  const dates = nonOverlappingDates(Array.from(earned.keys()), horizon);
  const returns = Float64Array.from(dates, (t) => earned[t]);
  const mean = meanInference(returns);
  const traded = turnover(index, weights, known, dates).mean;
  return {
    dates: dates.length,
    mean,
    sharpe: sharpeRatioInference(returns),
    turnover: traded,
    breakEvenCost: breakEvenCost(mean.estimate, traded),
  };
}

/** Up to the last date on which a return is known. */
function withKnownReturns({ index, columns, returns, foldOfRow }: PredictedRows): PredictedRows {
  const lastRow = returns.findLastIndex((value) => !Number.isNaN(value));
  const to = index.rowOffsets.findIndex((offset) => offset > lastRow);
  const rows = index.rowOffsets[to];
  return {
    index: index.slice(0, to),
    columns: Object.fromEntries(Object.entries(columns).map(([name, values]) => [name, values.subarray(0, rows)])),
    returns: returns.subarray(0, rows),
    foldOfRow: foldOfRow.subarray(0, rows),
  };
}
