import type { HeapViews } from './kernel.ts';

/** Scaled dot-product attention for the batches from .. to-1; probabilities (batch, heads, queries, keys) are kept. */
export function attentionKernels(heap: HeapViews) {
  return {
    attention(
      _c: number,
      from: number,
      to: number,
      q: number,
      k: number,
      v: number,
      Q: number,
      K: number,
      D: number,
      heads: number,
      mask: number,
      bias: number,
      causal: number,
      lag: number,
      period: number,
      p: number,
      y: number,
    ): void {
      const { f } = heap;
      const d = D / heads;
      f.fill(0, p + from * heads * Q * K, p + to * heads * Q * K);
      f.fill(0, y + from * Q * D, y + to * Q * D);
      for (let b = from; b < to; b++) {
        if (b % period < lag) continue;
        const source = (b - lag) * K;
        for (let head = 0; head < heads; head++)
          for (let i = 0; i < Q; i++) {
            const row = p + ((b * heads + head) * Q + i) * K;
            const at = (b * Q + i) * D + head * d;
            const seen = causal ? i + 1 : K;
            let top = -Infinity;
            for (let j = 0; j < seen; j++) {
              let logit = -Infinity;
              if (mask < 0 || f[mask + source + j] !== 0) {
                let dot = 0;
                for (let e = 0; e < d; e++) dot += f[q + at + e] * f[k + (source + j) * D + head * d + e];
                logit = dot / Math.sqrt(d) + (bias < 0 ? 0 : f[bias + i * K + j]);
              }
              f[row + j] = logit;
              top = Math.max(top, logit);
            }
            let sum = 0;
            for (let j = 0; j < seen; j++) sum += f[row + j] = top === -Infinity ? 0 : Math.exp(f[row + j] - top);
            for (let j = 0; j < seen; j++) {
              if (f[row + j] === 0) continue;
              f[row + j] /= sum;
              for (let e = 0; e < d; e++) f[y + at + e] += f[row + j] * f[v + (source + j) * D + head * d + e];
            }
          }
      }
    },

    /** dV += P'dY; dS = P (dY V' - rowsum(P dY V')); dQ += dS K / sqrt d; dK += dS'Q / sqrt d. */
    attentionGradient(
      _c: number,
      from: number,
      to: number,
      q: number,
      k: number,
      v: number,
      Q: number,
      K: number,
      D: number,
      heads: number,
      _mask: number,
      lag: number,
      period: number,
      p: number,
      dy: number,
      dq: number,
      dk: number,
      dv: number,
    ): void {
      const { f } = heap;
      const d = D / heads;
      const slope = new Float64Array(K);
      for (let b = from; b < to; b++) {
        if (b % period < lag) continue;
        const source = (b - lag) * K;
        for (let head = 0; head < heads; head++)
          for (let i = 0; i < Q; i++) {
            const row = p + ((b * heads + head) * Q + i) * K;
            const at = (b * Q + i) * D + head * d;
            let mean = 0;
            for (let j = 0; j < K; j++) {
              slope[j] = 0;
              if (f[row + j] === 0) continue;
              const other = (source + j) * D + head * d;
              for (let e = 0; e < d; e++) {
                slope[j] += f[dy + at + e] * f[v + other + e];
                if (dv >= 0) f[dv + other + e] += f[row + j] * f[dy + at + e];
              }
              mean += f[row + j] * slope[j];
            }
            for (let j = 0; j < K; j++) {
              if (f[row + j] === 0) continue;
              const other = (source + j) * D + head * d;
              const s = (f[row + j] * (slope[j] - mean)) / Math.sqrt(d);
              for (let e = 0; e < d; e++) {
                if (dq >= 0) f[dq + at + e] += s * f[k + other + e];
                if (dk >= 0) f[dk + other + e] += s * f[q + at + e];
              }
            }
          }
      }
    },
  };
}
