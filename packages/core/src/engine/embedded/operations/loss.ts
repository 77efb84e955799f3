import { chunkRows } from '../chunks.ts';
import type { HeapTensor, Tape } from '../tape.ts';

const kinds = { meanSquaredError: 0, binaryCrossEntropy: 1 } as const;

/** sum w l(x, t) / sum w over elements; an element of weight 0 is not read. */
export function loss(
  tape: Tape,
  kind: keyof typeof kinds,
  x: HeapTensor,
  target: HeapTensor,
  weights?: HeapTensor,
): HeapTensor {
  const code = kinds[kind];
  const w = weights?.at ?? -1;
  const y = tape.result([], x);
  const chunk = chunkRows(x.size, 4);
  const partials = tape.scratch(2 * Math.ceil(x.size / chunk));
  const chunks = tape.chunked('loss', x.size, chunk, code, x.at, target.at, w, partials);
  tape.whole('lossValue', 1, partials, chunks, y.at);
  tape.release(partials);
  tape.record([y], [], () => {
    tape.rows('lossGradient', x.size, 4, code, x.at, target.at, w, y.at, tape.arrived(y), tape.gradient(x));
  });
  return y;
}
