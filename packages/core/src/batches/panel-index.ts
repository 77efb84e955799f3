import { DataError, ShapeError } from '../errors.ts';
import { formatTimestamp, requireIncreasing } from '../timestamps.ts';
import { frozenNames } from '../validation.ts';

/**
 * The (date, asset) coordinates of a panel's rows, shared by a batch and every result that comes from it.
 *
 * Rows are in date order. Rows `rowOffsets[t] … rowOffsets[t + 1] - 1` belong to date t; row i is asset
 * `assetIds[assetIndex[i]]`. Memory grows with the observed rows R, not with dates x assets.
 */
export class PanelIndex {
  /** Milliseconds since 1970 UTC, strictly increasing (T). */
  readonly timestamps: Float64Array;
  /** (T + 1) */
  readonly rowOffsets: Int32Array;
  /** (R) */
  readonly assetIndex: Int32Array;
  /** (N) */
  readonly assetIds: readonly string[];
  /**
   * Dates of the whole panel that this index was cut from, its own among them: they tell how many dates lie between two parts. Not
   * enumerable: the same rows are the same, whatever they were cut from.
   */
  declare readonly calendar: Float64Array;

  constructor(init: {
    readonly timestamps: Float64Array;
    readonly rowOffsets: Int32Array;
    readonly assetIndex: Int32Array;
    readonly assetIds: readonly string[];
    /** Of a part of a panel: strictly increasing, with every one of `timestamps`. Those alone where absent. */
    readonly calendar?: Float64Array | undefined;
  }) {
    const assetIds = frozenNames('assetIds', init.assetIds);
    requireValidIndex({ ...init, assetIds });
    if (init.calendar) requireCalendar(init.calendar, init.timestamps);
    this.timestamps = init.timestamps;
    this.rowOffsets = init.rowOffsets;
    this.assetIndex = init.assetIndex;
    this.assetIds = assetIds;
    Object.freeze(withCalendar(this, init.calendar ?? init.timestamps));
  }

  /** The index of a full T x N panel in which every asset is listed on every date. */
  static full(timestamps: Float64Array, assetIds: readonly string[], calendar?: Float64Array): PanelIndex {
    const n = assetIds.length;
    const rowOffsets = Int32Array.from({ length: timestamps.length + 1 }, (_, t) => t * n);
    const assetIndex = new Int32Array(timestamps.length * n);
    for (let row = 0; row < assetIndex.length; row++) assetIndex[row] = row % n;
    return new PanelIndex({ timestamps, rowOffsets, assetIndex, assetIds, calendar });
  }

  /** Number of dates T. */
  get nDates(): number {
    return this.timestamps.length;
  }
  /** Number of rows R. */
  get nRows(): number {
    return this.assetIndex.length;
  }
  /** Number of distinct assets N. */
  get nAssets(): number {
    return this.assetIds.length;
  }

  /** Dates `from … to - 1`, sharing memory with this index. */
  slice(from: number, to: number = this.nDates): PanelIndex {
    if (!Number.isInteger(from) || !Number.isInteger(to) || from < 0 || to > this.nDates || from > to)
      throw new ShapeError({
        field: 'slice',
        expected: `0 <= from <= to <= ${this.nDates} (dates)`,
        found: `from ${from}, to ${to}`,
        remedy: 'Slice by date position; `to` is exclusive.',
      });
    const firstRow = this.rowOffsets[from];
    return known({
      timestamps: this.timestamps.subarray(from, to),
      rowOffsets: this.rowOffsets.slice(from, to + 1).map((offset) => offset - firstRow),
      assetIndex: this.assetIndex.subarray(firstRow, this.rowOffsets[to]),
      assetIds: this.assetIds,
      calendar: this.calendar,
    });
  }

  /** The same rows with only the assets that have one, in order of first appearance. Shares memory where nothing changes. */
  withOwnAssets(): PanelIndex {
    const { timestamps, rowOffsets, assetIndex, assetIds, calendar } = this;
    const position = new Int32Array(assetIds.length).fill(-1);
    const own: number[] = [];
    let isSame = true;
    for (let row = 0; row < assetIndex.length; row++) {
      const asset = assetIndex[row];
      if (position[asset] >= 0) continue;
      isSame &&= asset === own.length;
      position[asset] = own.length;
      own.push(asset);
    }
    if (isSame && own.length === assetIds.length) return this;
    return known({
      timestamps,
      rowOffsets,
      assetIndex: isSame ? assetIndex : assetIndex.map((asset) => position[asset]),
      assetIds: Object.freeze(isSame ? assetIds.slice(0, own.length) : own.map((asset) => assetIds[asset])),
      calendar,
    });
  }
}

/** What comes from a valid index is valid: the prototype is used directly, so that a walk-forward does not re-read the panel. */
function known({
  calendar,
  ...fields
}: Pick<PanelIndex, 'timestamps' | 'rowOffsets' | 'assetIndex' | 'assetIds' | 'calendar'>): PanelIndex {
  const index = Object.assign(Object.create(PanelIndex.prototype) as PanelIndex, fields);
  return Object.freeze(withCalendar(index, calendar));
}

function withCalendar(index: PanelIndex, calendar: Float64Array): PanelIndex {
  return Object.defineProperty(index, 'calendar', { value: calendar });
}

/** Throws DataError unless the calendar is in order and has every date. */
function requireCalendar(calendar: Float64Array, timestamps: Float64Array): void {
  requireIncreasing('calendar', calendar);
  let at = 0;
  for (const date of timestamps) {
    while (calendar[at] < date) at++;
    if (calendar[at] !== date)
      throw new DataError({
        field: 'calendar',
        expected: 'every date of the index',
        found: `no ${formatTimestamp(date)}`,
        remedy: 'Pass the dates of the whole panel, or leave the calendar out.',
      });
  }
}

function requireValidIndex(init: {
  readonly timestamps: Float64Array;
  readonly rowOffsets: Int32Array;
  readonly assetIndex: Int32Array;
  readonly assetIds: readonly string[];
}): void {
  const { timestamps, rowOffsets, assetIndex, assetIds } = init;
  requireIncreasing('timestamps', timestamps);
  if (rowOffsets.length !== timestamps.length + 1)
    throw new ShapeError({
      field: 'rowOffsets',
      expected: `${timestamps.length + 1} entries (one more than timestamps)`,
      found: `${rowOffsets.length}`,
      remedy: 'Pass the first row of each date, and the number of rows last.',
    });
  if (rowOffsets[0] !== 0 || rowOffsets[timestamps.length] !== assetIndex.length)
    throw new ShapeError({
      field: 'rowOffsets',
      expected: `to start at 0 and end at ${assetIndex.length}, the number of rows`,
      found: `${rowOffsets[0]} … ${rowOffsets[timestamps.length]}`,
      remedy: 'Pass the first row of each date, and the number of rows last.',
    });
  const lastDateOf = new Int32Array(assetIds.length).fill(-1);
  for (let t = 0; t < timestamps.length; t++) {
    if (rowOffsets[t + 1] < rowOffsets[t])
      throw new ShapeError({
        field: `rowOffsets[${t + 1}]`,
        expected: `at least ${rowOffsets[t]}`,
        found: `${rowOffsets[t + 1]}`,
        remedy: 'Offsets never decrease: rows are in date order.',
      });
    for (let row = rowOffsets[t]; row < rowOffsets[t + 1]; row++) {
      const asset = assetIndex[row];
      if (asset < 0 || asset >= assetIds.length)
        throw new DataError({
          field: `assetIndex[${row}]`,
          expected: `0 … ${assetIds.length - 1}`,
          found: `${asset}`,
          remedy: 'Every entry is a position in assetIds.',
        });
      if (lastDateOf[asset] === t)
        throw new DataError({
          field: `assetIndex[${row}]`,
          expected: 'each (date, asset) once',
          found: `${assetIds[asset]} twice on ${formatTimestamp(timestamps[t])}`,
          remedy: 'Drop or merge the duplicate row.',
        });
      lastDateOf[asset] = t;
    }
  }
}
