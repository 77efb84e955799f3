import { formatTimestamp } from '@ml4t/core';
import { ContextSeries } from './context-series.ts';
import { DateCodes, type DateRule } from './date-codes.ts';
import type { NumberChunk, RowChunk } from './frame.ts';
import { grown } from './growth.ts';
import { KeyDictionary } from './key-dictionary.ts';
import { RowErrors, infiniteValue } from './row-errors.ts';

export interface CollectorPlan {
  readonly dateRule: DateRule;
  /** How messages call the column of dates. */
  readonly timestampColumn: string;
  readonly characteristicNames: readonly string[];
  /** Per-row columns beside the characteristics: returns and factor returns. */
  readonly seriesNames: readonly string[];
  readonly contextNames: readonly string[];
  /** Numbers that stand for nothing, by characteristic, then by series. */
  readonly missingNumbers: readonly (ReadonlySet<number> | undefined)[];
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
  /** Rows kept. */
  nRows = 0;
  /** (capacity x P), row-major. */
  characteristics: Float64Array;
  readonly series: Float64Array[];
  /** Per row: positions in `dates` and `assets.keys`. */
  dateCodes: Int32Array;
  assetCodes: Int32Array;
  /** Missing values per characteristic, then per series. */
  readonly missing: Float64Array;
  /** Set when a row has no asset: collecting stops there. */
  missingAssetAt: string | undefined;

  readonly #plan: CollectorPlan;
  readonly #errors: RowErrors;
  readonly #dates: DateCodes;
  readonly #context: ContextSeries;
  #capacity: number;
  #chunkLength = 0;
  #lastDate = -Infinity;
  #chunkDates = new Int32Array(2048);
  #chunkAssets = new Int32Array(2048);
  /** Positions of the chunk's rows that the filter keeps. */
  #selection = new Int32Array(2048);

  /** `spare`: a collector of the same columns that is done with, whose arrays are taken over. */
  constructor(plan: CollectorPlan, assets = new KeyDictionary(), spare?: RowCollector) {
    this.#plan = plan;
    this.assets = assets;
    this.#errors = new RowErrors(plan.timestampColumn, plan.namesRows);
    this.#dates = new DateCodes(plan.dateRule, this.#errors);
    this.#context = new ContextSeries(plan.contextNames);
    const capacity = spare ? spare.#capacity : Math.max(1, plan.expectedRows);
    this.#capacity = capacity;
    this.characteristics = spare?.characteristics ?? new Float64Array(capacity * plan.characteristicNames.length);
    this.series = spare?.series ?? plan.seriesNames.map(() => new Float64Array(capacity));
    this.dateCodes = spare?.dateCodes ?? new Int32Array(capacity);
    this.assetCodes = spare?.assetCodes ?? new Int32Array(capacity);
    this.missing = new Float64Array(plan.characteristicNames.length + plan.seriesNames.length);
  }

  /** Distinct dates in order of first appearance. */
  get dates(): readonly number[] {
    return this.#dates.dates;
  }
  /** (capacity of dates x Q): the value of each date. */
  get context(): Float64Array {
    return this.#context.values;
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
        this.missingAssetAt = this.#errors.where(source, this.dates[this.#chunkDates[source]]);
        return false;
      }
      this.dateCodes[this.nRows + i] = this.#chunkDates[source];
      this.assetCodes[this.nRows + i] = asset;
    }
    this.#readNumbers(chunk.numbers, kept);
    this.nRows += kept;
    this.#errors.rowsBefore += n;
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
    for (const date of this.dates.slice(firstDate)) next.#dates.codeOf(date);
    next.#context.reserve(next.dates.length);
    next.context.set(this.context.subarray(firstDate * q, this.dates.length * q));
    next.#lastDate = this.#lastDate;
    next.#errors.rowsBefore = this.#errors.rowsBefore;
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

  /** Fills the date codes of the chunk and the positions of the rows that the filter keeps; returns their number. */
  #readDates(chunk: RowChunk): number {
    const codes = this.#chunkDates;
    this.#dates.encode(chunk.timestamps, chunk.length, codes);
    this.#context.reserve(this.dates.length);
    const { dates } = this;
    let kept = 0;
    for (let i = 0; i < chunk.length; i++) {
      if (codes[i] < 0) continue;
      this.#selection[kept++] = i;
      const date = dates[codes[i]];
      if (date < this.#lastDate && !this.#plan.sort) throw this.#errors.unsorted(i, date, this.#lastDate);
      this.#lastDate = date;
    }
    return kept;
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
    const rowName = (position: number): string => this.#rowName(position);
    for (let k = 0; k < contextNames.length; k++)
      this.#context.read(k, columns[p + s + k], kept, this.#selection, this.#chunkDates, rowName);
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
    const { validity, validityOffset } = source;
    const codes = this.#plan.missingNumbers.at(column);
    const values = codes ? source.values.map((x) => (codes.has(x) ? Number.NaN : x)) : source.values;
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
        if (!Number.isNaN(value)) throw infiniteValue(`${name} (${this.#rowName(position)})`, value);
        missing++;
      }
    }
    this.missing[column] += missing;
  }

  #rowName(position: number): string {
    const date = this.dates[this.#chunkDates[position]];
    const asset = this.assets.keys[this.#chunkAssets[position]];
    return `${formatTimestamp(date)}, ${asset}`;
  }
}
