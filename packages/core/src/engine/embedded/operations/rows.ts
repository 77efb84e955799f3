import type { HeapTensor, Tape } from '../tape.ts';

/** y_r = x[index_r]; dx[index_r] += dy_r in row order. */
export function rows(tape: Tape, x: HeapTensor, index: Int32Array): HeapTensor {
  const width = x.size / x.shape[0];
  const n = index.length;
  const y = tape.result([n, ...x.shape.slice(1)], x);
  const places = tape.integers(index);
  tape.rows('gatherRows', n, width, x.at, width, places, y.at);
  tape.record([y], [places], () => {
    tape.whole('scatterRows', n, tape.arrived(y), width, places, tape.gradient(x));
  });
  return y;
}

/** y_g = sum of the rows with index g; the adjoint of `rows`. */
export function sumByIndex(tape: Tape, x: HeapTensor, index: Int32Array, count: number): HeapTensor {
  const width = x.size / x.shape[0];
  const n = index.length;
  const y = tape.result([count, ...x.shape.slice(1)], x);
  const places = tape.integers(index);
  tape.elements('fill', y.size, y.at, 0);
  tape.whole('scatterRows', n, x.at, width, places, y.at);
  tape.record([y], [places], () => {
    tape.rows('gatherAdd', n, width, tape.arrived(y), width, places, tape.gradient(x));
  });
  return y;
}

/** y_t = sum of the rows of date t; dx_r = dy of the row's date. */
export function segmentSum(tape: Tape, x: HeapTensor, offsets: Int32Array): HeapTensor {
  const width = x.size / x.shape[0];
  const dates = offsets.length - 1;
  const work = x.size / dates;
  const y = tape.result([dates, ...x.shape.slice(1)], x);
  const places = tape.integers(offsets);
  tape.rows('segmentSum', dates, work, x.at, width, places, y.at, 0);
  tape.record([y], [places], () => {
    tape.rows('segmentRepeat', dates, work, tape.arrived(y), width, places, tape.gradient(x), 1);
  });
  return y;
}

/** y_r = x of the row's date; dx_t = sum of dy over the date's rows. */
export function segmentRepeat(tape: Tape, x: HeapTensor, offsets: Int32Array): HeapTensor {
  const n = offsets[offsets.length - 1];
  const dates = x.shape[0];
  const width = x.size / dates;
  const work = (n * width) / dates;
  const y = tape.result([n, ...x.shape.slice(1)], x);
  const places = tape.integers(offsets);
  tape.rows('segmentRepeat', dates, work, x.at, width, places, y.at, 0);
  tape.record([y], [places], () => {
    tape.rows('segmentSum', dates, work, tape.arrived(y), width, places, tape.gradient(x), 1);
  });
  return y;
}
