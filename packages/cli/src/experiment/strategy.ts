import { longShortWeights, sharpeRatio, sharpeRatioStandardError, turnover, type CrossSectionBatch } from '@ml4t/core';
import { predictedRows, type OutOfSample, type PredictedRows } from './record.ts';

/** What trading a model's output earned on the test dates. Returns are per period; JSON-serialisable. */
export interface StrategyReport {
  /** `long-short`: top less bottom decile of the forecasts, equally weighted. `weights`: the model's own. */
  readonly portfolio: 'long-short' | 'weights';
  readonly mean: number;
  readonly standardDeviation: number;
  readonly sharpe: number;
  readonly sharpeStandardError: number;
  /** Mean over dates, but the first, of the sum of absolute trades, holdings drifting with returns. */
  readonly turnover: number;
  /** Cost per unit traded at which the mean return is zero; null when the mean is not positive. */
  readonly breakEvenCost: number | null;
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
 * Follows a portfolio over the test dates: the model's weights where it has some, else its forecasts' long-short deciles. A
 * missing return counts as zero, a missing weight holds nothing. Dates between test windows are left out, and dates after the
 * last known return.
 */
export function strategyReport(panel: CrossSectionBatch, outOfSample: OutOfSample): StrategyReport {
  const { index, columns, returns } = withKnownReturns(predictedRows(panel, outOfSample));
  const weights = columns.weight ?? longShortWeights(index, columns.forecast);
  const known = returns.map((value) => value || 0);
  const earned = Float64Array.from({ length: index.nDates }, (_, t) => {
    let sum = 0;
    for (let row = index.rowOffsets[t]; row < index.rowOffsets[t + 1]; row++) sum += (weights[row] || 0) * known[row];
    return sum;
  });
  const traded = turnover(index, weights, known);
  const mean = earned.reduce((sum, value) => sum + value, 0) / earned.length;
  const sharpe = sharpeRatio(earned);
  return {
    portfolio: columns.weight ? 'weights' : 'long-short',
    mean,
    standardDeviation: mean / sharpe,
    sharpe,
    sharpeStandardError: sharpeRatioStandardError(earned),
    turnover: traded.mean,
    breakEvenCost: mean > 0 ? mean / traded.mean : null,
    byDate: {
      timestamps: Array.from(index.timestamps),
      returns: Array.from(earned),
      turnover: Array.from(traded.byDate),
    },
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
