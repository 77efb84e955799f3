import type { HeapViews } from './kernel.ts';

export function layerNormKernels(heap: HeapViews) {
  return {
    /** y = (x - mean) * inverse * weight + bias in every row; mean and inverse deviation kept (rows each). */
    layerNorm(
      _c: number,
      from: number,
      to: number,
      x: number,
      N: number,
      weight: number,
      bias: number,
      epsilon: number,
      y: number,
      means: number,
      inverses: number,
    ): void {
      const { f } = heap;
      for (let r = from; r < to; r++) {
        let mean = 0;
        for (let n = 0; n < N; n++) mean += f[x + r * N + n];
        mean /= N;
        let squares = 0;
        for (let n = 0; n < N; n++) squares += (f[x + r * N + n] - mean) ** 2;
        const inverse = 1 / Math.sqrt(squares / N + epsilon);
        for (let n = 0; n < N; n++)
          f[y + r * N + n] = (f[x + r * N + n] - mean) * inverse * f[weight + n] + f[bias + n];
        f[means + r] = mean;
        f[inverses + r] = inverse;
      }
    },

    /** dx += inverse (w dy - mean(w dy) - xhat mean(w dy xhat)); sums of dy xhat and dy into a partial of 2 N. */
    layerNormGradient(
      c: number,
      from: number,
      to: number,
      x: number,
      N: number,
      weight: number,
      means: number,
      inverses: number,
      dy: number,
      dx: number,
      partials: number,
    ): void {
      const { f } = heap;
      const g = partials + c * 2 * N;
      if (partials >= 0) f.fill(0, g, g + 2 * N);
      for (let r = from; r < to; r++) {
        const mean = f[means + r];
        const inverse = f[inverses + r];
        let s1 = 0;
        let s2 = 0;
        for (let n = 0; n < N; n++) {
          const d = f[dy + r * N + n];
          const xhat = (f[x + r * N + n] - mean) * inverse;
          if (partials >= 0) {
            f[g + n] += d * xhat;
            f[g + N + n] += d;
          }
          s1 += d * f[weight + n];
          s2 += d * f[weight + n] * xhat;
        }
        if (dx < 0) continue;
        for (let n = 0; n < N; n++) {
          const xhat = (f[x + r * N + n] - mean) * inverse;
          f[dx + r * N + n] += inverse * (f[dy + r * N + n] * f[weight + n] - s1 / N - (xhat * s2) / N);
        }
      }
    },
  };
}
