import { chunkRows } from '../chunks.ts';
import { binaryCodes } from '../twin/elementwise.ts';
import type { Broadcast } from '../../raw-ops.ts';
import type { HeapTensor, Tape } from '../tape.ts';

/** y = a . b; gradients of a broadcast argument are summed over where it was repeated. */
export function binary(
  tape: Tape,
  kind: keyof typeof binaryCodes,
  a: HeapTensor,
  b: HeapTensor,
  { inner, rowStep, step }: Broadcast,
): HeapTensor {
  const code = binaryCodes[kind];
  const rows = a.size / inner;
  const y = tape.result(a.shape, a, b);
  tape.rows('binary', rows, inner, code, a.at, b.at, y.at, inner, rowStep, step);
  tape.record([y], [], () => {
    const chunk = chunkRows(rows, 3 * inner);
    const chunks = Math.ceil(rows / chunk);
    const partials = b.needsGradient && rowStep === 0 ? tape.scratch(chunks * inner) : -1;
    const [da, db] = [tape.gradient(a), tape.gradient(b)];
    tape.chunked(
      'binaryGradient',
      rows,
      chunk,
      code,
      a.at,
      b.at,
      tape.arrived(y),
      da,
      db,
      inner,
      rowStep,
      step,
      partials,
    );
    if (partials < 0) return;
    tape.rows('fold', b.size, chunks, partials, chunks, inner, db, 1, 1);
    tape.release(partials);
  });
  return y;
}
