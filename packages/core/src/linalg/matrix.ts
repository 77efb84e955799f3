import { DataError, ShapeError, describe } from '../errors.ts';
import type { FloatArray } from '../validation.ts';
import type { HeapMatrix, Region } from './heap.ts';
import type { LinalgKernels } from './kernels.ts';

/** A dense float64 matrix: element (i, j) is `data[i * columns + j]`. */
export interface Matrix {
  readonly rows: number;
  readonly columns: number;
  readonly data: Float64Array;
}

/**
 * A rows x columns matrix over `data`, row-major; zeros without it. A Float64Array is used as it is, not copied;
 * anything else is widened.
 * Throws ShapeError when a dimension is not a positive integer or the length does not match.
 */
export function matrix(rows: number, columns: number, data?: FloatArray | readonly number[]): Matrix {
  if (!(Number.isInteger(rows) && Number.isInteger(columns) && rows > 0 && columns > 0))
    throw new ShapeError({
      field: 'matrix',
      expected: 'positive whole numbers of rows and columns',
      found: `${describe(rows)} x ${describe(columns)}`,
      remedy: 'Leave empty matrices out.',
    });
  if (data !== undefined && data.length !== rows * columns)
    throw new ShapeError({
      field: 'matrix data',
      expected: `${rows} * ${columns} = ${rows * columns} elements, row by row`,
      found: `${data.length}`,
      remedy: 'Give every element once.',
    });
  if (data === undefined) return { rows, columns, data: new Float64Array(rows * columns) };
  return { rows, columns, data: data instanceof Float64Array ? data : Float64Array.from(data) };
}

/** Throws unless the matrix has its shape and every entry is finite. */
export function checkMatrix(name: string, { rows, columns, data }: Matrix): void {
  matrix(rows, columns, data);
  // The sum of 0 * x is NaN as soon as one x is not finite, and this loop has no branch.
  let probe = 0;
  for (let i = 0; i < data.length; i++) probe += 0 * data[i];
  if (probe === 0) return;
  const bad = data.findIndex((value) => !Number.isFinite(value));
  throw new DataError({
    field: `${name}[${Math.floor(bad / columns)}, ${bad % columns}]`,
    expected: 'a finite number',
    found: String(data[bad]),
    remedy: 'Drop or fill incomplete rows first.',
  });
}

/** {@link checkMatrix}, and square. */
export function checkSquare(name: string, a: Matrix): void {
  if (a.rows !== a.columns)
    throw new ShapeError({
      field: name,
      expected: 'a square matrix',
      found: `${a.rows} x ${a.columns}`,
      remedy: 'Pass a matrix with as many rows as columns.',
    });
  checkMatrix(name, a);
}

/** {@link checkSquare}, and symmetric up to rounding: |a_ij - a_ji| at most 1e-10 of the largest entry. */
export function checkSymmetric(name: string, a: Matrix): void {
  checkSquare(name, a);
  const { rows: n, data } = a;
  let largest = 0;
  for (let i = 0; i < data.length; i++) largest = Math.max(largest, Math.abs(data[i]));
  for (let i = 0; i < n; i++)
    for (let j = 0; j < i; j++)
      if (Math.abs(data[i * n + j] - data[j * n + i]) > 1e-10 * largest)
        throw new DataError({
          field: `${name}[${i}, ${j}]`,
          expected: `the value at [${j}, ${i}], ${data[j * n + i]}: the matrix is to be symmetric`,
          found: String(data[i * n + j]),
          remedy: 'Average it with its transpose, or use a function for general matrices.',
        });
}

/** Copies a matrix into a region of the heap. */
export function copyIn(kernels: LinalgKernels, region: Region, a: Matrix): HeapMatrix {
  const inside = region.matrix(a.rows, a.columns);
  kernels.heap.set(a.data, inside.offset);
  return inside;
}

/** Copies a matrix out of the heap, whatever its strides. */
export function copyOut(kernels: LinalgKernels, a: HeapMatrix): Matrix {
  const { offset, rows, columns, rowStride, columnStride } = a;
  const data = new Float64Array(rows * columns);
  const heap = kernels.heap;
  if (columnStride === 1 && rowStride === columns) data.set(heap.subarray(offset, offset + data.length));
  else
    for (let i = 0; i < rows; i++)
      for (let j = 0; j < columns; j++) data[i * columns + j] = heap[offset + i * rowStride + j * columnStride];
  return { rows, columns, data };
}
