import type { PanelIndex } from '@ml4t/core';

const DAY = 86_400_000;

/**
 * The rows of a panel asset by asset, each asset's in date order: what is computed along an asset's history runs through memory
 * in order. Place p of that order holds row `rowAt[p]` of the panel; row r lies at `placeOf[r]`.
 */
export interface AssetLayout {
  readonly nRows: number;
  /** (R) */
  readonly rowAt: Int32Array;
  /** (R) */
  readonly placeOf: Int32Array;
  /** First place of each asset, and R (N + 1). */
  readonly starts: Int32Array;
  /** First place of the asset of each place (R). */
  readonly firstOf: Int32Array;
  /** Date of each place, milliseconds since 1970 UTC (R). */
  readonly times: Float64Array;
  /** First row of each date, and R (T + 1). */
  readonly rowOffsets: Int32Array;
  /** The usual distance between dates in milliseconds, rounded to a kind that a few holidays do not change. */
  readonly spacing: number;
}

export function assetLayout(index: PanelIndex): AssetLayout {
  const { nRows, nDates, nAssets, rowOffsets, assetIndex, timestamps } = index;
  const starts = new Int32Array(nAssets + 1);
  for (let row = 0; row < nRows; row++) starts[assetIndex[row] + 1]++;
  for (let asset = 0; asset < nAssets; asset++) starts[asset + 1] += starts[asset];
  const next = starts.slice(0, nAssets);
  const [rowAt, placeOf, firstOf] = [new Int32Array(nRows), new Int32Array(nRows), new Int32Array(nRows)];
  const times = new Float64Array(nRows);
  for (let t = 0; t < nDates; t++)
    for (let row = rowOffsets[t]; row < rowOffsets[t + 1]; row++) {
      const asset = assetIndex[row];
      const place = next[asset]++;
      rowAt[place] = row;
      placeOf[row] = place;
      firstOf[place] = starts[asset];
      times[place] = timestamps[t];
    }
  return { nRows, rowAt, placeOf, starts, firstOf, times, rowOffsets, spacing: usualSpacing(timestamps) };
}

/**
 * Average distance of daily, weekly, monthly, quarterly or yearly dates, whichever the median distance is nearest to; below a
 * day the median itself, rounded to a power of two of milliseconds. A part of a panel has the spacing of the whole.
 */
function usualSpacing(timestamps: Float64Array): number {
  if (timestamps.length < 2) return DAY;
  const distances = Float64Array.from(timestamps.subarray(1), (time, t) => time - timestamps[t]).sort();
  const median = distances[Math.floor((distances.length - 1) / 2)];
  if (median < 0.9 * DAY) {
    let power = 1;
    while (2 * power <= median) power *= 2;
    return power;
  }
  if (median <= 3 * DAY) return 1.4 * DAY;
  if (median <= 10 * DAY) return 7 * DAY;
  if (median <= 45 * DAY) return 30.4375 * DAY;
  if (median <= 140 * DAY) return 91.3125 * DAY;
  return 365.25 * DAY;
}

/** A column of the panel (R) in the order of the layout. */
export function toPlaces({ rowAt, nRows }: AssetLayout, column: ArrayLike<number>, out: Float64Array): Float64Array {
  for (let place = 0; place < nRows; place++) out[place] = column[rowAt[place]];
  return out;
}

/** The other way round; what is not finite is missing. */
export function toRows(layout: AssetLayout, series: Float64Array): Float64Array {
  const { placeOf, nRows } = layout;
  const out = new Float64Array(nRows);
  for (let row = 0; row < nRows; row++) {
    const value = series[placeOf[row]];
    // An overflow is no value.
    out[row] = value - value === 0 ? value : Number.NaN;
  }
  return out;
}
