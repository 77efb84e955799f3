import type { Heap } from '../heap.ts';
import type { KernelProgram } from '../program.ts';

type Orthogonal = Pick<KernelProgram, 'pivotedQr' | 'applyReflectors' | 'orthogonaliseRows'>;

const MOST_SWEEPS = 40;

/** Householder QR with column pivoting and one-sided Jacobi, both on rows that lie contiguously. */
export function twinOrthogonal(heap: Heap): Orthogonal {
  const dot = (n: number, p: number, q: number): number => {
    const x = heap.elements;
    let sum = 0;
    for (let i = 0; i < n; i++) sum += x[p + i] * x[q + i];
    return sum;
  };
  /** row -= tau (v'row) v, where v_0 = 1 is implied and the rest of v is stored. */
  const reflect = (n: number, v: number, tau: number, row: number): void => {
    const x = heap.elements;
    const scale = tau * (x[row] + dot(n - 1, v + 1, row + 1));
    x[row] -= scale;
    for (let i = 1; i < n; i++) x[row + i] -= scale * x[v + i];
  };
  return {
    pivotedQr: (m, n, a, aRow, tau, pivots, norms) => {
      const x = heap.elements;
      for (let j = 0; j < n; j++) x[pivots + j] = j;
      for (let j = 0; j < n; j++) {
        // Norms afresh at each step: the oracle does not downdate.
        let best = j;
        for (let k = j; k < n; k++) {
          x[norms + k] = dot(m - j, a + k * aRow + j, a + k * aRow + j);
          if (x[norms + k] > x[norms + best]) best = k;
        }
        const row = a + j * aRow;
        if (best !== j) {
          const other = a + best * aRow;
          for (let i = 0; i < m; i++) [x[row + i], x[other + i]] = [x[other + i], x[row + i]];
          [x[pivots + j], x[pivots + best]] = [x[pivots + best], x[pivots + j]];
        }
        const head = row + j;
        const tail = dot(m - j - 1, head + 1, head + 1);
        x[tau + j] = 0;
        if (tail === 0) continue;
        const alpha = x[head];
        const beta = (alpha > 0 ? -1 : 1) * Math.sqrt(alpha * alpha + tail);
        x[tau + j] = (beta - alpha) / beta;
        for (let i = 1; i < m - j; i++) x[head + i] /= alpha - beta;
        x[head] = beta;
        for (let k = j + 1; k < n; k++) reflect(m - j, head, x[tau + j], a + k * aRow + j);
      }
    },
    applyReflectors: (m, n, a, aRow, tau, forward, count, b, bRow) => {
      for (let t = 0; t < count; t++)
        for (let step = 0; step < n; step++) {
          const j = forward ? step : n - 1 - step;
          const scale = heap.elements[tau + j];
          if (scale !== 0) reflect(m - j, a + j * aRow + j, scale, b + t * bRow + j);
        }
    },
    orthogonaliseRows: (n, columns, total, a, aRow, norms) => {
      const x = heap.elements;
      const tolerance = Number.EPSILON * Math.sqrt(columns);
      let sweeps = 0;
      for (let rotated = true; rotated; sweeps++) {
        if (sweeps === MOST_SWEEPS) return -1;
        rotated = false;
        for (let i = 0; i < n - 1; i++)
          for (let j = i + 1; j < n; j++) {
            const p = a + i * aRow;
            const q = a + j * aRow;
            const alpha = dot(columns, p, p);
            const beta = dot(columns, q, q);
            const gamma = dot(columns, p, q);
            if (Math.abs(gamma) <= tolerance * Math.sqrt(alpha) * Math.sqrt(beta)) continue;
            rotated = true;
            const zeta = (beta - alpha) / (2 * gamma);
            const t = (zeta >= 0 ? 1 : -1) / (Math.abs(zeta) + Math.hypot(zeta, 1));
            const cosine = 1 / Math.hypot(t, 1);
            const sine = cosine * t;
            for (let k = 0; k < total; k++) {
              const u = x[p + k];
              x[p + k] = cosine * u - sine * x[q + k];
              x[q + k] = sine * u + cosine * x[q + k];
            }
          }
      }
      for (let i = 0; i < n; i++) x[norms + i] = Math.sqrt(dot(columns, a + i * aRow, a + i * aRow));
      return sweeps;
    },
  };
}
