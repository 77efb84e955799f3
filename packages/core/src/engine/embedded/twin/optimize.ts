import type { HeapViews } from './kernel.ts';

export function optimizeKernels(heap: HeapViews) {
  return {
    sumSquares(c: number, from: number, to: number, x: number, partials: number): void {
      const { f } = heap;
      let sum = 0;
      for (let i = from; i < to; i++) sum += f[x + i] * f[x + i];
      f[partials + c] = sum;
    },

    /**
     * One step of Adam on parameters w with gradient `scale` g, PyTorch's order of operations. `decay` is added to the
     * gradient (Adam), `shrink` multiplies the weights first (AdamW).
     */
    adam(
      _c: number,
      from: number,
      to: number,
      w: number,
      g: number,
      m: number,
      v: number,
      scale: number,
      stepSize: number,
      beta1: number,
      beta2: number,
      epsilon: number,
      rootCorrection: number,
      decay: number,
      shrink: number,
    ): void {
      const { f } = heap;
      for (let i = from; i < to; i++) {
        const weight = f[w + i] * shrink;
        const gradient = scale * f[g + i] + decay * weight;
        const first = beta1 * f[m + i] + (1 - beta1) * gradient;
        const second = beta2 * f[v + i] + (1 - beta2) * gradient * gradient;
        f[m + i] = first;
        f[v + i] = second;
        f[w + i] = weight - (stepSize * first) / (Math.sqrt(second) / rootCorrection + epsilon);
      }
    },
  };
}
