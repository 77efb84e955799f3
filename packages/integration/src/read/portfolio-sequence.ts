import {
  ConfigError,
  DataError,
  PersistentPanelBatch,
  formatTimestamp,
  forwardReturnsFromPrices,
  portfolioWindows,
  trendFeatures,
  type PortfolioSequenceBatch,
} from '@ml4t/core';
import { describe } from '@ml4t/core/authoring';
import { columnRoles } from './column-roles.ts';
import type { PortfolioColumns, PortfolioReadOptions } from './options.ts';
import type { PanelSource } from './source-options.ts';
import type { PortfolioReadReport } from './report.ts';
import { portfolioOptionKeys, requireKnownArguments } from './known-keys.ts';
import { readPanel, spread } from './panel.ts';

const portfolioRoles = new Set([
  'layout',
  'timestamp',
  'timestampFormat',
  'asset',
  'returns',
  'prices',
  'characteristics',
] as const);

/**
 * Reads a long frame of features and of prices or returns into windows for portfolio learning (B, T, N, F), with a mask
 * of what can be held, forward returns, and position scales from the volatility known on each date.
 *
 * Nothing dated t but the forward return depends on rows after t. How windows, masks and scales are made:
 * `portfolioWindows` of @ml4t/core. Assets are in order of first appearance.
 *
 * @param columns features, and one of prices and returns
 * @param options those of {@link readCrossSectionBatch} and of `portfolioWindows`; `windowLength` is needed
 * @throws as {@link readCrossSectionBatch} and `portfolioWindows`; DataError when a price is not positive, or an asset
 *   has no entry in `costs` or `groups`
 */
export async function readPortfolioSequenceBatch(
  source: PanelSource,
  columns: PortfolioColumns,
  options: PortfolioReadOptions,
): Promise<{ readonly batch: PortfolioSequenceBatch; readonly report: PortfolioReadReport }> {
  const columnKeys = [...portfolioRoles].map((role) => (role === 'characteristics' ? 'features' : role));
  requireKnownArguments(columns, columnKeys, options, portfolioOptionKeys);
  const { features, ...others } = columns;
  // Prices, wherever they are named, are read as prices here: features may be made of them.
  const { returns } = others;
  const isOfPrices = returns !== undefined && 'prices' in returns && (returns.horizon ?? 1) === 1;
  const named = isOfPrices
    ? { ...others, returns: undefined, prices: (others.prices ?? returns.prices) as string }
    : others;
  const roles = columnRoles({ ...named, characteristics: features }, portfolioRoles);
  if ((roles.prices === undefined) === (roles.returns === undefined))
    throw new ConfigError({
      field: 'columns',
      expected: 'one of prices and returns',
      found: roles.prices === undefined ? 'neither' : 'both',
      remedy: "Pass prices: '…', or returns: { column, lag }.",
    });
  if (roles.characteristics === undefined)
    throw new ConfigError({
      field: 'columns.features',
      expected: 'a list of column names, or { exclude: [names] }',
      found: 'nothing',
      remedy: 'Say which columns the model looks at.',
    });
  if (options.trend && roles.prices === undefined)
    throw new ConfigError({
      field: 'options.trend',
      expected: 'prices, of which its features are made',
      found: 'returns alone',
      remedy: "Pass prices: '…', or leave trend out.",
    });
  const panel = await readPanel(source, roles, options);
  const { index, report } = panel;
  const { nAssets, timestamps, assetIds } = index;
  const cellName = (cell: number): string =>
    `(${formatTimestamp(timestamps[Math.floor(cell / nAssets)])}, ${assetIds[cell % nAssets]})`;
  const prices = panel.prices && spread(panel, panel.prices, 1);
  const { costs, groups, trend, ...windowing } = options;
  const ofFrame = report.columns.characteristics;
  const own = spread(panel, panel.characteristics, ofFrame.length);
  const made =
    prices && trend ? trendFeatures(prices, nAssets, trend) : { featureNames: [], features: new Float64Array(0) };
  const grid = new PersistentPanelBatch({
    timestamps,
    assetIds,
    returns: prices
      ? forwardReturnsFromPrices(prices, nAssets, cellName)
      : spread(panel, panel.returns ?? new Float64Array(0), 1),
    ...panel.timing,
    characteristicNames: [...ofFrame, ...made.featureNames],
    characteristics: sideBySide(own, ofFrame.length, made.features, made.featureNames.length),
  });
  const groupNames = groups === undefined ? [] : [...new Set(byAsset('groups', groups, assetIds))].sort();
  const { batch, missingReturns, cappedScales } = portfolioWindows(grid, {
    ...windowing,
    costs: costs === undefined ? undefined : Float64Array.from(costsOf(costs, assetIds)),
    groupIds: groups && byAsset('groups', groups, assetIds).map((name) => groupNames.indexOf(name)),
  });
  return {
    batch,
    report: { ...report, nWindows: batch.nWindows, missingForwardReturns: missingReturns, cappedScales, groupNames },
  };
}

/** (cells x left) and (cells x right) to (cells x (left + right)). */
function sideBySide(left: Float64Array, nLeft: number, right: Float64Array, nRight: number): Float64Array {
  if (nRight === 0) return left;
  const width = nLeft + nRight;
  const out = new Float64Array((right.length / nRight) * width);
  for (let cell = 0; cell * width < out.length; cell++) {
    out.set(left.subarray(cell * nLeft, (cell + 1) * nLeft), cell * width);
    out.set(right.subarray(cell * nRight, (cell + 1) * nRight), cell * width + nLeft);
  }
  return out;
}

function costsOf(costs: number | Readonly<Record<string, number>>, assetIds: readonly string[]): readonly number[] {
  return typeof costs === 'number' ? assetIds.map(() => costs) : byAsset('costs', costs, assetIds);
}

/** The entry of each asset, in the order of the batch. */
function byAsset<V>(field: string, values: Readonly<Record<string, V>>, assetIds: readonly string[]): readonly V[] {
  return assetIds.map((id) => {
    if (Object.hasOwn(values, id)) return values[id];
    throw new DataError({
      field: `options.${field}`,
      expected: `an entry for every asset, ${id} too`,
      found: describe(values),
      remedy: 'Add it, or leave the asset out of the source.',
    });
  });
}
