import { DataError, ShapeError, describe } from '../errors.ts';
import { formatTimestamp, parseTimestamps, requireIncreasing, type TimestampInput } from '../timestamps.ts';
import {
  frozenNames,
  nestedShape,
  readIntegers,
  readFloats,
  readNumeric,
  requireFinite,
  requireLength,
  requireObject,
  type FloatArray,
  type NumericInput,
} from '../validation.ts';
import { returnTiming, type ReturnTiming, type StatedTiming } from './return-timing.ts';

/** What a {@link PortfolioSequenceBatch} is made of. B windows, T steps, N assets, F features. */
export interface PortfolioSequenceInit extends StatedTiming {
  /** (B, T, N, F): nested arrays, or a flat row-major array with `shape`. Known at each step's date. */
  readonly features: NumericInput;
  /** (B, T, N, F), needed when `features` is flat. */
  readonly shape?: readonly [number, number, number, number];
  /** (B, T, N): return earned after each step's date; NaN allowed where the mask is false. */
  readonly forwardReturns?: NumericInput;
  /** (B, T, N): position scale, for example target over ex-ante volatility; finite and >= 0 where available. */
  readonly volScale?: NumericInput;
  /** (B, N): holdings carried into each window. */
  readonly prevWeights?: NumericInput;
  /** (B, T, N): true where the asset can be held; all where absent. */
  readonly mask?: NumericInput | ArrayLike<boolean> | Uint8Array;
  /** (N): group of each asset, whole numbers >= 0. */
  readonly groupIds?: readonly number[] | Int32Array;
  /** (N): cost per unit of turnover, >= 0. */
  readonly costs?: NumericInput;
  /** (N, N): strength of the edge from asset i to asset j in [0, 1]; above 0 means that i may attend to j. */
  readonly adjacency?: NumericInput;
  /** (T) when all windows share their dates, or (B, T) nested. Strictly increasing within each window. */
  readonly timestamps: readonly TimestampInput[] | readonly (readonly TimestampInput[])[] | Float64Array;
  /** (N); `a0 … a{N-1}` where absent. */
  readonly assetIds?: readonly string[];
  /** (F); `f0 … f{F-1}` where absent. */
  readonly featureNames?: readonly string[];
}

/**
 * Windows of consecutive dates for portfolio learning, with the state that costs depend on.
 *
 * Where the mask is false, features, returns and scales may hold anything, NaN included: models never read them.
 */
export class PortfolioSequenceBatch implements ReturnTiming {
  readonly kind = 'portfolio-sequence';
  /** B */
  readonly nWindows: number;
  /** T */
  readonly nSteps: number;
  /** N */
  readonly nAssets: number;
  /** F */
  readonly nFeatures: number;
  /** (B x T x N x F), in the precision they were given in. */
  readonly features: FloatArray;
  readonly forwardReturns: Float64Array | undefined;
  /** Dates that a forward return spans. */
  readonly returnHorizon: number;
  /** Dates until a forward return is known: at least `returnHorizon`. */
  readonly realisationLag: number;
  readonly volScale: Float64Array | undefined;
  readonly prevWeights: Float64Array | undefined;
  /** (B x T x N) of 0 and 1. */
  readonly mask: Uint8Array;
  readonly groupIds: Int32Array | undefined;
  readonly costs: Float64Array | undefined;
  readonly adjacency: Float64Array | undefined;
  /** (B x T), also when the windows share their dates. */
  readonly timestamps: Float64Array;
  readonly assetIds: readonly string[];
  readonly featureNames: readonly string[];

  constructor(init: PortfolioSequenceInit) {
    requireObject('PortfolioSequenceBatch', init);
    const [b, t, n, f] = requireSizes(init.shape ?? nestedShape('features', init.features, 4));
    this.nWindows = b;
    this.nSteps = t;
    this.nAssets = n;
    this.nFeatures = f;
    this.features = readFloats('features', init.features, [b, t, n, f]);
    const numbered = (letter: string, count: number): string[] => Array.from({ length: count }, (_, i) => letter + i);
    this.assetIds = frozenNames('assetIds', init.assetIds ?? numbered('a', n));
    requireLength('assetIds', this.assetIds, n, 'the third axis of features');
    this.featureNames = frozenNames('featureNames', init.featureNames ?? numbered('f', f));
    requireLength('featureNames', this.featureNames, f, 'the last axis of features');
    this.mask = readMask(init.mask, [b, t, n]);
    this.timestamps = readWindowDates(init.timestamps, b, t);
    const optional = (field: string, input: NumericInput | undefined, shape: number[]): Float64Array | undefined =>
      input === undefined ? undefined : readNumeric(field, input, shape);
    this.forwardReturns = optional('forwardReturns', init.forwardReturns, [b, t, n]);
    ({ returnHorizon: this.returnHorizon, realisationLag: this.realisationLag } = returnTiming(init));
    this.volScale = optional('volScale', init.volScale, [b, t, n]);
    this.prevWeights = optional('prevWeights', init.prevWeights, [b, n]);
    this.costs = optional('costs', init.costs, [n]);
    this.adjacency = optional('adjacency', init.adjacency, [n, n]);
    this.groupIds = init.groupIds === undefined ? undefined : readIntegers('groupIds', init.groupIds);
    requireValidValues(this);
    Object.freeze(this);
  }

  /** Window b, sharing memory with this batch. */
  window(b: number): PortfolioSequenceBatch {
    return this.slice(b, b + 1);
  }

  /** The windows `from … to - 1`, sharing memory with this batch. */
  slice(from: number, to: number = this.nWindows): PortfolioSequenceBatch {
    if (!Number.isInteger(from) || !Number.isInteger(to) || from < 0 || to > this.nWindows || from > to)
      throw new ShapeError({
        field: 'slice',
        expected: `0 <= from <= to <= ${this.nWindows} (windows)`,
        found: `from ${from}, to ${to}`,
        remedy: 'Slice by window position; `to` is exclusive.',
      });
    const { nSteps, nAssets, nFeatures } = this;
    const cells = nSteps * nAssets;
    const part: Partial<PortfolioSequenceBatch> = {
      nWindows: to - from,
      features: this.features.subarray(from * cells * nFeatures, to * cells * nFeatures),
      forwardReturns: this.forwardReturns?.subarray(from * cells, to * cells),
      volScale: this.volScale?.subarray(from * cells, to * cells),
      prevWeights: this.prevWeights?.subarray(from * nAssets, to * nAssets),
      mask: this.mask.subarray(from * cells, to * cells),
      timestamps: this.timestamps.subarray(from * nSteps, to * nSteps),
    };
    // A part of a valid batch is valid, so the constructor's checks are not run again.
    return Object.freeze(
      Object.assign(Object.create(PortfolioSequenceBatch.prototype) as PortfolioSequenceBatch, this, part),
    );
  }
}

/** Windows, steps, assets and features, each at least one: nothing can be learned of, or held in, none. */
function requireSizes(shape: unknown): readonly number[] {
  const axes = ['window', 'step', 'asset', 'feature'];
  const bad = axes.findIndex(
    (_, axis) => !Array.isArray(shape) || !Number.isSafeInteger(shape[axis]) || shape[axis] < 1,
  );
  if (bad < 0 && Array.isArray(shape) && shape.length === axes.length) return shape as readonly number[];
  throw new ShapeError({
    field: 'features',
    expected: bad < 0 ? 'a shape (windows, steps, assets, features)' : `at least one ${axes[bad]}`,
    found: Array.isArray(shape) ? `shape (${shape.join(', ')})` : describe(shape),
    remedy: 'Pass windows (B, T, N, F) with B, T, N and F of 1 or more.',
  });
}

function requireValidValues(batch: PortfolioSequenceBatch): void {
  const { nFeatures: f, nAssets: n, mask } = batch;
  const cellName = (cell: number): string => {
    const step = Math.floor(cell / n);
    return `window ${Math.floor(step / batch.nSteps)}, ${formatTimestamp(batch.timestamps[step])}, asset ${batch.assetIds[cell % n]}`;
  };
  const check = (field: string, cell: number, value: number, expected: string, ok: boolean): void => {
    if (!ok)
      throw new DataError({
        field: `${field} (${cellName(cell)})`,
        expected,
        found: String(value),
        remedy: 'Impute it, or set the mask to false there.',
      });
  };
  for (let cell = 0; cell < mask.length; cell++) {
    if (mask[cell] === 0) continue;
    for (let j = cell * f; j < (cell + 1) * f; j++)
      check('features', cell, batch.features[j], 'finite where the mask is true', Number.isFinite(batch.features[j]));
    if (batch.forwardReturns) {
      const r = batch.forwardReturns[cell];
      check('forwardReturns', cell, r, 'finite where the mask is true', Number.isFinite(r));
    }
    if (batch.volScale) {
      const v = batch.volScale[cell];
      check('volScale', cell, v, 'finite and >= 0 where the mask is true', Number.isFinite(v) && v >= 0);
    }
  }
  if (batch.prevWeights) requireFinite('prevWeights', batch.prevWeights);
  const inRange = (field: string, values: ArrayLike<number>, expected: string, ok: (x: number) => boolean): void => {
    for (let i = 0; i < values.length; i++)
      if (!ok(values[i]))
        throw new DataError({
          field: `${field}[${i}]`,
          expected,
          found: String(values[i]),
          remedy: 'Correct the value before building the batch.',
        });
  };
  if (batch.costs) inRange('costs', batch.costs, 'a finite number >= 0', (x) => Number.isFinite(x) && x >= 0);
  if (batch.adjacency) inRange('adjacency', batch.adjacency, 'a number in [0, 1]', (x) => x >= 0 && x <= 1);
  if (batch.groupIds) {
    requireLength('groupIds', batch.groupIds, n, 'one per asset');
    inRange('groupIds', batch.groupIds, 'a whole number >= 0', (x) => x >= 0);
  }
}

function readMask(mask: PortfolioSequenceInit['mask'], shape: readonly [number, number, number]): Uint8Array {
  const size = shape[0] * shape[1] * shape[2];
  if (mask === undefined) return new Uint8Array(size).fill(1);
  const given: unknown = mask;
  if (!Array.isArray(given) && !ArrayBuffer.isView(given))
    throw new ShapeError({
      field: 'mask',
      expected: `shape (${shape.join(', ')})`,
      found: describe(given),
      remedy: 'Pass one entry for each window, step and asset.',
    });
  const flat = Array.isArray(mask) ? (mask.flat(2) as ArrayLike<number | boolean>) : (mask as ArrayLike<number>);
  if (flat.length !== size)
    throw new ShapeError({
      field: 'mask',
      expected: `shape (${shape.join(', ')})`,
      found: `${flat.length} entries`,
      remedy: 'Pass one entry for each window, step and asset.',
    });
  return Uint8Array.from({ length: size }, (_, i) => (flat[i] ? 1 : 0));
}

function readWindowDates(input: PortfolioSequenceInit['timestamps'], nWindows: number, nSteps: number): Float64Array {
  const nested = Array.isArray(input) && Array.isArray(input[0]);
  const windows = nested
    ? (input as readonly (readonly TimestampInput[])[]).map((w, b) => parseTimestamps(`timestamps[${b}]`, w))
    : [parseTimestamps('timestamps', input as readonly TimestampInput[] | Float64Array)];
  if (nested) requireLength('timestamps', windows, nWindows, 'one list of dates per window');
  const out = new Float64Array(nWindows * nSteps);
  windows.forEach((dates, b) => {
    requireLength(nested ? `timestamps[${b}]` : 'timestamps', dates, nSteps, 'one per step');
    requireIncreasing(nested ? `timestamps[${b}]` : 'timestamps', dates);
    out.set(dates, b * nSteps);
  });
  if (!nested) for (let b = 1; b < nWindows; b++) out.copyWithin(b * nSteps, 0, nSteps);
  return out;
}
