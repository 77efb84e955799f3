import type { HeapTensor, Tape } from '../tape.ts';

/** x + deviation * normal in training. */
export function noise(tape: Tape, x: HeapTensor, deviation: number): HeapTensor {
  const y = tape.result(x.shape, x);
  tape.rows('noise', x.size, 20, x.at, y.at, deviation, tape.nextKey());
  tape.record([y], [], () => {
    tape.elements('accumulate', x.size, tape.arrived(y), tape.gradient(x), 1);
  });
  return y;
}
