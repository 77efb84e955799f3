import { DataError, ShapeError } from '../errors.ts';
import { parseTimestamps, type TimestampInput } from '../timestamps.ts';
import {
  frozenNames,
  readIntegers,
  readFloats,
  readNumeric,
  requireFinite,
  requireLength,
  requireObject,
  type FloatArray,
  type NumericInput,
} from '../validation.ts';
import { crossSectionFromDense, type DensePanel } from './from-dense.ts';
import { crossSectionFromRows, type LongRows } from './from-rows.ts';
import { PanelIndex } from './panel-index.ts';
import { returnTiming, type ReturnTiming, type StatedTiming } from './return-timing.ts';
import type { CrossSectionInit } from './cross-section-init.ts';

/**
 * Dated cross-sections of assets, ragged by construction: one row per observed (date, asset) pair, in date order.
 *
 * Timing is part of the contract: a row dated t holds characteristics known at t and, in `returns`, the return earned
 * *after* t (from t to the next date). Typed arrays are taken over without a copy and must not be changed afterwards;
 * models never change them. How many dates a return spans and after how many it is known are part of it too
 * ({@link ReturnTiming}): forecasters, splits, holdouts and errors take what they need from there. Float64, but for characteristics, which may be float32: networks compute in it, and the panel
 * takes half the memory. Whatever is computed from them is accumulated in float64 as ever.
 *
 * Build one with {@link CrossSectionBatch.fromRows} (long rows), {@link CrossSectionBatch.fromDense} (T x N x P cube
 * with a mask) or {@link CrossSectionBatch.fromArrays} (the ragged arrays themselves).
 */
export class CrossSectionBatch implements ReturnTiming {
  readonly kind = 'cross-section';
  readonly index: PanelIndex;
  readonly characteristicNames: readonly string[];
  /** (R x P), row-major, in the precision they were given in. */
  readonly characteristics: FloatArray;
  /** (R) */
  readonly returns: Float64Array | undefined;
  /** (R) */
  readonly factorReturns: Float64Array | undefined;
  /** Dates that a return spans. */
  readonly returnHorizon: number;
  /** Dates until a return is known, `factorReturns` included: at least `returnHorizon`. */
  readonly realisationLag: number;
  readonly contextNames: readonly string[];
  /** (T x Q), row-major. */
  readonly contextFeatures: Float64Array | undefined;

  constructor(init: CrossSectionInit) {
    requireObject('CrossSectionBatch', init);
    const { index } = init;
    const characteristicNames = frozenNames('characteristicNames', init.characteristicNames);
    const perRow = (field: string, input: NumericInput | undefined): Float64Array | undefined => {
      if (input === undefined) return undefined;
      const values = readNumeric(field, input, [index.nRows]);
      requireFinite(field, values, true);
      return values;
    };
    this.index = index;
    this.characteristicNames = characteristicNames;
    this.characteristics = readFloats('characteristics', init.characteristics, [
      index.nRows,
      characteristicNames.length,
    ]);
    requireFinite('characteristics', this.characteristics, true);
    this.returns = perRow('returns', init.returns);
    this.factorReturns = perRow('factorReturns', init.factorReturns);
    ({ returnHorizon: this.returnHorizon, realisationLag: this.realisationLag } = returnTiming(init));
    this.contextNames = frozenNames('contextNames', init.contextNames ?? []);
    if ((init.contextFeatures === undefined) !== (this.contextNames.length === 0))
      throw new ShapeError({
        field: 'contextFeatures',
        expected: 'contextNames and contextFeatures together',
        found: init.contextFeatures === undefined ? 'names without values' : 'values without names',
        remedy: 'Pass both, or neither.',
      });
    this.contextFeatures =
      init.contextFeatures === undefined
        ? undefined
        : readNumeric('contextFeatures', init.contextFeatures, [index.nDates, this.contextNames.length]);
    if (this.contextFeatures) requireFinite('contextFeatures', this.contextFeatures);
    Object.freeze(this);
  }

  /**
   * From the ragged arrays themselves; Float64Arrays, Int32Arrays and Float32Arrays of characteristics are shared, not copied.
   * `returns` are forward returns: earned after the row's date, over `returnHorizon` dates (1).
   */
  static fromArrays(
    init: Omit<CrossSectionInit, 'index'> & {
      readonly timestamps: readonly TimestampInput[] | Float64Array;
      readonly rowOffsets: Int32Array | readonly number[];
      readonly assetIndex: Int32Array | readonly number[];
      readonly assetIds: readonly string[];
    },
  ): CrossSectionBatch {
    requireObject('CrossSectionBatch.fromArrays', init);
    const { timestamps, rowOffsets, assetIndex, assetIds, ...columns } = init;
    const index = new PanelIndex({
      timestamps: parseTimestamps('timestamps', timestamps),
      rowOffsets: readIntegers('rowOffsets', rowOffsets),
      assetIndex: readIntegers('assetIndex', assetIndex),
      assetIds,
    });
    return new CrossSectionBatch({ index, ...columns });
  }

  /** From long rows, one per (date, asset), sorted by date. See {@link LongRows}. */
  static fromRows(rows: LongRows): CrossSectionBatch {
    requireObject('CrossSectionBatch.fromRows', rows);
    return new CrossSectionBatch(crossSectionFromRows(rows));
  }

  /** From a dense (T, N, P) cube and a mask. See {@link DensePanel}. */
  static fromDense(panel: DensePanel): CrossSectionBatch {
    requireObject('CrossSectionBatch.fromDense', panel);
    return new CrossSectionBatch(crossSectionFromDense(panel));
  }

  get nDates(): number {
    return this.index.nDates;
  }
  get nRows(): number {
    return this.index.nRows;
  }
  get nAssets(): number {
    return this.index.nAssets;
  }
  get nCharacteristics(): number {
    return this.characteristicNames.length;
  }
  get nContext(): number {
    return this.contextNames.length;
  }
  get timestamps(): Float64Array {
    return this.index.timestamps;
  }
  get assetIds(): readonly string[] {
    return this.index.assetIds;
  }

  /** The dates `from … to - 1` by position, sharing memory with this batch. */
  slice(from: number, to: number = this.nDates): CrossSectionBatch {
    const index = this.index.slice(from, to);
    const first = this.index.rowOffsets[from];
    const last = this.index.rowOffsets[to];
    const p = this.nCharacteristics;
    return derive(this, {
      index,
      characteristics: this.characteristics.subarray(first * p, last * p),
      returns: this.returns?.subarray(first, last),
      factorReturns: this.factorReturns?.subarray(first, last),
      contextFeatures: this.contextFeatures?.subarray(from * this.nContext, to * this.nContext),
    });
  }

  /** The same rows with other characteristics: what a preprocessing step returns. Values (R x P'), NaN for missing. */
  withCharacteristics(
    characteristics: FloatArray,
    characteristicNames: readonly string[] = this.characteristicNames,
  ): CrossSectionBatch {
    return new CrossSectionBatch({ ...this, characteristics, characteristicNames });
  }

  /** The same dates with other series common to all assets (T x Q); none with an empty list of names. */
  withContext(contextNames: readonly string[], contextFeatures: Float64Array): CrossSectionBatch {
    if (contextNames.length === 0) return derive(this, { contextNames: [], contextFeatures: undefined });
    return new CrossSectionBatch({ ...this, contextNames, contextFeatures });
  }

  /** The same rows with other forward returns (R): a residual, a what-if, or with `timing` another horizon. */
  withReturns(returns: Float64Array, timing: StatedTiming = this): CrossSectionBatch {
    requireLength('returns', returns, this.nRows, 'one per row');
    requireFinite('returns', returns, true);
    return derive(this, { returns, ...returnTiming(timing) });
  }

  /** The same rows without returns: what is known on the day of the forecast. */
  withoutReturns(): CrossSectionBatch {
    return derive(this, { returns: undefined, factorReturns: undefined });
  }

  /** `returns`, or a DataError that says who asked. */
  requireReturns(purpose: string): Float64Array {
    if (this.returns) return this.returns;
    throw new DataError({
      field: 'returns',
      expected: `returns on the batch (${purpose} needs them)`,
      found: 'a batch without returns',
      remedy: 'Pass `returns` when building the batch.',
    });
  }

  /** Throws DataError unless the batch has characteristics. */
  requireCharacteristics(purpose: string): void {
    if (this.nCharacteristics > 0) return;
    throw new DataError({
      field: 'characteristics',
      expected: `at least one characteristic on the batch (${purpose} needs them)`,
      found: 'a panel of returns alone',
      remedy: 'Add columns that describe the assets, or choose a model of returns alone, such as PCA.',
    });
  }

  /** One characteristic as a column (R). */
  characteristic(name: string): Float64Array {
    const column = this.characteristicNames.indexOf(name);
    if (column < 0)
      throw new DataError({
        field: 'characteristic',
        expected: `one of ${this.characteristicNames.join(', ')}`,
        found: JSON.stringify(name),
        remedy: 'Ask for a column of the batch.',
      });
    const p = this.nCharacteristics;
    return Float64Array.from({ length: this.nRows }, (_, row) => this.characteristics[row * p + column]);
  }

  /** The cube for those who want it: characteristics (T x N x P) and returns (T x N) with NaN, mask (T x N) of 0 and 1. */
  toDense(): { characteristics: Float64Array; returns: Float64Array | undefined; mask: Uint8Array } {
    const { nDates, nAssets, nCharacteristics: p } = this;
    const characteristics = new Float64Array(nDates * nAssets * p).fill(Number.NaN);
    const returns = this.returns ? new Float64Array(nDates * nAssets).fill(Number.NaN) : undefined;
    const mask = new Uint8Array(nDates * nAssets);
    for (let t = 0; t < nDates; t++)
      for (let row = this.index.rowOffsets[t]; row < this.index.rowOffsets[t + 1]; row++) {
        const cell = t * nAssets + this.index.assetIndex[row];
        characteristics.set(this.characteristics.subarray(row * p, (row + 1) * p), cell * p);
        if (returns && this.returns) returns[cell] = this.returns[row];
        mask[cell] = 1;
      }
    return { characteristics, returns, mask };
  }
}

/** Parts of a valid batch are valid: a derived batch skips the constructor's reading of the whole panel. */
function derive(batch: CrossSectionBatch, change: Partial<CrossSectionBatch>): CrossSectionBatch {
  return Object.freeze(Object.assign(Object.create(CrossSectionBatch.prototype) as CrossSectionBatch, batch, change));
}
