import { ConfigError, CrossSectionBatch, PanelIndex } from '@ml4t/core';
import { describe, throwIfAborted } from '@ml4t/core/authoring';
import { assetNotes } from './asset-notes.ts';
import { requireNoStrayDate } from './calendar-notes.ts';
import type { ColumnRoles, ForwardColumn } from './column-roles.ts';
import type { Frame, FrameColumn, RowChunk, RowRequest } from './frame.ts';
import type { PanelColumns, ReadOptions, StreamOptions } from './options.ts';
import type { PanelSource } from './source-options.ts';
import type { PanelStreamReport, ReadNote } from './report.ts';
import { findGaps, orderPanel, reorderRows, reorderValues, requireNoGap } from './panel-order.ts';
import { partEnds, type PartSize } from './part-cuts.ts';
import { readOptionKeys, requireKnownArguments, streamOptionKeys } from './known-keys.ts';
import { crossSectionRoles, streamRoles, readCrossSectionBatch } from './panel.ts';
import {
  collectorFor,
  describeReading,
  openReading,
  requireAssets,
  requireRows,
  requireValues,
  type Reading,
} from './reading.ts';
import { timingOf } from './return-timing.ts';
import type { RowCollector } from './row-collector.ts';
import { forwardReturns } from './price-returns.ts';
import { rowProgress } from './row-progress.ts';

const defaultRowsPerPart = 100_000;

/**
 * Reads a long frame part by part: whole dates, in date order, never more in memory than a part, the dates that its
 * lagged returns need, and what the consumer keeps. The parts laid end to end are the batch of
 * {@link readCrossSectionBatch}, except that each has an asset dictionary of its own (ids in order of first appearance
 * in the part), so that a stream does not remember assets that are gone.
 *
 * Rows must be in date order. With `sort`, files and queries are sorted by DuckDB, which spills to the system's temporary
 * folder, and PostgreSQL sorts on its side; Arrow tables, which are in memory already, are sorted there. Within a date
 * rows are then in order of asset id.
 *
 * The source is opened by the first `next()` and closed at the end, on an error, and when the consumer stops early (a
 * `break` in `for await`, or `return()`). The generator's return value is a report.
 *
 * @throws as {@link readCrossSectionBatch}; a column without any value is known only at the end of the stream
 * @example
 * await model.fitStream(streamCrossSectionBatches('panel.parquet', { returns: { column: 'ret', lag: 1 }, characteristics: { exclude: [] } }));
 */
export async function* streamCrossSectionBatches(
  source: PanelSource,
  columns: PanelColumns,
  options: StreamOptions = {},
): AsyncGenerator<CrossSectionBatch, PanelStreamReport, undefined> {
  requireKnownArguments(columns, streamRoles, options, streamOptionKeys);
  const size = partSize(options);
  const roles = crossSectionRoles(columns);
  const reading = await openReading(source, roles, options);
  try {
    const { frame, request } = reading;
    if (options.sort && !frame.readSorted && frame.isInMemory) return yield* slices(source, columns, options, size);
    const parts = new PartCutter(reading, roles, options, size);
    const total = await frame.countRows(request);
    parts.expect(Math.min(size.rowsPerPart, total ?? 1 << 14));
    const report = rowProgress(options.onProgress, total);
    for await (const chunk of chunksInOrder(frame, request, options.sort ?? false)) {
      throwIfAborted(options.signal, 'reading');
      parts.add(chunk);
      report(parts.nRows, false);
      for (const part of parts.cut(false)) {
        yield part;
        throwIfAborted(options.signal, 'reading');
      }
    }
    throwIfAborted(options.signal, 'reading');
    requireRows(reading, parts.nRows, options);
    const missing = requireValues(reading, parts.missing, parts.nRows, options);
    report(parts.nRows, true);
    yield* parts.cut(true);
    const { nRows, nParts } = parts;
    const timestamps = Float64Array.from(parts.dates);
    requireNoStrayDate(reading.columns.timestamp.name, timestamps, options.maxGapDays);
    return {
      ...describeReading(reading),
      notes: [...reading.notes, ...parts.notes],
      nRows,
      nDates: timestamps.length,
      nParts,
      missing,
      gaps: findGaps(timestamps),
    };
  } catch (error) {
    throw reading.errorFor(error);
  } finally {
    await reading.close();
  }
}

function partSize(options: StreamOptions): PartSize {
  const count = (field: 'datesPerPart' | 'rowsPerPart', otherwise: number): number => {
    const value: unknown = options[field] ?? otherwise;
    if (value === Infinity || (typeof value === 'number' && Number.isInteger(value) && value >= 1)) return value;
    throw new ConfigError({
      field: `options.${field}`,
      expected: 'a whole number >= 1',
      found: describe(value),
      remedy: 'Leave it out, or say how much one part may hold.',
    });
  };
  // Who asks for so many dates gets them, whatever their rows.
  const byDates = options.datesPerPart !== undefined;
  return {
    datesPerPart: count('datesPerPart', Infinity),
    rowsPerPart: count('rowsPerPart', byDates ? Infinity : defaultRowsPerPart),
  };
}

/** Rows outside memory cannot be read again when a CSV file turns out to hold the ticker NA, so ids are read to the letter. */
function chunksInOrder(frame: Frame, request: RowRequest, sort: boolean): AsyncIterable<RowChunk> {
  if (!sort) return frame.readLiteral?.(request) ?? frame.read(request);
  if (frame.readSorted) return frame.readSorted(request);
  throw new ConfigError({
    field: 'options.sort',
    expected: 'rows in date order, for a stream of rows',
    found: 'sort: true',
    remedy: 'Sort where the rows come from (ORDER BY), or read the panel whole with readCrossSectionBatch.',
  });
}

/** A source that is in memory anyway is sorted there, and handed out in slices. */
async function* slices(
  source: PanelSource,
  columns: PanelColumns,
  options: StreamOptions,
  size: PartSize,
): AsyncGenerator<CrossSectionBatch, PanelStreamReport, undefined> {
  const reading: ReadOptions = Object.fromEntries(
    Object.entries(options).filter(([key]) => readOptionKeys.includes(key)),
  );
  const { batch, report } = await readCrossSectionBatch(source, columns, reading);
  const { rowOffsets } = batch.index;
  const ends = partEnds(batch.nDates, (date) => rowOffsets[date], size, true, 0);
  for (let part = 0; part < ends.length; part++) {
    throwIfAborted(options.signal, 'reading');
    yield batch.slice(part === 0 ? 0 : ends[part - 1], ends[part]);
  }
  const { source: label, columns: taken, unusedColumns, notes, nRows, nDates, missing, gaps } = report;
  return { source: label, columns: taken, unusedColumns, notes, nRows, nDates, nParts: ends.length, missing, gaps };
}

/** Rows in panel order, of which parts are cut. */
interface PanelBuffer {
  readonly index: PanelIndex;
  readonly characteristics: Float64Array;
  readonly returns: Float64Array | undefined;
  readonly factorReturns: Float64Array | undefined;
  readonly context: Float64Array;
}

/** Collects rows and cuts them into batches of whole dates. */
class PartCutter {
  /** Dates of the parts cut so far. */
  readonly dates: number[] = [];
  nParts = 0;
  /** On the assets of a part, the first time that there is one. */
  notes: readonly ReadNote[] = [];
  readonly #reading: Reading;
  readonly #roles: ColumnRoles;
  readonly #options: StreamOptions;
  readonly #size: PartSize;
  /** Later dates that the returns of a part need. */
  readonly #lookahead: number;
  #rows: RowCollector;
  /** The collector of the parts before, whose arrays are free when the next ones are cut. */
  #spare: RowCollector | undefined;
  #rowsCut = 0;

  constructor(reading: Reading, roles: ColumnRoles, options: StreamOptions, size: PartSize) {
    this.#reading = reading;
    this.#roles = roles;
    this.#options = options;
    this.#size = size;
    this.#lookahead = Math.max(roles.returns?.lag ?? 0, roles.factorReturns?.lag ?? 0);
    this.#rows = collectorFor(reading, false, 1);
  }

  get nRows(): number {
    return this.#rowsCut + this.#rows.nRows;
  }
  get missing(): Float64Array {
    return this.#rows.missing;
  }

  /** Room for the first part. */
  expect(rows: number): void {
    this.#rows = collectorFor(this.#reading, false, rows);
  }

  add(chunk: RowChunk): void {
    this.#rows.add(chunk);
    requireAssets(this.#reading, this.#rows);
  }

  /** The parts that are complete; `atEnd`, everything that is left. */
  *cut(atEnd: boolean): Generator<CrossSectionBatch> {
    const rows = this.#rows;
    const { datesPerPart, rowsPerPart } = this.#size;
    const nDates = rows.dates.length;
    if (!atEnd && nDates - 1 - this.#lookahead < datesPerPart && rows.nRows <= rowsPerPart) return;
    const ends = partEnds(nDates, (date) => rows.startOf(date), this.#size, atEnd, this.#lookahead);
    if (ends.length === 0) return;
    const lastEnd = ends[ends.length - 1];
    // Copied before this collector's arrays are put in order and become the parts' own.
    this.#rows = rows.continuedFrom(lastEnd, this.#spare);
    if (this.#options.reuseMemory) this.#spare = rows;
    this.#rowsCut += rows.startOf(lastEnd);
    if (this.notes.length === 0) this.notes = assetNotes(this.#reading.columns.asset.name, rows.assets.keys);
    const buffer = this.#order(rows, Math.min(nDates, lastEnd + this.#lookahead));
    this.#requireNoGap(buffer.index.timestamps.subarray(0, lastEnd));
    for (let part = 0; part < ends.length; part++) {
      this.nParts++;
      yield this.#part(buffer, part === 0 ? 0 : ends[part - 1], ends[part]);
    }
  }

  /** The first dates of the collected rows in panel order, with their returns paired. */
  #order(rows: RowCollector, nDates: number): PanelBuffer {
    const nRows = rows.startOf(nDates);
    const { columns } = this.#reading;
    const p = columns.characteristics.length;
    const { index, order } = orderPanel(
      {
        dates: rows.dates.slice(0, nDates),
        assets: rows.assets.keys,
        dateCodes: rows.dateCodes.subarray(0, nRows),
        assetCodes: rows.assetCodes.subarray(0, nRows),
      },
      this.#options.sort ?? false,
    );
    const characteristics = rows.characteristics.subarray(0, nRows * p);
    if (order) reorderRows(characteristics, p, order);
    const series = rows.series.map((values) => (order ? reorderValues(values, order) : values.subarray(0, nRows)));
    const { returnsIn } = this.#options;
    const paired = (position: number, role: ForwardColumn | undefined, column: FrameColumn | undefined) =>
      role && column && forwardReturns(index, series[position], column, role, returnsIn);
    const { returns, factorReturns } = this.#roles;
    return {
      index,
      characteristics,
      returns: paired(0, returns, columns.returns),
      factorReturns: paired(returns ? 1 : 0, factorReturns, columns.factorReturns),
      context: rows.context,
    };
  }

  /** The dates `from … to - 1` of a buffer as a batch that shares its memory. */
  #part(buffer: PanelBuffer, from: number, to: number): CrossSectionBatch {
    const { columns } = this.#reading;
    const p = columns.characteristics.length;
    const q = columns.context.length;
    const [first, last] = [buffer.index.rowOffsets[from], buffer.index.rowOffsets[to]];
    return new CrossSectionBatch({
      index: buffer.index.slice(from, to).withOwnAssets(),
      characteristicNames: columns.characteristics.map(({ name }) => name),
      characteristics: buffer.characteristics.subarray(first * p, last * p),
      returns: buffer.returns?.subarray(first, last),
      factorReturns: buffer.factorReturns?.subarray(first, last),
      ...timingOf(this.#roles),
      contextNames: columns.context.map(({ name }) => name),
      contextFeatures: q === 0 ? undefined : buffer.context.subarray(from * q, to * q),
    });
  }

  #requireNoGap(timestamps: Float64Array): void {
    const { maxGapDays } = this.#options;
    const before = this.dates.slice(-1);
    for (const date of timestamps) this.dates.push(date);
    if (maxGapDays !== undefined)
      requireNoGap(this.#reading.columns.timestamp.name, Float64Array.of(...before, ...timestamps), maxGapDays);
  }
}
