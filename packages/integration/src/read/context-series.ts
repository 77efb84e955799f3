import { isNull, type NumberChunk } from './frame.ts';
import { grown } from './growth.ts';
import { inconsistentContext } from './row-errors.ts';

/** Series that describe dates, of which every row of a date repeats the value. */
export class ContextSeries {
  readonly names: readonly string[];
  /** (capacity of dates x Q), by date code; NaN in dates without a row. */
  values: Float64Array;
  #nDates = 0;

  constructor(names: readonly string[]) {
    this.names = names;
    this.values = new Float64Array(64 * names.length);
  }

  /** Room for so many dates. */
  reserve(nDates: number): void {
    const q = this.names.length;
    if (q === 0 || nDates <= this.#nDates) return;
    let capacity = this.values.length;
    while (capacity < nDates * q) capacity *= 2;
    if (capacity > this.values.length) this.values = grown(this.values, capacity);
    this.values.fill(Number.NaN, this.#nDates * q, nDates * q);
    this.#nDates = nDates;
  }

  /**
   * Takes the values of one series over: of the rows at `selection[0 … kept - 1]`, whose dates `dateCodes` has.
   * `rowName` names a row for a message.
   */
  read(
    column: number,
    source: NumberChunk,
    kept: number,
    selection: Int32Array,
    dateCodes: Int32Array,
    rowName: (position: number) => string,
  ): void {
    const q = this.names.length;
    const { values } = this;
    for (let i = 0; i < kept; i++) {
      const position = selection[i];
      const at = dateCodes[position] * q + column;
      const value = isNull(source.validity, source.validityOffset + position) ? Number.NaN : source.values[position];
      const onDate = values[at];
      if (value === onDate) continue;
      // NaN: the date's first row.
      if (!Number.isFinite(value) || !Number.isNaN(onDate))
        throw inconsistentContext(`${this.names[column]} (${rowName(position)})`, value, onDate);
      values[at] = value;
    }
  }
}
