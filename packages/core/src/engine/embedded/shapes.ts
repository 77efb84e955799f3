import { ConfigError, ShapeError } from '../../errors.ts';

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
