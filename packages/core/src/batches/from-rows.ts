import { DataError, ShapeError, describe } from '../errors.ts';
import { formatTimestamp, parseTimestamps, type TimestampInput } from '../timestamps.ts';
import { requireLength } from '../validation.ts';
import type { CrossSectionInit } from './cross-section-init.ts';
import { alignForwardReturns, requireReturnLag } from './forward-returns.ts';
import { PanelIndex } from './panel-index.ts';
import { pairedReturnTiming } from './return-timing.ts';

/** A long frame by columns: entry i of every column belongs to the same (date, asset) pair. */
export interface LongRows {
  /** Date of each row (R), sorted unless `sort` is set. */
  readonly timestamps: readonly TimestampInput[] | Float64Array;
  /** Asset of each row (R). */
  readonly assets: readonly string[];
  /** Characteristic columns by name, each (R); NaN, null or undefined for missing. */
  readonly characteristics: Readonly<Record<string, ArrayLike<number | null | undefined>>>;
  /** Returns (R), read as `returnLag` says. */
  readonly returns?: ArrayLike<number | null | undefined>;
  /** Returns for managed portfolios (R), read as `returnLag` says. */
  readonly factorReturns?: ArrayLike<number | null | undefined>;
  /**
   * 0: `returns` were earned after each row's date already. k >= 1: they end at the row's date, so that row (t, i) is
   * paired with the return dated k panel dates later. Required with returns: there is no safe default.
   */
  readonly returnLag?: number;
  /**
   * Dates that a return spans. Where absent, `returnLag` says it when it is 1 or more; with `returnLag: 0` it is 1, so that
   * returns over several dates have to be stated: `returnLag: 0, returnHorizon: 5`. At most `returnLag`, unless that is 0.
   */
  readonly returnHorizon?: number | undefined;
  /** Dates until a return is known: as `returnLag` and `returnHorizon` say, or more where it is published later. */
  readonly realisationLag?: number | undefined;
  /** Sort the rows by date (stable). Off by default: unsorted rows often mean a join gone wrong. */
  readonly sort?: boolean;
}

/** Reads long rows in linear time (n log n when sorting). Duplicates and unsorted dates are errors that name the row. */
export function crossSectionFromRows(rows: LongRows): CrossSectionInit {
  const dates = parseTimestamps('timestamps', rows.timestamps);
  const n = dates.length;
  requireLength('assets', rows.assets, n, 'one per row');
  const order = rowOrder(dates, rows.sort ?? false);
  const index = indexOf(dates, rows.assets, order);
  const characteristicNames = Object.keys(rows.characteristics);
  const p = characteristicNames.length;
  const characteristics = new Float64Array(n * p);
  characteristicNames.forEach((name, column) => {
    const source = rows.characteristics[name];
    requireLength(`characteristics.${name}`, source, n, 'one per row');
    for (let i = 0; i < n; i++)
      characteristics[i * p + column] = readNumber(`characteristics.${name}`, source, order ? order[i] : i);
  });
  const forward = (
    field: 'returns' | 'factorReturns',
    source: LongRows['returns'],
  ): { [key: string]: Float64Array } | undefined => {
    if (source === undefined) return undefined;
    requireLength(field, source, n, 'one per row');
    requireReturnLag(rows.returnLag);
    const values = Float64Array.from({ length: n }, (_, i) => readNumber(field, source, order ? order[i] : i));
    return { [field]: alignForwardReturns(index, values, rows.returnLag) };
  };
  return {
    index,
    characteristicNames,
    characteristics,
    ...forward('returns', rows.returns),
    ...forward('factorReturns', rows.factorReturns),
    ...pairedReturnTiming(rows.returnLag ?? 0, rows),
  };
}

function readNumber(field: string, source: ArrayLike<number | null | undefined>, i: number): number {
  const value = source[i];
  if (typeof value === 'number') return value;
  if (value === null || value === undefined) return Number.NaN;
  throw new DataError({
    field: `${field}[${i}]`,
    expected: 'a number, or null for missing',
    found: describe(value),
    remedy: 'Convert the column to numbers.',
  });
}

/** Positions of the rows in date order, or undefined when they already are. */
function rowOrder(dates: Float64Array, sort: boolean): Int32Array | undefined {
  let unsorted = -1;
  for (let i = 0; i < dates.length; i++) {
    if (!Number.isFinite(dates[i]))
      throw new DataError({
        field: `timestamps[${i}]`,
        expected: 'a timestamp',
        found: String(dates[i]),
        remedy: 'Drop rows without a date.',
      });
    if (unsorted < 0 && i > 0 && dates[i] < dates[i - 1]) unsorted = i;
  }
  if (unsorted < 0) return undefined;
  if (!sort)
    throw new DataError({
      field: `timestamps[${unsorted}]`,
      expected: `rows sorted by date (${formatTimestamp(dates[unsorted - 1])} or later)`,
      found: formatTimestamp(dates[unsorted]),
      remedy: 'Sort the rows by date, or ask for it with `sort: true`.',
    });
  return Int32Array.from(dates.keys()).sort((a, b) => dates[a] - dates[b] || a - b);
}

/** The panel index of sorted rows; asset ids in order of first appearance. */
function indexOf(dates: Float64Array, assets: readonly string[], order: Int32Array | undefined): PanelIndex {
  const n = dates.length;
  if (n === 0)
    throw new ShapeError({
      field: 'timestamps',
      expected: 'at least one row',
      found: 'none',
      remedy: 'Check the filter or the file that the rows come from.',
    });
  const ids = new Map<string, number>();
  const assetIndex = new Int32Array(n);
  const timestamps: number[] = [];
  const rowOffsets: number[] = [];
  for (let i = 0; i < n; i++) {
    const source = order ? order[i] : i;
    const date = dates[source];
    if (i === 0 || date !== timestamps[timestamps.length - 1]) {
      timestamps.push(date);
      rowOffsets.push(i);
    }
    const asset = assets[source];
    let id = ids.get(asset);
    if (id === undefined) ids.set(asset, (id = ids.size));
    assetIndex[i] = id;
  }
  rowOffsets.push(n);
  return new PanelIndex({
    timestamps: Float64Array.from(timestamps),
    rowOffsets: Int32Array.from(rowOffsets),
    assetIndex,
    assetIds: [...ids.keys()],
  });
}
