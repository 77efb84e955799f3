import {
  ConfigError,
  type AssetWeightsResult,
  type CrossSectionBatch,
  type PortfolioWeightsResult,
  type StochasticDiscountFactorState,
} from '@ml4t/core';
import { describe } from '@ml4t/core/authoring';
import type { Table } from 'apache-arrow';
import { floatColumn, tableOf, timestampColumn } from './columns.ts';
import { stepsWithLongestHistory } from './portfolio-weights.ts';

/**
 * Series common to all assets, one row per date: `timestamp`, then one float64 column per context series of the batch.
 */
export function contextTable(batch: CrossSectionBatch): Table {
  const { contextFeatures, contextNames, timestamps } = batch;
  if (!contextFeatures)
    throw new ConfigError({
      field: 'batch.contextFeatures',
      expected: 'at least one context series',
      found: 'none',
      remedy: 'Read the batch with `context`, or leave the context frame out.',
    });
  const q = contextNames.length;
  return wideTable(timestamps, contextNames, (t, k) => contextFeatures[t * q + k]);
}

/**
 * Weights as a wide frame, one row per date and one column `<prefix><asset id>` per asset: what a strategy looks up as
 * context instead of as a signal of each asset. 0 where an asset has no row, or the model cannot say.
 *
 * Memory grows with dates x assets; `weightsTable` keeps to the rows that exist.
 *
 * @param options.prefix of the columns (`w_`)
 */
export function weightsContextTable(
  result: AssetWeightsResult | StochasticDiscountFactorState | PortfolioWeightsResult,
  options: { readonly prefix?: string | undefined } = {},
): Table {
  const prefix: unknown = options.prefix ?? 'w_';
  if (typeof prefix !== 'string')
    throw new ConfigError({
      field: 'prefix',
      expected: 'a text',
      found: describe(prefix),
      remedy: "Pass what the columns begin with, for example 'w_'.",
    });
  const { timestamps, assetIds, weights } = 'index' in result ? onGrid(result) : byDate(result);
  const n = assetIds.length;
  const names = assetIds.map((id) => `${prefix}${id}`);
  return wideTable(timestamps, names, (t, i) => {
    const weight = weights[t * n + i];
    return Number.isNaN(weight) ? 0 : weight;
  });
}

interface Grid {
  readonly timestamps: Float64Array;
  readonly assetIds: readonly string[];
  /** (T x N) */
  readonly weights: Float64Array;
}

function onGrid({ index, weights }: AssetWeightsResult | StochasticDiscountFactorState): Grid {
  const { timestamps, assetIds, nDates, nAssets, rowOffsets, assetIndex } = index;
  const grid = new Float64Array(nDates * nAssets);
  for (let t = 0; t < nDates; t++)
    for (let row = rowOffsets[t]; row < rowOffsets[t + 1]; row++) grid[t * nAssets + assetIndex[row]] = weights[row];
  return { timestamps, assetIds, weights: grid };
}

function byDate({ timestamps, assetIds, weights, nAssets, nSteps }: PortfolioWeightsResult): Grid {
  const steps = stepsWithLongestHistory(timestamps, nSteps);
  const grid = new Float64Array(steps.length * nAssets);
  steps.forEach((step, t) => {
    grid.set(weights.subarray(step * nAssets, (step + 1) * nAssets), t * nAssets);
  });
  return { timestamps: Float64Array.from(steps, (step) => timestamps[step]), assetIds, weights: grid };
}

function wideTable(timestamps: Float64Array, names: readonly string[], value: (t: number, k: number) => number): Table {
  const nRows = timestamps.length;
  const taken = new Set(['timestamp']);
  const columns = names.map((name, k) => {
    if (taken.has(name))
      throw new ConfigError({
        field: 'columns',
        expected: 'unique names; timestamp is taken',
        found: `${JSON.stringify(name)} again`,
        remedy: 'Choose another prefix, or rename the series.',
      });
    taken.add(name);
    return [
      name,
      floatColumn(
        name,
        Float64Array.from({ length: nRows }, (_, t) => value(t, k)),
        nRows,
      ),
    ] as const;
  });
  return tableOf([['timestamp', timestampColumn(timestamps, nRows, (row) => row)], ...columns]);
}
