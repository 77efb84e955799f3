import type { HeapTensor, Tape } from '../tape.ts';

/** y_r = a_r'b_r over the last axis; da = dy b, db = dy a. */
export function rowDot(tape: Tape, a: HeapTensor, b: HeapTensor): HeapTensor {
  const N = a.shape[a.shape.length - 1];
  const rows = a.size / N;
  const y = tape.result(a.shape.slice(0, -1), a, b);
  tape.rows('rowDot', rows, 2 * N, a.at, b.at, N, y.at);
  tape.record([y], [], () => {
    const dy = tape.arrived(y);
    if (a.needsGradient) tape.rows('rowDotGradient', rows, 2 * N, b.at, N, dy, tape.gradient(a));
    if (b.needsGradient) tape.rows('rowDotGradient', rows, 2 * N, a.at, N, dy, tape.gradient(b));
  });
  return y;
}
