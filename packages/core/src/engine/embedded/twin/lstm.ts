import { sigmoid } from './activation.ts';
import { padded } from './dense.ts';
import type { HeapViews } from './kernel.ts';

/**
 * One LSTM layer over sequences from .. to-1. Per step: gates = act(x W_ih' + h W_hh' + b) in the order i, f, g, o;
 * c = f c + i g; h = o tanh c. Gates after their activation and
 * cells are kept for the way back, in an order that is the kernel's own affair; `work` is a place of `workSize` elements a chunk.
 */
export function lstmKernels(heap: HeapViews) {
  return {
    lstm(
      _c: number,
      from: number,
      to: number,
      x: number,
      T: number,
      F: number,
      H: number,
      inputPack: number,
      recurrentPack: number,
      bias: number,
      h0: number,
      c0: number,
      gates: number,
      cells: number,
      out: number,
      hidden: number,
      cell: number,
    ): void {
      const { f } = heap;
      const G = 4 * H;
      for (let s = from; s < to; s++)
        for (let t = 0; t < T; t++) {
          const row = s * T + t;
          const h = t > 0 ? out + (row - 1) * H : h0 < 0 ? -1 : h0 + s * H;
          const c = t > 0 ? cells + (row - 1) * H : c0 < 0 ? -1 : c0 + s * H;
          const g = gates + row * G;
          for (let n = 0; n < G; n++) {
            let sum = f[bias + n];
            for (let k = 0; k < F; k++) sum += f[x + row * F + k] * f[inputPack + k * G + n];
            if (h >= 0) for (let k = 0; k < H; k++) sum += f[h + k] * f[recurrentPack + k * G + n];
            f[g + n] = n >= 2 * H && n < 3 * H ? Math.tanh(sum) : sigmoid(sum);
          }
          for (let k = 0; k < H; k++) {
            const value = (c < 0 ? 0 : f[g + H + k] * f[c + k]) + f[g + k] * f[g + 2 * H + k];
            f[cells + row * H + k] = f[cell + s * H + k] = value;
            f[out + row * H + k] = f[hidden + s * H + k] = f[g + 3 * H + k] * Math.tanh(value);
          }
        }
    },

    /**
     * Backward through time. Gates are overwritten by the gradients of their pre-activations. dh and dc (sequences, H)
     * come in with the gradients of the last states and go out with those of the initial ones. Partials per chunk: F rows
     * for the input weight, H for the recurrent weight, one for the bias, of 4 H columns.
     */
    lstmGradient(
      chunk: number,
      from: number,
      to: number,
      x: number,
      T: number,
      F: number,
      H: number,
      inputBack: number,
      recurrentBack: number,
      h0: number,
      c0: number,
      gates: number,
      cells: number,
      out: number,
      dOut: number,
      dh: number,
      dc: number,
      dx: number,
      add: number,
      partials: number,
    ): void {
      const { f } = heap;
      const G = 4 * H;
      const g = partials + chunk * (F + H + 1) * G;
      f.fill(0, g, g + (F + H + 1) * G);
      for (let t = T - 1; t >= 0; t--)
        for (let s = from; s < to; s++) {
          const row = s * T + t;
          const a = gates + row * G;
          const h = t > 0 ? out + (row - 1) * H : h0 < 0 ? -1 : h0 + s * H;
          const c = t > 0 ? cells + (row - 1) * H : c0 < 0 ? -1 : c0 + s * H;
          for (let k = 0; k < H; k++) {
            const d = f[dh + s * H + k] + (dOut < 0 ? 0 : f[dOut + row * H + k]);
            const tanhCell = Math.tanh(f[cells + row * H + k]);
            const [i, forget, candidate, o] = [f[a + k], f[a + H + k], f[a + 2 * H + k], f[a + 3 * H + k]];
            const dCell = f[dc + s * H + k] + d * o * (1 - tanhCell * tanhCell);
            f[a + k] = dCell * candidate * i * (1 - i);
            f[a + H + k] = c < 0 ? 0 : dCell * f[c + k] * forget * (1 - forget);
            f[a + 2 * H + k] = dCell * i * (1 - candidate * candidate);
            f[a + 3 * H + k] = d * tanhCell * o * (1 - o);
            f[dc + s * H + k] = dCell * forget;
          }
          for (let n = 0; n < G; n++) {
            for (let k = 0; k < F; k++) f[g + k * G + n] += f[x + row * F + k] * f[a + n];
            if (h >= 0) for (let k = 0; k < H; k++) f[g + (F + k) * G + n] += f[h + k] * f[a + n];
            f[g + (F + H) * G + n] += f[a + n];
          }
          for (let k = 0; k < H; k++) {
            let sum = 0;
            for (let n = 0; n < G; n++) sum += f[a + n] * f[recurrentBack + n * padded(H) + k];
            f[dh + s * H + k] = sum;
          }
          if (dx >= 0)
            for (let k = 0; k < F; k++) {
              let sum = add ? f[dx + row * F + k] : 0;
              for (let n = 0; n < G; n++) sum += f[a + n] * f[inputBack + n * padded(F) + k];
              f[dx + row * F + k] = sum;
            }
        }
    },
  };
}
