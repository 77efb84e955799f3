import { ConfigError, DataError, describe } from '../errors.ts';
import { exAnteVolatility, type Decay } from '../preprocessing/ex-ante-volatility.ts';
import { formatTimestamp } from '../timestamps.ts';
import { exceedsRounding } from '../variation.ts';
import type { PersistentPanelBatch } from './persistent-panel.ts';
import { PortfolioSequenceBatch, type PortfolioSequenceInit } from './portfolio-sequence.ts';
import { boundScales } from './scale-bound.ts';

/** Positions scaled so that each asset is expected to move alike: `target / sigma_t`, sigma_t known on date t. */
export type VolatilityScaling = Decay & {
  /** Volatility of a position at scale 1: per period, or per year with `periodsPerYear`. */
  readonly target: number;
  /** Dates a year (252, 52, 12): makes `target` a volatility per year, of which a return over h dates has `sqrt(h / periodsPerYear)`. */
  readonly periodsPerYear?: number | undefined;
  readonly minReturns?: number | undefined;
  /**
   * Cap on the scale, for assets that hardly move; Infinity for none. Where absent ten times the usual scale: the median over the
   * dates so far of the median asset's. It knows no unit of returns, and no date after its own.
   */
  readonly maxScale?: number | undefined;
};

/** What a batch knows of its assets: passed on. */
type AssetAttributes = {
  readonly [K in 'groupIds' | 'costs' | 'adjacency']?: PortfolioSequenceInit[K] | undefined;
};

export interface PortfolioWindowOptions extends AssetAttributes {
  /** T, dates in a window. */
  readonly windowLength: number;
  /** Dates from the start of one window to that of the next (`windowLength`: windows do not overlap). */
  readonly stride?: number | undefined;
  /** Whether the first window starts on the first usable date (default), or the last one ends on the last. */
  readonly anchor?: 'start' | 'end' | undefined;
  readonly volatility?: VolatilityScaling | undefined;
  /** Dates that pass until a forward return is known: the panel's `realisationLag`, or more. */
  readonly returnDelay?: number | undefined;
  /**
   * `forward` (default): windows hold forward returns and end before the trailing dates on which no asset has one yet.
   * `none`: windows run to the last date and hold no returns, for the weights of today.
   */
  readonly returns?: 'forward' | 'none' | undefined;
  /**
   * An asset that can be held on a date and has no forward return there: `zero`, the position earns nothing (default);
   * `mask`, it cannot be held, which uses the future and flatters a backtest; `error`.
   */
  readonly missingReturns?: 'zero' | 'mask' | 'error' | undefined;
}

export interface PortfolioWindows {
  readonly batch: PortfolioSequenceBatch;
  /** Cells, counted in every window they are in, whose forward return was missing. */
  readonly missingReturns: number;
  /** Cells that can be held, counted in every window they are in, whose volatility scale was cut to `maxScale`. */
  readonly cappedScales: number;
}

/**
 * Cuts a panel into windows of consecutive dates (B, T, N, F). Features are the panel's characteristics.
 *
 * An asset can be held on a date (mask) when all its features are known there and, with volatility scaling, its
 * volatility is known and above zero. Nothing dated t but the forward return depends on data after t.
 *
 * @throws ConfigError an option is out of range
 * @throws DataError the panel has no features or too few dates, or with `missingReturns: 'error'` lacks a return
 */
export function portfolioWindows(panel: PersistentPanelBatch, options: PortfolioWindowOptions): PortfolioWindows {
  const { windowLength, anchor = 'start', missingReturns = 'zero' } = options;
  requireCount('windowLength', windowLength);
  const stride = options.stride ?? windowLength;
  requireCount('stride', stride);
  const returnDelay = options.returnDelay ?? panel.realisationLag;
  requireCount('returnDelay', returnDelay);
  if (returnDelay < panel.realisationLag)
    throw new ConfigError({
      field: 'returnDelay',
      expected: `at least ${panel.realisationLag} dates, the panel's realisationLag: a volatility is of returns that are known`,
      found: String(returnDelay),
      remedy: 'Leave it out, or correct returnHorizon and realisationLag of the panel.',
    });
  requireOneOf('anchor', anchor, ['start', 'end']);
  requireOneOf('missingReturns', missingReturns, ['zero', 'mask', 'error']);
  requireOneOf('returns', options.returns ?? 'forward', ['forward', 'none']);
  const features = panel.characteristics;
  if (!features)
    throw new DataError({
      field: 'panel.characteristics',
      expected: 'features of the assets',
      found: 'a panel of returns alone',
      remedy: 'Pass characteristics: they are what a portfolio model looks at.',
    });
  const { nAssets: n, timestamps, assetIds, characteristicNames, returnHorizon, realisationLag } = panel;
  const f = characteristicNames.length;
  const scaled = options.volatility && scales(panel, options.volatility, returnDelay);
  const volScale = scaled?.values;
  const canHold = availability(panel, features, f, volScale);
  const withReturns = options.returns !== 'none';
  const first = firstDate(canHold, panel.nDates, n);
  const end = withReturns ? realisedDates(panel) : panel.nDates;
  const starts = windowStarts(first, end, windowLength, stride, anchor);

  const cells = windowLength * n;
  const gather = <A extends Float64Array | Uint8Array>(source: A, out: A, width: number): A => {
    starts.forEach((start, b) => {
      out.set(source.subarray(start * n * width, (start + windowLength) * n * width), b * cells * width);
    });
    return out;
  };
  const size = starts.length * cells;
  const mask = gather(canHold, new Uint8Array(size), 1);
  const forwardReturns = withReturns ? gather(panel.returns, new Float64Array(size), 1) : undefined;
  const cellName = (cell: number): string => {
    const date = starts[Math.floor(cell / cells)] + Math.floor((cell % cells) / n);
    return `${formatTimestamp(timestamps[date])}, ${assetIds[cell % n]}`;
  };
  const missing = forwardReturns ? settleMissing(forwardReturns, mask, missingReturns, cellName) : 0;
  const batch = new PortfolioSequenceBatch({
    features: gather(features, new Float64Array(size * f), f),
    shape: [starts.length, windowLength, n, f],
    mask,
    ...(forwardReturns ? { forwardReturns } : {}),
    returnHorizon,
    realisationLag,
    ...(volScale ? { volScale: gather(volScale, new Float64Array(size), 1) } : {}),
    ...(options.groupIds === undefined ? {} : { groupIds: options.groupIds }),
    ...(options.costs === undefined ? {} : { costs: options.costs }),
    ...(options.adjacency === undefined ? {} : { adjacency: options.adjacency }),
    timestamps: starts.map((start) => Array.from(timestamps.subarray(start, start + windowLength))),
    assetIds,
    featureNames: characteristicNames,
  });
  const capped = scaled ? gather(scaled.capped, new Uint8Array(size), 1) : undefined;
  const cappedScales = capped?.reduce((count, cut, cell) => count + (cut & mask[cell]), 0) ?? 0;
  return { batch, missingReturns: missing, cappedScales };
}

/**
 * target / sigma_t (T x N), bounded; NaN where sigma_t is not known, or no more than the rounding of returns. And where it was cut
 * (T x N).
 */
function scales(
  panel: PersistentPanelBatch,
  scaling: VolatilityScaling,
  returnDelay: number,
): { readonly values: Float64Array; readonly capped: Uint8Array } {
  const { target, periodsPerYear = 1, maxScale, ...decay } = scaling;
  requirePositive('volatility.target', target);
  requirePositive('volatility.periodsPerYear', periodsPerYear);
  if (maxScale !== undefined && maxScale !== Infinity) requirePositive('volatility.maxScale', maxScale);
  const perPeriod =
    target / Math.sqrt(periodsPerYear / (scaling.periodsPerYear === undefined ? 1 : panel.returnHorizon));
  const volatility = exAnteVolatility(panel.returns, panel.nAssets, { ...decay, returnDelay });
  const values = volatility.map((sigma) => (exceedsRounding(sigma, 1) ? perPeriod / sigma : Number.NaN));
  return { values, capped: boundScales(values, panel.nAssets, maxScale) };
}

/** 1 where all features of a cell are known, and its scale where there is one (T x N). */
function availability(
  panel: PersistentPanelBatch,
  features: Float64Array,
  f: number,
  volScale: Float64Array | undefined,
): Uint8Array {
  const canHold = new Uint8Array(panel.nDates * panel.nAssets);
  for (let cell = 0; cell < canHold.length; cell++) {
    let known = volScale === undefined || !Number.isNaN(volScale[cell]);
    for (let j = cell * f; known && j < (cell + 1) * f; j++) known = !Number.isNaN(features[j]);
    canHold[cell] = known ? 1 : 0;
  }
  return canHold;
}

/** The first date on which any asset can be held. */
function firstDate(canHold: Uint8Array, nDates: number, n: number): number {
  const cell = canHold.indexOf(1);
  return cell < 0 ? nDates : Math.floor(cell / n);
}

/** The dates up to the last one on which any asset has a forward return. */
function realisedDates({ returns, nDates, nAssets: n }: PersistentPanelBatch): number {
  for (let cell = nDates * n - 1; cell >= 0; cell--) if (!Number.isNaN(returns[cell])) return Math.floor(cell / n) + 1;
  return 0;
}

function windowStarts(first: number, end: number, length: number, stride: number, anchor: 'start' | 'end'): number[] {
  const count = Math.floor((end - first - length) / stride) + 1;
  if (count < 1)
    throw new DataError({
      field: 'panel',
      expected: `at least ${length} dates (windowLength) on which an asset can be held`,
      found: String(Math.max(0, end - first)),
      remedy: 'Shorten windowLength or the memory of the volatility, or pass more dates.',
    });
  const start = anchor === 'start' ? first : end - length - (count - 1) * stride;
  return Array.from({ length: count }, (_, b) => start + b * stride);
}

/** Decides what becomes of missing forward returns where the mask is true; returns how many there are. */
function settleMissing(
  returns: Float64Array,
  mask: Uint8Array,
  policy: 'zero' | 'mask' | 'error',
  cellName: (cell: number) => string,
): number {
  let missing = 0;
  for (let cell = 0; cell < returns.length; cell++) {
    if (mask[cell] === 0 || !Number.isNaN(returns[cell])) continue;
    missing++;
    if (policy === 'error')
      throw new DataError({
        field: `returns (${cellName(cell)})`,
        expected: 'a forward return wherever the asset can be held',
        found: 'none',
        remedy: "Fill it in, with the delisting return where there is one, or choose missingReturns: 'zero'.",
      });
    if (policy === 'zero') returns[cell] = 0;
    else mask[cell] = 0;
  }
  return missing;
}

function requireCount(field: string, value: number): void {
  if (!Number.isInteger(value) || value < 1)
    throw new ConfigError({
      field,
      expected: 'a whole number of dates >= 1',
      found: describe(value),
      remedy: 'Count in dates of the panel.',
    });
}

function requirePositive(field: string, value: number): void {
  if (!(Number.isFinite(value) && value > 0))
    throw new ConfigError({ field, expected: 'a number > 0', found: describe(value), remedy: 'State it as a number.' });
}

function requireOneOf(field: string, value: string, allowed: readonly string[]): void {
  if (!allowed.includes(value))
    throw new ConfigError({
      field,
      expected: allowed.map((name) => `'${name}'`).join(' or '),
      found: describe(value),
      remedy: 'Choose one of these.',
    });
}
