import type { HeapTensor, Tape } from '../tape.ts';

/** In training, x kept with probability 1 - rate, over 1 - rate. The mask is made again on the way back, not kept. */
export function dropout(tape: Tape, x: HeapTensor, rate: number): HeapTensor {
  const key = tape.nextKey();
  const y = tape.result(x.shape, x);
  tape.rows('dropout', x.size, 8, x.at, y.at, rate, key, 0);
  tape.record([y], [], () => {
    tape.rows('dropout', x.size, 8, tape.arrived(y), tape.gradient(x), rate, key, 1);
  });
  return y;
}
