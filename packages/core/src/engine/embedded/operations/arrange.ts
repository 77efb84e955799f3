import { ShapeError } from '../../../errors.ts';
import { requireShape, resolveAxis, shapeText } from '../shapes.ts';
import { sizeOf } from '../tape.ts';
import type { HeapTensor, Tape } from '../tape.ts';

/** Side by side along the last axis. */
export function concat(tape: Tape, xs: readonly HeapTensor[]): HeapTensor {
  const lead = xs[0].shape.slice(0, -1);
  for (const [i, x] of xs.entries()) requireShape(`concat[${i}] leading axes`, x.shape.slice(0, -1), lead);
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
  const at = resolveAxis('slice.axis', axis, x.shape.length);
  const n = x.shape[at];
  if (!(Number.isInteger(from) && Number.isInteger(to) && from >= 0 && to <= n && from < to))
    throw new ShapeError({
      field: 'slice',
      expected: `0 <= from < to <= ${n}`,
      found: `${from} to ${to}`,
      remedy: `Axis ${at} of ${shapeText(x.shape)} has ${n} entries.`,
    });
  const inner = sizeOf(x.shape.slice(at + 1));
  const outer = x.size / (n * inner);
  const width = (to - from) * inner;
  const y = tape.result([...x.shape.slice(0, at), to - from, ...x.shape.slice(at + 1)], x);
  tape.rows('copyBlocks', outer, width, x.at + from * inner, n * inner, y.at, width, width, 0);
  tape.record([y], [], () => {
    tape.rows('copyBlocks', outer, width, tape.arrived(y), width, tape.gradient(x) + from * inner, n * inner, width, 1);
  });
  return y;
}

/** Axis i of the result is axis permutation[i] of x. */
export function transpose(tape: Tape, x: HeapTensor, permutation: readonly number[]): HeapTensor {
  const rank = x.shape.length;
  if (
    permutation.length !== rank ||
    new Set(permutation).size !== rank ||
    permutation.some((p) => !(p >= 0 && p < rank))
  )
    throw new ShapeError({
      field: 'transpose.permutation',
      expected: `each of the axes 0 .. ${rank - 1} once`,
      found: permutation.join(', '),
      remedy: 'List the axes of x in the order of the result.',
    });
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

/** The same numbers in the same order under another shape: nothing is copied. */
export function reshape(tape: Tape, x: HeapTensor, shape: readonly number[]): HeapTensor {
  if (sizeOf(shape) !== x.size)
    throw new ShapeError({
      field: 'reshape.shape',
      expected: `${x.size} elements, as in ${shapeText(x.shape)}`,
      found: shapeText(shape),
      remedy: 'The product of the axes must stay the same.',
    });
  return tape.view(x, shape);
}
