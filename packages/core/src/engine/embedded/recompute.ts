import type { HeapTensor, Tape } from './tape.ts';

/**
 * The value of `run` without anything it computed on the way: that is freed, and computed again when the gradient comes by. The
 * operations of the second run go on top of those that the way back takes from, so it goes on into them.
 */
export function recompute(tape: Tape, run: () => HeapTensor): HeapTensor {
  if (!tape.recording) return run();
  const { draws } = tape;
  const before = tape.heldBlocks();
  const value = tape.unrecorded(run);
  const isOwn = tape.holds(value.at) && !before.has(value.at);
  tape.keepOnly(before, isOwn ? value.at : undefined);
  if (!isOwn) {
    // It gave back what it was given: there is nothing to compute again.
    tape.draws = draws;
    return run();
  }
  const { shape, size, at, step } = value;
  const y: HeapTensor = { shape, size, at, step, needsGradient: true, gradientAt: -1, root: undefined };
  tape.record([y], [], () => {
    const again = withDraws(tape, draws, run);
    if (again.needsGradient) tape.elements('accumulate', size, tape.arrived(y), tape.gradient(again), 1);
  });
  return y;
}

/**
 * `run` on parts of x, `length` entries of its first axis at a time, one result after the other. A part leaves nothing but its
 * result, here and on the way back, where it is computed again and gone through before the next: so what a block holds is that of
 * one part. Values that flow into `run` beside its part get gradients from every part.
 */
export function recomputeParts(
  tape: Tape,
  x: HeapTensor,
  length: number,
  run: (part: HeapTensor) => HeapTensor,
): HeapTensor {
  const parts: { readonly x: HeapTensor; readonly draws: number }[] = [];
  let y: HeapTensor | undefined;
  for (let from = 0; from < x.shape[0]; from += length) {
    const part = partOf(tape, x, from, Math.min(x.shape[0], from + length));
    parts.push({ x: part, draws: tape.draws });
    const before = tape.heldBlocks();
    const value = tape.unrecorded(() => run(part));
    y ??= { ...tape.result([x.shape[0], ...value.shape.slice(1)]), needsGradient: tape.recording };
    const width = value.size / value.shape[0];
    tape.rows('copyBlocks', value.shape[0], width, value.at, width, y.at + from * width, width, width, 0);
    tape.keepOnly(before, y.at);
  }
  const result = y ?? run(x);
  tape.record([result], [], () => {
    // Begun at zero as a whole: a part's own operations see a gradient that is there, and add to it.
    tape.gradient(x);
    for (const part of parts) {
      const above = tape.length;
      const again = withDraws(tape, part.draws, () => run(part.x));
      const from = (part.x.at - x.at) / (x.size / x.shape[0]);
      const dy = tape.arrived(result) + from * (again.size / again.shape[0]);
      if (again.needsGradient) tape.elements('accumulate', again.size, dy, tape.gradient(again), 1);
      tape.unwind(above);
    }
  });
  return result;
}

/** Entries from .. to-1 of the first axis, where they are. Their gradient is part of that of x. */
function partOf(tape: Tape, x: HeapTensor, from: number, to: number): HeapTensor {
  const width = x.size / x.shape[0];
  const shape = [to - from, ...x.shape.slice(1)];
  return { ...tape.view(x, shape), size: (to - from) * width, at: x.at + from * width };
}

/** `run` with the random keys that it drew the first time; the step goes on drawing where it was. */
function withDraws(tape: Tape, draws: number, run: () => HeapTensor): HeapTensor {
  const drawn = tape.draws;
  tape.draws = draws;
  try {
    return run();
  } finally {
    tape.draws = drawn;
  }
}
