import { matrix, type Matrix } from '@ml4t/core/linalg';
import { linalgKernels } from '@ml4t/core/linalg/kernels';
import { columns, orthonormalise, sideBySide } from './coordinates.ts';
import { initialGamma } from './initial-gamma.ts';
import { LeastSquaresProblem, type GivenFactors, type ProblemSettings } from './least-squares-problem.ts';
import { triangle, type SufficientStatistics } from './sufficient-statistics.ts';

/** Most given columns of which every subset is estimated on the way; of more, those that drop columns from the last on. */
const COLUMNS_WITH_ALL_SUBSETS = 3;

/** Runs that explain the same to this share have reached the same optimum: which of them is kept must not hang on rounding. */
const SAME_OPTIMUM = 1e-9;

/** Where a run ended: Gamma in the units of the problem, and the sum of squares that it explains. */
export interface Run {
  readonly gamma: Matrix;
  readonly explained: number;
}

/**
 * Runs the iteration for the model with the given columns `all` from several starts and keeps the best:
 *
 * - the optima of the models with one given column fewer, from the best of them on, its Gamma_delta zero in that column: so that a
 *   larger model never explains less than one inside it;
 * - what is left of the returns by a regression on the given factors alone.
 *
 * Without given factors, and without latent ones, there is one start. `run` estimates the model of some given columns from a start.
 */
export async function bestRun<R extends Run>(
  statistics: SufficientStatistics,
  settings: ProblemSettings,
  run: (columnsOfGiven: readonly number[], start: Matrix) => Promise<R>,
): Promise<R> {
  const { nFactors: k, given } = settings;
  const known = new Map<string, Promise<R>>();
  const best = (subset: readonly number[]): Promise<R> => {
    const key = subset.join();
    const found = known.get(key) ?? estimate(subset);
    known.set(key, found);
    return found;
  };
  const estimate = async (subset: readonly number[]): Promise<R> => {
    const own = { ...settings, given: someColumns(given, subset) };
    if (subset.length === 0) return run(subset, orthonormalise(initialGamma(statistics, k, settings)));
    if (k === 0) return run(subset, matrix(statistics.nInstruments, subset.length));
    const dropped = given.count > COLUMNS_WITH_ALL_SUBSETS ? [subset.length - 1] : subset.map((_, at) => at);
    let nested: { readonly run: R; readonly without: number } | undefined;
    for (const without of dropped) {
      const smaller = await best(subset.filter((_, at) => at !== without));
      if (!nested || smaller.explained > nested.run.explained) nested = { run: smaller, without };
    }
    const runs: R[] = [];
    if (nested) runs.push(await run(subset, withZeroColumn(nested.run.gamma, k + nested.without)));
    runs.push(await run(subset, startFromResiduals(statistics, own)));
    return runs.reduce((a, b) => (b.explained > a.explained + SAME_OPTIMUM * Math.abs(a.explained) ? b : a));
  };
  return best(Array.from({ length: given.count }, (_, at) => at));
}

/** Some of the given factors. */
export function someColumns(given: GivenFactors, subset: readonly number[]): GivenFactors {
  const nDates = given.count === 0 ? 0 : given.values.length / given.count;
  const values = new Float64Array(nDates * subset.length);
  for (let t = 0; t < nDates; t++)
    subset.forEach((column, at) => (values[t * subset.length + at] = given.values[t * given.count + column]));
  return { count: subset.length, values };
}

function withZeroColumn(gamma: Matrix, at: number): Matrix {
  const zero = matrix(gamma.rows, 1);
  const before = at === 0 ? undefined : columns(gamma, 0, at);
  const after = at === gamma.columns ? undefined : columns(gamma, at, gamma.columns);
  return sideBySide(sideBySide(before, zero), after);
}

/** Gamma_delta of the regression on the given factors alone, and the start for Gamma_beta on what it leaves of Z'r. */
function startFromResiduals(statistics: SufficientStatistics, settings: ProblemSettings): Matrix {
  const { given, scales, nFactors: k } = settings;
  const { nDates, nInstruments: n, crossProducts, counts } = statistics;
  const kernels = linalgKernels();
  const delta = kernels.withRegion((region) => {
    const problem = new LeastSquaresProblem(kernels, region, statistics, { ...settings, nFactors: 0 });
    problem.factorStep(matrix(n, given.count));
    return problem.gammaStep();
  });
  const instrumentReturns = statistics.instrumentReturns.slice();
  const explained = new Float64Array(n);
  for (let t = 0; t < nDates; t++) {
    if (counts[t] < settings.minimumRows) continue;
    // Coefficients on the instruments in the user's units: Gamma_delta g_t.
    for (let i = 0; i < n; i++) {
      explained[i] = 0;
      for (let m = 0; m < given.count; m++)
        explained[i] += (delta.data[i * given.count + m] * given.values[t * given.count + m]) / scales[i];
    }
    let at = t * triangle(n);
    for (let i = 0; i < n; i++)
      for (let j = i; j < n; j++) {
        const w = crossProducts[at++];
        instrumentReturns[t * n + i] -= w * explained[j];
        if (j !== i) instrumentReturns[t * n + j] -= w * explained[i];
      }
  }
  return sideBySide(orthonormalise(initialGamma({ ...statistics, instrumentReturns }, k, settings)), delta);
}
