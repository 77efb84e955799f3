import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createLinalgKernels, heapBlock, transposed } from '../../src/linalg/heap-kernels.ts';
import type { Matrix } from '../../src/linalg/index.ts';
import type { HeapMatrix, LinalgKernels, Region } from '../../src/linalg/heap-kernels.ts';
import { distance, largest, product, randomMatrix, randomNumbers, turned } from './fixtures.ts';

function put(kernels: LinalgKernels, region: Region, a: Matrix): HeapMatrix {
  const inside = region.matrix(a.rows, a.columns);
  kernels.heap.set(a.data, inside.offset);
  return inside;
}

function take(kernels: LinalgKernels, a: HeapMatrix): Float64Array {
  return Float64Array.from({ length: a.rows * a.columns }, (_, i) => {
    const [row, column] = [Math.floor(i / a.columns), i % a.columns];
    return kernels.heap[a.offset + row * a.rowStride + column * a.columnStride];
  });
}

// Sizes on both sides of the blocks: 4 in registers, 48 in Cholesky, 96 rows and 256 deep in products.
const shapes = [
  [1, 1, 1],
  [3, 5, 2],
  [4, 4, 4],
  [7, 1, 9],
  [5, 13, 257],
  [101, 6, 31],
  [97, 50, 300],
] as const;

describe.each(['wasm-simd', 'typescript'] as const)('kernels: %s', (backend) => {
  const kernels = createLinalgKernels({ backend });

  it('runs the backend that was asked for', () => {
    expect(kernels.backend).toBe(backend);
  });

  it.each(shapes)('multiplies %i x %i over %i, transposed or not, with alpha and beta', (m, n, k) => {
    for (const [left, right] of [
      [false, false],
      [true, false],
      [false, true],
      [true, true],
    ])
      kernels.withRegion((region) => {
        const a = randomMatrix(m, k, 1);
        const b = randomMatrix(k, n, 2);
        const before = randomMatrix(m, n, 3);
        const inA = left ? transposed(put(kernels, region, turned(a))) : put(kernels, region, a);
        const inB = right ? transposed(put(kernels, region, turned(b))) : put(kernels, region, b);
        const c = put(kernels, region, before);
        kernels.gemm(inA, inB, c, { alpha: -0.5, beta: 2 });
        const expected = product(a, b).data.map((value, i) => -0.5 * value + 2 * before.data[i]);
        // k products of numbers below one: rounding stays under k ulp of k.
        expect(distance(take(kernels, c), expected)).toBeLessThan(1e-15 * (k + 4));
        // The same into a column-major output.
        const flipped = transposed(put(kernels, region, turned(before)));
        kernels.gemm(inA, inB, flipped, { alpha: -0.5, beta: 2 });
        expect(distance(take(kernels, flipped), expected)).toBeLessThan(1e-15 * (k + 4));
      });
  });

  it('writes the block of C and nothing around it, over NaN when beta is 0', () => {
    kernels.withRegion((region) => {
      const around = region.matrix(12, 15);
      kernels.view(around).fill(NaN);
      const c = heapBlock(around, 2, 3, 7, 9);
      const a = randomMatrix(7, 6, 4);
      const b = randomMatrix(6, 9, 5);
      kernels.gemm(put(kernels, region, a), put(kernels, region, b), c);
      expect(distance(take(kernels, c), product(a, b).data)).toBeLessThan(1e-14);
      expect(kernels.view(around).filter((value) => !Number.isNaN(value))).toHaveLength(63);
    });
  });

  it.each([
    [1, 1],
    [3, 2],
    [10, 4],
    [300, 7],
    [257, 98],
    [60, 110],
  ])('forms the upper triangle of the Gram matrix of %i x %i', (rows, columns) => {
    kernels.withRegion((region) => {
      const a = randomMatrix(rows, columns, 6);
      const before = randomMatrix(columns, columns, 7);
      const full = product(turned(a), a).data;
      const expected = before.data.map((value, i) =>
        i % columns >= Math.floor(i / columns) ? 3 * full[i] - value : value,
      );
      const c = put(kernels, region, before);
      kernels.syrk(put(kernels, region, a), c, { alpha: 3, beta: -1 });
      expect(distance(take(kernels, c), expected)).toBeLessThan(3e-15 * (rows + 4));
      // From the transpose, the same products in the same order.
      const again = put(kernels, region, before);
      kernels.syrk(transposed(put(kernels, region, turned(a))), again, { alpha: 3, beta: -1 });
      expect(distance(take(kernels, again), expected)).toBeLessThan(3e-15 * (rows + 4));
      kernels.mirrorUpper(c);
      expect(distance(take(kernels, c), take(kernels, transposed(c)))).toBe(0);
    });
  });

  it('forms the augmented Gram matrix of complete rows', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 600 }),
        fc.integer({ min: 1, max: 23 }),
        fc.boolean(),
        fc.integer({ min: 0, max: 99 }),
        (rows, columns, constant, seed) => {
          const next = randomNumbers(seed);
          const z = randomMatrix(rows, columns, seed + 1).data;
          const r = randomMatrix(rows, 1, seed + 2).data;
          for (let t = 0; t < rows; t++) {
            const kind = next();
            if (kind > 0.8) r[t] = NaN;
            else if (kind > 0.6)
              z[t * columns + Math.floor(((next() + 1) / 2) * columns)] = kind > 0.7 ? Infinity : NaN;
          }
          const size = columns + (constant ? 2 : 1);
          const expected = new Float64Array(size * size);
          let used = 0;
          for (let t = 0; t < rows; t++) {
            const row = [...(constant ? [1] : []), ...z.subarray(t * columns, (t + 1) * columns), r[t]];
            if (!row.every(Number.isFinite)) continue;
            used++;
            for (let i = 0; i < size; i++) for (let j = i; j < size; j++) expected[i * size + j] += row[i] * row[j];
          }
          kernels.withRegion((region) => {
            const gram = region.matrix(size, size);
            const block = { rows, columns, characteristics: z, returns: r, constant };
            expect(kernels.augmentedGramOf(block, gram)).toBe(used);
            for (let i = 0; i < size; i++) kernels.heap.fill(0, gram.offset + i * size, gram.offset + i * size + i);
            // At most 600 terms below one each.
            expect(distance(kernels.view(gram), expected)).toBeLessThan(1e-12);
          });
        },
      ),
      { numRuns: 60, seed: 11 },
    );
  });

  it.each([1, 2, 5, 48, 49, 131])('factors and solves a positive definite system of size %i', (n) => {
    for (const columns of [1, 3, 11])
      kernels.withRegion((region) => {
        const root = randomMatrix(n, n + 20, 8);
        const a = product(root, turned(root));
        const x = randomMatrix(n, columns, 9);
        const factor = put(kernels, region, a);
        for (let i = 0; i < n; i++) kernels.heap.fill(NaN, factor.offset + i * n + i + 1, factor.offset + (i + 1) * n);
        const b = put(kernels, region, product(a, x));
        expect(kernels.potrf(factor)).toEqual({ ok: true });
        kernels.potrs(factor, b);
        // The condition number is below 1e4 here, so that eps * condition is 2e-12.
        expect(distance(take(kernels, b), x.data)).toBeLessThan(1e-11);
      });
  });

  it('names the pivot that is not positive, and holds pivots against the tolerance', () => {
    kernels.withRegion((region) => {
      const root = randomMatrix(60, 80, 10);
      const a = product(root, turned(root));
      // Row 55 becomes a copy of row 3.
      for (let j = 0; j < 60; j++) a.data[55 * 60 + j] = a.data[3 * 60 + j];
      for (let i = 0; i < 60; i++) a.data[i * 60 + 55] = a.data[i * 60 + 3];
      expect(kernels.potrf(put(kernels, region, a), 1e-12)).toEqual({ ok: false, pivot: 55 });
      a.data[50 * 60 + 50] = -1;
      expect(kernels.potrf(put(kernels, region, a))).toEqual({ ok: false, pivot: 50 });
      a.data[4 * 60 + 1] = NaN;
      expect(kernels.potrf(put(kernels, region, a))).toEqual({ ok: false, pivot: 4 });
    });
  });

  it.each([1, 2, 3, 6, 7, 20])('solves batches of size %i and flags the ones that fail', (size) => {
    for (const columns of [1, 4])
      kernels.withRegion((region) => {
        const count = 9;
        const a = region.float64(count * size * size);
        const b = region.float64(count * size * columns);
        const flags = region.float64(count);
        const solutions: Float64Array[] = [];
        for (let t = 0; t < count; t++) {
          const root = randomMatrix(size, size + 10, t);
          const system = product(root, turned(root));
          const x = randomMatrix(size, columns, 100 + t);
          solutions.push(x.data);
          kernels.heap.set(product(system, x).data, b + t * size * columns);
          if (t === 4) system.data[size * size - 1] = -1;
          kernels.heap.set(system.data, a + t * size * size);
        }
        expect(kernels.solveBatch({ count, size, columns, a, b, flags })).toBe(1);
        solutions.forEach((x, t) => {
          const found = kernels.float64(b + t * size * columns, x.length);
          expect(kernels.heap[flags + t]).toBe(t === 4 ? size : 0);
          if (t === 4) expect(found.every(Number.isNaN)).toBe(true);
          // Systems of this kind have condition numbers below 1e4.
          else expect(distance(found, x)).toBeLessThan(1e-11);
        });
      });
  });

  it.each([
    [1, 1],
    [5, 3],
    [17, 40],
  ])('multiplies %i x %i with vectors', (m, n) => {
    kernels.withRegion((region) => {
      const a = randomMatrix(m, n, 12);
      const x = put(kernels, region, randomMatrix(n, 1, 13));
      const expected = product(a, { rows: n, columns: 1, data: take(kernels, x) }).data;
      for (const inside of [put(kernels, region, a), transposed(put(kernels, region, turned(a)))]) {
        const y = region.float64(m);
        kernels.float64(y, m).fill(NaN);
        kernels.gemv(inside, x.offset, y);
        kernels.gemv(inside, x.offset, y, { alpha: 2, beta: -1 });
        expect(distance(kernels.float64(y, m), expected)).toBeLessThan(1e-13);
      }
      const v = take(kernels, x);
      expect(kernels.dot(n, x.offset, x.offset)).toBeCloseTo(
        v.reduce((sum, value) => sum + value * value, 0),
        12,
      );
      kernels.axpy(n, 2, x.offset, x.offset);
      expect(take(kernels, x)).toEqual(v.map((value) => 3 * value));
    });
  });

  it('repeats every result to the bit, wherever it lies in the heap', () => {
    const run = (): Float64Array[] =>
      kernels.withRegion((region) => {
        const a = put(kernels, region, randomMatrix(70, 33, 14));
        const gram = region.matrix(33, 33);
        kernels.syrk(a, gram);
        kernels.mirrorUpper(gram);
        const square = region.matrix(70, 70);
        kernels.gemm(a, transposed(a), square);
        const values = region.float64(33);
        const vectors = region.matrix(33, 33);
        const copy = put(kernels, region, { rows: 33, columns: 33, data: take(kernels, gram) });
        kernels.symmetricEigen(copy, values, vectors);
        return [take(kernels, gram), take(kernels, square), take(kernels, vectors)];
      });
    const first = run();
    kernels.withRegion((region) => {
      region.float64(12345);
      expect(run()).toEqual(first);
    });
  });

  it('refuses shapes that do not fit and matrices outside of the heap', () => {
    kernels.withRegion((region) => {
      const a = region.matrix(3, 4);
      expect(() => kernels.gemm(a, a, a)).toThrow(/gemm b: expected 4 x 4/);
      expect(() => kernels.potrf(a)).toThrow(/potrf: expected 3 x 3/);
      expect(() => kernels.syrk(a, { ...region.matrix(4, 4), offset: 2 ** 29 })).toThrow(/inside the heap/);
      const block = { rows: 2, columns: 2, characteristics: new Float64Array(3), returns: new Float64Array(2) };
      expect(() => kernels.augmentedGramOf({ ...block, constant: true }, a)).toThrow(/augmentedGramOf/);
    });
  });

  it('orthogonalises rows of very different length', () => {
    kernels.withRegion((region) => {
      const a = randomMatrix(9, 21, 15);
      for (let i = 0; i < a.data.length; i++) a.data[i] *= 10 ** -Math.floor(i / 21);
      const rows = put(kernels, region, a);
      const norms = region.float64(9);
      kernels.orthogonaliseRows(rows, 21, norms);
      const found = { rows: 9, columns: 21, data: take(kernels, rows) };
      const gram = product(found, turned(found)).data;
      for (let i = 0; i < 9; i++)
        for (let j = 0; j < i; j++) {
          const cosine = gram[i * 9 + j] / (kernels.heap[norms + i] * kernels.heap[norms + j]);
          // The iteration stops at 21^(1/2) eps; rotations after the last test of a pair add their rounding.
          expect(Math.abs(cosine)).toBeLessThan(1e-14);
        }
      expect(largest(kernels.float64(norms, 9))).toBeGreaterThan(1);
    });
  });
});
