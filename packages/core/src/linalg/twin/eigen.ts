import type { Heap } from '../heap.ts';
import type { KernelProgram } from '../program.ts';

type Eigen = Pick<KernelProgram, 'eigenWorkspace' | 'symmetricEigen'>;

/** More sweeps than any finite matrix needs: two or three per eigenvalue are usual. */
const MOST_SWEEPS = 60;

/**
 * Householder tridiagonalisation and implicit QL with all vectors, always: the leading ones are a slice.
 * Golub and Van Loan, Matrix Computations, sections 8.3.1 and 8.3.3.
 */
export function twinEigen(heap: Heap): Eigen {
  return {
    eigenWorkspace: () => 0,
    symmetricEigen: (n, a, aRow, count, values, vectors, vectorsRow) => {
      const x = heap.elements;
      const full = Array.from({ length: n }, (_, i) =>
        Float64Array.from({ length: n }, (_, j) => (j <= i ? x[a + i * aRow + j] : x[a + j * aRow + i])),
      );
      const basis = Array.from({ length: n }, (_, i) => Float64Array.from({ length: n }, (_, j) => (i === j ? 1 : 0)));
      const { diagonal, offDiagonal } = tridiagonal(full, basis);
      if (!implicitQl(diagonal, offDiagonal, basis)) return 1;
      const order = Array.from(diagonal.keys()).sort((i, j) => diagonal[j] - diagonal[i] || i - j);
      order.forEach((source, k) => {
        x[values + k] = diagonal[source];
        if (k < count) for (let i = 0; i < n; i++) x[vectors + i * vectorsRow + k] = basis[source][i];
      });
      return 0;
    },
  };
}

/** Reduces `a` to tridiagonal form Q'AQ column by column; the rows of `basis` become the columns of Q. */
function tridiagonal(a: Float64Array[], basis: Float64Array[]): { diagonal: Float64Array; offDiagonal: Float64Array } {
  const n = a.length;
  for (let k = 0; k < n - 2; k++) {
    let norm = 0;
    for (let i = k + 2; i < n; i++) norm = Math.hypot(norm, a[i][k]);
    if (norm === 0) continue;
    const head = a[k + 1][k];
    norm = Math.hypot(head, norm);
    // v = x + sign(x_1) |x| e_1, H = I - 2 v v' / v'v.
    const v = new Float64Array(n);
    for (let i = k + 1; i < n; i++) v[i] = a[i][k] / norm;
    v[k + 1] += head >= 0 ? 1 : -1;
    const scale = 1 / Math.abs(v[k + 1]);
    // H A H = A - v w' - w v' with p = scale A v and w = p - (scale v'p / 2) v.
    const w = new Float64Array(n);
    let along = 0;
    for (let i = k; i < n; i++) {
      const row = a[i];
      let sum = 0;
      for (let j = k + 1; j < n; j++) sum += row[j] * v[j];
      w[i] = scale * sum;
      along += v[i] * w[i];
    }
    for (let i = k + 1; i < n; i++) w[i] -= 0.5 * scale * along * v[i];
    for (let i = k; i < n; i++) {
      const row = a[i];
      const vi = v[i];
      const wi = w[i];
      for (let j = k; j < n; j++) row[j] -= vi * w[j] + wi * v[j];
    }
    // H acts on the right of Q: the rows of `basis` are columns of Q, so they mix with the weights of v.
    const mixed = new Float64Array(n);
    for (let i = k + 1; i < n; i++) {
      const row = basis[i];
      for (let j = 0; j < n; j++) mixed[j] += v[i] * row[j];
    }
    for (let i = k + 1; i < n; i++) {
      const row = basis[i];
      const weight = scale * v[i];
      for (let j = 0; j < n; j++) row[j] -= weight * mixed[j];
    }
  }
  return {
    diagonal: Float64Array.from({ length: n }, (_, i) => a[i][i]),
    offDiagonal: Float64Array.from({ length: n }, (_, i) => (i + 1 < n ? a[i + 1][i] : 0)),
  };
}

/** Diagonalises the tridiagonal matrix in place, rotating the rows of `basis` along; false without convergence. */
function implicitQl(d: Float64Array, e: Float64Array, basis: Float64Array[]): boolean {
  const n = d.length;
  for (let l = 0; l < n; l++) {
    for (let sweep = 0; ; sweep++) {
      let m = l;
      while (m < n - 1 && Math.abs(e[m]) > Number.EPSILON * (Math.abs(d[m]) + Math.abs(d[m + 1]))) m++;
      if (m === l) break;
      if (sweep === MOST_SWEEPS) return false;
      // Wilkinson's shift from the leading 2 x 2 block.
      let g = (d[l + 1] - d[l]) / (2 * e[l]);
      g = d[m] - d[l] + e[l] / (g + (g >= 0 ? 1 : -1) * Math.hypot(g, 1));
      let sine = 1;
      let cosine = 1;
      let p = 0;
      let i = m - 1;
      for (; i >= l; i--) {
        const f = sine * e[i];
        const b = cosine * e[i];
        const r = Math.hypot(f, g);
        e[i + 1] = r;
        if (r === 0) {
          d[i + 1] -= p;
          e[m] = 0;
          break;
        }
        sine = f / r;
        cosine = g / r;
        g = d[i + 1] - p;
        const t = (d[i] - g) * sine + 2 * cosine * b;
        p = sine * t;
        d[i + 1] = g + p;
        g = cosine * t - b;
        const low = basis[i];
        const high = basis[i + 1];
        for (let k = 0; k < n; k++) {
          const h = high[k];
          high[k] = sine * low[k] + cosine * h;
          low[k] = cosine * low[k] - sine * h;
        }
      }
      if (i >= l) continue;
      d[l] -= p;
      e[l] = g;
      e[m] = 0;
    }
  }
  return true;
}
