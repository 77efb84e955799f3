import type { HeapTensor, Tape } from '../tape.ts';

/** Least squares of y on x date by date: f_t = (X'X + ridge tr(X'X)/K I)^-1 X'y. */
export function segmentRegression(
  tape: Tape,
  x: HeapTensor,
  y: HeapTensor,
  offsets: Int32Array,
  ridge: number,
): HeapTensor {
  const [n, K] = x.shape;
  const dates = offsets.length - 1;
  const work = (2 * n * K * K) / dates + K * K * K;
  const out = tape.result([dates, K], x, y);
  const places = tape.integers(offsets);
  tape.rows('segmentRegression', dates, work, x.at, y.at, K, places, ridge, out.at);
  tape.record([out], [places], () => {
    const dout = tape.arrived(out);
    const [dx, dy] = [tape.gradient(x), tape.gradient(y)];
    tape.rows('segmentRegressionGradient', dates, 2 * work, x.at, y.at, K, places, ridge, out.at, dout, dx, dy);
  });
  return out;
}
