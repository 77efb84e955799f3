import { ShapeError } from '../../../errors.ts';
import { chunkRows } from '../chunks.ts';
import { binaryCodes } from '../kernels/elementwise.ts';
import { shapeText } from '../shapes.ts';
import type { HeapTensor, Tape } from '../tape.ts';

/** How the second argument runs along the first: rows of `inner` elements, its step a row and within a row. */
interface Layout {
  readonly inner: number;
  readonly rowStep: number;
  readonly step: number;
}

/** The four broadcasts there are: equal shapes, last axes, one number a row, a scalar. */
function layout(kind: string, a: HeapTensor, b: HeapTensor): Layout {
  const rank = a.shape.length;
  const same = (from: number, to: number) => b.shape.slice(from, to).every((n, i) => n === a.shape[i + from]);
  const last = rank === 0 ? 1 : a.shape[rank - 1];
  if (b.shape.length === rank && same(0, rank)) return { inner: last, rowStep: last, step: 1 };
  if (b.size === 1) return { inner: last, rowStep: 0, step: 0 };
  if (b.shape.length === rank && b.shape[rank - 1] === 1 && same(0, rank - 1))
    return { inner: last, rowStep: 1, step: 0 };
  const ahead = rank - b.shape.length;
  if (ahead > 0 && b.shape.every((n, i) => n === a.shape[i + ahead])) return { inner: b.size, rowStep: 0, step: 1 };
  throw new ShapeError({
    field: `${kind}.b`,
    expected: `the shape ${shapeText(a.shape)}, its last axes, one number a row, or a scalar`,
    found: shapeText(b.shape),
    remedy: 'Reshape the second argument; the first is never broadcast.',
  });
}

/** y = a . b; gradients of a broadcast argument are summed over where it was repeated. */
export function binary(tape: Tape, kind: keyof typeof binaryCodes, a: HeapTensor, b: HeapTensor): HeapTensor {
  const code = binaryCodes[kind];
  const { inner, rowStep, step } = layout(kind, a, b);
  const rows = a.size / inner;
  const y = tape.result(a.shape, a, b);
  tape.rows('binary', rows, inner, code, a.at, b.at, y.at, inner, rowStep, step);
  tape.record([y], [], () => {
    const chunk = chunkRows(rows, 3 * inner);
    const chunks = Math.ceil(rows / chunk);
    const partials = b.needsGradient && rowStep === 0 ? tape.scratch(chunks * inner) : -1;
    const [da, db] = [tape.gradient(a), tape.gradient(b)];
    tape.chunked(
      'binaryGradient',
      rows,
      chunk,
      code,
      a.at,
      b.at,
      tape.arrived(y),
      da,
      db,
      inner,
      rowStep,
      step,
      partials,
    );
    if (partials < 0) return;
    tape.rows('fold', b.size, chunks, partials, chunks, inner, db, 1, 1);
    tape.release(partials);
  });
  return y;
}
