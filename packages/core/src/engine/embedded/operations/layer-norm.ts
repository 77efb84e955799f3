import { chunkRows } from '../chunks.ts';
import type { HeapTensor, Tape } from '../tape.ts';

/** Normalisation of every row over the last axis. */
export function layerNorm(
  tape: Tape,
  x: HeapTensor,
  weight: HeapTensor,
  bias: HeapTensor,
  epsilon: number,
): HeapTensor {
  const N = x.shape[x.shape.length - 1];
  const rows = x.size / N;
  const y = tape.result(x.shape, x, weight, bias);
  const means = tape.scratch(rows);
  const inverses = tape.scratch(rows);
  tape.rows('layerNorm', rows, 8 * N, x.at, N, weight.at, bias.at, epsilon, y.at, means, inverses);
  tape.record([y], [means, inverses], () => {
    const chunk = chunkRows(rows, 16 * N);
    const chunks = Math.ceil(rows / chunk);
    const learns = weight.needsGradient || bias.needsGradient;
    const partials = learns ? tape.scratch(chunks * 2 * N) : -1;
    tape.chunked(
      'layerNormGradient',
      rows,
      chunk,
      x.at,
      N,
      weight.at,
      means,
      inverses,
      tape.arrived(y),
      tape.gradient(x),
      partials,
    );
    if (weight.needsGradient) tape.whole('fold', N, partials, chunks, 2 * N, tape.gradient(weight), 1, 1);
    if (bias.needsGradient) tape.whole('fold', N, partials + N, chunks, 2 * N, tape.gradient(bias), 1, 1);
    if (partials >= 0) tape.release(partials);
  });
  return y;
}
