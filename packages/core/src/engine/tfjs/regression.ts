import type { Tf, TfTensor } from './tf.ts';

/**
 * Least squares within dates by a Cholesky factorisation written out over the K^2 entries, each a vector over dates: tfjs has no
 * batched solver, and its elementwise operations have gradients.
 */
export function segmentRegression(
  tf: Tf,
  x: TfTensor,
  y: TfTensor,
  ids: TfTensor,
  dates: number,
  ridge: number,
): TfTensor {
  const [n, K] = x.shape;
  const columns = tf.unstack(x, 1);
  const bySegment = (values: TfTensor) => tf.unsortedSegmentSum(tf.reshape(values, [n]), ids, dates);
  const gram = columns.map((a, i) => columns.slice(0, i + 1).map((b) => bySegment(tf.mul(a, b))));
  let trace = gram[0][0];
  for (let a = 1; a < K; a++) trace = tf.add(trace, gram[a][a]);
  let largest = gram[0][0];
  for (let a = 0; a < K; a++) {
    gram[a][a] = tf.add(gram[a][a], tf.mul(trace, ridge / K));
    largest = a === 0 ? gram[0][0] : tf.maximum(largest, gram[a][a]);
  }
  // 1 or 0 by sign, as a constant to the gradient: comparisons would break the tape.
  const positive = tf.customGrad((value) => ({
    value: tf.where(tf.greater(value, 0), tf.ones([dates]), tf.zeros([dates])),
    gradFunc: (dy) => tf.zerosLike(dy),
  }));
  const one = tf.ones([dates]);
  let regular = one;
  const factor: TfTensor[][] = [];
  for (let a = 0; a < K; a++) {
    factor.push([]);
    for (let b = 0; b <= a; b++) {
      let sum = gram[a][b];
      for (let k = 0; k < b; k++) sum = tf.sub(sum, tf.mul(factor[a][k], factor[b][k]));
      if (a === b) {
        // Float32 carries seven digits: a pivot below 1e-6 of the largest diagonal entry is rounding.
        const good = positive(tf.sub(sum, tf.mul(largest, 1e-6)));
        regular = tf.mul(regular, good);
        factor[a].push(tf.sqrt(tf.add(tf.mul(good, sum), tf.sub(one, good))));
      } else factor[a].push(tf.div(sum, factor[b][b]));
    }
  }
  const solution = columns.map((a) => bySegment(tf.mul(a, y)));
  for (let a = 0; a < K; a++) {
    for (let b = 0; b < a; b++) solution[a] = tf.sub(solution[a], tf.mul(factor[a][b], solution[b]));
    solution[a] = tf.div(solution[a], factor[a][a]);
  }
  for (let a = K - 1; a >= 0; a--) {
    for (let b = a + 1; b < K; b++) solution[a] = tf.sub(solution[a], tf.mul(factor[b][a], solution[b]));
    solution[a] = tf.div(solution[a], factor[a][a]);
  }
  return tf.stack(
    solution.map((column) => tf.mul(column, regular)),
    1,
  );
}
