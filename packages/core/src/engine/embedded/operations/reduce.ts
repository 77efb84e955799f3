import type { HeapTensor, Tape } from '../tape.ts';

/** Sum (or mean) over one axis, which goes, or over all into a scalar. */
export function reduce(tape: Tape, x: HeapTensor, axis: number | undefined, mean: boolean): HeapTensor {
  if (axis === undefined) return reduceAll(tape, x, mean);
  const n = x.shape[axis];
  const inner = x.shape.slice(axis + 1).reduce((product, size) => product * size, 1);
  const outer = x.size / (n * inner);
  const factor = mean ? 1 / n : 1;
  const y = tape.result([...x.shape.slice(0, axis), ...x.shape.slice(axis + 1)], x);
  tape.rows('sumAxis', outer, n * inner, x.at, n, inner, y.at, factor);
  tape.record([y], [], () => {
    tape.rows('spreadAxis', outer, n * inner, tape.arrived(y), n, inner, tape.gradient(x), factor);
  });
  return y;
}

function reduceAll(tape: Tape, x: HeapTensor, mean: boolean): HeapTensor {
  const y = tape.result([], x);
  const factor = mean ? 1 / x.size : 1;
  const partials = tape.scratch(64);
  const chunks = tape.elements('sumAll', x.size, x.at, partials);
  tape.whole('fold', 1, partials, chunks, 1, y.at, factor, 0);
  tape.release(partials);
  tape.record([y], [], () => {
    tape.elements('spreadAll', x.size, tape.arrived(y), tape.gradient(x), factor);
  });
  return y;
}
