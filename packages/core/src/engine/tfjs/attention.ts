import type { RawAttention } from '../raw-ops.ts';
import { select } from './elementwise.ts';
import type { TfArray } from './namespace.ts';
import { softmaxGradient, softmaxOf } from './reduce.ts';
import type { Step, TfTensor } from './step.ts';

/**
 * softmax(q k' / sqrt d + bias) v, head by head. Keys and values are moved by the lag and cleared under the mask first, so that
 * whatever stands there is not read. Back: dV = P'dY; dS = P (dY V' - rowsum(P dY V')); dQ = dS K / sqrt d; dK = dS'Q / sqrt d.
 */
export function attention(
  step: Step,
  q: TfTensor,
  k: TfTensor,
  v: TfTensor,
  options: RawAttention<TfTensor>,
): TfTensor {
  const [B, Q, D] = q.shape;
  const K = k.shape[1];
  const { heads, causal, keyMask, bias, lag } = options;
  const { tf } = step;
  const { period } = lag;
  const steps = Math.min(lag.steps, period);
  const d = D / heads;
  const root = 1 / Math.sqrt(d);

  /** Dates move later by the lag within their run (or back, for gradients); what comes in is zero. */
  const shift = (x: TfArray, width: number, back: boolean) => {
    if (steps === 0) return x;
    const runs = tf.reshape(x, [B / period, period, width]);
    const kept = tf.slice(runs, [0, back ? steps : 0, 0], [B / period, period - steps, width]);
    const edge: [number, number] = back ? [0, steps] : [steps, 0];
    return tf.pad(kept, [[0, 0], edge, [0, 0]]);
  };
  const split = (x: TfArray, length: number) =>
    tf.reshape(tf.transpose(tf.reshape(x, [B, length, heads, d]), [0, 2, 1, 3]), [B * heads, length, d]);
  const join = (x: TfArray, length: number) =>
    tf.reshape(tf.transpose(tf.reshape(x, [B, heads, length, d]), [0, 2, 1, 3]), [B, length, D]);

  /** (B, K) of the keys as the queries meet them: 1 where one may be read. */
  const present = (): TfArray => {
    const marks = keyMask ? tf.cast(tf.notEqual(keyMask.array, 0), 'float32') : tf.fill([B, K], 1);
    return tf.reshape(shift(marks, K, false), [B, K]);
  };
  /** (B, 1, Q, K): what each query sees. */
  const visible = (keys: TfArray): TfArray => {
    let seen = tf.reshape(keys, [B, 1, 1, K]);
    if (bias) {
      const edges = tf.cast(tf.greater(bias.array, -Infinity), 'float32');
      seen = tf.mul(seen, tf.reshape(edges, [1, 1, Q, K]));
    }
    if (causal) {
      const earlier = Float32Array.from({ length: Q * K }, (_, at) => (at % K <= Math.floor(at / K) ? 1 : 0));
      seen = tf.mul(seen, tf.tensor(earlier, [1, 1, Q, K]));
    }
    return tf.notEqual(tf.add(seen, tf.zeros([B, heads, Q, K])), 0);
  };
  /** Clears keys or values that are masked where they stand, before any lag. */
  const clear = (x: TfArray) => {
    if (!keyMask) return x;
    return select(tf, tf.reshape(tf.notEqual(keyMask.array, 0), [B, K, 1]), x);
  };

  if (steps === period && period > 0 && lag.steps > 0) return step.hold(step.quiet(() => tf.zeros([...q.shape])));
  return step.custom(
    [q, k, v],
    () => {
      const queries = split(q.array, Q);
      const keys = split(shift(clear(k.array), K * D, false), K);
      const values = split(shift(clear(v.array), K * D, false), K);
      const products = tf.reshape(tf.mul(tf.matMul(queries, keys, false, true), root), [B, heads, Q, K]);
      const logits = bias ? tf.add(products, tf.reshape(bias.array, [1, 1, Q, K])) : products;
      const shares = tf.reshape(softmaxOf(tf, logits, visible(present())), [B * heads, Q, K]);
      // A query that sees nothing multiplies by zero shares, and its values are cleared: no NaN comes of it.
      return { value: join(tf.matMul(shares, values), Q), saved: [queries, keys, values, shares] };
    },
    (dy, [queries, keys, values, shares], wanted) => {
      const back = (x: TfArray) => tf.reshape(shift(join(x, K), K * D, true), [B, K, D]);
      const arrived = split(dy, Q);
      const slopes = tf.mul(softmaxGradient(tf, shares, tf.matMul(arrived, values, false, true)), root);
      return [
        wanted[0] ? join(tf.matMul(slopes, keys), Q) : undefined,
        wanted[1] ? back(tf.matMul(slopes, queries, true)) : undefined,
        wanted[2] ? back(tf.matMul(shares, arrived, true)) : undefined,
      ];
    },
  );
}
