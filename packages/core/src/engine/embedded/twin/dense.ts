import { activate, activationSlope, slopeFromOutput } from './activation.ts';
import type { HeapViews } from './kernel.ts';
import { keep } from '../../noise.ts';

/** Columns are padded to whole SIMD vectors in packed weights and in partial gradients. */
export function padded(columns: number): number {
  return (columns + 3) & ~3;
}

/** Rows of a pass that keeps its arrays in the nearest cache. */
export const tileRows = 64;

/** Columns of a panel of packed weights. */
export const panelColumns = 8;

/** Numbers a row that the sum x'd over rows, K inputs by N outputs, takes to copy panels to: one of d, or all where both are wide. */
export function outerScratch(K: number, N: number): number {
  return K > 512 && N >= 128 ? padded(N) + 8 : 8;
}

/** Elements of one chunk's partial gradient: K rows and one for the bias, and room for the copies of a tile. */
export function weightPartial(K: number, N: number): number {
  return (K + 1) * padded(N) + outerScratch(K, N) * tileRows;
}

/** Linear layers, batch normalisation and what goes with them. */
export function denseKernels(heap: HeapViews) {
  return {
    /** Weights w[n strideN + k strideK] as the right factor of products with N columns: panels from .. to-1 of them. */
    pack(
      _c: number,
      from: number,
      to: number,
      w: number,
      K: number,
      N: number,
      strideK: number,
      strideN: number,
      p: number,
    ): void {
      const { f } = heap;
      const P = padded(N);
      for (let k = 0; k < K; k++)
        for (let n = panelColumns * from; n < Math.min(P, panelColumns * to); n++)
          f[p + k * P + n] = n < N ? f[w + n * strideN + k * strideK] : 0;
    },

    /**
     * y = dropout(activation(x W' + b)) for activations that are undone from their output. Where b is the place y itself,
     * products are added to what stands there.
     */
    linear(
      _c: number,
      from: number,
      to: number,
      x: number,
      K: number,
      p: number,
      b: number,
      y: number,
      N: number,
      code: number,
      rate: number,
      key: number,
    ): void {
      const { f } = heap;
      const P = padded(N);
      const raise = 1 / (1 - rate);
      for (let r = from; r < to; r++)
        for (let n = 0; n < N; n++) {
          let sum = b < 0 ? 0 : f[b === y ? y + r * N + n : b + n];
          for (let k = 0; k < K; k++) sum += f[x + r * K + k] * f[p + k * P + n];
          const active = activate(code, sum);
          f[y + r * N + n] = rate === 0 ? active : keep(key, r * N + n, rate) ? active * raise : 0;
        }
    },

    /**
     * Backward of a linear layer, tile by tile: dy becomes dz in place (mode 0: as it is; 1: through the activation, from
     * the output y, and the dropout after it where y is 0 for what was dropped; 2: through batch norm, from the pre-norm y and
     * `coefficients` p, q, mean, r: dz = p dy + q (y - mean) + r), then partial weight and bias gradients, then the gradient of
     * `columns` of the columns of x from the place dx. Partials: padded(N) columns, K rows and one for the bias.
     */
    linearGradient(
      c: number,
      from: number,
      to: number,
      x: number,
      K: number,
      y: number,
      dy: number,
      N: number,
      mode: number,
      code: number,
      rate: number,
      coefficients: number,
      packed: number,
      dx: number,
      columns: number,
      add: number,
      partials: number,
    ): void {
      const { f } = heap;
      const P = padded(N);
      const PK = padded(columns);
      const g = partials < 0 ? -1 : partials + c * weightPartial(K, N);
      const raise = 1 / (1 - rate);
      if (g >= 0) f.fill(0, g, g + (K + 1) * P);
      for (let r = from; r < to; r++) {
        const d = dy + r * N;
        for (let n = 0; n < N; n++) {
          if (mode === 1) f[d + n] = f[d + n] * raise * slopeFromOutput(code, f[y + r * N + n]);
          else if (mode === 2) {
            const q = coefficients + n;
            f[d + n] = f[q] * f[d + n] + f[q + N] * (f[y + r * N + n] - f[q + 2 * N]) + f[q + 3 * N];
          }
        }
        if (g >= 0) {
          for (let k = 0; k < K; k++) for (let n = 0; n < N; n++) f[g + k * P + n] += f[x + r * K + k] * f[d + n];
          for (let n = 0; n < N; n++) f[g + K * P + n] += f[d + n];
        }
        if (dx >= 0)
          for (let k = 0; k < columns; k++) {
            let sum = add ? f[dx + r * K + k] : 0;
            for (let n = 0; n < N; n++) sum += f[d + n] * f[packed + n * PK + k];
            f[dx + r * K + k] = sum;
          }
      }
    },

    /** Partial weight gradients (K rows at the start of `size`), summed in the order of their chunks, added to inputs from .. to-1 of (N, K). */
    foldWeightGradient(
      _c: number,
      from: number,
      to: number,
      partials: number,
      chunks: number,
      size: number,
      K: number,
      N: number,
      gw: number,
    ): void {
      const { f } = heap;
      const P = padded(N);
      for (let n = 0; n < N; n++)
        for (let k = from; k < to; k++) {
          let sum = 0;
          for (let c = 0; c < chunks; c++) sum += f[partials + c * size + k * P + n];
          f[gw + n * K + k] += sum;
        }
    },

    /** Mean and sum of squared deviations of every column over rows from .. to-1, into a partial of 2 N. */
    columnMoments(c: number, from: number, to: number, z: number, N: number, partials: number): void {
      const { f } = heap;
      for (let n = 0; n < N; n++) {
        let mean = 0;
        for (let r = from; r < to; r++) mean += f[z + r * N + n];
        mean /= to - from;
        let squares = 0;
        for (let r = from; r < to; r++) squares += (f[z + r * N + n] - mean) ** 2;
        f[partials + c * 2 * N + n] = mean;
        f[partials + c * 2 * N + N + n] = squares;
      }
    },

    /** Moments of all rows from those of the chunks (Chan's update): mean and biased variance (N each). */
    foldMoments(
      _c: number,
      _from: number,
      _to: number,
      partials: number,
      rows: number,
      chunkRows: number,
      N: number,
      mean: number,
      variance: number,
    ): void {
      const { f } = heap;
      for (let n = 0; n < N; n++) {
        let count = 0;
        let m = 0;
        let squares = 0;
        for (let c = 0; count < rows; c++) {
          const size = Math.min(chunkRows, rows - count);
          const delta = f[partials + c * 2 * N + n] - m;
          squares += f[partials + c * 2 * N + N + n] + (delta * delta * count * size) / (count + size);
          count += size;
          m += (delta * size) / count;
        }
        f[mean + n] = m;
        f[variance + n] = squares / rows;
      }
    },

    /** y = dropout(activation(u)), u = (z - mean) scale + offset per column, or u = z without a mean. */
    normActivate(
      _c: number,
      from: number,
      to: number,
      z: number,
      N: number,
      mean: number,
      scale: number,
      offset: number,
      y: number,
      code: number,
      rate: number,
      key: number,
    ): void {
      const { f } = heap;
      for (let i = from * N; i < to * N; i++) {
        const n = i % N;
        const u = mean < 0 ? f[z + i] : (f[z + i] - f[mean + n]) * f[scale + n] + f[offset + n];
        f[y + i] = rate > 0 && !keep(key, i, rate) ? 0 : activate(code, u) / (1 - rate);
      }
    },

    /**
     * du = dy dropout activation'(u), and per chunk the column sums of du and of du (z - mean) into a partial of 2 N. With silu, y
     * is the output: a kernel may take from it what dropout kept and the sigmoid.
     */
    normActivateGradient(
      c: number,
      from: number,
      to: number,
      z: number,
      N: number,
      mean: number,
      scale: number,
      offset: number,
      _y: number,
      dy: number,
      du: number,
      code: number,
      rate: number,
      key: number,
      partials: number,
    ): void {
      const { f } = heap;
      const sums = new Float64Array(2 * N);
      for (let i = from * N; i < to * N; i++) {
        const n = i % N;
        const deviation = mean < 0 ? f[z + i] : f[z + i] - f[mean + n];
        const u = mean < 0 ? f[z + i] : deviation * f[scale + n] + f[offset + n];
        const d = rate > 0 && !keep(key, i, rate) ? 0 : (f[dy + i] * activationSlope(code, u)) / (1 - rate);
        f[du + i] = d;
        sums[n] += d;
        sums[N + n] += d * deviation;
      }
      if (partials >= 0) for (let n = 0; n < 2 * N; n++) f[partials + c * 2 * N + n] = sums[n];
    },

    /** dx += p du + q (x - mean) + r per column: the last step of batch norm's gradient without a linear layer before it. */
    normGradient(
      _c: number,
      from: number,
      to: number,
      x: number,
      N: number,
      du: number,
      coefficients: number,
      dx: number,
    ): void {
      const { f } = heap;
      for (let i = from * N; i < to * N; i++) {
        const q = coefficients + (i % N);
        f[dx + i] += f[q] * f[du + i] + f[q + N] * (f[x + i] - f[q + 2 * N]) + f[q + 3 * N];
      }
    },

    /** target (+)= factor * sum over chunks of partials, entries from .. to-1; in float64. */
    fold(
      _c: number,
      from: number,
      to: number,
      partials: number,
      chunks: number,
      size: number,
      target: number,
      factor: number,
      add: number,
    ): void {
      const { f } = heap;
      for (let j = from; j < to; j++) {
        let sum = 0;
        for (let c = 0; c < chunks; c++) sum += f[partials + c * size + j];
        f[target + j] = add ? f[target + j] + factor * sum : factor * sum;
      }
    },
  };
}
