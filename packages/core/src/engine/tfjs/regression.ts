import type { TfArray } from './namespace.ts';
import { select } from './elementwise.ts';
import { datesOf, planGroups, sumGroups, takeRows } from './segments.ts';
import type { Step, TfTensor } from './step.ts';

/**
 * A pivot below this share of the largest diagonal entry makes a date singular. The embedded engine, in float64, says 1e-10;
 * here the normal matrix itself carries errors of a few 6e-8, so 1e-6 is as far as a pivot can be told from zero.
 */
const singular = 1e-6;

/**
 * Least squares of y on x date by date, f_t = (X'X + ridge tr(X'X)/K I)^-1 X'y, on the device: Gauss-Jordan over all dates at
 * once (stable without pivoting for positive definite matrices) and one step of iterative refinement from the residuals,
 * which takes the error from cond(X)^2 to about cond(X) roundings (Bjorck 1987, corrected semi-normal equations).
 * Back: with A s = df, dy = X s and dX = (y - X f) s' - X s f' - 2 (ridge / K) (s'f) X.
 */
export function segmentRegression(step: Step, x: TfTensor, y: TfTensor, offsets: Int32Array, ridge: number): TfTensor {
  const [n, K] = x.shape;
  const { tf } = step;
  const T = offsets.length - 1;
  const dates = datesOf(offsets);
  const plan = planGroups(dates, T);
  const dot = (a: TfArray, b: TfArray) => tf.sum(tf.mul(a, b), 1, true);
  const repeat = (f: TfArray) => takeRows(step, f, dates);
  /** X'v for v (rows, 1). */
  const project = (X: TfArray, v: TfArray) => sumGroups(step, tf.mul(X, v), plan);
  /** Inverse (T, K, K) times vectors (T, K); zero for singular dates. */
  const apply = (inverse: TfArray, v: TfArray) => tf.reshape(tf.matMul(inverse, tf.reshape(v, [T, K, 1])), [T, K]);

  /** One more step towards A f = b, from the residual b - X'X f - lambda f. */
  const refine = (X: TfArray, inverse: TfArray, lambda: TfArray, f: TfArray, b: (fitted: TfArray) => TfArray) =>
    tf.add(f, apply(inverse, tf.sub(b(dot(X, repeat(f))), tf.mul(f, lambda))));

  return step.custom(
    [x, y],
    () => {
      const X = x.array;
      const Y = tf.reshape(y.array, [n, 1]);
      const products = tf.mul(tf.reshape(X, [n, K, 1]), tf.reshape(X, [n, 1, K]));
      const gram = tf.reshape(sumGroups(step, tf.reshape(products, [n, K * K]), plan), [T, K, K]);
      const identity = tf.reshape(tf.eye(K), [1, K, K]);
      const diagonal = tf.sum(tf.mul(gram, identity), 2);
      const lambda = tf.mul(tf.sum(diagonal, 1, true), ridge / K);
      const floor = tf.reshape(tf.mul(tf.add(tf.max(diagonal, 1, true), lambda), singular), [T, 1, 1]);
      const regular = tf.add(gram, tf.mul(identity, tf.reshape(lambda, [T, 1, 1])));
      const { inverse, works } = invert(regular, identity, floor);
      const usable = select(tf, works, inverse);
      const first = apply(usable, project(X, Y));
      const f = refine(X, usable, lambda, first, (fitted) => project(X, tf.sub(Y, fitted)));
      return { value: f, saved: [X, Y, usable, lambda, f] };
    },
    (df, [X, Y, inverse, lambda, f], wanted) => {
      const s = refine(X, inverse, lambda, apply(inverse, df), (fitted) => tf.sub(df, project(X, fitted)));
      const sRows = repeat(s);
      const fitted = dot(X, sRows);
      const fRows = repeat(f);
      const gradient = () => {
        const outer = tf.sub(tf.mul(sRows, tf.sub(Y, dot(X, fRows))), tf.mul(fRows, fitted));
        return tf.sub(outer, tf.mul(X, repeat(tf.mul(dot(s, f), (2 * ridge) / K))));
      };
      return [wanted[0] ? gradient() : undefined, tf.reshape(fitted, [n])];
    },
  );

  /** Gauss-Jordan on [A I]; `works` (T, 1, 1) is false where a pivot is too small. */
  function invert(A: TfArray, identity: TfArray, floor: TfArray): { inverse: TfArray; works: TfArray } {
    let table = tf.concat([A, tf.add(tf.zeros([T, K, K]), identity)], 2);
    let works = tf.greater(floor, 0);
    for (let k = 0; k < K; k++) {
      const found = tf.slice(table, [0, k, k], [T, 1, 1]);
      const good = tf.greater(found, floor);
      works = tf.logicalAnd(works, good);
      const pivot = tf.where(good, found, tf.fill([T, 1, 1], 1));
      const row = tf.div(tf.slice(table, [0, k, 0], [T, 1, 2 * K]), pivot);
      const unit = tf.slice(identity, [0, 0, k], [1, K, 1]);
      table = tf.sub(table, tf.mul(tf.sub(tf.slice(table, [0, 0, k], [T, K, 1]), unit), row));
    }
    return { inverse: tf.slice(table, [0, 0, K], [T, K, K]), works };
  }
}
