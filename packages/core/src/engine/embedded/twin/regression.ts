import type { HeapViews } from './kernel.ts';

/** A pivot below this share of the largest diagonal entry makes a date singular: float32 loadings carry no more digits. */
const singular = 1e-10;

/** Least squares within segments; Gram matrices and their Cholesky factors in float64. */
export function regressionKernels(heap: HeapViews) {
  let K = 0;
  let gram = new Float64Array(0);
  let solution = new Float64Array(0);

  /** Lower Cholesky factor of X'X + ridge tr(X'X)/K I for rows first .. last-1; false when singular. */
  function factorize(x: number, first: number, last: number, ridge: number): boolean {
    const { f } = heap;
    gram.fill(0);
    for (let r = first; r < last; r++)
      for (let a = 0; a < K; a++) for (let b = 0; b <= a; b++) gram[a * K + b] += f[x + r * K + a] * f[x + r * K + b];
    let trace = 0;
    let largest = 0;
    for (let a = 0; a < K; a++) trace += gram[a * K + a];
    for (let a = 0; a < K; a++) {
      gram[a * K + a] += (ridge * trace) / K;
      largest = Math.max(largest, gram[a * K + a]);
    }
    for (let a = 0; a < K; a++)
      for (let b = 0; b <= a; b++) {
        let sum = gram[a * K + b];
        for (let k = 0; k < b; k++) sum -= gram[a * K + k] * gram[b * K + k];
        if (a !== b) gram[a * K + b] = sum / gram[b * K + b];
        else if (sum > singular * largest) gram[a * K + a] = Math.sqrt(sum);
        else return false;
      }
    return true;
  }

  /** Solves L L' s = s in place. */
  function solve(): void {
    for (let a = 0; a < K; a++) {
      for (let b = 0; b < a; b++) solution[a] -= gram[a * K + b] * solution[b];
      solution[a] /= gram[a * K + a];
    }
    for (let a = K - 1; a >= 0; a--) {
      for (let b = a + 1; b < K; b++) solution[a] -= gram[b * K + a] * solution[b];
      solution[a] /= gram[a * K + a];
    }
  }

  function prepare(columns: number): void {
    if (columns === K) return;
    K = columns;
    gram = new Float64Array(K * K);
    solution = new Float64Array(K);
  }

  return {
    segmentRegression(
      _c: number,
      from: number,
      to: number,
      x: number,
      y: number,
      columns: number,
      offsets: number,
      ridge: number,
      out: number,
    ): void {
      const { f, i } = heap;
      prepare(columns);
      for (let t = from; t < to; t++) {
        const [first, last] = [i[offsets + t], i[offsets + t + 1]];
        solution.fill(0);
        if (factorize(x, first, last, ridge)) {
          for (let r = first; r < last; r++) for (let a = 0; a < K; a++) solution[a] += f[x + r * K + a] * f[y + r];
          solve();
        }
        for (let a = 0; a < K; a++) f[out + t * K + a] = solution[a];
      }
    },

    /**
     * With A f = X'y, s = A^-1 df: dy += X s and dX += y s' - X (s f' + f s') - 2 (ridge / K) (s'f) X.
     */
    segmentRegressionGradient(
      _c: number,
      from: number,
      to: number,
      x: number,
      y: number,
      columns: number,
      offsets: number,
      ridge: number,
      out: number,
      dout: number,
      dx: number,
      dy: number,
    ): void {
      const { f, i } = heap;
      prepare(columns);
      for (let t = from; t < to; t++) {
        const [first, last] = [i[offsets + t], i[offsets + t + 1]];
        if (!factorize(x, first, last, ridge)) continue;
        for (let a = 0; a < K; a++) solution[a] = f[dout + t * K + a];
        solve();
        let sf = 0;
        for (let a = 0; a < K; a++) sf += solution[a] * f[out + t * K + a];
        for (let r = first; r < last; r++) {
          let xs = 0;
          let xf = 0;
          for (let a = 0; a < K; a++) {
            xs += f[x + r * K + a] * solution[a];
            xf += f[x + r * K + a] * f[out + t * K + a];
          }
          if (dy >= 0) f[dy + r] += xs;
          if (dx >= 0)
            for (let a = 0; a < K; a++)
              f[dx + r * K + a] +=
                (f[y + r] - xf) * solution[a] - xs * f[out + t * K + a] - ((2 * ridge * sf) / K) * f[x + r * K + a];
        }
      }
    },
  };
}
