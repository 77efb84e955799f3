import type { TfArray } from './namespace.ts';
import { sizeOf } from '../shapes.ts';
import type { Step, TfTensor } from './step.ts';

/** Rows of one level, block by block; `absent` stands for a row of zeros after the last one. */
interface Level {
  readonly rows: Int32Array;
  readonly blocks: number;
  readonly length: number;
}

/**
 * How to sum rows by group with gathers and sums alone. tfjs's own unsortedSegmentSum adds in whatever order the threads
 * of a GPU arrive, is quadratic on the cpu backend and missing on others; this one adds in one order everywhere.
 */
export interface GroupPlan {
  readonly levels: readonly Level[];
  /** The row of the last level that holds each group's sum. */
  readonly last: Int32Array;
  /** Rows of the last level; a group without rows points there. */
  readonly rows: number;
}

/** Groups of equal number; each level sums blocks of about the mean size of a group, so at most half of it is padding. */
export function planGroups(index: ArrayLike<number>, count: number): GroupPlan {
  let starts = new Int32Array(count + 1);
  for (let r = 0; r < index.length; r++) starts[index[r] + 1]++;
  for (let g = 0; g < count; g++) starts[g + 1] += starts[g];
  let members = new Int32Array(index.length);
  const next = starts.slice();
  for (let r = 0; r < index.length; r++) members[next[index[r]]++] = r;
  let rows = index.length;
  const levels: Level[] = [];
  for (;;) {
    let longest = 0;
    let filled = 0;
    for (let g = 0; g < count; g++) {
      const size = starts[g + 1] - starts[g];
      longest = Math.max(longest, size);
      if (size > 0) filled++;
    }
    if (longest <= 1) break;
    const length = Math.max(2, Math.ceil(members.length / filled));
    const nextStarts = new Int32Array(count + 1);
    for (let g = 0; g < count; g++) nextStarts[g + 1] = nextStarts[g] + Math.ceil((starts[g + 1] - starts[g]) / length);
    const blocks = nextStarts[count];
    const places = new Int32Array(blocks * length).fill(rows);
    for (let g = 0; g < count; g++) places.set(members.subarray(starts[g], starts[g + 1]), nextStarts[g] * length);
    levels.push({ rows: places, blocks, length });
    starts = nextStarts;
    members = Int32Array.from({ length: blocks }, (_, block) => block);
    rows = blocks;
  }
  const last = Int32Array.from({ length: count }, (_, g) => (starts[g] < starts[g + 1] ? members[starts[g]] : rows));
  return { levels, last, rows };
}

/** Sums rows of x (rows, width) by the plan: (groups, width). Not on the tape. */
export function sumGroups(step: Step, x: TfArray, plan: GroupPlan): TfArray {
  const { tf } = step;
  const width = x.shape[1];
  const take = (from: TfArray, places: Int32Array, rows: number) => {
    const padded = places.includes(rows) ? tf.concat([from, tf.zeros([1, width])], 0) : from;
    return tf.gather(padded, step.integers(places));
  };
  return tf.tidy(() => {
    let sums = x;
    for (const { rows, blocks, length } of plan.levels)
      sums = tf.sum(tf.reshape(take(sums, rows, sums.shape[0]), [blocks, length, width]), 1);
    const inPlace = plan.last.length === plan.rows && plan.last.every((row, g) => row === g);
    return inPlace ? tf.clone(sums) : take(sums, plan.last, plan.rows);
  });
}

/** Rows of x (rows, width), in the order of the index. Not on the tape. */
export function takeRows(step: Step, x: TfArray, index: ArrayLike<number>): TfArray {
  return step.tf.gather(x, step.integers(index));
}

/** The date of every row. */
export function datesOf(offsets: Int32Array): Int32Array {
  const dates = new Int32Array(offsets[offsets.length - 1]);
  for (let t = 0; t + 1 < offsets.length; t++) dates.fill(t, offsets[t], offsets[t + 1]);
  return dates;
}

function gathered(step: Step, x: TfTensor, index: Int32Array): TfTensor {
  const { tf } = step;
  const [from, ...rest] = x.shape;
  const width = sizeOf(rest);
  const places = index.slice();
  return step.custom(
    [x],
    () => ({ value: tf.reshape(takeRows(step, tf.reshape(x.array, [from, width]), places), [places.length, ...rest]) }),
    (dy) => {
      const flat = tf.reshape(dy, [places.length, width]);
      return [tf.reshape(sumGroups(step, flat, planGroups(places, from)), [from, ...rest])];
    },
  );
}

function summed(step: Step, x: TfTensor, index: Int32Array, count: number): TfTensor {
  const { tf } = step;
  const [from, ...rest] = x.shape;
  const width = sizeOf(rest);
  const places = index.slice();
  return step.custom(
    [x],
    () => {
      const sums = sumGroups(step, tf.reshape(x.array, [from, width]), planGroups(places, count));
      return { value: tf.reshape(sums, [count, ...rest]) };
    },
    (dy) => [tf.reshape(takeRows(step, tf.reshape(dy, [count, width]), places), [from, ...rest])],
  );
}

/** y_r = x[index_r]. */
export function rows(step: Step, x: TfTensor, index: Int32Array): TfTensor {
  return gathered(step, x, index);
}

/** y_g = sum of the rows with index g. */
export function sumByIndex(step: Step, x: TfTensor, index: Int32Array, count: number): TfTensor {
  return summed(step, x, index, count);
}

/** y_t = sum of the rows of date t. */
export function segmentSum(step: Step, x: TfTensor, offsets: Int32Array): TfTensor {
  return summed(step, x, datesOf(offsets), offsets.length - 1);
}

/** y_r = x of the row's date. */
export function segmentRepeat(step: Step, x: TfTensor, offsets: Int32Array): TfTensor {
  return gathered(step, x, datesOf(offsets));
}
