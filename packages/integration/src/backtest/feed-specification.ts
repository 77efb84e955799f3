import { ConfigError } from '@ml4t/core';
import { describe } from '@ml4t/core/authoring';
import type { FrameColumn } from '../read/frame.ts';
import { readMetadata, textOf, type DatasetMetadata, type MetadataRole } from '../schema/dataset-metadata.ts';

/**
 * How ml4t-backtest's `DataFeed` is to read a table of prices: the fields of ml4t-specs' `FeedSpec`, whose names are
 * these in snake case, columns with `_col` and the asset as `entity_col`.
 */
export interface FeedSpecification extends FeedColumns, FeedSemantics {
  readonly timestamp: string;
  readonly asset: string;
  /** What positions are valued at and, without quotes, filled at: the close unless stated. */
  readonly price: string;
}

/** Columns of the table of prices. */
export interface FeedColumns {
  readonly timestamp?: string | undefined;
  readonly asset?: string | undefined;
  readonly price?: string | undefined;
  readonly open?: string | undefined;
  readonly high?: string | undefined;
  readonly low?: string | undefined;
  readonly close?: string | undefined;
  readonly volume?: string | undefined;
  /** No other column stands in for it: without one, the backtest cannot fill at the volume-weighted price. */
  readonly vwap?: string | undefined;
  readonly bid?: string | undefined;
  readonly ask?: string | undefined;
  readonly mid?: string | undefined;
  readonly bidSize?: string | undefined;
  readonly askSize?: string | undefined;
}

/** What the rows of the table of prices mean. */
export interface FeedSemantics {
  /** An exchange calendar: `NYSE`. */
  readonly calendar?: string | undefined;
  readonly timezone?: string | undefined;
  /** `daily`, `1min`, … */
  readonly dataFrequency?: string | undefined;
  readonly barType?: string | undefined;
  readonly timestampSemantics?: TimestampSemantics | undefined;
  /** `09:30` */
  readonly sessionStartTime?: string | undefined;
}

/** What a timestamp is: the moment of an event, the end of a bar, or the name of a session. */
export type TimestampSemantics = 'event_time' | 'bar_close' | 'session_label';

export interface FeedOptions extends FeedColumns, FeedSemantics {
  /** What a catalogue says of the table of prices: fills in what is not stated beside it. */
  readonly metadata?: DatasetMetadata | undefined;
}

const priceColumns = [
  'open',
  'high',
  'low',
  'close',
  'volume',
  'vwap',
  'bid',
  'ask',
  'mid',
  'bidSize',
  'askSize',
] as const;
const semantics = [
  'calendar',
  'timezone',
  'dataFrequency',
  'barType',
  'timestampSemantics',
  'sessionStartTime',
] as const satisfies readonly (keyof FeedSemantics)[];

/** Columns that DataFeed looks for under these names when nothing is said, and can do without. */
const defaultNames: readonly string[] = ['open', 'high', 'low', 'close', 'volume'];

/** How the columns of a table of prices are found. */
export interface ColumnFinder {
  /** The column of that name, exactly or else without regard to case; throws an error that names `field`. */
  find(field: string, name: string): FrameColumn;
  /** The same, where the table may lack it. */
  has(name: string): FrameColumn | undefined;
}

/**
 * Fills a specification in: what is stated, else what the metadata say, else the usual names that the table has.
 *
 * @param keys the columns of timestamps and assets, found already
 * @returns the specification, and its columns of numbers
 * @throws SourceError the table lacks a column that was stated, or any price
 * @throws ConfigError the metadata contradict themselves, or `timestampSemantics` is unknown
 */
export function resolveFeed(
  options: FeedOptions,
  keys: { readonly timestamp: string; readonly asset: string },
  table: ColumnFinder,
): { readonly feed: FeedSpecification; readonly numbers: readonly FrameColumn[] } {
  const entries = options.metadata === undefined ? {} : readMetadata(options.metadata, 'options.metadata');
  const stated = (role: MetadataRole & keyof FeedOptions): { value: string; field: string } | undefined => {
    const value: unknown = options[role];
    if (value === undefined) return textOf(entries, role);
    if (typeof value === 'string' && value !== '') return { value, field: `options.${role}` };
    throw new ConfigError({
      field: `options.${role}`,
      expected: 'a text',
      found: describe(value),
      remedy: 'Leave it out, or say it in words.',
    });
  };
  const found = new Map<keyof FeedColumns, FrameColumn>();
  for (const role of priceColumns) {
    const name = stated(role);
    const column = name
      ? table.find(name.field, name.value)
      : defaultNames.includes(role)
        ? table.has(role)
        : undefined;
    if (column) found.set(role, column);
  }
  const price = stated('price');
  const priceColumn = price ? table.find(price.field, price.value) : found.get('close');
  // Finds nothing, and says so.
  found.set('price', priceColumn ?? table.find('options.price', 'close'));
  if (!found.has('close') && priceColumn) found.set('close', priceColumn);
  const meaning: Partial<Record<keyof FeedSemantics, string>> = {};
  for (const role of semantics) {
    const text = stated(role);
    if (text) meaning[role] = role === 'timestampSemantics' ? requireSemantics(text) : text.value;
  }
  const columns = Object.fromEntries([...found].map(([role, { name }]) => [role, name]));
  const feed = { ...keys, ...columns, ...meaning } as FeedSpecification;
  return { feed: Object.freeze(feed), numbers: [...new Set(found.values())] };
}

function requireSemantics({ value, field }: { value: string; field: string }): TimestampSemantics {
  const known: readonly string[] = ['event_time', 'bar_close', 'session_label'] satisfies TimestampSemantics[];
  if (known.includes(value)) return value as TimestampSemantics;
  throw new ConfigError({
    field,
    expected: `one of ${known.join(', ')}`,
    found: describe(value),
    remedy: 'Choose one of these.',
  });
}

/** The specification with the names of ml4t-specs: what `DataFeed(feed_spec=…)` takes. */
export function feedSpecMapping(feed: FeedSpecification): Readonly<Record<string, string>> {
  const mapping: Record<string, string> = {};
  for (const [role, value] of Object.entries(feed as unknown as Record<string, string | undefined>)) {
    if (value === undefined) continue;
    const name = role === 'asset' ? 'entity' : role.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
    mapping[(semantics as readonly string[]).includes(role) ? name : `${name}_col`] = value;
  }
  return mapping;
}
