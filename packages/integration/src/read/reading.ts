import { AbortedError, ConfigError, DataError, SourceError } from '@ml4t/core';
import { describe, throwIfAborted } from '@ml4t/core/authoring';
import type { ColumnRoles } from './column-roles.ts';
import { findColumn, requireDistinctNames } from './column-search.ts';
import type { DateRule } from './date-codes.ts';
import { datePlan, type DatePlan } from './date-rule.ts';
import type { Frame, FrameColumn, RowRequest } from './frame.ts';
import { openFrame } from './open-frame.ts';
import type { ReadOptions } from './options.ts';
import type { PanelSource } from './source-options.ts';
import type { ReadNote } from './report.ts';
import { resolveColumns, seriesColumns, type ResolvedColumns } from './resolve-columns.ts';
import { RowCollector } from './row-collector.ts';
import { longFrame, wideLayout, type WideLayout } from './wide-frame.ts';

/** An open source whose columns are known to fit their roles. */
export interface Reading {
  readonly frame: Frame;
  readonly columns: ResolvedColumns;
  readonly request: RowRequest;
  readonly dateRule: DateRule;
  /** Numbers that stand for nothing, by the columns that are counted. */
  readonly missingNumbers: readonly (ReadonlySet<number> | undefined)[];
  readonly notes: readonly ReadNote[];
  /** The error to throw instead: an abort, where that is what stopped the source. */
  errorFor(error: unknown): unknown;
  close(): Promise<void>;
}

/** Opens a source and resolves its columns. The caller closes it, whatever happens. */
export async function openReading(source: PanelSource, roles: ColumnRoles, options: ReadOptions): Promise<Reading> {
  const { signal } = options;
  requireReturnsIn(roles, options);
  throwIfAborted(signal, 'reading');
  let frame = await openFrame(source, options);
  const onAbort = (): void => {
    frame.interrupt();
  };
  signal?.addEventListener('abort', onAbort);
  let guessedLayout = false;
  const errorFor = (error: unknown): unknown => {
    if (signal?.aborted) return new AbortedError('reading', signal.reason);
    if (!guessedLayout || !(error instanceof DataError) || error.field !== 'rows') return error;
    const { field, expected, found } = error;
    const remedy =
      "The file was taken for wide, dates down and assets across: if it is long, name its column, asset: '…'.";
    return new DataError({ field, expected, found, remedy, cause: error });
  };
  const close = async (): Promise<void> => {
    signal?.removeEventListener('abort', onAbort);
    await frame.close();
  };
  try {
    requireDistinctNames(frame);
    const layout = wideLayout(frame, roles);
    guessedLayout = layout !== undefined && roles.layout === undefined && roles.series === undefined;
    if (layout) frame = longFrame(frame, layout);
    const { columns, notes } = resolveColumns(frame, roles);
    const dates = datePlan({ column: columns.timestamp, timestampFormat: roles.timestampFormat, options });
    const request = await requestFor(frame, columns, roles, dates, options);
    return {
      frame,
      columns,
      request,
      dateRule: dates.rule,
      missingNumbers: missingNumbers(frame, columns, options),
      notes: [
        ...(frame.notes ?? []),
        ...(layout && guessedLayout ? [layoutNote(frame, layout)] : []),
        ...notes,
        ...dates.notes,
      ],
      errorFor,
      close,
    };
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
export function collectorFor(
  { frame, columns, request, dateRule, missingNumbers }: Reading,
  sort: boolean,
  expectedRows: number,
): RowCollector {
  return new RowCollector({
    timestampColumn: columns.timestamp.name,
    characteristicNames: columns.characteristics.map(({ name }) => name),
    seriesNames: seriesColumns(columns).map(({ name }) => name),
    contextNames: columns.context.map(({ name }) => name),
    dateRule,
    missingNumbers,
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
    const mayBeEmpty = (isCharacteristic && options.emptyColumns === 'keep') || name === columns.delisting?.name;
    if (missing[k] === nRows && !mayBeEmpty)
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

/** The numbers among `missingValues`, for the columns that are counted: as doubles, and as a float32 column holds them. */
function missingNumbers(
  frame: Frame,
  columns: ResolvedColumns,
  { missingValues }: ReadOptions,
): readonly (ReadonlySet<number> | undefined)[] {
  if (missingValues === undefined) return [];
  const setOf = (values: readonly (string | number)[]): ReadonlySet<number> | undefined => {
    const numbers = values.filter((value) => typeof value === 'number').flatMap((value) => [value, Math.fround(value)]);
    return numbers.length === 0 ? undefined : new Set(numbers);
  };
  if (Array.isArray(missingValues)) {
    const all = setOf(missingValues as readonly (string | number)[]);
    return countedColumns(columns).map(() => all);
  }
  const byColumn = new Map(
    Object.entries(missingValues).map(([name, values]) => [
      exactColumn(frame, `options.missingValues.${name}`, name).name,
      setOf(values as readonly (string | number)[]),
    ]),
  );
  return countedColumns(columns).map((name) => byColumn.get(name));
}

/** A column under its very name: what is said of it is looked up by that. */
function exactColumn(frame: Frame, field: string, name: string): FrameColumn {
  const column = findColumn(frame, field, name);
  if (column.name === name) return column;
  throw new ConfigError({
    field,
    expected: `the name as in ${frame.label}`,
    found: JSON.stringify(name),
    remedy: `Write ${JSON.stringify(column.name)}.`,
  });
}

function requireReturnsIn(roles: ColumnRoles, { returnsIn, alignDates }: ReadOptions): void {
  if (returnsIn !== undefined && !['fraction', 'percent', 'log'].includes(returnsIn))
    throw new ConfigError({
      field: 'options.returnsIn',
      expected: "'fraction', 'percent' or 'log'",
      found: describe(returnsIn),
      remedy: 'Leave it out for fractions: 0.05 for five per cent.',
    });
  const ofColumns = (roles.returns && !roles.returns.isPrice) ?? roles.factorReturns !== undefined;
  if (alignDates === 'weekday' && ofColumns)
    throw new ConfigError({
      field: 'options.alignDates',
      expected: "returns made of prices, where rows of week-ends are left out: returns: { prices: '…' }",
      found: 'a column of returns, of which those of week-ends would be lost',
      remedy: "Give prices, or align to months: alignDates: 'month'.",
    });
}

const layoutNote = (frame: Frame, { assets, fields }: WideLayout): ReadNote => ({
  code: 'wide-layout',
  columns: [],
  found: `${frame.label} was taken for a wide file: dates down, ${assets.length} assets across, ${fields.map(({ name }) => name).join(', ')} in its cells`,
  remedy: "Say layout: 'wide', or name its column of assets if it has one row for each date and asset.",
});

async function requestFor(
  frame: Frame,
  columns: ResolvedColumns,
  roles: ColumnRoles,
  { from, to }: DatePlan,
  { dateFormat }: ReadOptions,
): Promise<RowRequest> {
  const { timestamp, asset, characteristics, context } = columns;
  requireTimestampType(frame, timestamp, roles, dateFormat);
  if (!frame.assetsAreText && asset.kind !== 'text' && !asset.isInteger)
    throw new SourceError({
      field: `${asset.name} (in ${frame.label})`,
      expected: 'asset ids as text or whole numbers',
      found: `type ${asset.type}`,
      remedy: 'Name the column of asset ids, or write them as text or whole numbers.',
    });
  const numbers = [...characteristics, ...seriesColumns(columns), ...context];
  for (const column of numbers) await frame.requireNumeric(column);
  return { timestamp, timestampFormat: roles.timestampFormat, dateFormat, asset, numbers, from, to };
}

function requireTimestampType(
  frame: Frame,
  column: FrameColumn,
  roles: ColumnRoles,
  dateFormat: string | undefined,
): void {
  const { kind, name, type } = column;
  // Without a row there is nothing to be wrong; without a date, every row says so.
  if (column.isEmpty) return;
  const isDated = kind === 'date' || kind === 'timestamp';
  const formatted = roles.timestampFormat !== undefined;
  if (formatted && dateFormat !== undefined)
    throw new ConfigError({
      field: 'options.dateFormat',
      expected: 'nothing beside timestampFormat',
      found: describe(dateFormat),
      remedy: 'State one of them: dateFormat for text, timestampFormat for plain numbers.',
    });
  // Digits that a pattern reads, as %Y%m%d does, are text to it.
  if (dateFormat !== undefined && (kind === 'number' ? column.isInteger : kind === 'text' || kind === 'date')) return;
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
        ? "State columns.timestampFormat ('yyyymm', 'yyyymmdd', 'epoch-seconds', 'epoch-milliseconds' or 'excel-serial'): numbers alone do not say."
        : 'Name the column of dates.',
  });
}
