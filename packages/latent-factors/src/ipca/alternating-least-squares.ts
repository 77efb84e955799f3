import { NotIdentifiedError, throwIfAborted, type RunOptions } from '@ml4t/core';
import {
  gram,
  linalgKernels,
  matrix,
  multiply,
  symmetricEigen,
  thinSvd,
  transposed,
  type LinalgKernels,
  type Matrix,
  type Region,
} from '@ml4t/core/linalg';
import { setImmediate } from 'node:timers/promises';
import { AndersonAcceleration } from './anderson.ts';
import type { IPCAConfig } from './config.ts';
import { triangle, type SufficientStatistics } from './sufficient-statistics.ts';

/** What the iteration needs of an {@link IPCAConfig}, and a place to start from. */
export interface AlternatingLeastSquaresOptions
  extends RunOptions, Pick<IPCAConfig, 'nFactors' | 'maxIter' | 'tol' | 'factorRidge' | 'gammaRidge' | 'acceleration'> {
  /** Gamma (L x K) to start from; the leading generalised eigenvectors of the pooled moments where absent. */
  readonly initialGamma?: Matrix | undefined;
}

export interface AlternatingLeastSquaresResult {
  /** Gamma (L x K), orthonormal columns. */
  readonly gamma: Matrix;
  /** f (T x K); NaN on dates with fewer than K usable rows. */
  readonly factors: Matrix;
  readonly iterations: number;
  readonly converged: boolean;
  /** The last movement of Gamma, as `tol` measures it. */
  readonly movement: number;
  /** Share of the summed squared returns that the fit explains, after every iteration. */
  readonly history: readonly { readonly iteration: number; readonly totalR2: number; readonly movement: number }[];
}

/**
 * Minimises `sum_t | r_t - Z_t Gamma f_t |^2` over Gamma (L x K) and the f_t by alternating least squares on the
 * sufficient statistics:
 *
 * - `f_t = (Gamma' Z'Z_t Gamma)^-1 Gamma' Z'r_t`;
 * - `vec(Gamma') = (sum_t Z'Z_t (x) f_t f_t')^-1 sum_t Z'r_t (x) f_t`.
 *
 * Both sums over dates are matrix products: the upper triangles of all Z'Z_t are the rows of one T x L(L+1)/2 matrix,
 * multiplied by the L(L+1)/2 x K(K+1)/2 symmetrised products of Gamma, and by those of the factors. The iterates
 * are kept orthonormal and turned towards their predecessor, so that extrapolation sees one smooth sequence.
 * An extrapolated step that lowers the explained sum of squares is taken back.
 *
 * Source: Kelly, Pruitt and Su (2019), first-order conditions (6) and (7).
 */
export async function alternatingLeastSquares(
  statistics: SufficientStatistics,
  options: AlternatingLeastSquaresOptions,
): Promise<AlternatingLeastSquaresResult> {
  const { nFactors: k, maxIter, tol, signal, onProgress } = options;
  const kernels = linalgKernels();
  const region = kernels.region();
  try {
    const problem = loadProblem(kernels, region, statistics, options);
    const totalSquares = problem.totalSquares;
    const acceleration = options.acceleration === 'anderson' ? new AndersonAcceleration() : undefined;
    const history: { iteration: number; totalR2: number; movement: number }[] = [];
    let gamma = orthonormalise(options.initialGamma ?? initialGamma(statistics, k));
    let explained = factorStep(problem, gamma);
    /** The plain image of the iterate before, to fall back on, and what that iterate explained. */
    let plain: Matrix | undefined;
    let floor = Number.NEGATIVE_INFINITY;
    let movement = Number.POSITIVE_INFINITY;
    let iteration = 0;
    let lastTurn = performance.now();
    while (iteration < maxIter) {
      throwIfAborted(signal, 'IPCAModel.fit');
      if (plain && explained < floor - 1e-12 * Math.abs(floor)) {
        acceleration?.restart();
        gamma = plain;
        explained = factorStep(problem, gamma);
      }
      iteration++;
      const image = turnTowards(orthonormalise(gammaStep(problem)), gamma);
      const residual = image.data.map((value, i) => value - gamma.data[i]);
      movement = Math.sqrt(residual.reduce((sum, value) => sum + value * value, 0) / k);
      history.push({ iteration, totalR2: explained / totalSquares, movement });
      floor = explained;
      plain = image;
      gamma = image;
      if (movement <= tol) break;
      if (acceleration) {
        const next = matrix(image.rows, k, acceleration.next(image.data, residual));
        gamma = turnTowards(orthonormalise(next), image);
      }
      explained = factorStep(problem, gamma);
      // A macrotask now and then, so that timers and an abort are heard; when it happens changes no number.
      if (performance.now() - lastTurn > 50) {
        onProgress?.({
          phase: 'alternating least squares',
          step: iteration,
          metrics: { totalR2: explained / totalSquares, movement },
        });
        await setImmediate();
        lastTurn = performance.now();
      }
    }
    factorStep(problem, gamma);
    return {
      gamma,
      factors: readFactors(problem),
      iterations: iteration,
      converged: movement <= tol,
      movement,
      history,
    };
  } finally {
    region.release();
  }
}

/** The statistics and the iteration's workspace, in the kernel heap. */
interface Problem {
  readonly kernels: LinalgKernels;
  readonly nDates: number;
  readonly nInstruments: number;
  readonly k: number;
  /** Dates with at least K usable rows. */
  readonly included: Uint8Array;
  readonly totalSquares: number;
  readonly factorRidge: number;
  readonly gammaRidge: number;
  readonly crossProducts: ReturnType<Region['matrix']>;
  readonly instrumentReturns: ReturnType<Region['matrix']>;
  readonly gamma: ReturnType<Region['matrix']>;
  readonly gammaProducts: ReturnType<Region['matrix']>;
  readonly projected: ReturnType<Region['matrix']>;
  readonly systems: number;
  readonly factors: ReturnType<Region['matrix']>;
  readonly factorProducts: ReturnType<Region['matrix']>;
  readonly weighted: ReturnType<Region['matrix']>;
  readonly normal: ReturnType<Region['matrix']>;
  readonly right: ReturnType<Region['matrix']>;
  readonly flags: number;
}

function loadProblem(
  kernels: LinalgKernels,
  region: Region,
  statistics: SufficientStatistics,
  options: AlternatingLeastSquaresOptions,
): Problem {
  const { nDates, nInstruments } = statistics;
  const k = options.nFactors;
  const width = triangle(nInstruments);
  const problem: Problem = {
    kernels,
    nDates,
    nInstruments,
    k,
    included: Uint8Array.from(statistics.counts, (count) => (count >= k ? 1 : 0)),
    totalSquares: statistics.squaredReturns.reduce((sum, x, t) => sum + (statistics.counts[t] >= k ? x : 0), 0),
    factorRidge: options.factorRidge,
    gammaRidge: options.gammaRidge,
    crossProducts: region.matrix(nDates, width),
    instrumentReturns: region.matrix(nDates, nInstruments),
    gamma: region.matrix(nInstruments, k),
    gammaProducts: region.matrix(width, triangle(k)),
    projected: region.matrix(nDates, triangle(k)),
    systems: region.float64(nDates * k * k),
    factors: region.matrix(nDates, k),
    factorProducts: region.matrix(nDates, triangle(k)),
    weighted: region.matrix(width, triangle(k)),
    normal: region.matrix(nInstruments * k, nInstruments * k),
    right: region.matrix(nInstruments, k),
    flags: region.float64(nDates),
  };
  kernels.view(problem.crossProducts).set(statistics.crossProducts);
  kernels.view(problem.instrumentReturns).set(statistics.instrumentReturns);
  return problem;
}

/** Every date's factors for this Gamma, left in the heap. Returns the sum of squares that they explain. */
function factorStep(problem: Problem, gamma: Matrix): number {
  const { kernels, nDates, nInstruments: n, k, included } = problem;
  kernels.view(problem.gamma).set(gamma.data);
  const products = kernels.view(problem.gammaProducts);
  let at = 0;
  for (let i = 0; i < n; i++)
    for (let j = i; j < n; j++)
      for (let p = 0; p < k; p++)
        for (let q = p; q < k; q++) {
          const straight = gamma.data[i * k + p] * gamma.data[j * k + q];
          products[at++] = i === j ? straight : straight + gamma.data[j * k + p] * gamma.data[i * k + q];
        }
  kernels.gemm(problem.crossProducts, problem.gammaProducts, problem.projected);
  kernels.gemm(problem.instrumentReturns, problem.gamma, problem.factors);
  const projected = kernels.view(problem.projected);
  const systems = kernels.float64(problem.systems, nDates * k * k);
  const factors = kernels.view(problem.factors);
  const right = factors.slice();
  for (let t = 0; t < nDates; t++) {
    const system = systems.subarray(t * k * k, (t + 1) * k * k);
    if (included[t] === 0) {
      // An empty system in place of one that has no solution: its factors are zero and weigh nothing.
      system.fill(0);
      for (let p = 0; p < k; p++) system[p * k + p] = 1;
      factors.fill(0, t * k, (t + 1) * k);
      right.fill(0, t * k, (t + 1) * k);
      continue;
    }
    let trace = 0;
    let source = t * triangle(k);
    for (let p = 0; p < k; p++)
      for (let q = p; q < k; q++) {
        const value = projected[source++];
        system[p * k + q] = value;
        system[q * k + p] = value;
        if (p === q) trace += value;
      }
    for (let p = 0; p < k; p++) system[p * k + p] += (problem.factorRidge * trace) / k;
  }
  const failures = kernels.solveBatch({
    count: nDates,
    size: k,
    columns: 1,
    a: problem.systems,
    b: problem.factors.offset,
    flags: problem.flags,
    tolerance: 1e-14,
  });
  if (failures > 0) {
    const date = kernels.float64(problem.flags, nDates).findIndex((flag) => flag !== 0);
    throw new NotIdentifiedError({
      field: 'factorRidge',
      expected: `${k} factors that every date's rows can tell apart`,
      found: `a singular factor regression on date ${date} (and ${failures - 1} more)`,
      remedy: 'Lower nFactors, raise factorRidge, or drop dates with few distinct rows.',
    });
  }
  let explained = 0;
  for (let i = 0; i < right.length; i++) explained += right[i] * factors[i];
  return explained;
}

/** The Gamma that is best for the factors in the heap (L x K), not normalised. */
function gammaStep(problem: Problem): Matrix {
  const { kernels, nDates, nInstruments: n, k } = problem;
  const factors = kernels.view(problem.factors);
  const products = kernels.view(problem.factorProducts);
  let at = 0;
  for (let t = 0; t < nDates; t++)
    for (let p = 0; p < k; p++) for (let q = p; q < k; q++) products[at++] = factors[t * k + p] * factors[t * k + q];
  kernels.gemm(transposed(problem.crossProducts), problem.factorProducts, problem.weighted);
  kernels.gemm(transposed(problem.instrumentReturns), problem.factors, problem.right);
  const size = n * k;
  const normal = kernels.view(problem.normal);
  const weighted = kernels.view(problem.weighted);
  at = 0;
  for (let j = 0; j < n; j++)
    for (let i = j; i < n; i++)
      for (let p = 0; p < k; p++)
        for (let q = p; q < k; q++) {
          // Lower triangle only: row (i, .) and column (j, .) with i >= j; both orders of (p, q).
          const value = weighted[at++];
          normal[(i * k + p) * size + j * k + q] = value;
          normal[(i * k + q) * size + j * k + p] = value;
        }
  let trace = 0;
  for (let i = 0; i < size; i++) trace += normal[i * size + i];
  for (let i = 0; i < size; i++) normal[i * size + i] += (problem.gammaRidge * trace) / size;
  const outcome = kernels.potrf(problem.normal, 1e-14);
  if (!outcome.ok)
    throw new NotIdentifiedError({
      field: 'characteristics',
      expected: 'linearly independent instruments',
      found: `instrument ${Math.floor(outcome.pivot / k)} to be a combination of those before it`,
      remedy: 'Drop it, leave the constant out if dummies already sum to one, or raise gammaRidge.',
    });
  kernels.potrs(problem.normal, { ...problem.right, rows: size, columns: 1, rowStride: 1 });
  return matrix(n, k, kernels.view(problem.right).slice());
}

function readFactors({ kernels, nDates, k, factors, included }: Problem): Matrix {
  const data = kernels.view(factors).slice();
  for (let t = 0; t < nDates; t++) if (included[t] === 0) data.fill(Number.NaN, t * k, (t + 1) * k);
  return matrix(nDates, k, data);
}

/**
 * The leading generalised eigenvectors of `sum_t Z'r_t r_t'Z / N_t` against `sum_t Z'Z_t`: the exact solution when Z'Z_t / N_t
 * does not vary over time, and close to it when it varies little.
 */
function initialGamma(statistics: SufficientStatistics, k: number): Matrix {
  const { nInstruments: n, nDates, counts } = statistics;
  const pooled = matrix(n, n);
  const managed = matrix(nDates, n);
  for (let t = 0; t < nDates; t++) {
    let at = t * triangle(n);
    for (let i = 0; i < n; i++)
      for (let j = i; j < n; j++) {
        const value = statistics.crossProducts[at++];
        pooled.data[i * n + j] += value;
        if (i !== j) pooled.data[j * n + i] += value;
      }
    for (let i = 0; i < n; i++)
      managed.data[t * n + i] = counts[t] > 0 ? statistics.instrumentReturns[t * n + i] / Math.sqrt(counts[t]) : 0;
  }
  const { values, vectors } = symmetricEigen(pooled);
  const rank = values.filter((value) => value > 1e-12 * values[0]).length;
  if (rank < k)
    throw new NotIdentifiedError({
      field: 'nFactors',
      expected: `at most ${rank}, the rank of the instruments`,
      found: String(k),
      remedy: 'Lower nFactors, or add characteristics that are not combinations of the others.',
    });
  const whitening = matrix(
    n,
    n,
    vectors.data.map((value, i) => (i % n < rank ? value / Math.sqrt(values[i % n]) : 0)),
  );
  const leading = symmetricEigen(gram(multiply(managed, whitening)), { leading: k });
  return multiply(whitening, leading.vectors);
}

/** The orthonormal basis of a's columns that is nearest to a: a (a'a)^(-1/2). */
function orthonormalise(a: Matrix): Matrix {
  const { u, v } = thinSvd(a);
  return multiply(u, v, { transposeB: true });
}

/** Turns an orthonormal basis within its span until it is nearest to `target` (orthogonal Procrustes). */
function turnTowards(basis: Matrix, target: Matrix): Matrix {
  const { u, v } = thinSvd(multiply(basis, target, { transposeA: true }));
  return multiply(basis, multiply(u, v, { transposeB: true }));
}
