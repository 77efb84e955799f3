import { padded, panelColumns } from '../twin/dense.ts';
import type { Tape } from '../tape.ts';

/** A block with the weights w[n strideN + k strideK] as the right factor (K, N) of products. */
export function packWeights(tape: Tape, w: number, K: number, N: number, strideK: number, strideN: number): number {
  const packed = tape.scratch(K * padded(N));
  tape.rows('pack', Math.ceil(N / panelColumns), K * panelColumns, w, K, N, strideK, strideN, packed);
  return packed;
}
