import { DataError } from '../errors.ts';
import { parseTimestamps, type TimestampInput } from '../timestamps.ts';
import {
  frozenNames,
  nestedShape,
  readNumeric,
  requireFinite,
  requireLength,
  requireObject,
  type NumericInput,
} from '../validation.ts';
import type { CrossSectionBatch } from './cross-section.ts';
import { PanelIndex } from './panel-index.ts';
import { returnTiming, type ReturnTiming, type StatedTiming } from './return-timing.ts';

/** What a {@link PersistentPanelBatch} is made of. T dates, N assets, P characteristics. */
export interface PersistentPanelInit extends StatedTiming {
  /** (T), strictly increasing. */
  readonly timestamps: readonly TimestampInput[] | Float64Array;
  /** Dates of the whole panel, of a part of one; see {@link PanelIndex.calendar}. */
  readonly calendar?: Float64Array | undefined;
  /** (N); `a0 … a{N-1}` where absent. */
  readonly assetIds?: readonly string[];
  /** (T, N): return earned after the row's date; NaN for missing. Nested, or flat row-major with `assetIds`. */
  readonly returns: NumericInput;
  /** (P), with `characteristics`. */
  readonly characteristicNames?: readonly string[];
  /** (T, N, P), optional. */
  readonly characteristics?: NumericInput;
}

/**
 * A panel whose entities persist: the same N assets on every date, returns (T x N) with NaN where one is missing.
 *
 * As in every batch, `returns[t, i]` is the return earned *after* date t. A Float64Array is taken over without a copy.
 */
export class PersistentPanelBatch implements ReturnTiming {
  readonly kind = 'persistent-panel';
  /** (T x N), row-major. */
  readonly returns: Float64Array;
  /** Dates that a return spans. */
  readonly returnHorizon: number;
  /** Dates until a return is known: at least `returnHorizon`. */
  readonly realisationLag: number;
  readonly timestamps: Float64Array;
  readonly assetIds: readonly string[];
  readonly characteristicNames: readonly string[];
  /** (T x N x P), row-major. */
  readonly characteristics: Float64Array | undefined;
  /** Rows are all T x N cells in (date, asset) order. */
  readonly index: PanelIndex;

  constructor(init: PersistentPanelInit) {
    requireObject('PersistentPanelBatch', init);
    const timestamps = parseTimestamps('timestamps', init.timestamps);
    const nAssets = init.assetIds?.length ?? nestedShape('returns', init.returns, 2)[1];
    const assetIds = init.assetIds ?? Array.from({ length: nAssets }, (_, i) => `a${i}`);
    this.index = PanelIndex.full(timestamps, assetIds, init.calendar);
    this.timestamps = timestamps;
    this.assetIds = this.index.assetIds;
    this.returns = readNumeric('returns', init.returns, [timestamps.length, nAssets]);
    requireFinite('returns', this.returns, true);
    ({ returnHorizon: this.returnHorizon, realisationLag: this.realisationLag } = returnTiming(init));
    this.characteristicNames = frozenNames('characteristicNames', init.characteristicNames ?? []);
    if (init.characteristics === undefined) {
      requireLength('characteristicNames', this.characteristicNames, 0, 'no characteristics were given');
      this.characteristics = undefined;
    } else {
      const p = this.characteristicNames.length;
      this.characteristics = readNumeric('characteristics', init.characteristics, [timestamps.length, nAssets, p]);
      requireFinite('characteristics', this.characteristics, true);
    }
    Object.freeze(this);
  }

  /** The returns of a ragged batch on its asset axis: NaN where an asset has no row. Characteristics are left behind. */
  static fromCrossSection(batch: CrossSectionBatch): PersistentPanelBatch {
    const source = batch.requireReturns('a persistent panel');
    const { index, returnHorizon, realisationLag } = batch;
    const returns = new Float64Array(index.nDates * index.nAssets).fill(Number.NaN);
    for (let t = 0; t < index.nDates; t++)
      for (let row = index.rowOffsets[t]; row < index.rowOffsets[t + 1]; row++)
        returns[t * index.nAssets + index.assetIndex[row]] = source[row];
    return new PersistentPanelBatch({
      timestamps: index.timestamps,
      calendar: index.calendar,
      assetIds: index.assetIds,
      returns,
      returnHorizon,
      realisationLag,
    });
  }

  get nDates(): number {
    return this.timestamps.length;
  }
  get nAssets(): number {
    return this.assetIds.length;
  }

  /** The dates `from … to - 1` by position, sharing memory with this batch. */
  slice(from: number, to: number = this.nDates): PersistentPanelBatch {
    const index = this.index.slice(from, to);
    const cells = this.nAssets;
    const p = this.characteristicNames.length;
    const part: Partial<PersistentPanelBatch> = {
      index,
      timestamps: index.timestamps,
      returns: this.returns.subarray(from * cells, to * cells),
      characteristics: this.characteristics?.subarray(from * cells * p, to * cells * p),
    };
    // A part of a valid batch is valid, so the constructor's checks are not run again.
    return Object.freeze(
      Object.assign(Object.create(PersistentPanelBatch.prototype) as PersistentPanelBatch, this, part),
    );
  }

  /** The assets named, in the order given. */
  selectAssets(assetIds: readonly string[]): PersistentPanelBatch {
    const position = new Map(this.assetIds.map((id, i) => [id, i]));
    const columns = assetIds.map((id) => {
      const i = position.get(id);
      if (i === undefined)
        throw new DataError({
          field: 'assetIds',
          expected: 'assets of the batch',
          found: JSON.stringify(id),
          remedy: 'Ask for assets that the batch holds.',
        });
      return i;
    });
    const take = (values: Float64Array, width: number): Float64Array => {
      const out = new Float64Array(this.nDates * columns.length * width);
      for (let t = 0; t < this.nDates; t++)
        columns.forEach((column, i) => {
          const from = (t * this.nAssets + column) * width;
          out.set(values.subarray(from, from + width), (t * columns.length + i) * width);
        });
      return out;
    };
    const { timestamps, characteristicNames, characteristics, returnHorizon, realisationLag } = this;
    return new PersistentPanelBatch({
      timestamps,
      calendar: this.index.calendar,
      assetIds,
      returns: take(this.returns, 1),
      returnHorizon,
      realisationLag,
      characteristicNames,
      ...(characteristics ? { characteristics: take(characteristics, characteristicNames.length) } : {}),
    });
  }
}
