import { keep, normalAt } from '../../noise.ts';
import type { HeapViews } from './kernel.ts';

export function noiseKernels(heap: HeapViews) {
  return {
    /** y (+)= x kept with probability 1 - rate, over 1 - rate. Forward and backward are the same map. */
    dropout(_c: number, from: number, to: number, x: number, y: number, rate: number, key: number, add: number): void {
      const { f } = heap;
      for (let i = from; i < to; i++) {
        const value = keep(key, i, rate) ? f[x + i] / (1 - rate) : 0;
        f[y + i] = add ? f[y + i] + value : value;
      }
    },

    /** y = x + deviation * normal. */
    noise(_c: number, from: number, to: number, x: number, y: number, deviation: number, key: number): void {
      const { f } = heap;
      for (let i = from; i < to; i++) f[y + i] = f[x + i] + deviation * normalAt(key, i);
    },
  };
}
