import { ConfigError, type CrossSectionBatch, type RunOptions } from '@ml4t/core';
import { throwIfAborted } from '@ml4t/core/authoring';
import { matrix, multiply, type Matrix } from '@ml4t/core/linalg';
import { minimumRows } from '../../minimum-rows.ts';
import { estimateIPCA } from '../alternating-least-squares.ts';
import { parseIPCAConfig, type IPCAConfig, type IPCAConfigInput } from '../config.ts';
import { givenFactors, type FactorReturnSeries } from '../given-factors.ts';
import { toScaledUnits } from '../instrument-scales.ts';
import { requireUsableDates } from '../requirements.ts';
import {
  sufficientStatistics,
  triangle,
  weightedBy,
  type IPCAPhase,
  type SufficientStatistics,
} from '../sufficient-statistics.ts';
import { waldTypeStatistic, type BootstrapTask, type Hypothesis } from './draws.ts';
import { residualSizes } from './residual-sizes.ts';
import { runDraws } from './run-draws.ts';

/** What a bootstrap test reports: the fits under test, then the draws. */
export type BootstrapPhase = IPCAPhase | 'bootstrap';

export interface BootstrapOptions extends RunOptions<BootstrapPhase> {
  /** Configuration of the model under test; the alternative's intercept is added by the test itself. */
  readonly config?: IPCAConfigInput | undefined;
  readonly preSpecifiedFactors?: FactorReturnSeries | undefined;
  /** Bootstrap draws; 1000 where absent. */
  readonly draws?: number | undefined;
  /**
   * How the residual portfolio of a date is moved to one of another size. 'cross-section': with the standard deviation that portfolios of
   * the new size have, `sqrt(a / N_t + b)`, a and b estimated. 'paper': as it is (a = 0), the plain recipe; it has neither size nor
   * power where cross-sections grow. The same where N_t is constant. 'cross-section' where absent.
   */
  readonly residualScaling?: 'cross-section' | 'paper' | undefined;
  /**
   * Dates in a row that share one multiplier and keep the order of their residuals, for residuals that depend over time; 1 (dates are
   * drawn independently) where absent.
   */
  readonly blockLength?: number | undefined;
  /** Worker threads; the machine's own parallelism where absent. The numbers do not depend on it. */
  readonly threads?: number | undefined;
}

export interface BootstrapTest {
  /** What is zero under the null. */
  readonly hypothesis: string;
  /** W, a sum of squares of entries of Gamma. */
  readonly statistic: number;
  /** `(1 + b) / (1 + draws)`, b the draws whose statistic is at least W: never 0, and a test of exact size where draws are exchangeable. */
  readonly pValue: number;
  /** W^b of every draw, in the order of draws. */
  readonly draws: Float64Array;
}

/**
 * Tests `Gamma_alpha = 0`: whether characteristics predict returns beyond what they say of factor exposures.
 * `W = Gamma_alpha'Gamma_alpha` of the model with intercept.
 *
 * Wild bootstrap on managed portfolios, as in all three tests: with Gamma, f and the residual portfolios
 * `d_t = Z'e_t / N_t` of the unrestricted fit, each draw sets
 *
 * `x_t = (Z'Z_t / N_t) Gamma_null f_t + q_t (v_t / v_s) d_s`, s = s(t), v_t = sqrt(a / N_t + b)`,
 *
 * s(t) a random date, v the size of residual portfolios of a date ({@link residualSizes}: a of what is independent across assets,
 * b of what they have in common) and q_t Student t with 5 degrees of freedom scaled to unit variance, and refits the unrestricted model. (Left
 * at its variance of 5/3 the multiplier inflates every W^b, and the test hardly ever rejects. With v = 1, as in the
 * paper, residuals of small early cross-sections swamp the later ones.) With `blockLength` b, s and q are drawn for b dates in a row.
 * The fit is weighted as the configuration says. W is in the coordinates of `normalization`.
 *
 * Source: Kelly, Pruitt and Su (2019), section 3.4.
 */
export async function testIntercept(
  data: CrossSectionBatch | SufficientStatistics,
  options: BootstrapOptions = {},
): Promise<BootstrapTest> {
  const config = parseIPCAConfig({ ...options.config, intercept: true });
  const width = config.nFactors + (options.preSpecifiedFactors?.names.length ?? 0);
  return wildBootstrap('Gamma_alpha = 0', data, config, { columns: [width] }, options);
}

/**
 * Tests that the named instruments ('constant' included) carry no exposure to any latent factor: rows of Gamma_beta are zero.
 * `W = sum over those rows of gamma_l'gamma_l`. See {@link testIntercept} for the bootstrap.
 *
 * Source: Kelly, Pruitt and Su (2019), section 3.5.
 */
export async function testInstruments(
  data: CrossSectionBatch | SufficientStatistics,
  instruments: readonly string[],
  options: BootstrapOptions = {},
): Promise<BootstrapTest> {
  const config = parseIPCAConfig(options.config);
  const statistics = await statisticsOf(data, config, options);
  const rows = instruments.map((name) => {
    const row = statistics.instrumentNames.indexOf(name);
    if (row < 0)
      throw new ConfigError({
        field: 'instruments',
        expected: `names among ${statistics.instrumentNames.join(', ')}`,
        found: JSON.stringify(name),
        remedy: 'Name instruments of the model.',
      });
    return row;
  });
  const hypothesis = { rows, latentColumns: config.nFactors };
  return wildBootstrap(`no exposure through ${instruments.join(', ')}`, statistics, config, hypothesis, options);
}

/**
 * Tests that a pre-specified factor adds nothing to the latent ones: its column of Gamma_delta is zero.
 * `W = Gamma_delta'Gamma_delta` of that column. See {@link testIntercept} for the bootstrap.
 *
 * Source: Kelly, Pruitt and Su (2019), section 3.6.
 */
export async function testPreSpecifiedFactor(
  data: CrossSectionBatch | SufficientStatistics,
  factor: string,
  options: BootstrapOptions = {},
): Promise<BootstrapTest> {
  const config = parseIPCAConfig(options.config);
  const names = options.preSpecifiedFactors?.names ?? [];
  const at = names.indexOf(factor);
  if (at < 0)
    throw new ConfigError({
      field: 'factor',
      expected: names.length > 0 ? `one of ${names.join(', ')}` : 'a factor of preSpecifiedFactors',
      found: JSON.stringify(factor),
      remedy: 'Pass the factor in preSpecifiedFactors and name it.',
    });
  return wildBootstrap(`no exposure to ${factor}`, data, config, { columns: [config.nFactors + at] }, options);
}

/**
 * Where a draw's iteration stops. A statistic is compared, not reported: at 1e-4 statistics lie within about a thousandth of their
 * standard deviation of the limit (T = 600, L = 36, K = 5), so that a p-value moves by far less than its own sampling error.
 */
const DRAW_TOLERANCE = 1e-4;

async function wildBootstrap(
  name: string,
  data: CrossSectionBatch | SufficientStatistics,
  config: IPCAConfig,
  hypothesis: Hypothesis,
  options: BootstrapOptions,
): Promise<BootstrapTest> {
  const draws = options.draws ?? 1000;
  requireWholeNumber('draws', draws, 'A thousand draws pin a p-value of 5 % down to about 0.7 %.');
  if (config.elasticNet)
    throw new ConfigError({
      field: 'IPCAConfig.elasticNet',
      expected: 'a model without a penalty',
      found: 'an elastic net',
      remedy: 'Test the unpenalised model: penalised estimates are zero by choice, not by evidence.',
    });
  const { residualScaling = 'cross-section', blockLength = 1 } = options;
  requireWholeNumber(
    'blockLength',
    blockLength,
    'The number of dates over which residuals depend on each other is a start.',
  );
  const unweighted = await statisticsOf(data, config, options);
  throwIfAborted(options.signal, 'bootstrap');
  const rows = config.minimumRows ?? minimumRows(config.nFactors, unweighted.counts);
  requireUsableDates(unweighted, config.nFactors, rows);
  const statistics = weightedBy(unweighted, config.weighting);
  const given = givenFactors(options.preSpecifiedFactors, statistics.timestamps, config.intercept, true);
  const resolved = { ...config, minimumRows: rows };
  const estimate = await estimateIPCA(statistics, resolved, given, options);
  const gammaUnderNull = underNull(estimate.gamma, hypothesis);
  const { scales } = estimate;
  const dates = Int32Array.from(statistics.counts.keys()).filter(
    (t) => !Number.isNaN(estimate.factors.data[t * estimate.gamma.columns]),
  );
  const { residuals, sizes } = standardised(
    residualPortfolios(statistics, estimate.gamma, estimate.factors),
    statistics,
    dates,
    scales,
    residualScaling,
  );
  const task: BootstrapTask = {
    statistics,
    given,
    config: { ...resolved, tol: Math.max(config.tol, DRAW_TOLERANCE), maxIter: Math.min(config.maxIter, 1000) },
    scales,
    hypothesis,
    gammaUnderNull: gammaUnderNull.data,
    explained: explainedPortfolios(statistics, gammaUnderNull, estimate.factors),
    residuals,
    residualSizes: sizes,
    dates,
    blockLength,
    seed: config.seed,
  };
  const statistic = waldTypeStatistic(toScaledUnits(estimate.gamma, scales), task);
  const values = await runDraws(task, { ...options, draws });
  const above = values.reduce((count, value) => count + (value >= statistic ? 1 : 0), 0);
  return { hypothesis: name, statistic, pValue: (1 + above) / (1 + draws), draws: values };
}

function requireWholeNumber(field: string, value: number, remedy: string): void {
  if (!Number.isInteger(value) || value < 1)
    throw new ConfigError({ field, expected: 'a whole number >= 1', found: String(value), remedy });
}

async function statisticsOf(
  data: CrossSectionBatch | SufficientStatistics,
  config: IPCAConfig,
  options: RunOptions<BootstrapPhase>,
): Promise<SufficientStatistics> {
  return 'crossProducts' in data ? data : sufficientStatistics(data, config.constant, options);
}

function underNull(gamma: Matrix, hypothesis: Hypothesis): Matrix {
  const data = gamma.data.slice();
  const { columns: c } = gamma;
  if ('columns' in hypothesis)
    for (const j of hypothesis.columns) for (let i = 0; i < gamma.rows; i++) data[i * c + j] = 0;
  else for (const i of hypothesis.rows) data.fill(0, i * c, i * c + hypothesis.latentColumns);
  return matrix(gamma.rows, c, data);
}

/** Z'Z_t Gamma h_t for every date (T x L); NaN factors give zero. */
function explainedPortfolios(statistics: SufficientStatistics, gamma: Matrix, factors: Matrix): Float64Array {
  const { nDates, nInstruments: n, crossProducts } = statistics;
  const clean = matrix(
    factors.rows,
    factors.columns,
    factors.data.map((x) => (Number.isNaN(x) ? 0 : x)),
  );
  const coefficients = multiply(clean, gamma, { transposeB: true }).data;
  const out = new Float64Array(nDates * n);
  for (let t = 0; t < nDates; t++) {
    let at = t * triangle(n);
    const c = coefficients.subarray(t * n, (t + 1) * n);
    const row = out.subarray(t * n, (t + 1) * n);
    for (let i = 0; i < n; i++)
      for (let j = i; j < n; j++) {
        const w = crossProducts[at++];
        row[i] += w * c[j];
        if (j !== i) row[j] += w * c[i];
      }
  }
  return out;
}

/** d_t = (Z'r_t - Z'Z_t Gamma h_t) / N_t (T x L), without the date's weight; zero on dates without rows or weight. */
function residualPortfolios(statistics: SufficientStatistics, gamma: Matrix, factors: Matrix): Float64Array {
  const { nInstruments: n, instrumentReturns, counts, weights } = statistics;
  const explained = explainedPortfolios(statistics, gamma, factors);
  return explained.map((value, i) => {
    const t = Math.floor(i / n);
    const size = counts[t] * (weights?.[t] ?? 1);
    return size > 0 ? (instrumentReturns[i] - value) / size : 0;
  });
}

/** Residual portfolios over their size on their own date, and what makes of them Z'e of another date, weight included (T). */
function standardised(
  portfolios: Float64Array,
  { nInstruments: n, counts, weights }: SufficientStatistics,
  dates: Int32Array,
  scales: Float64Array,
  scaling: 'cross-section' | 'paper',
): { readonly residuals: Float64Array; readonly sizes: Float64Array } {
  const deviations = new Float64Array(counts.length).fill(1);
  if (scaling === 'cross-section') {
    const squares = Float64Array.from(dates, (t) => {
      let sum = 0;
      for (let i = 0; i < n; i++) sum += (portfolios[t * n + i] / scales[i]) * (portfolios[t * n + i] / scales[i]);
      return sum;
    });
    const found = residualSizes(
      squares,
      Int32Array.from(dates, (t) => counts[t]),
    );
    dates.forEach((t, at) => (deviations[t] = found[at]));
  }
  return {
    residuals: portfolios.map((value, i) => value / deviations[Math.floor(i / n)]),
    sizes: deviations.map((deviation, t) => deviation * counts[t] * (weights?.[t] ?? 1)),
  };
}
