import { Random } from '@ml4t/core';
import { matrix, type Matrix } from '@ml4t/core/linalg';
import { createLinalgKernels, type LinalgKernels } from '@ml4t/core/linalg/kernels';
import { iterate, normalise, type IterationConfig } from '../alternating-least-squares.ts';
import { toScaledUnits, toUserUnits } from '../instrument-scales.ts';
import { LeastSquaresProblem, type GivenFactors } from '../least-squares-problem.ts';
import type { SufficientStatistics } from '../sufficient-statistics.ts';

/** Which entries of the refitted Gamma the statistic `W = sum of squares` is over. */
export type Hypothesis =
  { readonly columns: readonly number[] } | { readonly rows: readonly number[]; readonly latentColumns: number };

/** One bootstrap, complete: what a worker needs to make any of its draws. Structured-clonable. */
export interface BootstrapTask {
  /** With the weights of the dates applied. */
  readonly statistics: SufficientStatistics;
  readonly given: GivenFactors;
  readonly config: IterationConfig;
  /** Unit of each instrument in the refits (L). */
  readonly scales: Float64Array;
  readonly hypothesis: Hypothesis;
  /** Gamma under the null (L x C), in the user's units: where refits start. */
  readonly gammaUnderNull: Float64Array;
  /** w_t W_t Gamma_null h_t: Z'r that the null explains, with its date's weight (T x L). */
  readonly explained: Float64Array;
  /** Residuals Z'e_t of the unrestricted fit, each over what `residualSizes` puts back on another date (T x L). */
  readonly residuals: Float64Array;
  /** Size on each date of what is drawn (T). */
  readonly residualSizes: Float64Array;
  /** Dates that take part. */
  readonly dates: Int32Array;
  /** Dates in a row that share a multiplier and keep their order; 1 for independent dates. */
  readonly blockLength: number;
  readonly seed: number;
}

/** Multipliers are Student t with 5 degrees of freedom, whose variance is 5 / 3, scaled to unit variance. */
const DEGREES_OF_FREEDOM = 5;
const UNIT_VARIANCE = Math.sqrt((DEGREES_OF_FREEDOM - 2) / DEGREES_OF_FREEDOM);

/** Makes the draws of one task. The statistic of draw b depends on the task and b alone, whoever makes it. */
export class BootstrapDraws {
  readonly #task: BootstrapTask;
  readonly #problem: LeastSquaresProblem;
  readonly #start: Matrix;
  readonly #sample: Float64Array;

  constructor(task: BootstrapTask, kernels: LinalgKernels = createLinalgKernels()) {
    this.#task = task;
    const { statistics, config, given, scales, gammaUnderNull } = task;
    // The region lives as long as the kernels: one problem, many right-hand sides.
    this.#problem = new LeastSquaresProblem(kernels, kernels.region(), statistics, { ...config, given, scales });
    const width = config.nFactors + given.count;
    this.#start = toScaledUnits(matrix(statistics.nInstruments, width, gammaUnderNull), scales);
    this.#sample = new Float64Array(task.explained.length);
  }

  /**
   * `W^b`: resample `Z'r_t = W_t Gamma_null h_t + q m_t u_{s(t)}`, u the residuals and m their size, refit the unrestricted model, sum
   * the squares. s(t) is a random date and q a multiplier of its own for every date, or for every block of dates, which then
   * takes its residuals from as many dates in a row.
   */
  statistic(draw: number): number {
    const { statistics, explained, residuals, residualSizes, dates, blockLength, seed } = this.#task;
    const n = statistics.nInstruments;
    const random = new Random(seed).fork(draw);
    this.#sample.set(explained);
    for (let first = 0; first < dates.length; first += blockLength) {
      const source = random.integer(dates.length);
      const multiplier = UNIT_VARIANCE * random.studentT(DEGREES_OF_FREEDOM);
      for (let at = first; at < Math.min(first + blockLength, dates.length); at++) {
        // A block that runs over the end goes on at the beginning, so that every date is as likely as any other.
        const [t, s] = [dates[at], dates[(source + at - first) % dates.length]];
        const factor = multiplier * residualSizes[t];
        for (let i = 0; i < n; i++) this.#sample[t * n + i] += factor * residuals[s * n + i];
      }
    }
    this.#problem.setInstrumentReturns(this.#sample);
    const iteration = iterate(this.#problem, this.#task.config, this.#start, 1);
    let step = iteration.next();
    while (!step.done) step = iteration.next();
    return waldTypeStatistic(step.value.gamma, this.#task);
  }
}

/**
 * W of a Gamma in the units of the problem: the sum of squares of the entries that are zero under the null, in the coordinates of
 * `normalization`. No rotation of the latent factors changes it.
 */
export function waldTypeStatistic(
  gamma: Matrix,
  { config, scales, hypothesis }: Pick<BootstrapTask, 'config' | 'scales' | 'hypothesis'>,
): number {
  const inCoordinates =
    config.normalization === 'gamma' ? normalise(toUserUnits(gamma, scales), undefined, config.nFactors) : gamma;
  return sumOfSquares(inCoordinates, hypothesis);
}

function sumOfSquares(gamma: Matrix, hypothesis: Hypothesis): number {
  let sum = 0;
  if ('columns' in hypothesis) {
    for (const j of hypothesis.columns)
      for (let i = 0; i < gamma.rows; i++) sum += gamma.data[i * gamma.columns + j] ** 2;
    return sum;
  }
  for (const i of hypothesis.rows)
    for (let j = 0; j < hypothesis.latentColumns; j++) sum += gamma.data[i * gamma.columns + j] ** 2;
  return sum;
}
