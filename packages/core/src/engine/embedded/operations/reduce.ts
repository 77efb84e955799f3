import type { Axis } from '../../../nn/index.ts';
import { resolveAxis } from '../shapes.ts';
import type { HeapTensor, Tape } from '../tape.ts';

/** Sum (or mean) over one axis, which goes, or over all into a scalar. */
export function reduce(tape: Tape, x: HeapTensor, axis: Axis, mean: boolean): HeapTensor {
  if (axis === 'all') return reduceAll(tape, x, mean);
  const at = resolveAxis('sum.axis', axis, x.shape.length);
  const n = x.shape[at];
  const inner = x.shape.slice(at + 1).reduce((product, size) => product * size, 1);
  const outer = x.size / (n * inner);
  const factor = mean ? 1 / n : 1;
  const y = tape.result([...x.shape.slice(0, at), ...x.shape.slice(at + 1)], x);
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
