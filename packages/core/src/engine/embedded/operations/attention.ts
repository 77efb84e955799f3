import { chunkRows } from '../chunks.ts';
import { outerScratch, padded } from '../twin/dense.ts';
import type { RawAttention } from '../../raw-ops.ts';
import type { HeapTensor, Tape } from '../tape.ts';

/** softmax(q k' / sqrt d + bias) v, head by head; see the kernels for the way back. */
export function attention(
  tape: Tape,
  q: HeapTensor,
  k: HeapTensor,
  v: HeapTensor,
  options: RawAttention<HeapTensor>,
): HeapTensor {
  const [B, Q, D] = q.shape;
  const K = k.shape[1];
  const { heads, causal, keyMask, bias, lag } = options;
  const { steps, period } = lag;
  const y = tape.result(q.shape, q, k, v);
  const p = tape.scratch(B * heads * Q * K);
  // Runs of dates are never split between chunks: with a lag, a date's keys get gradients from another date of its run.
  const chunk = chunkRows(B, 12 * Q * K * D, period);
  const chunks = Math.ceil(B / chunk);
  const d = D / heads;
  const workSize = 2 * (K * padded(d) + d * padded(K)) + (Q + 2) * padded(K) + K * d + outerScratch(K, d) * Q;
  const mask = keyMask?.at ?? -1;
  const work = tape.scratch(chunks * workSize);
  tape.chunked(
    'attention',
    B,
    chunk,
    q.at,
    k.at,
    v.at,
    Q,
    K,
    D,
    heads,
    mask,
    bias?.at ?? -1,
    causal ? 1 : 0,
    steps,
    period,
    p,
    y.at,
    work,
    workSize,
  );
  tape.release(work);
  tape.record([y], [p], () => {
    const [dq, dk, dv] = [tape.gradient(q), tape.gradient(k), tape.gradient(v)];
    const room = tape.scratch(chunks * workSize);
    tape.chunked(
      'attentionGradient',
      B,
      chunk,
      q.at,
      k.at,
      v.at,
      Q,
      K,
      D,
      heads,
      mask,
      steps,
      period,
      p,
      tape.arrived(y),
      dq,
      dk,
      dv,
      room,
      workSize,
    );
    tape.release(room);
  });
  return y;
}
