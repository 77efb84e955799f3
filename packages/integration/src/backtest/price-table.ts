import { DataError, SourceError, formatTimestamp } from '@ml4t/core';
import { describe } from '@ml4t/core/authoring';
import type { Table } from 'apache-arrow';
import { columnRoles } from '../read/column-roles.ts';
import type { FrameColumn } from '../read/frame.ts';
import { collectorFor, openReading, requireAssets, requireRows, type Reading } from '../read/reading.ts';
import { findColumn } from '../read/column-search.ts';
import { formatOfPath } from '../duckdb/relation.ts';
import { resolveFeed, type FeedOptions, type FeedSpecification } from './feed-specification.ts';

/** How keys are stored in the table of prices; DataFeed looks signals up by equal values of equal types. */
export interface KeyTypes {
  readonly timestamp: 'date' | 'timestamp' | 'timestamp-utc';
  readonly asset: 'text' | 'integer';
}

/** What there is to know of a table of prices before a backtest. */
export interface PriceTable {
  readonly feed: FeedSpecification;
  readonly types: KeyTypes;
  readonly dates: ReadonlySet<number>;
  readonly assets: ReadonlySet<string>;
}

const keyRoles = new Set(['timestamp', 'asset'] as const);

/**
 * Looks a table of prices over: its columns, how its keys are stored, and which dates and assets it has. One pass over
 * the two key columns.
 *
 * @param prices the path of a Parquet file (or a pattern), or an Arrow table
 */
export async function inspectPrices(prices: string | Table, options: FeedOptions): Promise<PriceTable> {
  if (typeof prices === 'string' && formatOfPath(prices) !== 'parquet')
    throw new SourceError({
      field: 'options.prices',
      expected: 'a Parquet file, which is what DataFeed reads',
      found: describe(prices),
      remedy: 'Convert it first, or pass an Arrow table, which is written along.',
    });
  const { timestamp, asset, metadata } = options;
  const reading = await openReading(prices, columnRoles({ timestamp, asset, metadata }, keyRoles, 'options'), {});
  try {
    const { frame, columns } = reading;
    const { feed, numbers } = resolveFeed(
      options,
      { timestamp: columns.timestamp.name, asset: columns.asset.name },
      {
        find: (field, name) => findColumn(frame, field, name),
        has: (name) => frame.columns.find((column) => column.name.toLowerCase() === name),
      },
    );
    for (const column of numbers) await frame.requireNumeric(column);
    const types = { timestamp: timestampType(columns.timestamp), asset: assetType(columns.asset) };
    return { feed, types, ...(await readKeys(reading)) };
  } finally {
    await reading.close();
  }
}

async function readKeys(
  reading: Reading,
): Promise<{ readonly dates: ReadonlySet<number>; readonly assets: ReadonlySet<string> }> {
  const { frame, request } = reading;
  const dates = new Set<number>();
  const assets = new Set<string>();
  let nRows = 0;
  for await (const chunk of frame.read(request)) {
    const rows = collectorFor(reading, true, chunk.length);
    rows.add(chunk);
    requireAssets(reading, rows);
    for (const date of rows.dates) dates.add(date);
    for (const key of rows.assets.keys) assets.add(key);
    nRows += rows.nRows;
  }
  requireRows(reading, nRows, {});
  return { dates, assets };
}

function timestampType({ kind, name, type }: FrameColumn): KeyTypes['timestamp'] {
  if (kind === 'date') return 'date';
  if (kind === 'timestamp') return /WITH TIME ZONE|, /.test(type) ? 'timestamp-utc' : 'timestamp';
  throw new SourceError({
    field: `${name} (in the prices)`,
    expected: 'dates or timestamps, which DataFeed compares by value',
    found: `type ${type}`,
    remedy: 'Store the column as dates or timestamps.',
  });
}

const assetType = ({ kind }: FrameColumn): KeyTypes['asset'] => (kind === 'number' ? 'integer' : 'text');

/** How many dates and assets of a frame the prices lack. */
export interface Unmatched {
  readonly dates: number;
  readonly assets: number;
}

/**
 * Counts what a frame has and the prices have not.
 *
 * @throws DataError they have no date, or no asset, in common: DataFeed would drop every row without a word
 */
export function requireOverlap(
  field: string,
  keys: { readonly dates: ArrayLike<number>; readonly assets: readonly string[] },
  prices: PriceTable,
): Unmatched {
  const dates = Array.from(keys.dates);
  const unmatched = {
    dates: dates.filter((date) => !prices.dates.has(date)).length,
    assets: keys.assets.filter((asset) => !prices.assets.has(asset)).length,
  };
  const refuse = (what: string, ours: string, theirs: string): DataError =>
    new DataError({
      field,
      expected: `${what} in common with the prices, whose first is ${theirs}`,
      found: `none; its first is ${ours}`,
      remedy: `Bring the two to the same ${what}: DataFeed looks rows up by equal values.`,
    });
  if (dates.length > 0 && unmatched.dates === dates.length)
    throw refuse('dates', formatTimestamp(dates[0]), formatTimestamp([...prices.dates][0]));
  if (keys.assets.length > 0 && unmatched.assets === keys.assets.length)
    throw refuse('asset ids', describe(keys.assets[0]), describe([...prices.assets][0]));
  return unmatched;
}
