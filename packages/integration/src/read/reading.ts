import {
  AbortedError,
  ConfigError,
  DataError,
  SourceError,
  describe,
  parseTimestamp,
  throwIfAborted,
  type TimestampInput,
} from '@ml4t/core';
import type { ColumnRoles } from './column-roles.ts';
import type { Frame, RowRequest } from './frame.ts';
import { openFrame } from './open-frame.ts';
import type { PanelSource, ReadNote, ReadOptions } from './options.ts';
import { resolveColumns, seriesColumns, type ResolvedColumns } from './resolve-columns.ts';
import { RowCollector } from './row-collector.ts';
import { readTimestampText } from './timestamp-text.ts';

/** An open source whose columns are known to fit their roles. */
export interface Reading {
  readonly frame: Frame;
  readonly columns: ResolvedColumns;
  readonly request: RowRequest;
  readonly notes: readonly ReadNote[];
  /** The error to throw instead: an abort, where that is what stopped the source. */
  errorFor(error: unknown): unknown;
  close(): Promise<void>;
}

/** Opens a source and resolves its columns. The caller closes it, whatever happens. */
export async function openReading(source: PanelSource, roles: ColumnRoles, options: ReadOptions): Promise<Reading> {
  const { signal } = options;
  const from = bound('options.filter.from', options.filter?.from, -Infinity);
  const to = bound('options.filter.to', options.filter?.to, Infinity);
  throwIfAborted(signal, 'reading');
  const frame = await openFrame(source, options);
  const onAbort = (): void => {
    frame.interrupt();
  };
  signal?.addEventListener('abort', onAbort);
  const errorFor = (error: unknown): unknown => (signal?.aborted ? new AbortedError('reading', signal.reason) : error);
  const close = async (): Promise<void> => {
    signal?.removeEventListener('abort', onAbort);
    await frame.close();
  };
  try {
    const { columns, notes } = resolveColumns(frame, roles);
    const request = await requestFor(frame, columns, roles, from, to);
    return { frame, columns, request, notes: [...(frame.notes ?? []), ...notes], errorFor, close };
  } catch (error) {
    await close();
    throw errorFor(error);
  }
}

/** The columns whose missing values are counted, in the collector's order. */
export function countedColumns(columns: ResolvedColumns): readonly string[] {
  return [...columns.characteristics, ...seriesColumns(columns)].map(({ name }) => name);
}

/** An empty collector for the rows of a reading. */
export function collectorFor({ frame, columns, request }: Reading, sort: boolean, expectedRows: number): RowCollector {
  return new RowCollector({
    timestampColumn: columns.timestamp.name,
    characteristicNames: columns.characteristics.map(({ name }) => name),
    seriesNames: seriesColumns(columns).map(({ name }) => name),
    contextNames: columns.context.map(({ name }) => name),
    parseTimestamp: (text, where) => readTimestampText(columns.timestamp.name, text, request.timestampFormat, where),
    from: request.from,
    to: request.to,
    sort,
    namesRows: !frame.skipsRows(request),
    expectedRows,
  });
}

/** Throws when a row has no asset. */
export function requireAssets({ columns }: Reading, rows: RowCollector): void {
  if (rows.missingAssetAt !== undefined)
    throw new DataError({
      field: `${columns.asset.name}${rows.missingAssetAt}`,
      expected: 'an asset id in every row',
      found: 'none',
      remedy: 'Drop rows without an asset, or give them an id.',
    });
}

/** Throws when the source held no row. */
export function requireRows({ frame }: Reading, nRows: number, options: ReadOptions): void {
  if (nRows === 0)
    throw new DataError({
      field: frame.label,
      expected: 'at least one row',
      found: options.filter ? 'none between the dates of the filter' : 'none',
      remedy: options.filter ? 'Widen options.filter.' : 'Check the file or query.',
    });
}

/** Missing values by column. A column without a single value is an error unless the caller keeps it. */
export function requireValues(
  { frame, columns }: Reading,
  missing: ArrayLike<number>,
  nRows: number,
  options: ReadOptions,
): Record<string, number> {
  const counts: Record<string, number> = {};
  countedColumns(columns).forEach((name, k) => {
    counts[name] = missing[k];
    const isCharacteristic = k < columns.characteristics.length;
    if (missing[k] === nRows && !(isCharacteristic && options.emptyColumns === 'keep'))
      throw new DataError({
        field: `${name} (in ${frame.label})`,
        expected: 'at least one value',
        found: `${nRows} rows without one`,
        remedy: isCharacteristic
          ? "Leave the column out, or keep it as NaN with emptyColumns: 'keep'."
          : 'Check the source, or read the batch without returns.',
      });
  });
  return counts;
}

/** The part of a report that says what the columns were taken for. */
export function describeReading({ frame, columns }: Reading) {
  const { timestamp, asset, returns, factorReturns, prices, characteristics, context } = columns;
  const used = new Set([timestamp, asset, ...seriesColumns(columns), ...characteristics, ...context]);
  return {
    source: frame.label,
    columns: {
      timestamp: timestamp.name,
      asset: asset.name,
      returns: returns?.name,
      factorReturns: factorReturns?.name,
      prices: prices?.name,
      characteristics: characteristics.map(({ name }) => name),
      context: context.map(({ name }) => name),
    },
    unusedColumns: frame.columns.filter((column) => !used.has(column)).map(({ name }) => name),
  };
}

function bound(field: string, value: TimestampInput | undefined, otherwise: number): number {
  return value === undefined ? otherwise : parseTimestamp(field, value);
}

async function requestFor(
  frame: Frame,
  columns: ResolvedColumns,
  roles: ColumnRoles,
  from: number,
  to: number,
): Promise<RowRequest> {
  const { timestamp, asset, characteristics, context } = columns;
  requireTimestampType(frame, timestamp, roles);
  if (!frame.assetsAreText && asset.kind !== 'text' && !asset.isInteger)
    throw new SourceError({
      field: `${asset.name} (in ${frame.label})`,
      expected: 'asset ids as text or whole numbers',
      found: `type ${asset.type}`,
      remedy: 'Name the column of asset ids, or write them as text or whole numbers.',
    });
  const numbers = [...characteristics, ...seriesColumns(columns), ...context];
  for (const column of numbers) await frame.requireNumeric(column);
  return { timestamp, timestampFormat: roles.timestampFormat, asset, numbers, from, to };
}

function requireTimestampType(frame: Frame, column: ResolvedColumns['timestamp'], roles: ColumnRoles): void {
  const { kind, name, type } = column;
  // Without a row there is nothing to be wrong; without a date, every row says so.
  if (column.isEmpty) return;
  const isDated = kind === 'date' || kind === 'timestamp';
  const formatted = roles.timestampFormat !== undefined;
  if (formatted ? kind === 'number' || kind === 'text' : isDated || kind === 'text') return;
  if (formatted && isDated)
    throw new ConfigError({
      field: roles.statedAt('timestampFormat'),
      expected: 'nothing for a column of dates',
      found: `${describe(roles.timestampFormat)} for ${name}, of type ${type}`,
      remedy: 'Leave timestampFormat out: it is for integers and digits.',
    });
  throw new SourceError({
    field: `${name} (in ${frame.label})`,
    expected: 'dates, timestamps or ISO 8601 text',
    found: `type ${type}`,
    remedy:
      kind === 'number'
        ? "State columns.timestampFormat ('yyyymm', 'yyyymmdd', 'epoch-seconds' or 'epoch-milliseconds'): numbers alone do not say."
        : 'Name the column of dates.',
  });
}
