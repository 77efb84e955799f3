import {
  AbortedError,
  ConfigError,
  CrossSectionBatch,
  DataError,
  PersistentPanelBatch,
  SourceError,
  alignForwardReturns,
  describe,
  parseTimestamp,
  throwIfAborted,
} from '@ml4t/core';
import { openFrame } from './open-frame.ts';
import type { Frame, RowChunk, RowRequest } from './frame.ts';
import type {
  PanelColumns,
  PanelReading,
  PanelReadReport,
  PanelSource,
  PersistentPanelColumns,
  ReadOptions,
} from './options.ts';
import { findGaps, orderPanel, reorderRows, reorderValues, requireNoGap, type OrderedPanel } from './panel-order.ts';
import { resolveColumns, type ColumnRoles, type ResolvedColumns } from './resolve-columns.ts';
import { RowCollector } from './row-collector.ts';
import { readTimestampText } from './timestamp-text.ts';

/**
 * Reads a long frame, one row per (date, asset), into dated cross-sections.
 *
 * One pass over the source, linear in its rows. Values go from the source's column memory into the batch's row-major
 * array; with `sort` the rows are put in order in place. Integers, decimals and booleans become doubles, nulls NaN.
 *
 * @param source a path, a glob, a query or an Arrow table
 * @param columns what the columns mean; only the characteristics (and returns, if wanted) must be stated
 * @returns the batch, and a report of what was resolved, missing and odd
 * @throws SourceError the source cannot be read, or a column cannot be found or has the wrong type
 * @throws DataError rows are unsorted, repeated, undated, infinite or empty, or a column holds no value
 * @throws ConfigError the columns or options contradict each other
 * @throws AbortedError `signal` fired
 */
export async function readCrossSectionBatch(
  source: PanelSource,
  columns: PanelColumns,
  options: ReadOptions = {},
): Promise<PanelReading<CrossSectionBatch>> {
  const panel = await readPanel(source, columns, options);
  const batch = new CrossSectionBatch({
    index: panel.index,
    characteristicNames: panel.report.columns.characteristics,
    characteristics: panel.characteristics,
    returns: panel.returns,
    factorReturns: panel.factorReturns,
    contextNames: panel.report.columns.context,
    contextFeatures: panel.context,
  });
  return { batch, report: panel.report };
}

/**
 * Reads a long frame into a panel with a stable asset axis: returns (T x N) and, if asked for, characteristics
 * (T x N x P), NaN where an asset has no row on a date. Assets are in order of first appearance.
 *
 * Parameters and errors as in {@link readCrossSectionBatch}.
 */
export async function readPersistentPanelBatch(
  source: PanelSource,
  columns: PersistentPanelColumns,
  options: ReadOptions = {},
): Promise<PanelReading<PersistentPanelBatch>> {
  const panel = await readPanel(source, columns, options);
  const { index, returns, report } = panel;
  if (!returns)
    throw new ConfigError({
      field: 'columns.returns',
      expected: '{ column, lag }',
      found: describe(columns.returns),
      remedy: 'A persistent panel is a panel of returns: say which column holds them and how it is dated.',
    });
  const names = report.columns.characteristics;
  const batch = new PersistentPanelBatch({
    timestamps: index.timestamps,
    assetIds: index.assetIds,
    returns: spread(panel, returns, 1),
    ...(names.length === 0
      ? {}
      : { characteristicNames: names, characteristics: spread(panel, panel.characteristics, names.length) }),
  });
  return { batch, report };
}

interface ReadPanel {
  readonly index: OrderedPanel['index'];
  readonly characteristics: Float64Array;
  readonly returns: Float64Array | undefined;
  readonly factorReturns: Float64Array | undefined;
  readonly context: Float64Array | undefined;
  readonly report: PanelReadReport;
}

/** Values of the rows on the full (T x N) grid, NaN where there is no row. */
function spread({ index }: ReadPanel, values: Float64Array, width: number): Float64Array {
  const { nDates, nAssets, rowOffsets, assetIndex } = index;
  const out = new Float64Array(nDates * nAssets * width).fill(Number.NaN);
  for (let t = 0; t < nDates; t++)
    for (let row = rowOffsets[t]; row < rowOffsets[t + 1]; row++) {
      const cell = (t * nAssets + assetIndex[row]) * width;
      for (let k = 0; k < width; k++) out[cell + k] = values[row * width + k];
    }
  return out;
}

async function readPanel(source: PanelSource, roles: ColumnRoles, options: ReadOptions): Promise<ReadPanel> {
  const from = bound('options.filter.from', options.filter?.from, -Infinity);
  const to = bound('options.filter.to', options.filter?.to, Infinity);
  throwIfAborted(options.signal, 'reading');
  const frame = await openFrame(source);
  const onAbort = (): void => {
    frame.interrupt();
  };
  options.signal?.addEventListener('abort', onAbort);
  try {
    const columns = resolveColumns(frame, roles);
    const request = await requestFor(frame, columns, roles, from, to);
    const rows = await collect(frame, request, columns, options);
    return assemble(frame, columns, roles, options, rows);
  } catch (error) {
    if (options.signal?.aborted && !(error instanceof AbortedError))
      throw new AbortedError('reading', options.signal.reason);
    throw error;
  } finally {
    options.signal?.removeEventListener('abort', onAbort);
    frame.close();
  }
}

function bound(field: string, value: ConstructorParameters<typeof Date>[0] | undefined, otherwise: number): number {
  return value === undefined ? otherwise : parseTimestamp(field, value as string | number | Date);
}

async function requestFor(
  frame: Frame,
  columns: ResolvedColumns,
  roles: ColumnRoles,
  from: number,
  to: number,
): Promise<RowRequest> {
  const { timestamp, asset, returns, factorReturns, characteristics, context } = columns;
  requireTimestampType(frame, timestamp, roles);
  if (!frame.assetsAreText && asset.kind !== 'text' && !asset.isInteger)
    throw new SourceError({
      field: `${asset.name} (in ${frame.label})`,
      expected: 'asset ids as text or whole numbers',
      found: `type ${asset.type}`,
      remedy: 'Name the column of asset ids, or convert it in a query: CAST(… AS BIGINT).',
    });
  const numbers = [
    ...characteristics,
    ...[returns, factorReturns].filter((column) => column !== undefined),
    ...context,
  ];
  for (const column of numbers) await frame.requireNumeric(column);
  return { timestamp, timestampFormat: roles.timestampFormat, asset, numbers, from, to };
}

function requireTimestampType(frame: Frame, column: ResolvedColumns['timestamp'], roles: ColumnRoles): void {
  const { kind, name, type } = column;
  const isDated = kind === 'date' || kind === 'timestamp';
  const formatted = roles.timestampFormat !== undefined;
  if (formatted ? kind === 'number' || kind === 'text' : isDated || kind === 'text') return;
  if (formatted && isDated)
    throw new ConfigError({
      field: 'columns.timestampFormat',
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

/** Rows guessed for a source that cannot count them; the arrays double from there. */
const firstGuess = 1 << 16;

async function collect(
  frame: Frame,
  request: RowRequest,
  columns: ResolvedColumns,
  options: ReadOptions,
): Promise<RowCollector> {
  const total = await frame.countRows(request);
  const attempt = async (chunks: AsyncIterable<RowChunk>): Promise<RowCollector> => {
    const collector = new RowCollector({
      timestampColumn: columns.timestamp.name,
      assetColumn: columns.asset.name,
      characteristicNames: columns.characteristics.map(({ name }) => name),
      seriesNames: [columns.returns, columns.factorReturns].flatMap((column) => (column ? [column.name] : [])),
      contextNames: columns.context.map(({ name }) => name),
      parseTimestamp: (text, where) => readTimestampText(columns.timestamp.name, text, request.timestampFormat, where),
      from: request.from,
      to: request.to,
      sort: options.sort ?? false,
      namesRows: !frame.skipsRows(request),
      expectedRows: total ?? firstGuess,
    });
    let nextReport = 0;
    for await (const chunk of chunks) {
      throwIfAborted(options.signal, 'reading');
      if (!collector.add(chunk)) break;
      if (options.onProgress && collector.nRows >= nextReport) {
        options.onProgress({ phase: 'reading rows', step: collector.nRows, total });
        nextReport = collector.nRows + 100_000;
      }
    }
    return collector;
  };
  let rows = await attempt(frame.read(request));
  if (rows.missingAssetAt !== undefined && frame.readLiteral) rows = await attempt(frame.readLiteral(request));
  throwIfAborted(options.signal, 'reading');
  options.onProgress?.({ phase: 'reading rows', step: rows.nRows, total: rows.nRows });
  if (rows.missingAssetAt !== undefined)
    throw new DataError({
      field: `${columns.asset.name}${rows.missingAssetAt}`,
      expected: 'an asset id in every row',
      found: 'none',
      remedy: 'Drop rows without an asset, or give them an id.',
    });
  if (rows.nRows === 0)
    throw new DataError({
      field: frame.label,
      expected: 'at least one row',
      found: options.filter ? 'none between the dates of the filter' : 'none',
      remedy: options.filter ? 'Widen options.filter.' : 'Check the file or query.',
    });
  return rows;
}

function assemble(
  frame: Frame,
  columns: ResolvedColumns,
  roles: ColumnRoles,
  options: ReadOptions,
  rows: RowCollector,
): ReadPanel {
  const { nRows } = rows;
  const names = columns.characteristics.map(({ name }) => name);
  const p = names.length;
  const { index, order, datePositions, reentries } = orderPanel(
    {
      dates: rows.dates,
      assets: rows.assets.keys,
      dateCodes: rows.dateCodes.subarray(0, nRows),
      assetCodes: rows.assetCodes.subarray(0, nRows),
    },
    options.sort ?? false,
  );
  if (options.maxGapDays !== undefined) requireNoGap(columns.timestamp.name, index.timestamps, options.maxGapDays);
  const missing = requireValues(frame, columns, rows, options);

  const characteristics = rows.characteristics.subarray(0, nRows * p);
  if (order) reorderRows(characteristics, p, order);
  const series = rows.series.map((values) => (order ? reorderValues(values, order) : values.subarray(0, nRows)));
  const factorValues = columns.factorReturns ? series[columns.returns ? 1 : 0] : undefined;
  const q = columns.context.length;
  const context = new Float64Array(index.nDates * q);
  datePositions.forEach((code, t) => {
    context.set(rows.context.subarray(code * q, (code + 1) * q), t * q);
  });
  const used = new Set([columns.timestamp, columns.asset, columns.returns, columns.factorReturns]);
  const report: PanelReadReport = {
    source: frame.label,
    nRows,
    nDates: index.nDates,
    nAssets: index.nAssets,
    columns: {
      timestamp: columns.timestamp.name,
      asset: columns.asset.name,
      returns: columns.returns?.name,
      factorReturns: columns.factorReturns?.name,
      characteristics: names,
      context: columns.context.map(({ name }) => name),
    },
    unusedColumns: frame.columns
      .filter((c) => !used.has(c) && !columns.characteristics.includes(c) && !columns.context.includes(c))
      .map(({ name }) => name),
    missing,
    reordered: order !== undefined,
    gaps: findGaps(index.timestamps),
    reentries,
  };
  return {
    index,
    characteristics,
    returns: roles.returns && columns.returns ? alignForwardReturns(index, series[0], roles.returns.lag) : undefined,
    factorReturns:
      roles.factorReturns && factorValues
        ? alignForwardReturns(index, factorValues, roles.factorReturns.lag)
        : undefined,
    context: q === 0 ? undefined : context,
    report,
  };
}

/** Missing values by column. A column without a single value is an error unless the caller keeps it. */
function requireValues(
  frame: Frame,
  columns: ResolvedColumns,
  rows: RowCollector,
  options: ReadOptions,
): Record<string, number> {
  const counted = [
    ...columns.characteristics,
    ...[columns.returns, columns.factorReturns].filter((c) => c !== undefined),
  ];
  const missing: Record<string, number> = {};
  counted.forEach(({ name }, k) => {
    missing[name] = rows.missing[k];
    const isCharacteristic = k < columns.characteristics.length;
    if (rows.missing[k] === rows.nRows && !(isCharacteristic && options.emptyColumns === 'keep'))
      throw new DataError({
        field: `${name} (in ${frame.label})`,
        expected: 'at least one value',
        found: `${rows.nRows} rows without one`,
        remedy: isCharacteristic
          ? "Leave the column out, or keep it as NaN with emptyColumns: 'keep'."
          : 'Check the source, or read the batch without returns.',
      });
  });
  return missing;
}
