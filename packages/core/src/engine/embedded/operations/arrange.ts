import { sizeOf } from '../../shapes.ts';
import type { HeapTensor, Tape } from '../tape.ts';

/** Side by side along the last axis. */
export function concat(tape: Tape, xs: readonly HeapTensor[]): HeapTensor {
  const lead = xs[0].shape.slice(0, -1);
  const widths = xs.map((x) => x.shape[x.shape.length - 1]);
  const width = widths.reduce((sum, n) => sum + n, 0);
  const rows = sizeOf(lead);
  let from = 0;
  const starts = widths.map((n) => (from += n) - n);
  const first = xs.findIndex((x) => x.needsGradient);
  const last = xs.findLastIndex((x) => x.needsGradient);
  const y: HeapTensor = {
    ...tape.result([...lead, width], ...xs),
    ...(first < 0 ? {} : { wanted: { from: starts[first], to: starts[last] + widths[last] } }),
  };
  xs.forEach((x, i) => {
    tape.rows('copyBlocks', rows, widths[i], x.at, widths[i], y.at + starts[i], width, widths[i], 0);
  });
  tape.record([y], [], () => {
    const dy = tape.arrived(y);
    xs.forEach((x, i) => {
      if (!x.needsGradient) return;
      tape.rows('copyBlocks', rows, widths[i], dy + starts[i], width, tape.gradient(x), widths[i], widths[i], 1);
    });
  });
  return y;
}

/** Entries from .. to-1 of one axis. */
export function slice(tape: Tape, x: HeapTensor, from: number, to: number, axis: number): HeapTensor {
  const n = x.shape[axis];
  const inner = sizeOf(x.shape.slice(axis + 1));
  const outer = x.size / (n * inner);
  const width = (to - from) * inner;
  const y = tape.result([...x.shape.slice(0, axis), to - from, ...x.shape.slice(axis + 1)], x);
  tape.rows('copyBlocks', outer, width, x.at + from * inner, n * inner, y.at, width, width, 0);
  tape.record([y], [], () => {
    tape.rows('copyBlocks', outer, width, tape.arrived(y), width, tape.gradient(x) + from * inner, n * inner, width, 1);
  });
  return y;
}

/** Axis i of the result is axis permutation[i] of x. */
export function transpose(tape: Tape, x: HeapTensor, permutation: readonly number[]): HeapTensor {
  const rank = x.shape.length;
  const steps = x.shape.map((_, axis) => sizeOf(x.shape.slice(axis + 1)));
  const shape = permutation.map((axis) => x.shape[axis]);
  const y = tape.result(shape, x);
  // Axes at the end that stay where they are move as one block.
  let moved = rank;
  while (moved > 1 && permutation[moved - 1] === moved - 1) moved--;
  const width = sizeOf(shape.slice(moved));
  const count = shape[moved - 1];
  const plan = tape.integers([...shape.slice(0, moved), ...permutation.slice(0, moved).map((axis) => steps[axis])]);
  const rows = x.size / (count * width);
  const work = count * (width + 4);
  tape.rows('permute', rows, work, x.at, y.at, plan, moved, width, 0);
  tape.record([y], [plan], () => {
    tape.rows('permute', rows, work, tape.arrived(y), tape.gradient(x), plan, moved, width, 1);
  });
  return y;
}
