import { ConfigError, ShapeError } from '../../../errors.ts';
import { chunkRows } from '../chunks.ts';
import { outerScratch, padded } from '../kernels/dense.ts';
import { requireRank, requireShape } from '../shapes.ts';
import type { HeapTensor, Tape } from '../tape.ts';

export interface AttentionTensors {
  readonly heads: number;
  readonly causal: boolean;
  readonly keyMask: HeapTensor | undefined;
  readonly bias: HeapTensor | undefined;
  readonly lag: { readonly steps: number; readonly period: number };
}

/** softmax(q k' / sqrt d + bias) v, head by head; see the kernels for the way back. */
export function attention(
  tape: Tape,
  q: HeapTensor,
  k: HeapTensor,
  v: HeapTensor,
  options: AttentionTensors,
): HeapTensor {
  requireRank('attention.query', q.shape, 3, '(batch, queries, width)');
  const [B, Q, D] = q.shape;
  const K = k.shape[1];
  requireShape('attention.key', k.shape, [B, K, D]);
  requireShape('attention.value', v.shape, [B, K, D]);
  const { heads, causal, keyMask, bias, lag } = options;
  if (keyMask) requireShape('attention.keyMask', keyMask.shape, [B, K]);
  if (bias) requireShape('attention.bias', bias.shape, [Q, K]);
  if (D % heads !== 0)
    throw new ConfigError({
      field: 'attention.heads',
      expected: `a divisor of the width ${D}`,
      found: String(heads),
      remedy: 'Choose a width that the heads share evenly.',
    });
  if (causal && Q !== K)
    throw new ShapeError({
      field: 'attention.causal',
      expected: 'as many keys as queries',
      found: `${Q} queries and ${K} keys`,
      remedy: 'Causal attention is over one and the same sequence.',
    });
  if (B % lag.period !== 0 || lag.steps < 0)
    throw new ConfigError({
      field: 'attention.lag',
      expected: `steps >= 0 and a period that divides the ${B} batches`,
      found: `steps ${lag.steps}, period ${lag.period}`,
      remedy: 'The period is the number of consecutive dates in a window.',
    });
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
