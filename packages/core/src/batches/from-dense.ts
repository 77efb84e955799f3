import { ShapeError, describe } from '../errors.ts';
import { parseTimestamps, type TimestampInput } from '../timestamps.ts';
import {
  nestedShape,
  readFloats,
  readNumeric,
  requireLength,
  type FloatArray,
  type NumericInput,
} from '../validation.ts';
import type { CrossSectionInit } from './cross-section-init.ts';
import { alignForwardReturns, requireReturnLag } from './forward-returns.ts';
import { PanelIndex } from './panel-index.ts';
import { pairedReturnTiming } from './return-timing.ts';

/** A dense (T, N, P) cube: nested arrays, or a flat row-major array with `shape`. */
export interface DensePanel {
  /** (T) */
  readonly timestamps: readonly TimestampInput[] | Float64Array;
  /** (T, N, P) */
  readonly characteristics: NumericInput;
  /** (T, N, P), needed when `characteristics` is a flat array. */
  readonly shape?: readonly [number, number, number];
  /** (P); `c0 … c{P-1}` where absent. */
  readonly characteristicNames?: readonly string[];
  /** (N); `a0 … a{N-1}` where absent. */
  readonly assetIds?: readonly string[];
  /**
   * (T, N), true where the asset belongs to the cross-section. Where absent, an asset belongs to a date when at least
   * one of its characteristics is not NaN: never by whether its *future* return is there.
   */
  readonly mask?: ArrayLike<boolean | number> | readonly (readonly (boolean | number)[])[];
  /** (T, N), read as `returnLag` says. */
  readonly returns?: NumericInput;
  /** (T, N), read as `returnLag` says. */
  readonly factorReturns?: NumericInput;
  /** See {@link LongRows.returnLag}. Required with returns. */
  readonly returnLag?: number;
  /** See {@link LongRows.returnHorizon}. */
  readonly returnHorizon?: number | undefined;
  /** See {@link LongRows.realisationLag}. */
  readonly realisationLag?: number | undefined;
  /** (Q) */
  readonly contextNames?: readonly string[];
  /** (T, Q) */
  readonly contextFeatures?: NumericInput;
}

/** Keeps the cells that the mask selects as rows in (date, asset) order. */
export function crossSectionFromDense(panel: DensePanel): CrossSectionInit {
  const timestamps = parseTimestamps('timestamps', panel.timestamps);
  const [nDates, nAssets, p] = panel.shape ?? nestedShape('characteristics', panel.characteristics, 3);
  requireLength('timestamps', timestamps, nDates, 'the first axis of characteristics');
  const cube = readFloats('characteristics', panel.characteristics, [nDates, nAssets, p]);
  const assetIds = panel.assetIds ?? Array.from({ length: nAssets }, (_, i) => `a${i}`);
  requireLength('assetIds', assetIds, nAssets, 'the second axis of characteristics');
  const characteristicNames = panel.characteristicNames ?? Array.from({ length: p }, (_, j) => `c${j}`);
  requireLength('characteristicNames', characteristicNames, p, 'the third axis of characteristics');
  const isMember = memberOf(panel.mask, cube, nDates, nAssets, p);

  const cells: number[] = [];
  const rowOffsets = new Int32Array(nDates + 1);
  for (let t = 0; t < nDates; t++) {
    for (let i = 0; i < nAssets; i++) if (isMember(t, i)) cells.push(t * nAssets + i);
    rowOffsets[t + 1] = cells.length;
  }
  const index = new PanelIndex({
    timestamps,
    rowOffsets,
    assetIndex: Int32Array.from(cells, (cell) => cell % nAssets),
    assetIds,
  });
  const characteristics =
    cube instanceof Float32Array ? new Float32Array(cells.length * p) : new Float64Array(cells.length * p);
  cells.forEach((cell, row) => characteristics.set(cube.subarray(cell * p, (cell + 1) * p), row * p));
  const forward = (field: 'returns' | 'factorReturns'): { [key: string]: Float64Array } | undefined => {
    const source = panel[field];
    if (source === undefined) return undefined;
    requireReturnLag(panel.returnLag);
    const dense = readNumeric(field, source, [nDates, nAssets]);
    return {
      [field]: alignForwardReturns(
        index,
        Float64Array.from(cells, (cell) => dense[cell]),
        panel.returnLag,
      ),
    };
  };
  return {
    index,
    characteristicNames,
    characteristics,
    ...forward('returns'),
    ...forward('factorReturns'),
    ...pairedReturnTiming(panel.returnLag ?? 0, panel),
    contextNames: panel.contextNames,
    contextFeatures: panel.contextFeatures,
  };
}

function memberOf(
  mask: DensePanel['mask'],
  cube: FloatArray,
  nDates: number,
  nAssets: number,
  p: number,
): (t: number, i: number) => boolean {
  if (mask === undefined)
    return (t, i) => {
      const first = (t * nAssets + i) * p;
      for (let j = first; j < first + p; j++) if (!Number.isNaN(cube[j])) return true;
      return false;
    };
  if (typeof mask[0] === 'object') {
    const rows = mask as readonly (readonly (boolean | number)[])[];
    requireLength('mask', rows, nDates, 'one row per date');
    rows.forEach((row, t) => requireLength(`mask[${t}]`, row, nAssets, 'one per asset'));
    return (t, i) => Boolean(rows[t][i]);
  }
  const flat = mask as ArrayLike<boolean | number>;
  if (flat.length !== nDates * nAssets)
    throw new ShapeError({
      field: 'mask',
      expected: `shape (${nDates}, ${nAssets})`,
      found: describe(mask),
      remedy: 'Pass one entry for each date and asset.',
    });
  return (t, i) => Boolean(flat[t * nAssets + i]);
}
