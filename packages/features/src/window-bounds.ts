import type { Window } from './formula/expression.ts';
import type { AssetLayout } from './layout.ts';

const DAY = 86_400_000;
/** Windows of so few rows are summed afresh each time: nothing is faster. */
const DIRECT = 8;

/**
 * Where the windows of all places begin, and the blocks by which they are put together.
 *
 * A window is the union of the end of one block, whole blocks, and the beginning of another. Statistics of block beginnings
 * and ends are made in one pass each way, so that every window costs the same few operations whatever its length, and none of
 * them takes anything away again: a large value that has left the window leaves no rounding behind.
 *
 * Blocks are cut by the calendar, not by counting rows. So a statistic depends on the values in its window and their dates alone,
 * to the bit: computed from a file of the last year it is what it was in the history of thirty.
 */
export interface WindowBounds {
  /** First place of the window that ends at each place; -1 where the history is shorter (R). */
  readonly first: Int32Array;
  /** First and last place of the block of each place (R). */
  readonly blockFirst: Int32Array;
  readonly blockLast: Int32Array;
  /** Rows of the window that ends at each place; 0 where it is not full (R). */
  readonly count: Int32Array;
  /** Most rows that a block or a window has. */
  readonly longest: number;
}

export function windowBounds(layout: AssetLayout, window: Window): WindowBounds {
  const first = window.kind === 'rows' ? rowBounds(layout, window.count) : calendarBounds(layout, window);
  const blockLast = blocks(layout, blockLength(layout, window));
  const [blockFirst, count] = [new Int32Array(layout.nRows), new Int32Array(layout.nRows)];
  let longest = 1;
  for (let p = 0; p < layout.nRows; p++) {
    blockFirst[p] = p > 0 && blockLast[p - 1] >= p ? blockFirst[p - 1] : p;
    count[p] = first[p] < 0 ? 0 : p - first[p] + 1;
    longest = Math.max(longest, count[p], p - blockFirst[p] + 1);
  }
  return { first, blockFirst, blockLast, count, longest };
}

function rowBounds({ nRows, firstOf }: AssetLayout, count: number): Int32Array {
  const first = new Int32Array(nRows);
  for (let p = 0; p < nRows; p++) first[p] = p - count + 1 >= firstOf[p] ? p - count + 1 : -1;
  return first;
}

/** Rows dated after the day that lies the window's length before; the history must reach back to that day. */
function calendarBounds({ nRows, firstOf, times }: AssetLayout, window: Window): Int32Array {
  const first = new Int32Array(nRows);
  let from = 0;
  for (let p = 0; p < nRows; p++) {
    if (firstOf[p] === p) from = p;
    const before = timeBefore(times[p], window);
    while (times[from] <= before) from++;
    first[p] = times[firstOf[p]] <= before ? from : -1;
  }
  return first;
}

/** The time that lies a calendar window before; the 31st of a shorter month is its last day. */
export function timeBefore(time: number, window: Window): number {
  if (window.kind !== 'months') return time - window.count * DAY;
  const date = new Date(time);
  const day = date.getUTCDate();
  const shifted = new Date(time);
  shifted.setUTCDate(1);
  shifted.setUTCMonth(shifted.getUTCMonth() - window.count);
  const lastDay = new Date(Date.UTC(shifted.getUTCFullYear(), shifted.getUTCMonth() + 1, 0)).getUTCDate();
  // A month end stays a month end, so that monthly panels look back over whole months.
  const isMonthEnd = day === new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)).getUTCDate();
  shifted.setUTCDate(isMonthEnd ? lastDay : Math.min(day, lastDay));
  return shifted.getTime();
}

/** Milliseconds of a block: about as many rows as the window has; 0 for windows that are summed afresh. */
function blockLength({ spacing }: AssetLayout, window: Window): number {
  if (window.kind === 'rows') return window.count <= DIRECT ? 0 : Math.floor(window.count * spacing);
  const length = window.count * DAY * (window.kind === 'days' ? 1 : 30.4375);
  return length <= DIRECT * spacing ? 0 : Math.floor(length);
}

/** Last place of each place's block; of windows that are summed afresh the asset is one block. */
function blocks({ nRows, starts, times }: AssetLayout, length: number): Int32Array {
  const last = new Int32Array(nRows);
  for (let asset = 0; asset + 1 < starts.length; asset++)
    for (let p = starts[asset + 1] - 1; p >= starts[asset]; p--) {
      const isEnd =
        p === starts[asset + 1] - 1 ||
        (length > 0 && Math.floor(times[p] / length) !== Math.floor(times[p + 1] / length));
      last[p] = isEnd ? p : last[p + 1];
    }
  return last;
}
