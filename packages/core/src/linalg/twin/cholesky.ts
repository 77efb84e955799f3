import type { Heap } from '../heap.ts';
import type { KernelProgram } from '../program.ts';

type Cholesky = Pick<KernelProgram, 'potrfWorkspace' | 'potrf' | 'potrsWorkspace' | 'potrs' | 'solveBatch'>;

export function twinCholesky(heap: Heap): Cholesky {
  const potrf: Cholesky['potrf'] = (n, a, aRow, tolerance) => {
    const x = heap.elements;
    for (let i = 0; i < n; i++) {
      const rowI = a + i * aRow;
      const least = tolerance * x[rowI + i];
      for (let j = 0; j <= i; j++) {
        const rowJ = a + j * aRow;
        let sum = x[rowI + j];
        for (let p = 0; p < j; p++) sum -= x[rowI + p] * x[rowJ + p];
        if (j < i) x[rowI + j] = sum / x[rowJ + j];
        else if (sum > 0 && sum > least && sum < Infinity) x[rowI + i] = Math.sqrt(sum);
        else return i + 1;
      }
    }
    return 0;
  };
  const potrs: Cholesky['potrs'] = (n, a, aRow, columns, b, bRow) => {
    const x = heap.elements;
    for (let i = 0; i < n; i++) {
      for (let p = 0; p < i; p++)
        for (let j = 0; j < columns; j++) x[b + i * bRow + j] -= x[a + i * aRow + p] * x[b + p * bRow + j];
      for (let j = 0; j < columns; j++) x[b + i * bRow + j] /= x[a + i * aRow + i];
    }
    for (let i = n - 1; i >= 0; i--) {
      for (let j = 0; j < columns; j++) x[b + i * bRow + j] /= x[a + i * aRow + i];
      for (let p = 0; p < i; p++)
        for (let j = 0; j < columns; j++) x[b + p * bRow + j] -= x[a + i * aRow + p] * x[b + i * bRow + j];
    }
  };
  return {
    potrfWorkspace: () => 0,
    potrf,
    potrsWorkspace: () => 0,
    potrs,
    solveBatch: (count, n, a, columns, b, tolerance, flags) => {
      let failures = 0;
      for (let t = 0; t < count; t++) {
        const factor = a + t * n * n;
        const right = b + t * n * columns;
        const failed = potrf(n, factor, n, tolerance, 0);
        heap.elements[flags + t] = failed;
        if (failed === 0) potrs(n, factor, n, columns, right, columns, 0);
        else {
          failures++;
          heap.elements.fill(NaN, right, right + n * columns);
        }
      }
      return failures;
    },
  };
}
