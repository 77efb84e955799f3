import { afterEach, describe, expect, it, jest } from '@jest/globals';
import fc from 'fast-check';
import { createLinalgKernels } from '../../src/linalg/heap-kernels.ts';
import type { LinalgKernels } from '../../src/linalg/heap-kernels.ts';
import { webAssembly } from '../../src/linalg/web-assembly.ts';
import type { WebAssemblyApi } from '../../src/linalg/web-assembly.ts';
import { distance, largest, product, randomMatrix, turned } from './fixtures.ts';

describe('choice of kernels', () => {
  afterEach(() => {
    delete process.env['ML4T_LINALG'];
  });

  it.each([
    [undefined, 'wasm-simd'],
    ['', 'wasm-simd'],
    ['typescript', 'typescript'],
    ['wasm-simd', 'wasm-simd'],
  ])('ML4T_LINALG %p gives %s', (asked, expected) => {
    if (asked !== undefined) process.env['ML4T_LINALG'] = asked;
    expect(createLinalgKernels().backend).toBe(expected);
  });

  it('refuses another name', () => {
    process.env['ML4T_LINALG'] = 'blas';
    expect(() => createLinalgKernels()).toThrow(/ML4T_LINALG: expected 'wasm-simd' or 'typescript', found "blas"/);
  });

  it('steps back where SIMD is missing', async () => {
    jest.resetModules();
    const fresh = await import('../../src/linalg/compiled.ts');
    const old = { ...webAssembly(), validate: () => false } as WebAssemblyApi;
    expect(fresh.canRunCompiled(old)).toBe(false);
    expect(fresh.canRunCompiled()).toBe(true);
  });

  it('runs without WebAssembly', async () => {
    const place = globalThis as { WebAssembly?: unknown };
    const held = place.WebAssembly;
    delete place.WebAssembly;
    try {
      jest.resetModules();
      const linalg = await import('../../src/linalg/index.ts');
      const { createLinalgKernels: create } = await import('../../src/linalg/heap-kernels.ts');
      expect(linalg.linalgBackend()).toBe('typescript');
      expect(linalg.gram(randomMatrix(3, 2, 1)).data).toHaveLength(4);
      expect(() => create({ backend: 'wasm-simd' })).toThrow(/WebAssembly SIMD/);
    } finally {
      place.WebAssembly = held;
    }
  });
});

describe('compiled and plain kernels agree', () => {
  const both = [createLinalgKernels({ backend: 'wasm-simd' }), createLinalgKernels({ backend: 'typescript' })];
  const run = <T>(work: (kernels: LinalgKernels) => T): [T, T] => [work(both[0]), work(both[1])];
  const size = fc.integer({ min: 1, max: 41 });

  it('on eigenvalues of random symmetric matrices', () => {
    fc.assert(
      fc.property(size, fc.nat(1000), (n, seed) => {
        const a = randomMatrix(n, n, seed);
        const symmetric = a.data.map((value, i) => value + a.data[(i % n) * n + Math.floor(i / n)]);
        const [x, y] = run((kernels) =>
          kernels.withRegion((region) => {
            const inside = region.matrix(n, n);
            kernels.view(inside).set(symmetric);
            const values = region.float64(n);
            kernels.symmetricEigen(inside, values, region.matrix(n, Math.ceil(n / 4)));
            return kernels.float64(values, n).slice();
          }),
        );
        expect(distance(x, y)).toBeLessThan(1e-14 * n);
      }),
      { numRuns: 80, seed: 5 },
    );
  });

  it('on the triangle of a pivoted QR and on what its reflectors do', () => {
    fc.assert(
      fc.property(size, size, fc.nat(1000), (p, q, seed) => {
        const [m, n] = [Math.max(p, q), Math.min(p, q)];
        const a = randomMatrix(m, n, seed);
        const [x, y] = run((kernels) =>
          kernels.withRegion((region) => {
            const factor = region.matrix(n, m);
            kernels.view(factor).set(turned(a).data);
            const tau = region.float64(n);
            const pivots = region.float64(n);
            kernels.pivotedQr(factor, tau, pivots);
            const rows = region.matrix(n, m);
            kernels.view(rows).set(turned(a).data);
            kernels.applyReflectors(factor, tau, rows, 'transposed');
            const turnedRows = kernels.view(rows).slice();
            kernels.applyReflectors(factor, tau, rows, 'plain');
            expect(distance(kernels.view(rows), turned(a).data)).toBeLessThan(1e-13);
            return { factor: kernels.view(factor).slice(), turnedRows, pivots: kernels.float64(pivots, n).slice() };
          }),
        );
        expect(x.pivots).toEqual(y.pivots);
        expect(distance(x.factor, y.factor)).toBeLessThan(1e-12);
        expect(distance(x.turnedRows, y.turnedRows)).toBeLessThan(1e-12);
        // Q'A P = R: column j of A, turned, is the row of the factor that pivoting moved it to.
        for (let j = 0; j < n; j++)
          for (let i = 0; i < m; i++)
            expect(Math.abs(x.turnedRows[x.pivots[j] * m + i] - (i <= j ? x.factor[j * m + i] : 0))).toBeLessThan(
              1e-13,
            );
      }),
      { numRuns: 60, seed: 6 },
    );
  });

  it('on Cholesky factors', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 110 }), fc.nat(1000), (n, seed) => {
        const root = randomMatrix(n, n + 10, seed);
        const a = product(root, turned(root)).data;
        const [x, y] = run((kernels) =>
          kernels.withRegion((region) => {
            const inside = region.matrix(n, n);
            kernels.view(inside).set(a);
            expect(kernels.potrf(inside)).toEqual({ ok: true });
            return kernels.view(inside).slice();
          }),
        );
        // Condition numbers of such matrices reach 1e4 here; the factor is sensitive to their root times eps.
        expect(distance(x, y)).toBeLessThan(1e-11 * largest(a));
      }),
      { numRuns: 25, seed: 7 },
    );
  });
});
