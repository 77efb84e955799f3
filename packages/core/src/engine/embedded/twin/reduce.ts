import { sigmoid, softplus } from './activation.ts';
import type { HeapViews } from './kernel.ts';

/** Sums, means, softmax and losses. Sums are accumulated in float64. */
export function reduceKernels(heap: HeapViews) {
  return {
    /** Sum of x over elements from .. to-1 into partials[chunk]. */
    sumAll(c: number, from: number, to: number, x: number, partials: number): void {
      const { f } = heap;
      let sum = 0;
      for (let i = from; i < to; i++) sum += f[x + i];
      f[partials + c] = sum;
    },

    /** y[o, i] = factor * sum over the axis of x[o, a, i], for o in from .. to-1. */
    sumAxis(
      _c: number,
      from: number,
      to: number,
      x: number,
      axis: number,
      inner: number,
      y: number,
      factor: number,
    ): void {
      const { f } = heap;
      for (let o = from; o < to; o++)
        for (let i = 0; i < inner; i++) {
          let sum = 0;
          for (let a = 0; a < axis; a++) sum += f[x + (o * axis + a) * inner + i];
          f[y + o * inner + i] = factor * sum;
        }
    },

    /** dx[o, a, i] += factor * dy[o, i]. */
    spreadAxis(
      _c: number,
      from: number,
      to: number,
      dy: number,
      axis: number,
      inner: number,
      dx: number,
      factor: number,
    ): void {
      const { f } = heap;
      for (let o = from; o < to; o++)
        for (let a = 0; a < axis; a++)
          for (let i = 0; i < inner; i++) f[dx + (o * axis + a) * inner + i] += factor * f[dy + o * inner + i];
    },

    /** dx += factor * dy[0] everywhere. */
    spreadAll(_c: number, from: number, to: number, dy: number, dx: number, factor: number): void {
      const { f } = heap;
      for (let i = from; i < to; i++) f[dx + i] += factor * f[dy];
    },

    softmax(_c: number, from: number, to: number, x: number, N: number, mask: number, y: number): void {
      const { f } = heap;
      for (let r = from * N; r < to * N; r += N) {
        let top = -Infinity;
        for (let n = r; n < r + N; n++) if (mask < 0 || f[mask + n] !== 0) top = Math.max(top, f[x + n]);
        let sum = 0;
        for (let n = r; n < r + N; n++) {
          const taken = (mask < 0 || f[mask + n] !== 0) && top > -Infinity;
          const e = taken ? Math.exp(f[x + n] - top) : 0;
          f[y + n] = e;
          sum += e;
        }
        if (sum !== 0) for (let n = r; n < r + N; n++) f[y + n] /= sum;
      }
    },

    /** dx += y (dy - sum y dy), nothing under the mask. */
    softmaxGradient(_c: number, from: number, to: number, y: number, N: number, dy: number, dx: number): void {
      const { f } = heap;
      for (let r = from * N; r < to * N; r += N) {
        let dot = 0;
        for (let n = r; n < r + N; n++) if (f[y + n] !== 0) dot += f[y + n] * f[dy + n];
        for (let n = r; n < r + N; n++) if (f[y + n] !== 0) f[dx + n] += f[y + n] * (f[dy + n] - dot);
      }
    },

    logSumExp(_c: number, from: number, to: number, x: number, N: number, y: number): void {
      const { f } = heap;
      for (let r = from; r < to; r++) {
        let top = -Infinity;
        for (let n = 0; n < N; n++) top = Math.max(top, f[x + r * N + n]);
        let sum = 0;
        for (let n = 0; n < N; n++) sum += Math.exp(f[x + r * N + n] - top);
        f[y + r] = top === -Infinity ? top : top + Math.log(sum);
      }
    },

    logSumExpGradient(
      _c: number,
      from: number,
      to: number,
      x: number,
      N: number,
      y: number,
      dy: number,
      dx: number,
    ): void {
      const { f } = heap;
      for (let r = from; r < to; r++)
        for (let n = 0; n < N; n++)
          if (f[x + r * N + n] > -Infinity) f[dx + r * N + n] += f[dy + r] * Math.exp(f[x + r * N + n] - f[y + r]);
    },

    /** y[r] = sum over the last axis of a b. */
    rowDot(_c: number, from: number, to: number, a: number, b: number, N: number, y: number): void {
      const { f } = heap;
      for (let r = from; r < to; r++) {
        let sum = 0;
        for (let n = r * N; n < r * N + N; n++) sum += f[a + n] * f[b + n];
        f[y + r] = sum;
      }
    },

    /** da += dy b, and the same for b with a. */
    rowDotGradient(_c: number, from: number, to: number, b: number, N: number, dy: number, da: number): void {
      const { f } = heap;
      for (let r = from; r < to; r++) for (let n = r * N; n < r * N + N; n++) f[da + n] += f[dy + r] * f[b + n];
    },

    /** Sum of w loss and of w into partials[2 chunk], [2 chunk + 1]; kind 0 squared error, 1 cross-entropy of logits. */
    loss(
      c: number,
      from: number,
      to: number,
      kind: number,
      x: number,
      target: number,
      weights: number,
      partials: number,
    ): void {
      const { f } = heap;
      let sum = 0;
      let total = 0;
      for (let i = from; i < to; i++) {
        const w = weights < 0 ? 1 : f[weights + i];
        if (w === 0) continue;
        const u = f[x + i];
        const t = f[target + i];
        sum += w * (kind === 0 ? (u - t) ** 2 : softplus(u) - t * u);
        total += w;
      }
      f[partials + 2 * c] = sum;
      f[partials + 2 * c + 1] = total;
    },

    /** y[0] = sum / weight, y[1] = weight, from the partials of `loss`. Nothing weighed gives zero. */
    lossValue(_c: number, _from: number, _to: number, partials: number, chunks: number, y: number): void {
      const { f } = heap;
      let sum = 0;
      let total = 0;
      for (let c = 0; c < chunks; c++) {
        sum += f[partials + 2 * c];
        total += f[partials + 2 * c + 1];
      }
      f[y] = total === 0 ? 0 : sum / total;
      f[y + 1] = total;
    },

    lossGradient(
      _c: number,
      from: number,
      to: number,
      kind: number,
      x: number,
      target: number,
      weights: number,
      y: number,
      dy: number,
      dx: number,
    ): void {
      const { f } = heap;
      if (f[y + 1] === 0) return;
      const scale = f[dy] / f[y + 1];
      for (let i = from; i < to; i++) {
        const w = weights < 0 ? 1 : f[weights + i];
        if (w === 0) continue;
        const u = f[x + i];
        const t = f[target + i];
        f[dx + i] += scale * w * (kind === 0 ? 2 * (u - t) : sigmoid(u) - t);
      }
    },
  };
}
