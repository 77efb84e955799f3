import type { Heap } from '../heap.ts';
import type { KernelProgram } from '../program.ts';
import { LOWER, UPPER } from '../program.ts';

type Products = Pick<
  KernelProgram,
  | 'gemmWorkspace'
  | 'gemm'
  | 'syrkWorkspace'
  | 'syrk'
  | 'augmentedGramWorkspace'
  | 'augmentedGram'
  | 'gemv'
  | 'dot'
  | 'axpy'
>;

/** Products as plain loops, in the order that reads rows of B and C from left to right. */
export function twinProducts(heap: Heap): Products {
  const gemm: Products['gemm'] = (m, n, k, alpha, a, aRow, aColumn, b, bRow, bColumn, beta, c, cRow, part) => {
    const x = heap.elements;
    for (let i = 0; i < m; i++) {
      const from = part === UPPER ? Math.min(i, n) : 0;
      const to = part === LOWER ? Math.min(i + 1, n) : n;
      const row = c + i * cRow;
      // beta = 0 overwrites: whatever was there, NaN too, must not survive as 0 * NaN.
      if (beta === 0) x.fill(0, row + from, row + to);
      else if (beta !== 1) for (let j = from; j < to; j++) x[row + j] *= beta;
      for (let p = 0; p < k; p++) {
        const scale = alpha * x[a + i * aRow + p * aColumn];
        let source = b + p * bRow + from * bColumn;
        for (let j = row + from; j < row + to; j++) {
          x[j] += scale * x[source];
          source += bColumn;
        }
      }
    }
  };
  return {
    gemmWorkspace: () => 0,
    gemm,
    syrkWorkspace: () => 0,
    syrk: (k, n, alpha, a, aRow, aColumn, beta, c, cRow, workspace) => {
      gemm(n, n, k, alpha, a, aColumn, aRow, a, aRow, aColumn, beta, c, cRow, UPPER, workspace);
    },
    augmentedGramWorkspace: (columns) => columns + 2,
    augmentedGram: (rows, columns, z, zRow, r, constant, c, cRow, workspace) => {
      const x = heap.elements;
      const first = constant ? 1 : 0;
      const size = first + columns + 1;
      for (let i = 0; i < size; i++) x.fill(0, c + i * cRow + i, c + i * cRow + size);
      let used = 0;
      for (let t = 0; t < rows; t++) {
        if (constant) x[workspace] = 1;
        x.copyWithin(workspace + first, z + t * zRow, z + t * zRow + columns);
        x[workspace + size - 1] = x[r + t];
        let finite = true;
        for (let i = 0; i < size; i++) finite &&= Number.isFinite(x[workspace + i]);
        if (!finite) continue;
        used++;
        for (let i = 0; i < size; i++)
          for (let j = i; j < size; j++) x[c + i * cRow + j] += x[workspace + i] * x[workspace + j];
      }
      return used;
    },
    gemv: (m, n, alpha, a, aRow, aColumn, v, beta, y) => {
      const x = heap.elements;
      for (let i = 0; i < m; i++) {
        let sum = 0;
        for (let j = 0; j < n; j++) sum += x[a + i * aRow + j * aColumn] * x[v + j];
        x[y + i] = alpha * sum + (beta === 0 ? 0 : beta * x[y + i]);
      }
    },
    dot: (n, p, q) => {
      const x = heap.elements;
      let sum = 0;
      for (let i = 0; i < n; i++) sum += x[p + i] * x[q + i];
      return sum;
    },
    axpy: (n, alpha, p, q) => {
      const x = heap.elements;
      for (let i = 0; i < n; i++) x[q + i] += alpha * x[p + i];
    },
  };
}
