import { NotIdentifiedError, type RunOptions } from '@ml4t/core';
import { onlyFinite, throwIfAborted } from '@ml4t/core/authoring';
import { leastSquares, matrix, type Matrix } from '@ml4t/core/linalg';
import { linalgKernels } from '@ml4t/core/linalg/kernels';
import { setImmediate } from 'node:timers/promises';
import { identifyFactors } from '../identification.ts';
import { AndersonAcceleration } from '../anderson.ts';
import type { IPCAConfig } from './config.ts';
import { columns, orthogonalTo, orthonormalise, sideBySide, turnTowards } from './coordinates.ts';
import { elasticNet } from './elastic-net.ts';
import { initialGamma } from './initial-gamma.ts';
import { instrumentScales, toScaledUnits, toUserUnits } from './instrument-scales.ts';
import { LeastSquaresProblem, type GivenFactors, type ProblemSettings } from './least-squares-problem.ts';
import { bestRun, someColumns, type Run } from './starts.ts';
import type { IPCAPhase, SufficientStatistics } from './sufficient-statistics.ts';

/** What the iteration needs of an {@link IPCAConfig}; `minimumRows` as it was resolved for the panel. */
export type IterationConfig = Pick<
  IPCAConfig,
  'nFactors' | 'maxIter' | 'tol' | 'factorRidge' | 'gammaRidge' | 'acceleration' | 'elasticNet' | 'normalization'
> & { readonly minimumRows: number };

/** How a run of the iteration went. */
interface Course {
  readonly iterations: number;
  readonly converged: boolean;
  /** The last movement of Gamma, as `tol` measures it. */
  readonly movement: number;
  readonly history: readonly { readonly iteration: number; readonly totalR2: number; readonly movement: number }[];
}

export interface IPCAEstimate extends Course {
  /** [Gamma_beta, Gamma_delta] (L x (K + M)), identified, for instruments in the user's units. */
  readonly gamma: Matrix;
  /** [f, g] (T x (K + M)); NaN on dates that take no part. */
  readonly factors: Matrix;
  /** Unit of each instrument inside the estimation (L). */
  readonly scales: Float64Array;
}

/**
 * Estimates IPCA from its sufficient statistics by alternating least squares, accelerated, and identifies the result.
 *
 * - `f_t = (Gb'Z'Z_t Gb)^-1 Gb'(Z'r_t - Z'Z_t Gd g_t)`;
 * - `vec(Gamma') = (sum_t Z'Z_t (x) h_t h_t')^-1 sum_t Z'r_t (x) h_t`, h = (f, g).
 *
 * All of it with instruments divided by their root mean square, so that their units change nothing; with given factors from
 * several starts, of which the best is kept. `tol` bounds the movement of Gamma in one plain iteration: root mean square per
 * column of the orthonormal Gamma_beta, and of Gamma_delta in the same units (times the size of its factor over that of the
 * latent ones). Throws NotIdentifiedError, AbortedError.
 *
 * Source: Kelly, Pruitt and Su (2019), first-order conditions (6) and (7).
 *
 * @param options.initialGamma the one start, in the user's units.
 */
export async function estimateIPCA(
  statistics: SufficientStatistics,
  config: IterationConfig,
  given: GivenFactors,
  options: RunOptions<IPCAPhase> & { readonly initialGamma?: Matrix | undefined } = {},
): Promise<IPCAEstimate> {
  const { nFactors: k } = config;
  const scales = unitsOfProblem(statistics, config);
  const settings: ProblemSettings = { ...config, given, scales };
  const turns = takeTurns(options);
  const kernels = linalgKernels();
  const run = async (subset: readonly number[], start: Matrix): Promise<Run & Course & { factors: Matrix }> => {
    const region = kernels.region();
    try {
      const own = { ...settings, given: someColumns(given, subset) };
      const problem = new LeastSquaresProblem(kernels, region, statistics, own);
      const rows = statistics.counts.reduce((sum, count, t) => sum + problem.included[t] * count, 0);
      const iteration = iterate(problem, config, start, rows);
      let step = iteration.next();
      while (!step.done) {
        await turns(step.value);
        step = iteration.next();
      }
      const explained = problem.factorStep(step.value.gamma);
      return { ...step.value, explained, factors: problem.factors() };
    } finally {
      region.release();
    }
  };
  const all = Array.from({ length: given.count }, (_, column) => column);
  const start = options.initialGamma
    ? toScaledUnits(options.initialGamma, scales)
    : config.elasticNet
      ? withoutGiven(k === 0 ? undefined : orthonormalise(initialGamma(statistics, k, settings)), statistics, given)
      : undefined;
  const { gamma, factors, iterations, converged, movement, history } = start
    ? await run(all, start)
    : await bestRun(statistics, settings, run);
  return { ...identified(gamma, factors, scales, config), scales, iterations, converged, movement, history };
}

/**
 * The unit of each instrument inside the estimation. An elastic net penalises Gamma in the coordinates of `normalization`: those of
 * the user's units are its problem's own.
 */
export function unitsOfProblem(statistics: SufficientStatistics, config: IterationConfig): Float64Array {
  return config.elasticNet && config.normalization === 'gamma'
    ? new Float64Array(statistics.nInstruments).fill(1)
    : instrumentScales(statistics, config.minimumRows);
}

/** Gamma of the problem's units in the user's, and the factors, in the coordinates that `normalization` asks for. */
function identified(
  gamma: Matrix,
  factors: Matrix,
  scales: Float64Array,
  { nFactors: k, normalization }: IterationConfig,
): { gamma: Matrix; factors: Matrix } {
  if (normalization === 'gamma') return identifyLatent(toUserUnits(gamma, scales), factors, k);
  const inScaledUnits = identifyLatent(gamma, factors, k);
  return { ...inScaledUnits, gamma: toUserUnits(inScaledUnits.gamma, scales) };
}

interface Iterate {
  readonly iteration: number;
  readonly totalR2: number;
  readonly movement: number;
}

/**
 * The iteration itself, one step a call, so that a worker can run it without pauses and a fit with them. Returns Gamma with
 * Gamma_beta orthonormal and Gamma_delta orthogonal to it, but not turned to the identified coordinates.
 */
export function* iterate(
  problem: LeastSquaresProblem,
  config: IterationConfig,
  start: Matrix,
  rows: number,
): Generator<Iterate, Course & { readonly gamma: Matrix }> {
  const k = problem.nLatent;
  // Penalties depend on the coordinates, so a penalised iteration stays in the identified ones and is not extrapolated.
  const penalty = config.elasticNet;
  const acceleration = config.acceleration === 'anderson' && !penalty ? new AndersonAcceleration() : undefined;
  const history: Iterate[] = [];
  let gamma = normalise(start, undefined, k);
  let explained = problem.factorStep(gamma);
  const scale = columnScale(problem, k);
  /** The plain image of the iterate before, to fall back on, and what that iterate explained. */
  let plain: Matrix | undefined;
  let floor = Number.NEGATIVE_INFINITY;
  let movement = Number.POSITIVE_INFINITY;
  while (history.length < config.maxIter) {
    if (acceleration && plain && explained < floor - 1e-12 * Math.abs(floor)) {
      acceleration.restart();
      gamma = plain;
      explained = problem.factorStep(gamma);
    }
    const image: Matrix = penalty
      ? identifyLatent(penalisedStep(problem, penalty, gamma, rows), problem.factors(), k).gamma
      : normalise(problem.gammaStep(), gamma, k);
    const residual: Float64Array = image.data.map((value, i) => (value - gamma.data[i]) * scale[i % scale.length]);
    movement = Math.sqrt(residual.reduce((sum, value) => sum + value * value, 0) / scale.length);
    const entry = { iteration: history.length + 1, totalR2: explained / problem.squaredReturns, movement };
    history.push(entry);
    floor = explained;
    plain = image;
    gamma = image;
    // Without latent factors the first step is the solution.
    if (k === 0) movement = 0;
    if (movement <= config.tol) break;
    if (acceleration) {
      const scaled = acceleration.next(
        image.data.map((value, i) => value * scale[i % scale.length]),
        residual,
      );
      const next = matrix(
        image.rows,
        image.columns,
        scaled.map((value, i) => value / scale[i % scale.length]),
      );
      gamma = normalise(next, image, k);
    }
    explained = problem.factorStep(gamma);
    yield entry;
  }
  return { gamma, iterations: history.length, converged: movement <= config.tol, movement, history };
}

/** Gamma_beta orthonormal and turned towards the iterate before, Gamma_delta orthogonal to it. The fit is unchanged. */
export function normalise(gamma: Matrix, towards: Matrix | undefined, k: number): Matrix {
  if (k === 0) return gamma;
  const orthonormal = orthonormalise(columns(gamma, 0, k));
  const latent = towards ? turnTowards(orthonormal, columns(towards, 0, k)) : orthonormal;
  if (gamma.columns === k) return latent;
  return sideBySide(latent, orthogonalTo(latent, columns(gamma, k, gamma.columns)));
}

/** The identified coordinates; latent factors first take over what Gamma_delta loses to be orthogonal to Gamma_beta. */
function identifyLatent(gamma: Matrix, factors: Matrix, k: number): { gamma: Matrix; factors: Matrix } {
  if (k === 0) return { gamma, factors };
  const c = gamma.columns;
  const loadings = columns(gamma, 0, k);
  const latent = columns(factors, 0, k);
  if (c === k) {
    const identified = identifyFactors({ loadings, factors: latent });
    return { gamma: identified.loadings, factors: identified.factors };
  }
  const given = columns(factors, k, c);
  const delta = columns(gamma, k, c);
  // Gd = Gb A + the orthogonal part: f + A g keeps the fit.
  const absorbed = leastSquares(loadings, delta).solution.data;
  for (let t = 0; t < factors.rows; t++)
    for (let p = 0; p < k; p++)
      for (let m = 0; m < c - k; m++) latent.data[t * k + p] += absorbed[p * (c - k) + m] * given.data[t * (c - k) + m];
  const identified = identifyFactors({ loadings, factors: latent });
  return {
    gamma: sideBySide(identified.loadings, orthogonalTo(identified.loadings, delta)),
    factors: sideBySide(identified.factors, given),
  };
}

function penalisedStep(
  problem: LeastSquaresProblem,
  penalty: NonNullable<IterationConfig['elasticNet']>,
  gamma: Matrix,
  rows: number,
): Matrix {
  const { normal, right } = problem.normalEquations();
  const next = elasticNet(normal, right, rows, penalty, gamma.data);
  if (next.every((value) => value === 0))
    throw new NotIdentifiedError({
      field: 'elasticNet.alpha',
      expected: 'a penalty that leaves some instrument in the model',
      found: String(penalty.alpha),
      remedy: 'Lower alpha: it is measured against squared returns.',
    });
  return matrix(gamma.rows, gamma.columns, next);
}

/** Size of each column's factor over that of the latent ones: it puts Gamma_delta's movement in the units of Gamma_beta's. */
function columnScale(problem: LeastSquaresProblem, k: number): Float64Array {
  const { data, columns: c, rows } = problem.factors();
  const squares = new Float64Array(c);
  for (let t = 0; t < rows; t++)
    if (problem.included[t] === 1) for (let p = 0; p < c; p++) squares[p] += data[t * c + p] ** 2;
  const latent = squares.subarray(0, k).reduce((sum, value) => sum + value, 0) / Math.max(k, 1);
  return squares.map((value, p) => (p < k || latent === 0 ? 1 : Math.sqrt(value / latent)));
}

/** A start whose Gamma_delta is zero. */
function withoutGiven(
  latent: Matrix | undefined,
  { nInstruments }: SufficientStatistics,
  { count }: GivenFactors,
): Matrix {
  return sideBySide(latent, count === 0 ? undefined : matrix(nInstruments, count));
}

/** A macrotask now and then, so that timers and an abort are heard; when it happens changes no number. */
function takeTurns({ signal, onProgress }: RunOptions<IPCAPhase>): (iterate: Iterate) => Promise<void> {
  let last = performance.now();
  // Over all runs: several starts are one phase of the fit.
  let step = 0;
  return async ({ totalR2, movement }) => {
    throwIfAborted(signal, 'IPCAModel.fit');
    step++;
    if (performance.now() - last < 50) return;
    onProgress?.({
      phase: 'alternating-least-squares',
      unit: 'iteration',
      step,
      metrics: onlyFinite({ totalR2, movement }),
    });
    await setImmediate();
    last = performance.now();
  };
}
