import type { HeapTensor, Tape } from '../tape.ts';

/** mask ? a : b. Selection, not multiplication: what is not taken is not read, forward or backward. */
export function where(tape: Tape, mask: HeapTensor, a: HeapTensor, b: HeapTensor | number): HeapTensor {
  const other = typeof b === 'number' ? undefined : b;
  const y = tape.result(a.shape, a, other);
  tape.rows('where', a.size, 3, mask.at, a.at, other?.at ?? -1, typeof b === 'number' ? b : 0, y.at);
  tape.record([y], [], () => {
    const dy = tape.arrived(y);
    if (a.needsGradient) tape.rows('whereGradient', a.size, 3, mask.at, dy, tape.gradient(a), 1);
    if (other?.needsGradient) tape.rows('whereGradient', a.size, 3, mask.at, dy, tape.gradient(other), 0);
  });
  return y;
}
