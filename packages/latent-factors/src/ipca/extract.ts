import type { CrossSectionBatch } from '@ml4t/core';
import type { FloatArray } from '@ml4t/core/authoring';
import type { Matrix } from '@ml4t/core/linalg';
import { linalgKernels } from '@ml4t/core/linalg/kernels';
import type { GivenFactors } from './least-squares-problem.ts';

/** How a date's factor returns are regressed on exposures. */
export interface FactorRegression {
  /** Relative to the mean of the diagonal. */
  readonly factorRidge: number;
  /** Fewest rows with which a date has factor returns. */
  readonly minimumRows: number;
}

/** Rows multiplied at once: keeps the kernel heap small whatever the panel. */
const BLOCK = 4096;

/** z'Gamma for every row (R x C); NaN where a characteristic is missing. */
export function exposures(batch: CrossSectionBatch, gamma: Matrix, constant: boolean): Float64Array {
  const kernels = linalgKernels();
  const { nRows, nCharacteristics: p, characteristics } = batch;
  const c = gamma.columns;
  const out = new Float64Array(nRows * c);
  kernels.withRegion((region) => {
    const slope = region.matrix(p, c);
    kernels.view(slope).set(gamma.data.subarray(constant ? c : 0));
    const z = region.matrix(Math.min(BLOCK, Math.max(nRows, 1)), p);
    const product = region.matrix(z.rows, c);
    for (let from = 0; from < nRows; from += BLOCK) {
      const rows = Math.min(BLOCK, nRows - from);
      kernels.view(z).set(characteristics.subarray(from * p, (from + rows) * p));
      kernels.gemm({ ...z, rows }, slope, { ...product, rows });
      out.set(kernels.view({ ...product, rows }), from * c);
    }
  });
  if (constant) for (let i = 0; i < out.length; i++) out[i] += gamma.data[i % c];
  return out;
}

/**
 * Latent factor returns per date (T x K): the regression of returns, less what the given factors explain, on the latent
 * exposures, over rows where all are finite. NaN with fewer than `minimumRows` rows, or where a given factor is not known.
 *
 * @param betas (R x (K + M)), latent columns first.
 */
export function latentFactorReturns(
  batch: CrossSectionBatch,
  betas: FloatArray,
  k: number,
  given: GivenFactors,
  { factorRidge: ridge, minimumRows }: FactorRegression,
): Float64Array {
  const { index, returns, nDates } = batch;
  const factors = new Float64Array(nDates * k).fill(Number.NaN);
  if (!returns || k === 0) return factors;
  const c = k + given.count;
  const kernels = linalgKernels();
  kernels.withRegion((region) => {
    const gram = region.matrix(c + 1, c + 1);
    const system = region.matrix(k, k);
    const solution = region.matrix(k, 1);
    for (let t = 0; t < nDates; t++) {
      const [from, to] = [index.rowOffsets[t], index.rowOffsets[t + 1]];
      if (to - from < minimumRows) continue;
      const used = kernels.augmentedGramOf(
        {
          rows: to - from,
          columns: c,
          characteristics: betas.subarray(from * c, to * c),
          returns: returns.subarray(from, to),
          constant: false,
        },
        gram,
      );
      if (used < minimumRows) continue;
      const moments = kernels.view(gram);
      const a = kernels.view(system);
      const b = kernels.view(solution);
      const entry = (p: number, q: number): number => moments[p * (c + 1) + q];
      let trace = 0;
      for (let p = 0; p < k; p++) trace += entry(p, p);
      for (let p = 0; p < k; p++) {
        for (let q = 0; q <= p; q++) a[p * k + q] = entry(q, p);
        a[p * k + p] += (ridge * trace) / k;
        b[p] = entry(p, c);
        for (let m = 0; m < given.count; m++) b[p] -= entry(p, k + m) * given.values[t * given.count + m];
      }
      if (!kernels.potrf(system, 1e-14).ok) continue;
      kernels.potrs(system, solution);
      factors.set(b, t * k);
    }
  });
  return factors;
}
