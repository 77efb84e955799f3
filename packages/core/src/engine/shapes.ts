import { ConfigError, ShapeError } from '../errors.ts';
import type { Broadcast } from './raw-ops.ts';

export function shapeText(shape: readonly number[]): string {
  return `(${shape.join(', ')})`;
}

/** Throws unless the shape is exactly the one expected. */
export function requireShape(field: string, found: readonly number[], expected: readonly number[]): void {
  if (found.length !== expected.length || found.some((n, axis) => n !== expected[axis]))
    throw new ShapeError({
      field,
      expected: `shape ${shapeText(expected)}`,
      found: shapeText(found),
      remedy: 'Check the widths of the layers on both sides.',
    });
}

export function requireRank(field: string, found: readonly number[], rank: number, axes: string): void {
  if (found.length !== rank)
    throw new ShapeError({
      field,
      expected: `${rank} axes ${axes}`,
      found: shapeText(found),
      remedy: 'Reshape it first.',
    });
}

/** Ragged dates: starts at 0, never falls, ends at the number of rows. */
export function requireOffsets(field: string, offsets: Int32Array, rows: number): void {
  const ends = offsets.length > 0 && offsets[0] === 0 && offsets[offsets.length - 1] === rows;
  if (!ends || offsets.some((offset, t) => t > 0 && offset < offsets[t - 1]))
    throw new ShapeError({
      field,
      expected: `row offsets from 0 to ${rows} that never fall`,
      found: `${offsets.length} offsets ending at ${offsets[offsets.length - 1] ?? 'nothing'}`,
      remedy: 'Pass one offset a date and the number of rows at the end.',
    });
}

/** Row numbers within 0 .. count-1. */
export function requireIndex(field: string, index: Int32Array, count: number): void {
  for (let r = 0; r < index.length; r++)
    if (index[r] < 0 || index[r] >= count)
      throw new ShapeError({
        field: `${field}[${r}]`,
        expected: `a row from 0 to ${count - 1}`,
        found: String(index[r]),
        remedy: 'Check how the index was built.',
      });
}

/** Throws ShapeError unless parts of so many entries can be made. */
export function requirePartLength(length: number): void {
  if (Number.isInteger(length) && length >= 1) return;
  throw new ShapeError({
    field: 'recomputeParts.length',
    expected: 'a whole number of entries, at least 1',
    found: String(length),
    remedy: 'It counts entries of the first axis.',
  });
}

export function requireShare(field: string, rate: number): void {
  if (!(rate >= 0 && rate < 1))
    throw new ConfigError({
      field,
      expected: 'a share in [0, 1)',
      found: String(rate),
      remedy: 'Pass the share of entries to leave out.',
    });
}

/** A non-negative axis number. */
export function resolveAxis(field: string, axis: number, rank: number): number {
  const resolved = axis < 0 ? axis + rank : axis;
  if (!Number.isInteger(resolved) || resolved < 0 || resolved >= rank)
    throw new ShapeError({
      field,
      expected: `an axis of ${rank}`,
      found: String(axis),
      remedy: 'Count axes from 0, or from the end with negative numbers.',
    });
  return resolved;
}

/** Elements of a shape. */
export function sizeOf(shape: readonly number[]): number {
  let size = 1;
  for (const n of shape) size *= n;
  return size;
}

/** Throws ShapeError unless there are as many numbers as the shape has elements. */
export function requireCount(found: number, shape: readonly number[]): void {
  const expected = sizeOf(shape);
  if (found !== expected)
    throw new ShapeError({
      field: 'values',
      expected: `${expected} numbers for shape (${shape.join(', ')})`,
      found: String(found),
      remedy: 'Pass row-major numbers of the whole array.',
    });
}

/** The four broadcasts there are: equal shapes, a scalar, one number a row, last axes. Throws ShapeError for any other. */
export function broadcastOf(kind: string, a: readonly number[], b: readonly number[]): Broadcast {
  const rank = a.length;
  const same = (from: number, to: number): boolean => b.slice(from, to).every((n, i) => n === a[i + from]);
  const last = rank === 0 ? 1 : a[rank - 1];
  if (b.length === rank && same(0, rank)) return { inner: last, rowStep: last, step: 1 };
  const size = sizeOf(b);
  if (size === 1) return { inner: last, rowStep: 0, step: 0 };
  if (b.length === rank && b[rank - 1] === 1 && same(0, rank - 1)) return { inner: last, rowStep: 1, step: 0 };
  const ahead = rank - b.length;
  if (ahead > 0 && b.every((n, i) => n === a[i + ahead])) return { inner: size, rowStep: 0, step: 1 };
  throw new ShapeError({
    field: `${kind}.b`,
    expected: `the shape ${shapeText(a)}, its last axes, one number a row, or a scalar`,
    found: shapeText(b),
    remedy: 'Reshape the second argument; the first is never broadcast.',
  });
}
