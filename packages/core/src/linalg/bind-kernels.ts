import { EngineError, ShapeError } from '../errors.ts';
import { transposed, type Heap, type HeapMatrix, type Region } from './heap.ts';
import type { Accumulation, LinalgKernels } from './kernels.ts';
import { FULL, type KernelProgram } from './program.ts';

/** Binds a program of kernels to its heap. */
export function bindKernels(backend: LinalgKernels['backend'], heap: Heap, program: KernelProgram): LinalgKernels {
  const check = (name: string, matrix: HeapMatrix, rows: number, columns: number, unit = true): void => {
    const { offset, rowStride, columnStride } = matrix;
    const last = offset + (matrix.rows - 1) * rowStride + (matrix.columns - 1) * columnStride;
    if (matrix.rows !== rows || matrix.columns !== columns || (unit && columnStride !== 1 && columns > 1))
      throw new ShapeError({
        field: name,
        expected: `${rows} x ${columns}${unit ? ' with unit column stride' : ''}`,
        found: `${matrix.rows} x ${matrix.columns} with strides ${rowStride}, ${columnStride}`,
        remedy: 'Allocate it with `region.matrix(rows, columns)`.',
      });
    if (!(offset >= 0 && last < heap.elements.length && Number.isInteger(last)))
      throw new ShapeError({
        field: name,
        expected: `elements inside the heap of ${heap.elements.length}`,
        found: `offsets ${offset} to ${last}`,
        remedy: 'Use offsets of a region that is still open.',
      });
  };
  const withRegion = <T>(work: (region: Region) => T): T => {
    const region = heap.region();
    try {
      return work(region);
    } finally {
      region.release();
    }
  };
  /** Runs a kernel with that many elements of workspace. */
  const scratch = <T>(elements: number, run: (workspace: number) => T): T =>
    elements === 0 ? run(0) : withRegion((region) => run(region.float64(elements)));
  const gemm = (a: HeapMatrix, b: HeapMatrix, c: HeapMatrix, { alpha = 1, beta = 0 }: Accumulation = {}): void => {
    if (c.columnStride !== 1 && c.rowStride === 1) {
      gemm(transposed(b), transposed(a), transposed(c), { alpha, beta });
      return;
    }
    check('gemm b', b, a.columns, b.columns, false);
    check('gemm a', a, a.rows, a.columns, false);
    check('gemm c', c, a.rows, b.columns);
    const [m, n, k] = [a.rows, b.columns, a.columns];
    scratch(program.gemmWorkspace(m, n, k), (workspace) => {
      program.gemm(
        ...([m, n, k, alpha, a.offset, a.rowStride, a.columnStride] as const),
        ...([b.offset, b.rowStride, b.columnStride, beta, c.offset, c.rowStride, FULL, workspace] as const),
      );
    });
  };
  const augmentedGram: LinalgKernels['augmentedGram'] = ({ characteristics: z, returns, constant }, gram) => {
    const size = z.columns + (constant ? 2 : 1);
    check('augmentedGram characteristics', z, z.rows, z.columns);
    check('augmentedGram gram', gram, size, size);
    return scratch(program.augmentedGramWorkspace(z.columns), (workspace) =>
      program.augmentedGram(
        ...([z.rows, z.columns, z.offset, z.rowStride, returns] as const),
        ...([constant ? 1 : 0, gram.offset, gram.rowStride, workspace] as const),
      ),
    );
  };
  return {
    backend,
    get heap() {
      return heap.elements;
    },
    float64: (offset, length) => heap.elements.subarray(offset, offset + length),
    view(matrix) {
      const { offset, rows, columns } = matrix;
      if (rows > 1) check('view', { ...matrix, rowStride: columns }, rows, columns);
      return heap.elements.subarray(offset, offset + rows * columns);
    },
    region: () => heap.region(),
    withRegion,
    gemm,
    syrk(a, c, { alpha = 1, beta = 0 } = {}) {
      check('syrk a', a, a.rows, a.columns, false);
      check('syrk c', c, a.columns, a.columns);
      scratch(program.syrkWorkspace(a.columns), (workspace) => {
        program.syrk(
          ...([a.rows, a.columns, alpha, a.offset, a.rowStride, a.columnStride] as const),
          ...([beta, c.offset, c.rowStride, workspace] as const),
        );
      });
    },
    mirrorUpper(c) {
      check('mirrorUpper', c, c.rows, c.rows);
      const x = heap.elements;
      // Tile by tile: the upper triangle is read along columns, and a tile of it stays in cache.
      const tile = 32;
      for (let top = 0; top < c.rows; top += tile)
        for (let left = 0; left <= top; left += tile)
          for (let i = top; i < Math.min(top + tile, c.rows); i++)
            for (let j = left; j < Math.min(left + tile, i); j++)
              x[c.offset + i * c.rowStride + j] = x[c.offset + j * c.rowStride + i];
    },
    augmentedGram,
    augmentedGramOf({ rows, columns, characteristics, returns, constant }, gram) {
      if (characteristics.length !== rows * columns || returns.length !== rows)
        throw new ShapeError({
          field: 'augmentedGramOf',
          expected: `${rows} x ${columns} characteristics and ${rows} returns`,
          found: `${characteristics.length} and ${returns.length} elements`,
          remedy: 'Pass the rows of one block with `subarray`.',
        });
      return withRegion((region) => {
        const z = region.matrix(rows, columns);
        const r = region.float64(rows);
        heap.elements.set(characteristics, z.offset);
        heap.elements.set(returns, r);
        return augmentedGram({ characteristics: z, returns: r, constant }, gram);
      });
    },
    gemv(a, x, y, { alpha = 1, beta = 0 } = {}) {
      check('gemv a', a, a.rows, a.columns, false);
      program.gemv(a.rows, a.columns, alpha, a.offset, a.rowStride, a.columnStride, x, beta, y);
    },
    dot: (length, x, y) => program.dot(length, x, y),
    axpy: (length, alpha, x, y) => {
      program.axpy(length, alpha, x, y);
    },
    potrf(a, tolerance = 0) {
      check('potrf', a, a.rows, a.rows);
      const failed = scratch(program.potrfWorkspace(a.rows), (workspace) =>
        program.potrf(a.rows, a.offset, a.rowStride, tolerance, workspace),
      );
      return failed === 0 ? { ok: true } : { ok: false, pivot: failed - 1 };
    },
    potrs(factor, b) {
      check('potrs factor', factor, factor.rows, factor.rows);
      check('potrs b', b, factor.rows, b.columns);
      scratch(program.potrsWorkspace(b.rows, b.columns), (workspace) => {
        program.potrs(
          ...([factor.rows, factor.offset, factor.rowStride] as const),
          ...([b.columns, b.offset, b.rowStride, workspace] as const),
        );
      });
    },
    solveBatch: ({ count, size, columns, a, b, flags, tolerance = 0 }) =>
      program.solveBatch(count, size, a, columns, b, tolerance, flags),
    symmetricEigen(a, values, vectors) {
      check('symmetricEigen', a, a.rows, a.rows);
      if (vectors) check('symmetricEigen vectors', vectors, a.rows, Math.min(a.rows, vectors.columns));
      const count = vectors?.columns ?? 0;
      const failed = scratch(program.eigenWorkspace(a.rows, count), (workspace) =>
        program.symmetricEigen(
          ...([a.rows, a.offset, a.rowStride, count, values] as const),
          ...([vectors?.offset ?? 0, vectors?.rowStride ?? 0, workspace] as const),
        ),
      );
      if (failed !== 0) throw notConverged('symmetricEigen');
    },
    pivotedQr(x, tau, pivots) {
      check('pivotedQr', x, Math.min(x.rows, x.columns), x.columns);
      scratch(2 * x.rows, (norms) => {
        program.pivotedQr(x.columns, x.rows, x.offset, x.rowStride, tau, pivots, norms);
      });
    },
    applyReflectors(x, tau, b, side) {
      check('applyReflectors', b, b.rows, x.columns);
      program.applyReflectors(
        ...([x.columns, x.rows, x.offset, x.rowStride, tau] as const),
        ...([side === 'transposed' ? 1 : 0, b.rows, b.offset, b.rowStride] as const),
      );
    },
    orthogonaliseRows(x, columns, norms) {
      check('orthogonaliseRows', x, x.rows, Math.max(columns, x.columns));
      if (program.orthogonaliseRows(x.rows, columns, x.columns, x.offset, x.rowStride, norms) < 0)
        throw notConverged('orthogonaliseRows');
    },
  };
}

function notConverged(field: string): EngineError {
  return new EngineError({
    field,
    expected: 'the iteration to converge',
    found: 'no convergence',
    remedy: 'Check the matrix for entries that are not finite.',
  });
}
