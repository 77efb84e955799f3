import { chunkRows } from '../chunks.ts';
import type { RawNorm } from '../../raw-ops.ts';
import type { HeapTensor, Tape } from '../tape.ts';

/** Column vectors of the map u = (z - mean) scale + offset, and 1 / deviation. One block of the heap. */
export interface NormColumns {
  readonly block: number;
  readonly mean: number;
  readonly scale: number;
  readonly offset: number;
  readonly inverse: number;
}

/**
 * The map of a batch norm, from the moments of z in training (which also move the running ones) and from the running
 * moments otherwise.
 */
export function normCoefficients(
  tape: Tape,
  norm: RawNorm<HeapTensor>,
  z: number,
  rows: number,
  N: number,
): NormColumns {
  const block = tape.scratch(4 * N);
  const columns = { block, mean: block, scale: block + N, offset: block + 2 * N, inverse: block + 3 * N };
  let variance = norm.runningVariance.at;
  if (tape.training) {
    const chunk = chunkRows(rows, 4 * N);
    const partials = tape.scratch(Math.ceil(rows / chunk) * 2 * N);
    tape.chunked('columnMoments', rows, chunk, z, N, partials);
    variance = columns.inverse;
    tape.whole('foldMoments', 1, partials, rows, chunk, N, columns.mean, variance);
    tape.release(partials);
  }
  const { f } = tape.heap;
  const unbiased = rows > 1 ? rows / (rows - 1) : 1;
  for (let n = 0; n < N; n++) {
    const mean = tape.training ? f[columns.mean + n] : f[norm.runningMean.at + n];
    const inverse = 1 / Math.sqrt(f[variance + n] + norm.epsilon);
    if (tape.training) {
      const { momentum } = norm;
      const m = norm.runningMean.at + n;
      const v = norm.runningVariance.at + n;
      f[m] = (1 - momentum) * f[m] + momentum * mean;
      f[v] = (1 - momentum) * f[v] + momentum * unbiased * f[variance + n];
    }
    f[columns.mean + n] = mean;
    f[columns.inverse + n] = inverse;
    f[columns.scale + n] = norm.weight ? f[norm.weight.at + n] * inverse : inverse;
    f[columns.offset + n] = norm.bias ? f[norm.bias.at + n] : 0;
  }
  return columns;
}

/** y = dropout(activation((z - mean) scale + offset)), or of z itself without columns. */
export function applyNorm(
  tape: Tape,
  columns: NormColumns | undefined,
  z: number,
  rows: number,
  N: number,
  y: number,
  activation: number,
  rate: number,
  key: number,
): void {
  const { mean, scale, offset } = columns ?? { mean: -1, scale: -1, offset: -1 };
  tape.rows('normActivate', rows, 8 * N, z, N, mean, scale, offset, y, activation, rate, key);
}

/**
 * From the partial sums of du and du (z - mean): the gradients of gain and offset, and the vectors p, q, mean, r of
 * dz = p du + q (z - mean) + r. With batch statistics p = s, q = -s inverse^2 S2 / n, r = -s S1 / n with s = gain inverse;
 * with running ones q = r = 0. Returns their block.
 */
export function normGradientCoefficients(
  tape: Tape,
  norm: RawNorm<HeapTensor>,
  columns: NormColumns,
  partials: number,
  chunks: number,
  rows: number,
  N: number,
): number {
  const block = tape.scratch(4 * N);
  const sums = tape.scratch(2 * N);
  tape.rows('fold', 2 * N, chunks, partials, chunks, 2 * N, sums, 1, 0);
  const gain = tape.gradient(norm.weight);
  const offset = tape.gradient(norm.bias);
  const { f } = tape.heap;
  for (let n = 0; n < N; n++) {
    const s1 = f[sums + n];
    const s2 = f[sums + N + n];
    const inverse = f[columns.inverse + n];
    const scale = f[columns.scale + n];
    if (gain >= 0) f[gain + n] += s2 * inverse;
    if (offset >= 0) f[offset + n] += s1;
    f[block + n] = scale;
    f[block + N + n] = tape.training ? (-scale * inverse * inverse * s2) / rows : 0;
    f[block + 2 * N + n] = f[columns.mean + n];
    f[block + 3 * N + n] = tape.training ? (-scale * s1) / rows : 0;
  }
  tape.release(sums);
  return block;
}

/** Batch normalisation on its own, over every axis but the last. */
export function batchNorm(tape: Tape, x: HeapTensor, norm: RawNorm<HeapTensor>): HeapTensor {
  const N = x.shape[x.shape.length - 1];
  const rows = x.size / N;
  const y = tape.result(x.shape, x, norm.weight, norm.bias);
  const columns = normCoefficients(tape, norm, x.at, rows, N);
  applyNorm(tape, columns, x.at, rows, N, y.at, 0, 0, 0);
  tape.record([y], [columns.block], () => {
    const dy = tape.arrived(y);
    const chunk = chunkRows(rows, 12 * N);
    const partials = tape.scratch(Math.ceil(rows / chunk) * 2 * N);
    const chunks = tape.chunked(
      'normActivateGradient',
      rows,
      chunk,
      x.at,
      N,
      columns.mean,
      columns.scale,
      columns.offset,
      -1,
      dy,
      dy,
      0,
      0,
      0,
      partials,
    );
    const coefficients = normGradientCoefficients(tape, norm, columns, partials, chunks, rows, N);
    const dx = tape.gradient(x);
    if (dx >= 0) tape.rows('normGradient', rows, 6 * N, x.at, N, dy, coefficients, dx);
    tape.release(coefficients);
    tape.release(partials);
  });
  return y;
}
