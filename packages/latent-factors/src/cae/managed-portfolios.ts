import { ConfigError, DataError, ShapeError, formatTimestamp, type CrossSectionBatch } from '@ml4t/core';
import type { FloatArray } from '@ml4t/core/authoring';
import { leastSquares, matrix } from '@ml4t/core/linalg';
import { linalgKernels } from '@ml4t/core/linalg/kernels';
import type { FactorReturnSeries } from '../ipca/given-factors.ts';

/** Below this share of its diagonal entry a pivot calls for the minimum-norm solution. */
const DEPENDENT = 1e-7;

/**
 * Characteristic-managed portfolios as cross-sectional regression coefficients,
 * `x_{t+1} = (Z_t'Z_t + ridge tr(Z_t'Z_t)/L I)^-1 Z_t' r_{t+1}`, Z = (characteristics, 1), in float64.
 *
 * Over the rows whose characteristics and return are all finite; `factorReturns` where the batch has them, else
 * `returns`. Without a ridge, dependent columns give the solution of minimum norm. Row t belongs to returns earned
 * *after* t and depends on no other date; NaN on dates without a usable row. Names are those of the characteristics
 * and 'constant'.
 *
 * Source: Gu, Kelly and Xiu (2021), section 2. Throws DataError for a batch without returns, ConfigError for `ridge`.
 */
export function regressionPortfolios(
  batch: CrossSectionBatch,
  options: { readonly ridge?: number } = {},
): FactorReturnSeries {
  const { ridge = 0 } = options;
  if (!(ridge >= 0 && ridge < Number.POSITIVE_INFINITY))
    throw new ConfigError({
      field: 'ridge',
      expected: 'a number of at least 0',
      found: String(ridge),
      remedy: 'Leave it out for the minimum-norm regression.',
    });
  const returns = batch.factorReturns ?? batch.requireReturns('managed portfolios');
  const { index, nCharacteristics: p, characteristics } = batch;
  const width = p + 1;
  const values = new Float64Array(batch.nDates * width).fill(Number.NaN);
  const kernels = linalgKernels();
  for (let t = 0; t < batch.nDates; t++) {
    const [from, to] = [index.rowOffsets[t], index.rowOffsets[t + 1]];
    const z = characteristics.subarray(from * p, to * p);
    const r = returns.subarray(from, to);
    const solved = kernels.withRegion((region) => {
      // [1, z, r]: the constant comes first inside, last outside.
      const moments = region.matrix(width + 1, width + 1);
      const rows = to - from;
      const block = { rows, columns: p, characteristics: z, returns: r, constant: true };
      if (rows === 0 || kernels.augmentedGramOf(block, moments) === 0) return undefined;
      const system = region.matrix(width, width);
      const solution = region.matrix(width, 1);
      const [m, a, b] = [moments, system, solution].map((it) => kernels.view(it));
      let trace = 0;
      for (let i = 0; i < width; i++) trace += m[i * (width + 2)];
      for (let i = 0; i < width; i++) {
        for (let j = 0; j <= i; j++) a[i * width + j] = m[j * (width + 1) + i];
        a[i * (width + 1)] += (ridge * trace) / width;
        b[i] = m[i * (width + 1) + width];
      }
      if (!kernels.potrf(system, DEPENDENT).ok) return ridge > 0 ? undefined : minimumNorm(z, r, p);
      kernels.potrs(system, solution);
      return b.slice();
    });
    if (!solved) continue;
    values.set(solved.subarray(1), t * width);
    values[t * width + p] = solved[0];
  }
  return { names: [...batch.characteristicNames, 'constant'], timestamps: batch.timestamps, values };
}

/** Minimum-norm coefficients of (1, z) over the rows where everything is finite. */
function minimumNorm(z: FloatArray, r: Float64Array, p: number): Float64Array {
  const kept: number[] = [];
  for (let i = 0; i < r.length; i++)
    if (Number.isFinite(r[i]) && z.subarray(i * p, (i + 1) * p).every(Number.isFinite)) kept.push(i);
  const design = new Float64Array(kept.length * (p + 1));
  kept.forEach((row, i) => {
    design[i * (p + 1)] = 1;
    design.set(z.subarray(row * p, (row + 1) * p), i * (p + 1) + 1);
  });
  const target = Float64Array.from(kept, (row) => r[row]);
  return leastSquares(matrix(kept.length, p + 1, design), matrix(kept.length, 1, target)).solution.data;
}

/**
 * The series on the given dates (T x L). Dates that it does not have are NaN, unless `required`: then a DataError names
 * the first of them.
 */
export function portfoliosOn(series: FactorReturnSeries, timestamps: Float64Array, required: boolean): Float64Array {
  const width = series.names.length;
  if (width === 0 || series.values.length !== series.timestamps.length * width)
    throw new ShapeError({
      field: 'managedPortfolios.values',
      expected: `${series.timestamps.length} dates x ${Math.max(width, 1)} portfolios`,
      found: `${series.values.length} entries for ${width} names`,
      remedy: 'Pass a row-major array over dates, then portfolios.',
    });
  const position = new Map(Array.from(series.timestamps, (time, h) => [time, h] as const));
  const out = new Float64Array(timestamps.length * width).fill(Number.NaN);
  timestamps.forEach((time, t) => {
    const h = position.get(time);
    const row = h === undefined ? undefined : series.values.subarray(h * width, (h + 1) * width);
    if (row) out.set(row, t * width);
    if (required && !row?.every(Number.isFinite))
      throw new DataError({
        field: 'managedPortfolios',
        expected: `finite returns on ${formatTimestamp(time)}`,
        found: row ? 'a missing one' : 'no such date',
        remedy: 'Pass returns for every training date, dated as the batch is: earned after the date.',
      });
  });
  return out;
}

/** The same names in the same order as in the fit. */
export function requireSamePortfolios(found: readonly string[], expected: readonly string[]): void {
  if (found.length === expected.length && found.every((name, i) => name === expected[i])) return;
  throw new DataError({
    field: 'managedPortfolios.names',
    expected: `the portfolios of the fit, ${expected.join(', ')}`,
    found: found.join(', '),
    remedy: 'Pass the same portfolios in the same order as to `fit`.',
  });
}

/** Inputs of the factor network on the dates of a batch. */
export interface PortfolioReturns {
  readonly names: readonly string[];
  /** (T x L) */
  readonly values: Float64Array;
}

/** The series' returns on the batch's dates, or the batch's own portfolios; undefined when it has no returns. */
export function portfoliosFor(
  batch: CrossSectionBatch,
  given: FactorReturnSeries | undefined,
  options: { readonly ridge: number; readonly required: boolean },
): PortfolioReturns | undefined {
  if (given) return { names: given.names, values: portfoliosOn(given, batch.timestamps, options.required) };
  if (!batch.factorReturns && !batch.returns && !options.required) return undefined;
  return regressionPortfolios(batch, { ridge: options.ridge });
}
