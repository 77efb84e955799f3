import { averageRanks, exceedsRounding } from '@ml4t/core/authoring';
import type { AssetLayout } from '../layout.ts';

/** Groups of the rows of a panel, as codes 0 … G - 1 in the order of the rows; -1 for none. */
export interface Groups {
  readonly codes: Int32Array;
  readonly count: number;
}

/** Hands the known values of each date, or of each group on it, to `transform`, and puts back what it makes of them. */
function eachCrossSection(
  layout: AssetLayout,
  x: Float64Array,
  groups: Groups | undefined,
  transform: (values: Float64Array) => Float64Array,
): Float64Array {
  const { rowOffsets, placeOf, nRows } = layout;
  const out = new Float64Array(nRows).fill(Number.NaN);
  const members: number[][] = Array.from({ length: groups?.count ?? 1 }, () => []);
  for (let t = 0; t + 1 < rowOffsets.length; t++) {
    for (const list of members) list.length = 0;
    for (let row = rowOffsets[t]; row < rowOffsets[t + 1]; row++) {
      const place = placeOf[row];
      const group = groups ? groups.codes[row] : 0;
      if (group >= 0 && !Number.isNaN(x[place])) members[group].push(place);
    }
    for (const places of members) {
      if (places.length === 0) continue;
      const result = transform(Float64Array.from(places, (place) => x[place]));
      places.forEach((place, i) => (out[place] = result[i]));
    }
  }
  return out;
}

function meanOf(values: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i];
  return sum / values.length;
}

/** Ranks 1 … n, ties averaged, over n + 1. */
export function crossRank(layout: AssetLayout, x: Float64Array, groups: Groups | undefined): Float64Array {
  return eachCrossSection(layout, x, groups, (values) => {
    const ranks = averageRanks(values);
    return ranks.map((rank) => rank / (values.length + 1));
  });
}

export function crossDemean(layout: AssetLayout, x: Float64Array, groups: Groups | undefined): Float64Array {
  return eachCrossSection(layout, x, groups, (values) => {
    const mean = meanOf(values);
    return values.map((value) => value - mean);
  });
}

/** Missing where a date has one value, or values that do not vary. */
export function crossZscore(layout: AssetLayout, x: Float64Array, groups: Groups | undefined): Float64Array {
  return eachCrossSection(layout, x, groups, (values) => {
    const mean = meanOf(values);
    let [squares, size] = [0, 0];
    for (const value of values) {
      squares += (value - mean) * (value - mean);
      size = Math.max(size, Math.abs(value));
    }
    const deviation = Math.sqrt(squares / (values.length - 1));
    return exceedsRounding(deviation, size)
      ? values.map((value) => (value - mean) / deviation)
      : new Float64Array(values.length).fill(Number.NaN);
  });
}

/** Clipped at the p and the 1 - p quantile, linear between order statistics. */
export function crossWinsorize(
  layout: AssetLayout,
  x: Float64Array,
  share: number,
  groups: Groups | undefined,
): Float64Array {
  return eachCrossSection(layout, x, groups, (values) => {
    const sorted = values.slice().sort();
    const [low, high] = [quantileOf(sorted, share), quantileOf(sorted, 1 - share)];
    return values.map((value) => (value < low ? low : value > high ? high : value));
  });
}

function quantileOf(sorted: Float64Array, q: number): number {
  const place = q * (sorted.length - 1);
  const low = Math.floor(place);
  return place === low ? sorted[low] : sorted[low] + (place - low) * (sorted[low + 1] - sorted[low]);
}

/**
 * Residuals of the regression, on each date, of x on a constant (one for each group) and `controls`:
 * x - mean - sum_j b_j (c_j - mean of c_j). Means and slopes are of the rows in which all are known; the others are missing.
 * Controls are made orthogonal one after another (modified Gram-Schmidt); one that the earlier ones explain adds nothing.
 */
export function crossNeutralize(
  layout: AssetLayout,
  x: Float64Array,
  controls: readonly Float64Array[],
  groups: Groups | undefined,
): Float64Array {
  const { rowOffsets, placeOf, nRows } = layout;
  const out = new Float64Array(nRows).fill(Number.NaN);
  for (let t = 0; t + 1 < rowOffsets.length; t++) {
    const [places, codes]: [number[], number[]] = [[], []];
    for (let row = rowOffsets[t]; row < rowOffsets[t + 1]; row++) {
      const place = placeOf[row];
      const group = groups ? groups.codes[row] : 0;
      if (group < 0 || Number.isNaN(x[place]) || controls.some((control) => Number.isNaN(control[place]))) continue;
      places.push(place);
      codes.push(group);
    }
    const residual = centred(x, places, codes, groups?.count ?? 1);
    const basis: Float64Array[] = [];
    for (const control of controls) {
      const column = centred(control, places, codes, groups?.count ?? 1);
      const before = norm(column);
      const size = places.reduce((most, place) => Math.max(most, Math.abs(control[place])), 0);
      for (const direction of basis) subtractProjection(column, direction);
      const length = norm(column);
      if (!exceedsRounding(length, Math.max(before, size * Math.sqrt(places.length)) * 1e2)) continue;
      for (let i = 0; i < column.length; i++) column[i] /= length;
      basis.push(column);
      subtractProjection(residual, column);
    }
    places.forEach((place, i) => (out[place] = residual[i]));
  }
  return out;
}

/** Differences from the mean of their group. */
function centred(x: Float64Array, places: readonly number[], codes: readonly number[], nGroups: number): Float64Array {
  const [sums, counts] = [new Float64Array(nGroups), new Float64Array(nGroups)];
  places.forEach((place, i) => {
    sums[codes[i]] += x[place];
    counts[codes[i]]++;
  });
  return Float64Array.from(places, (place, i) => x[place] - sums[codes[i]] / counts[codes[i]]);
}

function norm(a: Float64Array): number {
  let squares = 0;
  for (let i = 0; i < a.length; i++) squares += a[i] * a[i];
  return Math.sqrt(squares);
}

function subtractProjection(a: Float64Array, unit: Float64Array): void {
  let product = 0;
  for (let i = 0; i < a.length; i++) product += a[i] * unit[i];
  for (let i = 0; i < a.length; i++) a[i] -= product * unit[i];
}
