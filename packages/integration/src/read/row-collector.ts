import { DataError, formatTimestamp } from '@ml4t/core';
import { isNull, isTextChunk, type NumberChunk, type RowChunk } from './frame.ts';
import { KeyDictionary } from './key-dictionary.ts';

export interface CollectorPlan {
  /** How messages call the source and its key columns. */
  readonly timestampColumn: string;
  readonly assetColumn: string;
  readonly characteristicNames: readonly string[];
  /** Per-row columns beside the characteristics: returns and factor returns. */
  readonly seriesNames: readonly string[];
  readonly contextNames: readonly string[];
  /** Reads a timestamp given as text; `where` names its row. */
  readonly parseTimestamp: (text: string, where: () => string) => number;
  readonly from: number;
  readonly to: number;
  readonly sort: boolean;
  /** False when the source leaves out rows, so that row numbers would mislead. */
  readonly namesRows: boolean;
  /** Number of rows expected: exact, an upper bound, or a first guess. */
  readonly expectedRows: number;
}

/**
 * Rows of a source on their way into a batch: one pass, straight from the source's memory into the final arrays.
 * Row-major characteristics grow by doubling when the number of rows was not known; memory that is reserved but not
 * written costs nothing on the systems Node runs on.
 */
export class RowCollector {
  readonly assets: KeyDictionary;
  /** Distinct dates in order of first appearance. */
  readonly dates: number[] = [];
  /** Rows kept. */
  nRows = 0;
  /** (capacity x P), row-major. */
  characteristics: Float64Array;
  readonly series: Float64Array[];
  /** Per row: positions in `dates` and `assets.keys`. */
  dateCodes: Int32Array;
  assetCodes: Int32Array;
  /** (capacity of dates x Q): the value of each date. */
  context: Float64Array;
  /** Missing values per characteristic, then per series. */
  readonly missing: Float64Array;
  /** Set when a row has no asset: collecting stops there. */
  missingAssetAt: string | undefined;

  readonly #plan: CollectorPlan;
  readonly #dateOf = new Map<number, number>();
  readonly #stampTexts = new KeyDictionary();
  /** Text code to date code; -1 outside the filter. */
  #dateOfText = new Int32Array(1024);
  #capacity: number;
  #rowsSeen = 0;
  #chunkLength = 0;
  #lastDate = -Infinity;
  #chunkDates = new Int32Array(2048);
  #chunkAssets = new Int32Array(2048);
  #selection = new Int32Array(2048);

  /** `spare`: a collector of the same columns that is done with, whose arrays are taken over. */
  constructor(plan: CollectorPlan, assets = new KeyDictionary(), spare?: RowCollector) {
    this.#plan = plan;
    this.assets = assets;
    const capacity = spare ? spare.#capacity : Math.max(1, plan.expectedRows);
    this.#capacity = capacity;
    this.characteristics = spare?.characteristics ?? new Float64Array(capacity * plan.characteristicNames.length);
    this.series = spare?.series ?? plan.seriesNames.map(() => new Float64Array(capacity));
    this.dateCodes = spare?.dateCodes ?? new Int32Array(capacity);
    this.assetCodes = spare?.assetCodes ?? new Int32Array(capacity);
    this.context = new Float64Array(64 * plan.contextNames.length);
    this.missing = new Float64Array(plan.characteristicNames.length + plan.seriesNames.length);
  }

  /** Takes a chunk over. False when a row has no asset. */
  add(chunk: RowChunk): boolean {
    const n = chunk.length;
    this.#chunkLength = n;
    if (n > this.#chunkDates.length) {
      this.#chunkDates = new Int32Array(n);
      this.#chunkAssets = new Int32Array(n);
      this.#selection = new Int32Array(n);
    }
    const kept = this.#readDates(chunk);
    chunk.assets.encode(this.assets, this.#chunkAssets);
    this.#reserve(this.nRows + kept);
    for (let i = 0; i < kept; i++) {
      const source = this.#selection[i];
      const asset = this.#chunkAssets[source];
      if (asset < 0 || this.assets.keys[asset] === '') {
        this.missingAssetAt = this.#where(source, this.dates[this.#chunkDates[source]]);
        return false;
      }
      this.dateCodes[this.nRows + i] = this.#chunkDates[source];
      this.assetCodes[this.nRows + i] = asset;
    }
    this.#readNumbers(chunk.numbers, kept);
    this.nRows += kept;
    this.#rowsSeen += n;
    return true;
  }

  /** The first row of the date at a position, for rows in date order; the number of rows for the position after the last. */
  startOf(date: number): number {
    let low = 0;
    let high = this.nRows;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.dateCodes[middle] < date) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /**
   * A collector that goes on where this one stands and starts with a copy of the rows from a date on, for rows in date
   * order. Dates are coded afresh; the dictionary of ids goes along as long as half of them are in use, so that a long
   * stream keeps none for good. Row numbers and counts of missing values run on. The arrays of `spare`, a
   * collector that is done with, are written over where they are large enough.
   */
  continuedFrom(firstDate: number, spare?: RowCollector): RowCollector {
    const first = this.startOf(firstDate);
    const { nRows } = this;
    const p = this.#plan.characteristicNames.length;
    const q = this.#plan.contextNames.length;
    const keepsAssets = this.assets.keys.length <= 2 * this.#assetsInUse();
    // Parts of one stream are of similar size: they differ by the chunk that completes them.
    const chunk = this.#chunkDates.length;
    const plan = { ...this.#plan, expectedRows: nRows + 2 * chunk };
    const fitting = spare && spare.#capacity >= nRows + chunk ? spare : undefined;
    const next = new RowCollector(plan, keepsAssets ? this.assets : new KeyDictionary(), fitting);
    for (let date = firstDate; date < this.dates.length; date++) {
      const code = next.#codeOfDate(this.dates[date]);
      next.context.set(this.context.subarray(date * q, (date + 1) * q), code * q);
    }
    next.#lastDate = this.#lastDate;
    next.#rowsSeen = this.#rowsSeen;
    next.missing.set(this.missing);
    next.nRows = nRows - first;
    next.characteristics.set(this.characteristics.subarray(first * p, nRows * p));
    next.series.forEach((column, k) => {
      column.set(this.series[k].subarray(first, nRows));
    });
    for (let row = first; row < nRows; row++) {
      const asset = this.assetCodes[row];
      next.dateCodes[row - first] = this.dateCodes[row] - firstDate;
      next.assetCodes[row - first] = keepsAssets ? asset : next.assets.codeOf(this.assets.keys[asset]);
    }
    return next;
  }

  /** Distinct assets among the rows. */
  #assetsInUse(): number {
    const seen = new Uint8Array(this.assets.keys.length);
    let count = 0;
    for (let row = 0; row < this.nRows; row++) {
      count += 1 - seen[this.assetCodes[row]];
      seen[this.assetCodes[row]] = 1;
    }
    return count;
  }

  /** The row for a message: by number where that is honest, and by date where it is known. */
  #where(position: number, date?: number): string {
    const parts = [
      ...(this.#plan.namesRows ? [`row ${this.#rowsSeen + position + 1}`] : []),
      ...(date === undefined ? [] : [formatTimestamp(date)]),
    ];
    return parts.length === 0 ? '' : ` (${parts.join(', ')})`;
  }

  /** Fills the date codes of the chunk and the positions of the rows that the filter keeps; returns their number. */
  #readDates(chunk: RowChunk): number {
    const codes = this.#chunkDates;
    if (isTextChunk(chunk.timestamps)) {
      const known = this.#stampTexts.keys.length;
      chunk.timestamps.encode(this.#stampTexts, codes);
      this.#parseNewTexts(known, chunk.length);
      for (let i = 0; i < chunk.length; i++) {
        if (codes[i] < 0) throw this.#noDate(i);
        codes[i] = this.#dateOfText[codes[i]];
      }
    } else this.#codesOfMilliseconds(chunk.timestamps, chunk.length);
    let kept = 0;
    for (let i = 0; i < chunk.length; i++) {
      if (codes[i] < 0) continue;
      this.#selection[kept++] = i;
      const date = this.dates[codes[i]];
      if (date < this.#lastDate && !this.#plan.sort) throw this.#unsorted(i, date);
      this.#lastDate = date;
    }
    return kept;
  }

  #parseNewTexts(known: number, length: number): void {
    const { keys } = this.#stampTexts;
    if (keys.length === known) return;
    while (keys.length > this.#dateOfText.length)
      this.#dateOfText = grown(this.#dateOfText, this.#dateOfText.length * 2);
    for (let code = known; code < keys.length; code++) {
      const where = (): string => this.#where(this.#chunkDates.subarray(0, length).indexOf(code));
      this.#dateOfText[code] = this.#codeOfDate(this.#plan.parseTimestamp(keys[code], where));
    }
  }

  #codesOfMilliseconds(source: NumberChunk, length: number): void {
    const { values, validity, validityOffset } = source;
    let last = Number.NaN;
    let lastCode = -1;
    for (let i = 0; i < length; i++) {
      const value = values[i];
      if (value !== last) {
        if (Number.isNaN(value) || isNull(validity, validityOffset + i)) throw this.#noDate(i);
        if (!Number.isInteger(value)) throw this.#fractionOfMillisecond(i, value);
        lastCode = this.#codeOfDate(value);
        last = value;
      } else if (isNull(validity, validityOffset + i)) throw this.#noDate(i);
      this.#chunkDates[i] = lastCode;
    }
  }

  /** The code of a date; -1 outside the filter. */
  #codeOfDate(date: number): number {
    if (date < this.#plan.from || date > this.#plan.to) return -1;
    let code = this.#dateOf.get(date);
    if (code === undefined) {
      code = this.dates.length;
      this.dates.push(date);
      this.#dateOf.set(date, code);
      const q = this.#plan.contextNames.length;
      if ((code + 1) * q > this.context.length) this.context = grown(this.context, this.context.length * 2);
      this.context.fill(Number.NaN, code * q, (code + 1) * q);
    }
    return code;
  }

  #reserve(rows: number): void {
    if (rows <= this.#capacity) return;
    this.#capacity = Math.max(rows, this.#capacity * 2);
    const p = this.#plan.characteristicNames.length;
    this.characteristics = grown(this.characteristics, this.#capacity * p);
    this.series.forEach((column, k) => (this.series[k] = grown(column, this.#capacity)));
    this.dateCodes = grown(this.dateCodes, this.#capacity);
    this.assetCodes = grown(this.assetCodes, this.#capacity);
  }

  #readNumbers(columns: readonly NumberChunk[], kept: number): void {
    const { characteristicNames, seriesNames, contextNames } = this.#plan;
    const p = characteristicNames.length;
    const s = seriesNames.length;
    for (let k = 0; k < p; k++)
      this.#copy(columns[k], kept, this.characteristics, this.nRows * p + k, p, k, characteristicNames[k]);
    for (let k = 0; k < s; k++) this.#copy(columns[p + k], kept, this.series[k], this.nRows, 1, p + k, seriesNames[k]);
    for (let k = 0; k < contextNames.length; k++) this.#readContext(columns[p + s + k], kept, k);
  }

  #copy(
    source: NumberChunk,
    kept: number,
    target: Float64Array,
    at: number,
    stride: number,
    column: number,
    name: string,
  ): void {
    const { values, validity, validityOffset } = source;
    const selection = kept === this.#chunkLength ? undefined : this.#selection;
    let missing = 0;
    for (let i = 0, to = at; i < kept; i++, to += stride) {
      const position = selection === undefined ? i : selection[i];
      const value =
        validity === undefined || (validity[(validityOffset + position) >> 3] >> ((validityOffset + position) & 7)) & 1
          ? values[position]
          : Number.NaN;
      target[to] = value;
      // x - x is 0 for finite x and NaN otherwise: one operation per entry on the hot path.
      if (value - value !== 0) {
        if (!Number.isNaN(value)) throw this.#infinite(name, position, value);
        missing++;
      }
    }
    this.missing[column] += missing;
  }

  #readContext(source: NumberChunk, kept: number, column: number): void {
    const q = this.#plan.contextNames.length;
    for (let i = 0; i < kept; i++) {
      const position = this.#selection[i];
      const cell = this.#chunkDates[position] * q + column;
      const value = isNull(source.validity, source.validityOffset + position) ? Number.NaN : source.values[position];
      if (value === this.context[cell]) continue;
      if (!Number.isFinite(value)) throw this.#badContext(column, position, 'a finite value in every row', value);
      // NaN: the date's first row.
      if (!Number.isNaN(this.context[cell]))
        throw this.#badContext(
          column,
          position,
          `the same value in every row of a date (${this.context[cell]})`,
          value,
        );
      this.context[cell] = value;
    }
  }

  #rowName(position: number): string {
    const date = this.dates[this.#chunkDates[position]];
    const asset = this.assets.keys[this.#chunkAssets[position]];
    return `${formatTimestamp(date)}, ${asset}`;
  }

  #noDate(position: number): DataError {
    return new DataError({
      field: `${this.#plan.timestampColumn}${this.#where(position)}`,
      expected: 'a timestamp in every row',
      found: 'none',
      remedy: 'Drop rows without a date.',
    });
  }

  #fractionOfMillisecond(position: number, value: number): DataError {
    return new DataError({
      field: `${this.#plan.timestampColumn}${this.#where(position, Math.floor(value))}`,
      expected: 'timestamps in whole milliseconds',
      found: 'a finer fraction',
      remedy: 'Round the column, for example in a query with date_trunc().',
    });
  }

  #unsorted(position: number, date: number): DataError {
    return new DataError({
      field: `${this.#plan.timestampColumn}${this.#where(position)}`,
      expected: `rows sorted by date (${formatTimestamp(this.#lastDate)} or later)`,
      found: formatTimestamp(date),
      remedy: 'Sort the source by date, or ask for it with `sort: true`.',
    });
  }

  #infinite(column: string, position: number, value: number): DataError {
    return new DataError({
      field: `${column} (${this.#rowName(position)})`,
      expected: 'finite numbers, or nothing for missing',
      found: String(value),
      remedy: 'Replace infinities at the source, often a division by zero.',
    });
  }

  #badContext(column: number, position: number, expected: string, value: number): DataError {
    return new DataError({
      field: `${this.#plan.contextNames[column]} (${this.#rowName(position)})`,
      expected,
      found: Number.isNaN(value) ? 'none' : String(value),
      remedy:
        'Context series describe dates, not assets: fill them before reading, or read the column as a characteristic.',
    });
  }
}

function grown<A extends Float64Array | Int32Array>(array: A, length: number): A {
  const larger = (array instanceof Float64Array ? new Float64Array(length) : new Int32Array(length)) as A;
  larger.set(array);
  return larger;
}
