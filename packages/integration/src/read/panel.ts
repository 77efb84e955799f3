import { ConfigError, CrossSectionBatch, PersistentPanelBatch } from '@ml4t/core';
import { describe, throwIfAborted } from '@ml4t/core/authoring';
import { assetNotes } from './asset-notes.ts';
import { calendarNotes, requireNoStrayDate } from './calendar-notes.ts';
import { columnRoles, type ColumnRoles, type ForwardColumn } from './column-roles.ts';
import type { FrameColumn, RowChunk } from './frame.ts';
import { forwardSeries, subtractRiskFree } from './date-series.ts';
import { joinCharacteristics } from './joins.ts';
import { requireDelisting, withDelistingReturns } from './delisting.ts';
import { requireKnownArguments } from './known-keys.ts';
import type { PanelColumns, PersistentPanelColumns, ReadOptions } from './options.ts';
import type { PanelSource } from './source-options.ts';
import type { PanelReading, PanelReadReport } from './report.ts';
import { findGaps, orderPanel, reorderRows, reorderValues, requireNoGap } from './panel-order.ts';
import {
  collectorFor,
  describeReading,
  openReading,
  requireAssets,
  requireRows,
  requireValues,
  type Reading,
} from './reading.ts';
import { seriesColumns } from './resolve-columns.ts';
import { forwardReturns, fractions } from './price-returns.ts';
import { timingOf } from './return-timing.ts';
import type { RowCollector } from './row-collector.ts';
import { rowProgress } from './row-progress.ts';
import type { ReadPanel } from './read-panel.ts';

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
  requireKnownArguments(columns, panelRoles, options);
  const panel = await readPanel(source, crossSectionRoles(columns), options);
  const batch = new CrossSectionBatch({
    index: panel.index,
    characteristicNames: panel.report.columns.characteristics,
    characteristics: panel.characteristics,
    returns: panel.returns,
    factorReturns: panel.factorReturns,
    ...panel.timing,
    contextNames: panel.report.columns.context,
    contextFeatures: panel.context,
  });
  return { batch, report: panel.report, series: panel.series };
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
  requireKnownArguments(columns, persistentRoles, options);
  const panel = await readPanel(source, columnRoles(columns, persistentRoles), options);
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
    ...panel.timing,
    ...(names.length === 0
      ? {}
      : { characteristicNames: names, characteristics: spread(panel, panel.characteristics, names.length) }),
  });
  return { batch, report, series: panel.series };
}

const keyRoles = ['timestamp', 'timestampFormat', 'asset', 'layout'] as const;
const persistentRoles = new Set([...keyRoles, 'returns', 'characteristics'] as const);
export const streamRoles = new Set([...persistentRoles, 'factorReturns', 'context'] as const);
const panelRoles = new Set([...streamRoles, 'delisting'] as const);

/** The roles of dated cross-sections, whose characteristics must be stated somewhere. */
export function crossSectionRoles(columns: PanelColumns): ColumnRoles {
  const roles = columnRoles(columns, panelRoles);
  if (roles.characteristics === undefined)
    throw new ConfigError({
      field: 'columns.characteristics',
      expected: 'a list of column names, or { exclude: [names] }',
      found: columns.metadata === undefined ? 'nothing' : 'nothing, nor any in columns.metadata',
      remedy: 'Say which columns describe the assets; { exclude: [] } takes every numeric column without another role.',
    });
  return roles;
}

/** Values of the rows on the full (T x N) grid, NaN where there is no row. */
export function spread({ index }: ReadPanel, values: Float64Array, width: number): Float64Array {
  const { nDates, nAssets, rowOffsets, assetIndex } = index;
  const out = new Float64Array(nDates * nAssets * width).fill(Number.NaN);
  for (let t = 0; t < nDates; t++)
    for (let row = rowOffsets[t]; row < rowOffsets[t + 1]; row++) {
      const cell = (t * nAssets + assetIndex[row]) * width;
      for (let k = 0; k < width; k++) out[cell + k] = values[row * width + k];
    }
  return out;
}

/** Reads a source whole: every reader of a batch starts here. */
export async function readPanel(source: PanelSource, roles: ColumnRoles, options: ReadOptions): Promise<ReadPanel> {
  const { join = [], riskFree, benchmark, ...own } = options;
  let panel = await readAlone(source, roles, own);
  if (riskFree) panel = await subtractRiskFree(panel, riskFree, options, readAlone);
  if (join.length > 0) panel = await joinCharacteristics(panel, join, options, readAlone);
  if (!benchmark) return panel;
  const series = await forwardSeries(panel.index, benchmark, 'options.benchmark', options, readAlone);
  return { ...panel, series: { benchmark: series } };
}

async function readAlone(source: PanelSource, roles: ColumnRoles, options: ReadOptions): Promise<ReadPanel> {
  const reading = await openReading(source, roles, options);
  try {
    return assemble(reading, roles, options, await collect(reading, options));
  } catch (error) {
    throw reading.errorFor(error);
  } finally {
    await reading.close();
  }
}

/** Rows guessed for a source that cannot count them; the arrays double from there. */
const firstGuess = 1 << 16;

async function collect(reading: Reading, options: ReadOptions): Promise<RowCollector> {
  const { frame, request } = reading;
  const total = await frame.countRows(request);
  const report = rowProgress(options.onProgress, total);
  const attempt = async (chunks: AsyncIterable<RowChunk>): Promise<RowCollector> => {
    const collector = collectorFor(reading, options.sort ?? false, total ?? firstGuess);
    for await (const chunk of chunks) {
      throwIfAborted(options.signal, 'reading');
      if (!collector.add(chunk)) break;
      report(collector.nRows, false);
    }
    return collector;
  };
  let rows = await attempt(frame.read(request));
  if (rows.missingAssetAt !== undefined && frame.readLiteral) rows = await attempt(frame.readLiteral(request));
  throwIfAborted(options.signal, 'reading');
  report(rows.nRows, true);
  requireAssets(reading, rows);
  requireRows(reading, rows.nRows, options);
  return rows;
}

function assemble(reading: Reading, roles: ColumnRoles, options: ReadOptions, rows: RowCollector): ReadPanel {
  const { columns } = reading;
  const { nRows } = rows;
  const p = columns.characteristics.length;
  const { index, order, datePositions, reentries } = orderPanel(
    {
      dates: rows.dates,
      assets: rows.assets.keys,
      dateCodes: rows.dateCodes.subarray(0, nRows),
      assetCodes: rows.assetCodes.subarray(0, nRows),
    },
    options.sort ?? false,
  );
  requireNoStrayDate(columns.timestamp.name, index.timestamps, options.maxGapDays);
  if (options.maxGapDays !== undefined) requireNoGap(columns.timestamp.name, index.timestamps, options.maxGapDays);
  const missing = requireValues(reading, rows.missing, nRows, options);

  const characteristics = rows.characteristics.subarray(0, nRows * p);
  if (order) reorderRows(characteristics, p, order);
  const series = rows.series.map((values) => (order ? reorderValues(values, order) : values.subarray(0, nRows)));
  const seriesOf = (column: FrameColumn | undefined): Float64Array | undefined =>
    column && series[seriesColumns(columns).indexOf(column)];
  const paired = (column: FrameColumn | undefined, role: ForwardColumn | undefined): Float64Array | undefined => {
    const values = seriesOf(column);
    return values && column && role ? forwardReturns(index, values, column, role, options.returnsIn) : undefined;
  };
  const q = columns.context.length;
  const context = new Float64Array(index.nDates * q);
  datePositions.forEach((code, t) => {
    context.set(rows.context.subarray(code * q, (code + 1) * q), t * q);
  });
  const { source, columns: taken, unusedColumns } = describeReading(reading);
  const timing = timingOf(roles);
  requireDelisting(roles.delisting, roles.statedAt('delisting'), timing.returnHorizon);
  const own = paired(columns.returns, roles.returns);
  const delisting = seriesOf(columns.delisting);
  const filled =
    own && roles.delisting
      ? withDelistingReturns(index, own, delisting && fractions(delisting, options.returnsIn), roles.delisting)
      : undefined;
  const report: PanelReadReport = {
    source,
    nRows,
    nDates: index.nDates,
    nAssets: index.nAssets,
    columns: taken,
    unusedColumns,
    notes: [
      ...reading.notes,
      ...assetNotes(columns.asset.name, index.assetIds),
      ...calendarNotes(index, reentries),
      ...(filled?.notes ?? []),
    ],
    missing,
    reordered: order !== undefined,
    gaps: findGaps(index.timestamps),
    reentries,
  };
  return {
    index,
    characteristics,
    returns: filled?.returns ?? own,
    factorReturns: paired(columns.factorReturns, roles.factorReturns),
    prices: seriesOf(columns.prices),
    timing,
    context: q === 0 ? undefined : context,
    report,
    series: {},
  };
}
