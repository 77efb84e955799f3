import type { Matrix } from '../../src/linalg/index.ts';

/** Numbers in [-1, 1) from a fixed 32-bit sequence. */
export function randomNumbers(seed: number): () => number {
  let state = (seed * 2654435761 + 12345) >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2147483648 - 1;
  };
}

export function randomMatrix(rows: number, columns: number, seed: number): Matrix {
  const next = randomNumbers(seed);
  return { rows, columns, data: Float64Array.from({ length: rows * columns }, next) };
}

/** The product by its definition. */
export function product(a: Matrix, b: Matrix): Matrix {
  const data = new Float64Array(a.rows * b.columns);
  for (let i = 0; i < a.rows; i++)
    for (let j = 0; j < b.columns; j++) {
      let sum = 0;
      for (let k = 0; k < a.columns; k++) sum += a.data[i * a.columns + k] * b.data[k * b.columns + j];
      data[i * b.columns + j] = sum;
    }
  return { rows: a.rows, columns: b.columns, data };
}

export function turned(a: Matrix): Matrix {
  const data = new Float64Array(a.data.length);
  for (let i = 0; i < a.rows; i++) for (let j = 0; j < a.columns; j++) data[j * a.rows + i] = a.data[i * a.columns + j];
  return { rows: a.columns, columns: a.rows, data };
}

export function diagonal(values: ArrayLike<number>): Matrix {
  const n = values.length;
  const data = new Float64Array(n * n);
  for (let i = 0; i < n; i++) data[i * n + i] = values[i];
  return { rows: n, columns: n, data };
}

/** Orthonormal columns by modified Gram-Schmidt, twice. */
export function orthonormal(rows: number, columns: number, seed: number): Matrix {
  const a = randomMatrix(rows, columns, seed);
  for (let pass = 0; pass < 2; pass++)
    for (let j = 0; j < columns; j++) {
      for (let k = 0; k <= j; k++) {
        let along = 0;
        for (let i = 0; i < rows; i++) along += a.data[i * columns + j] * a.data[i * columns + k];
        const scale = k < j ? along : 1 - 1 / Math.sqrt(along);
        for (let i = 0; i < rows; i++) a.data[i * columns + j] -= scale * a.data[i * columns + k];
      }
    }
  return a;
}

/** Q diag(values) Q', exactly symmetric. */
export function withSpectrum(values: readonly number[], seed: number): Matrix {
  const q = orthonormal(values.length, values.length, seed);
  const a = product(product(q, diagonal(values)), turned(q));
  for (let i = 0; i < a.rows; i++) for (let j = 0; j < i; j++) a.data[j * a.rows + i] = a.data[i * a.rows + j];
  return a;
}

export function hilbert(n: number): Matrix {
  return {
    rows: n,
    columns: n,
    data: Float64Array.from({ length: n * n }, (_, i) => 1 / (Math.floor(i / n) + (i % n) + 1)),
  };
}

export function largest(values: ArrayLike<number>): number {
  let found = 0;
  for (let i = 0; i < values.length; i++) found = Math.max(found, Math.abs(values[i]));
  return found;
}

/** max |a_i - b_i|; NaN when one of the differences is. */
export function distance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return NaN;
  let found = 0;
  for (let i = 0; i < a.length; i++) {
    const difference = Math.abs(a[i] - b[i]);
    if (!(difference <= found)) found = difference;
  }
  return found;
}

/** max |V'V - I|. */
export function lossOfOrthogonality(v: Matrix): number {
  return distance(product(turned(v), v).data, diagonal(new Float64Array(v.columns).fill(1)).data);
}
