import type { HeapTensor, Tape } from '../tape.ts';

/** e^x / sum e^x over the entries of a row that the mask leaves; dx = y (dy - y'dy). */
export function softmax(tape: Tape, x: HeapTensor, mask?: HeapTensor): HeapTensor {
  const N = x.shape[x.shape.length - 1];
  const rows = x.size / N;
  const y = tape.result(x.shape, x);
  tape.rows('softmax', rows, 8 * N, x.at, N, mask?.at ?? -1, y.at);
  tape.record([y], [], () => {
    tape.rows('softmaxGradient', rows, 4 * N, y.at, N, tape.arrived(y), tape.gradient(x));
  });
  return y;
}
