import type { HeapViews } from './kernel.ts';

/** Moving rows and blocks about: gathers, scatters, segments, slices, transposes. */
export function arrangeKernels(heap: HeapViews) {
  return {
    /** y[r] = x[index[r]], rows of `width`. */
    gatherRows(_c: number, from: number, to: number, x: number, width: number, index: number, y: number): void {
      const { f, i } = heap;
      for (let r = from; r < to; r++) {
        const source = x + i[index + r] * width;
        f.copyWithin(y + r * width, source, source + width);
      }
    },

    /** y[index[r]] += x[r] for all rows in order; the work is one piece because two rows may meet. */
    scatterRows(_c: number, from: number, to: number, x: number, width: number, index: number, y: number): void {
      const { f, i } = heap;
      for (let r = from; r < to; r++) {
        const target = y + i[index + r] * width;
        for (let k = 0; k < width; k++) f[target + k] += f[x + r * width + k];
      }
    },

    /** y[r] += x[index[r]]: the gradient of a scatter. */
    gatherAdd(_c: number, from: number, to: number, x: number, width: number, index: number, y: number): void {
      const { f, i } = heap;
      for (let r = from; r < to; r++) {
        const source = x + i[index + r] * width;
        for (let k = 0; k < width; k++) f[y + r * width + k] += f[source + k];
      }
    },

    /** y[t] (+)= sum of x over the rows of segment t. */
    segmentSum(
      _c: number,
      from: number,
      to: number,
      x: number,
      width: number,
      offsets: number,
      y: number,
      add: number,
    ): void {
      const { f, i } = heap;
      for (let t = from; t < to; t++)
        for (let k = 0; k < width; k++) {
          let sum = add ? f[y + t * width + k] : 0;
          for (let r = i[offsets + t]; r < i[offsets + t + 1]; r++) sum += f[x + r * width + k];
          f[y + t * width + k] = sum;
        }
    },

    /** y[r] (+)= x[t] for the rows of segment t. */
    segmentRepeat(
      _c: number,
      from: number,
      to: number,
      x: number,
      width: number,
      offsets: number,
      y: number,
      add: number,
    ): void {
      const { f, i } = heap;
      for (let t = from; t < to; t++)
        for (let r = i[offsets + t]; r < i[offsets + t + 1]; r++)
          for (let k = 0; k < width; k++)
            f[y + r * width + k] = (add ? f[y + r * width + k] : 0) + f[x + t * width + k];
    },

    /** Blocks of `width` between arrays of different row lengths: y[r stepY + k] (+)= x[r stepX + k]. */
    copyBlocks(
      _c: number,
      from: number,
      to: number,
      x: number,
      stepX: number,
      y: number,
      stepY: number,
      width: number,
      add: number,
    ): void {
      const { f } = heap;
      for (let r = from; r < to; r++)
        for (let k = 0; k < width; k++) f[y + r * stepY + k] = (add ? f[y + r * stepY + k] : 0) + f[x + r * stepX + k];
    },

    /**
     * Transposition in blocks: `plan` holds, as integers, the result's shape and then the source's step along each of its axes;
     * what keeps its place at the end is one block of `width` numbers. A row is everything along the last of those axes.
     * Forward y[i] = x[place(i)]; backward (add) y[place(i)] += x[i].
     */
    permute(
      _c: number,
      from: number,
      to: number,
      x: number,
      y: number,
      plan: number,
      rank: number,
      width: number,
      add: number,
    ): void {
      const { f, i } = heap;
      const count = i[plan + rank - 1];
      const step = i[plan + 2 * rank - 1];
      for (let r = from; r < to; r++) {
        let rest = r;
        let place = 0;
        for (let axis = rank - 2; axis >= 0; axis--) {
          const size = i[plan + axis];
          place += (rest % size) * i[plan + rank + axis];
          rest = Math.floor(rest / size);
        }
        for (let n = 0; n < count; n++)
          for (let k = 0; k < width; k++) {
            const ordered = (r * count + n) * width + k;
            const source = place + n * step + k;
            if (add) f[y + source] += f[x + ordered];
            else f[y + ordered] = f[x + source];
          }
      }
    },
  };
}
