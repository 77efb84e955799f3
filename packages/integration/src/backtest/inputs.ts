import {
  ConfigError,
  type AssetForecastResult,
  type AssetSignalResult,
  type AssetWeightsResult,
  type PortfolioWeightsResult,
  type StochasticDiscountFactorState,
} from '@ml4t/core';
import { describe } from '@ml4t/core/authoring';
import type { Table } from 'apache-arrow';
import { weightsContextTable } from '../frames/context.ts';
import { portfolioWeightsTable } from '../frames/portfolio-weights.ts';
import { predictionsTable, signalsTable, weightsTable } from '../frames/tables.ts';
import type { FeedOptions, FeedSpecification } from './feed-specification.ts';
import { inspectPrices, requireOverlap, type Unmatched } from './price-table.ts';
import { feedFrame } from './signal-frame.ts';

export interface BacktestOptions extends FeedOptions {
  /** The path of a Parquet file, or an Arrow table, which `writeBacktestFrames` writes along. */
  readonly prices: string | Table;
  /** Series common to all assets, `timestamp` first: `contextTable(batch)`. */
  readonly context?: Table | undefined;
}

/** What ml4t-backtest's `DataFeed` is built from: `writeBacktestFrames` writes it. */
export interface BacktestInputs {
  readonly feed: FeedSpecification;
  readonly prices: string | Table;
  /** Keys under the names, and in the types, of the prices; one row per date and asset. */
  readonly signals: Table | undefined;
  readonly context: Table | undefined;
  readonly report: BacktestReport;
}

/** What a careful user should look at before the backtest. */
export interface BacktestReport {
  readonly nSignals: number;
  /** Rows left out because they hold no number. */
  readonly nWithoutSignal: number;
  /** Dates and assets of the signals that the prices lack: DataFeed hands them to no strategy. */
  readonly withoutPrices: Unmatched;
}

/**
 * Inputs of a backtest from tables of signals and context, for example predictions that were read from a file.
 *
 * A row dated t is what is known on t. The columns of `signals` beside `timestamp` and `asset` are what a strategy finds
 * under `data[asset]['signals']`, those of `context` under `context`.
 *
 * @throws ConfigError neither signals nor context, or a column that holds the future
 * @throws SourceError the prices cannot be read, or lack a column
 * @throws DataError two signals for one date and asset, or no date or asset in common with the prices
 */
export async function backtestInputsFromTables(
  options: BacktestOptions & { readonly signals?: Table | undefined },
): Promise<BacktestInputs> {
  const { prices, signals, context } = options;
  if (signals === undefined && context === undefined)
    throw new ConfigError({
      field: 'options',
      expected: 'signals or context',
      found: 'neither',
      remedy: 'Pass what the strategy is to see.',
    });
  const table = await inspectPrices(prices, options);
  const { feed, types } = table;
  const seen = signals && feedFrame('signals', signals, 'signals', feed, types);
  const common = context && feedFrame('context', context, 'context', feed, types);
  if (common) requireOverlap('context', common.keys, table);
  return {
    feed,
    prices,
    signals: seen?.table,
    context: common?.table,
    report: {
      nSignals: seen?.table.numRows ?? 0,
      nWithoutSignal: seen?.nDropped ?? 0,
      withoutPrices: seen ? requireOverlap('signals', seen.keys, table) : { dates: 0, assets: 0 },
    },
  };
}

/** Inputs from expected returns: the signal `y_score`. Errors as in {@link backtestInputsFromTables}. */
export function backtestInputsFromForecast(
  forecast: AssetForecastResult,
  options: BacktestOptions,
): Promise<BacktestInputs> {
  return backtestInputsFromTables({ ...options, signals: predictionsTable(forecast) });
}

/** Inputs from direct predictions: one signal under each of their names. */
export function backtestInputsFromSignals(
  result: AssetSignalResult,
  options: BacktestOptions,
): Promise<BacktestInputs> {
  return backtestInputsFromTables({ ...options, signals: signalsTable(result) });
}

/**
 * Inputs from target weights: the signal `weight`, or with `as: 'context'` one series `<prefix><asset id>` per asset
 * (`w_`).
 */
export async function backtestInputsFromWeights(
  weights: AssetWeightsResult | StochasticDiscountFactorState | PortfolioWeightsResult,
  options: BacktestOptions & {
    readonly as?: 'signals' | 'context' | undefined;
    readonly prefix?: string | undefined;
  },
): Promise<BacktestInputs> {
  const { as = 'signals', prefix, ...others } = options;
  if (as === 'context') {
    if (others.context)
      throw new ConfigError({
        field: 'options.context',
        expected: "nothing, with as: 'context'",
        found: describe(others.context),
        remedy: 'Pass the weights as signals, or join the two tables and use backtestInputsFromTables.',
      });
    return backtestInputsFromTables({ ...others, context: weightsContextTable(weights, { prefix }) });
  }
  const signals = 'index' in weights ? weightsTable(weights) : portfolioWeightsTable(weights);
  return backtestInputsFromTables({ ...others, signals });
}
