import { DataError, PanelIndex, formatTimestamp } from '@ml4t/core';
import { longestRegularSpacing } from '@ml4t/core/authoring';
import type { DateGap } from './report.ts';

/** Rows as collected: codes into the distinct dates and assets, in source order. */
export interface CodedRows {
  readonly dates: readonly number[];
  readonly assets: readonly string[];
  readonly dateCodes: Int32Array;
  readonly assetCodes: Int32Array;
}

export interface OrderedPanel {
  readonly index: PanelIndex;
  /** Source row of each panel row, or undefined when they are the same. */
  readonly order: Int32Array | undefined;
  /** Positions of the panel's dates in `CodedRows.dates`. */
  readonly datePositions: readonly number[];
  readonly reentries: number;
}

/**
 * Puts rows in panel order in linear time (counting sorts by asset, then by date) and builds their index. Asset ids are
 * in order of first appearance. Two rows of one date and asset are an error that names the pair and counts the rest.
 */
export function orderPanel(rows: CodedRows, sort: boolean): OrderedPanel {
  const { dates, dateCodes, assetCodes } = rows;
  const datePositions = [...dates.keys()].sort((a, b) => dates[a] - dates[b]);
  const dateRank = ranksOf(datePositions);
  const order = sort ? sortedOrder(rows, dateRank) : undefined;
  const nRows = dateCodes.length;
  const rowOffsets = new Int32Array(dates.length + 1);
  for (let row = 0; row < nRows; row++) rowOffsets[dateRank[dateCodes[row]] + 1]++;
  for (let t = 0; t < dates.length; t++) rowOffsets[t + 1] += rowOffsets[t];

  const position = new Int32Array(rows.assets.length).fill(-1);
  const assetIds: string[] = [];
  const assetIndex = new Int32Array(nRows);
  const lastDate = new Int32Array(rows.assets.length);
  let reentries = 0;
  let duplicates = 0;
  let firstDuplicate: readonly [number, string] | undefined;
  for (let t = 0; t < dates.length; t++)
    for (let row = rowOffsets[t]; row < rowOffsets[t + 1]; row++) {
      const code = assetCodes[order ? order[row] : row];
      if (position[code] < 0) {
        position[code] = assetIds.length;
        assetIds.push(rows.assets[code]);
      } else if (lastDate[code] === t) {
        duplicates++;
        firstDuplicate ??= [dates[datePositions[t]], rows.assets[code]];
      } else if (lastDate[code] < t - 1) reentries++;
      lastDate[code] = t;
      assetIndex[row] = position[code];
    }
  if (firstDuplicate)
    throw new DataError({
      field: 'rows',
      expected: 'each (date, asset) once',
      found: `${firstDuplicate[1]} again on ${formatTimestamp(firstDuplicate[0])}${duplicates > 1 ? `, and ${duplicates - 1} more repeated ${duplicates === 2 ? 'row' : 'rows'}` : ''}`,
      remedy: 'Drop or merge the repeated rows: a join that matches several times is the usual cause.',
    });
  const timestamps = Float64Array.from(datePositions, (code) => dates[code]);
  return { index: new PanelIndex({ timestamps, rowOffsets, assetIndex, assetIds }), order, datePositions, reentries };
}

function sortedOrder(rows: CodedRows, dateRank: Int32Array): Int32Array | undefined {
  const { assets } = rows;
  const assetRank = ranksOf([...assets.keys()].sort((a, b) => (assets[a] < assets[b] ? -1 : 1)));
  const byAsset = countingSort(undefined, rows.assetCodes, assetRank);
  const order = countingSort(byAsset, rows.dateCodes, dateRank);
  for (let row = 0; row < order.length; row++) if (order[row] !== row) return order;
  return undefined;
}

/** Stable: rows taken in `input` order, arranged by `rank[codes[row]]`. */
function countingSort(input: Int32Array | undefined, codes: Int32Array, rank: Int32Array): Int32Array {
  const next = new Int32Array(rank.length + 1);
  for (let row = 0; row < codes.length; row++) next[rank[codes[row]] + 1]++;
  for (let r = 0; r < rank.length; r++) next[r + 1] += next[r];
  const output = new Int32Array(codes.length);
  for (let i = 0; i < codes.length; i++) {
    const row = input ? input[i] : i;
    output[next[rank[codes[row]]]++] = row;
  }
  return output;
}

/** The rank of each position in a list of positions. */
function ranksOf(positions: readonly number[]): Int32Array {
  const rank = new Int32Array(positions.length);
  positions.forEach((position, r) => (rank[position] = r));
  return rank;
}

/** The values of the source rows in panel order. */
export function reorderValues(values: Float64Array, order: Int32Array): Float64Array {
  const out = new Float64Array(order.length);
  for (let row = 0; row < order.length; row++) out[row] = values[order[row]];
  return out;
}

/** Puts the rows of a row-major (R x P) matrix in panel order in place, following the cycles of the permutation. */
export function reorderRows(matrix: Float64Array, width: number, order: Int32Array): void {
  const done = new Uint8Array(order.length);
  const held = new Float64Array(width);
  for (let start = 0; start < order.length; start++) {
    if (done[start] !== 0 || order[start] === start) continue;
    for (let k = 0; k < width; k++) held[k] = matrix[start * width + k];
    let row = start;
    for (;;) {
      done[row] = 1;
      const source = order[row];
      if (source === start) break;
      for (let k = 0; k < width; k++) matrix[row * width + k] = matrix[source * width + k];
      row = source;
    }
    for (let k = 0; k < width; k++) matrix[row * width + k] = held[k];
  }
}

const dayMilliseconds = 86_400_000;

/** Successive dates much further apart than usual: see `PanelReadReport.gaps`. */
export function findGaps(timestamps: Float64Array): DateGap[] {
  const limit = longestRegularSpacing(timestamps);
  const gaps: DateGap[] = [];
  for (let t = 1; t < timestamps.length; t++) {
    const [after, before] = [timestamps[t - 1], timestamps[t]];
    if (before - after > limit) gaps.push({ after, before, days: (before - after) / dayMilliseconds });
  }
  return gaps;
}

/** Throws when two successive dates are more than `maxGapDays` apart. */
export function requireNoGap(column: string, timestamps: Float64Array, maxGapDays: number): void {
  for (let t = 1; t < timestamps.length; t++) {
    const days = (timestamps[t] - timestamps[t - 1]) / dayMilliseconds;
    if (days > maxGapDays)
      throw new DataError({
        field: column,
        expected: `successive dates at most ${maxGapDays} days apart (maxGapDays)`,
        found: `none between ${formatTimestamp(timestamps[t - 1])} and ${formatTimestamp(timestamps[t])} (${Number(days.toFixed(2))} days)`,
        remedy: 'Fill in the missing dates, or allow a longer gap.',
      });
  }
}
