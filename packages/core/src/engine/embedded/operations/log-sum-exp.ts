import type { HeapTensor, Tape } from '../tape.ts';

/** log sum e^x over the last axis; dx = dy e^(x - y). */
export function logSumExp(tape: Tape, x: HeapTensor): HeapTensor {
  const N = x.shape[x.shape.length - 1];
  const rows = x.size / N;
  const y = tape.result(x.shape.slice(0, -1), x);
  tape.rows('logSumExp', rows, 8 * N, x.at, N, y.at);
  tape.record([y], [], () => {
    tape.rows('logSumExpGradient', rows, 8 * N, x.at, N, y.at, tape.arrived(y), tape.gradient(x));
  });
  return y;
}
