import { Random } from '@ml4t/core';
import { createLinalgKernels, matrix, type LinalgKernels, type Matrix } from '@ml4t/core/linalg';
import { iterate, type IterationConfig } from '../alternating-least-squares.ts';
import { LeastSquaresProblem, type GivenFactors } from '../least-squares-problem.ts';
import type { SufficientStatistics } from '../sufficient-statistics.ts';

/** Which entries of the refitted Gamma the statistic `W = sum of squares` is over. */
export type Hypothesis =
  { readonly columns: readonly number[] } | { readonly rows: readonly number[]; readonly latentColumns: number };

/** One bootstrap, complete: what a worker needs to make any of its draws. Structured-clonable. */
export interface BootstrapTask {
  readonly statistics: SufficientStatistics;
  readonly given: GivenFactors;
  readonly config: IterationConfig;
  readonly hypothesis: Hypothesis;
  /** Gamma under the null (L x C): where refits start. */
  readonly gammaUnderNull: Float64Array;
  /** W_t Gamma_null h_t: managed portfolios that the null explains, times N_t (T x L). */
  readonly explained: Float64Array;
  /** d_t = Z'e_t / N_t of the unrestricted fit (T x L). */
  readonly residuals: Float64Array;
  /** Dates that take part. */
  readonly dates: Int32Array;
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
    const { nFactors } = task.config;
    // The region lives as long as the kernels: one problem, many right-hand sides.
    this.#problem = new LeastSquaresProblem(
      kernels,
      kernels.region(),
      task.statistics,
      nFactors,
      task.given,
      task.config,
    );
    this.#start = matrix(task.statistics.nInstruments, nFactors + task.given.count, task.gammaUnderNull);
    this.#sample = new Float64Array(task.explained.length);
  }

  /** `W^b`: resample `x_t = W_t Gamma_null h_t + N_t q_t d_{s(t)}`, refit the unrestricted model, sum the squares. */
  statistic(draw: number): number {
    const { statistics, explained, residuals, dates, seed } = this.#task;
    const n = statistics.nInstruments;
    const random = new Random(seed).fork(draw);
    this.#sample.set(explained);
    for (const t of dates) {
      const source = dates[random.integer(dates.length)];
      const multiplier = UNIT_VARIANCE * random.studentT(DEGREES_OF_FREEDOM) * statistics.counts[t];
      for (let i = 0; i < n; i++) this.#sample[t * n + i] += multiplier * residuals[source * n + i];
    }
    this.#problem.setInstrumentReturns(this.#sample);
    const iteration = iterate(this.#problem, this.#task.config, this.#start, 1);
    let step = iteration.next();
    while (!step.done) step = iteration.next();
    return sumOfSquares(step.value.gamma, this.#task.hypothesis);
  }
}

/** W: the sum of squares of the entries that are zero under the null. No rotation of the latent factors changes it. */
export function sumOfSquares(gamma: Matrix, hypothesis: Hypothesis): number {
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
